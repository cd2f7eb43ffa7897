"""Changes of what others change too: read with LXD's ETag, written while that holds, and else made again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from jumpgate.common.errors import Conflict

_ATTEMPTS = 50
_LONGEST_REST_S = 0.1

Made = TypeVar("Made")


def insist(change: Callable[[], Made], *, of: str) -> Made:
    """Return what a change returns, which is made again as long as somebody else's comes first.

    What else it raises ends it; raises Conflict, naming the thing `of` which it is, where others never rest.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return change()
        except Conflict as error:
            if not came_second(error):
                raise
        time.sleep(min(0.005 * attempt, _LONGEST_REST_S))
    raise Conflict(f"{of} was changed by others all the time. Try again.")


def came_second(error: Conflict) -> bool:
    """Tell whether a refusal says that somebody else changed the thing first."""
    return "etag" in error.message.lower() or "precondition" in error.message.lower()
