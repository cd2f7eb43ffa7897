"""How long the servers of the embedded cloud have run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.compute.contract.operators import Usages
from jumpgate.compute.drivers.embedded import records
from jumpgate.compute.drivers.embedded.region import Region
from jumpgate.compute.models import ServerUsage
from jumpgate.store.tables.compute import servers


class EmbeddedUsages(Usages):
    """Read off the servers' rows, the deleted ones' too."""

    def __init__(self, region: Region) -> None:
        self._store = region.store

    def find(self, ctx: Context, project_id: str | None, start: dt.datetime, end: dt.datetime) -> Iterable[ServerUsage]:
        there = sa.and_(
            servers.c.launched_at <= end,
            sa.or_(servers.c.terminated_at.is_(None), servers.c.terminated_at >= start),
        )
        statement = sa.select(servers).where(there).order_by(servers.c.launched_at, servers.c.id)
        if project_id is not None:
            statement = statement.where(servers.c.project_id == project_id)
        with self._store.read() as connection:
            rows = connection.execute(statement).all()
        return [
            ServerUsage(
                server_id=row.id,
                name=row.name,
                project_id=row.project_id,
                flavor=records.flavor_of(row.flavor),
                state="terminated" if row.terminated_at else row.vm_state,
                started_at=row.launched_at,
                ended_at=row.terminated_at,
            )
            for row in rows
        ]
