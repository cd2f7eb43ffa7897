"""How much an account's guests were there, for the usage report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from jumpgate.clouds.softlayer.session import Session
from jumpgate.common.context import Context
from jumpgate.compute.contract.operators import Usages
from jumpgate.compute.drivers.softlayer import guests
from jumpgate.compute.models import Server, ServerUsage
from jumpgate.compute.models.states import status


class SoftLayerUsages(Usages):
    """The guests that there are; those that were cancelled stand on SoftLayer's invoices only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, project_id: str | None, start: dt.datetime, end: dt.datetime) -> Iterable[ServerUsage]:
        if project_id not in (None, ctx.project):
            return
        for guest in self._session.pages(ctx, "Account", "getVirtualGuests", mask=guests.MASK):
            server = guests.server(guest, ctx.project, self._session.settings.domain)
            if server.created_at <= end:
                yield _usage(server)


def _usage(server: Server) -> ServerUsage:
    return ServerUsage(
        server_id=server.id,
        name=server.name,
        project_id=server.project_id,
        flavor=server.flavor,
        state=status(server.vm_state, server.task_state).lower(),
        started_at=server.launched_at or server.created_at,
    )
