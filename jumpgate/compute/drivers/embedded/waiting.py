"""Looking again, soon, at what another service has in hand."""

from __future__ import annotations

from collections.abc import Callable

from jumpgate.common.errors import CloudError
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.store.tasks import Task

# The first looks are made at once, the others every half second for ten minutes.
_QUICK_LOOKS, _LOOK_S, _MOST_LOOKS = 2, 0.5, 1200


class NotReady(Exception):
    """A volume is still being made; try again in a moment."""


def look_again(region: Region, task: Task, give_up: Callable[[Task, Exception], None]) -> None:
    """Put a task off for a moment, or give it up after ten minutes."""
    looks = task.arguments.get("looks", 0) + 1
    if looks > _MOST_LOOKS:
        give_up(task, CloudError("A volume of the server was not made in time."))
        return
    delay_s = 0 if looks <= _QUICK_LOOKS else _LOOK_S
    with region.store.write(TOPIC) as connection:
        region.tasks.enqueue(connection, task.kind, delay_s=delay_s, **{**task.arguments, "looks": looks})
