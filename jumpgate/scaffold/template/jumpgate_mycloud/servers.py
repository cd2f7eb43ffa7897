"""The cloud's machines, as servers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.ids import IdMap, Kind, Packed
from jumpgate.common.listing import Query
from jumpgate.compute.contract import Servers
from jumpgate.compute.models import Server, ServerSpec

from .client import Client, Machine
from .errors import translated
from .flavors import flavor

# The cloud's state -> Nova's vm_state, task_state and power_state (1 is running, 4 is shut down).
STATES: Mapping[str, tuple[str, str | None, int]] = {
    "pending": ("building", "spawning", 0),
    "running": ("active", None, 1),
    "stopping": ("active", "powering-off", 1),
    "off": ("stopped", None, 4),
    "starting": ("stopped", "powering-on", 4),
    "ending": ("active", "deleting", 1),
}


class MyCloudServers(Servers):
    """Servers, whose project is the cloud's account.

    The cloud's ids are ``m-`` and a number, which fits into OpenStack's: no table has to remember them.
    """

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SERVER: Packed(Kind.SERVER, prefix="m-")}

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, ctx: Context, query: Query) -> Iterator[Server]:
        start: int | None = 0
        while start is not None:
            with translated():
                machines, start = self._client.page(start)
            yield from (
                _server(machine) for machine in machines if query.all_projects or machine.account == ctx.project
            )

    def get(self, ctx: Context, server_id: str) -> Server:
        return _server(self._machine(ctx, server_id))

    def create(self, ctx: Context, spec: ServerSpec) -> Sequence[Server]:
        with translated():
            machines = [
                self._client.run(
                    account=ctx.project, owner=ctx.user_id, label=spec.name, size=spec.flavor.id, tags=spec.metadata
                )
                for _ in range(spec.min_count)
            ]
        return [_server(machine) for machine in machines]

    def delete(self, ctx: Context, server_id: str) -> None:
        self._change(ctx, server_id, "ending")

    def start(self, ctx: Context, server_id: str) -> None:
        self._change(ctx, server_id, "starting")

    def stop(self, ctx: Context, server_id: str) -> None:
        self._change(ctx, server_id, "stopping")

    def _change(self, ctx: Context, server_id: str, state: str) -> None:
        """Ask the cloud and return: the client watches the status. A driver never waits."""
        machine = self._machine(ctx, server_id)
        with translated():
            self._client.change(machine.id, state)

    def _machine(self, ctx: Context, server_id: str) -> Machine:
        """Return a machine that the caller may see; another project's does not exist."""
        with translated():
            machine = self._client.describe(server_id)
        if machine.account != ctx.project and not ctx.is_admin:
            raise NotFound(f"Instance {server_id} could not be found.")
        return machine


def _server(machine: Machine) -> Server:
    """Return a machine in OpenStack's terms."""
    vm_state, task_state, power_state = STATES[machine.state]
    made_at = _time(machine.made_at)
    return Server(
        id=machine.id,
        name=machine.label,
        project_id=machine.account,
        user_id=machine.owner,
        vm_state=vm_state,
        task_state=task_state,
        power_state=power_state,
        flavor=flavor(machine.size),
        metadata=machine.tags,
        created_at=made_at,
        updated_at=made_at,
        launched_at=None if machine.started_at is None else _time(machine.started_at),
    )


def _time(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
