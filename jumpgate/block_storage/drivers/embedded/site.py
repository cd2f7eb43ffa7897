"""What the embedded cloud says of itself: its one zone and the workers that serve it."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from jumpgate.block_storage.contract import AvailabilityZones, Services
from jumpgate.block_storage.drivers.embedded.cloud import BACKUP_HOST, SERVICE_HOST, ZONE
from jumpgate.block_storage.models import AvailabilityZone, HostLoad, ServiceState
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import utcnow
from jumpgate.store.engine import Store
from jumpgate.store.tables.block_storage import volume_snapshots, volumes


class EmbeddedAvailabilityZones(AvailabilityZones):
    """The one zone."""

    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        return [AvailabilityZone(name=ZONE)]


class EmbeddedServices(Services):
    """The process that answers, which is up as long as it does, under the names that Cinder has for what it does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, ctx: Context) -> Iterable[ServiceState]:
        moment = utcnow()
        return [
            ServiceState(binary=binary, host=host, availability_zone=ZONE, updated_at=moment)
            for binary, host in (("cinder-volume", SERVICE_HOST), ("cinder-backup", BACKUP_HOST))
        ]

    def loads(self, ctx: Context, host: str) -> Iterable[HostLoad]:
        if host != SERVICE_HOST:
            raise NotFound(f"Host {host} could not be found.")
        with self._store.read() as connection:
            snapshots = {row.project_id: row for row in connection.execute(_totals(volume_snapshots))}
            found = connection.execute(_totals(volumes).order_by(volumes.c.project_id)).all()
        for row in found:
            taken = snapshots.get(row.project_id)
            yield HostLoad(
                project_id=row.project_id,
                volumes=row.number,
                volumes_gib=row.size_gib,
                snapshots=taken.number if taken else 0,
                snapshots_gib=taken.size_gib if taken else 0,
            )


def _totals(table: sa.Table) -> sa.Select[tuple[str, int, int]]:
    project_id, size_gib = table.c.project_id, table.c.size_gib
    statement = sa.select(project_id, sa.func.count().label("number"), sa.func.sum(size_gib).label("size_gib"))
    return statement.group_by(project_id)
