"""What the embedded cloud says of itself: its one zone, the workers that serve it, and their backends' pools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract.operators import AvailabilityZones, Pools, Services
from jumpgate.block_storage.drivers.embedded import backends
from jumpgate.block_storage.drivers.embedded.backends import MACHINE, Backend
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, ZONE, EmbeddedCloud
from jumpgate.block_storage.drivers.embedded.placement import VOLUME_BINARY, allocated_gib, open_backends, suits
from jumpgate.block_storage.drivers.embedded.rows import Row
from jumpgate.block_storage.drivers.embedded.volume_types import type_row
from jumpgate.block_storage.errors import InvalidInput
from jumpgate.block_storage.models.operators import AvailabilityZone, BackendCapabilities, HostLoad, Pool, ServiceState
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.store.tables.block_storage import volume_services, volume_snapshots, volumes

_BACKUP_BINARY = "cinder-backup"
_FROZEN = "frozen"


class EmbeddedAvailabilityZones(AvailabilityZones):
    """The one zone."""

    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        return [AvailabilityZone(name=ZONE)]


class EmbeddedServices(Services):
    """The process that answers, which is up as long as it does, under the names that Cinder has for what it does."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._store = cloud.store
        self._backends = cloud.backends

    def _workers(self) -> list[tuple[str, str]]:
        """Return the workers, as (binary, host)."""
        hosts = [item.host for item in self._backends.configured.values()]
        return [*((VOLUME_BINARY, host) for host in hosts), (_BACKUP_BINARY, MACHINE)]

    def find(self, ctx: Context) -> Iterable[ServiceState]:
        with self._store.read() as connection:
            told = {(row.binary, row.host): row for row in connection.execute(sa.select(volume_services))}
        return [_state(binary, host, told.get((binary, host))) for binary, host in self._workers()]

    def loads(self, ctx: Context, host: str) -> Iterable[HostLoad]:
        backend = self._backends.on(host)
        if backend is None or host != backend.host:
            raise NotFound(f"Host {host} could not be found.")
        with self._store.read() as connection:
            snapshots = {row.project_id: row for row in connection.execute(_totals(volume_snapshots, backend))}
            found = connection.execute(_totals(volumes, backend).order_by(volumes.c.project_id)).all()
        for row in found:
            taken = snapshots.get(row.project_id)
            yield HostLoad(
                project_id=row.project_id,
                volumes=row.number,
                volumes_gib=row.size_gib,
                snapshots=taken.number if taken else 0,
                snapshots_gib=taken.size_gib if taken else 0,
            )

    def enable(self, ctx: Context, host: str, binary: str) -> None:
        self._tell(host, binary, {"is_enabled": True, "disabled_reason": None})

    def disable(self, ctx: Context, host: str, binary: str, reason: str | None) -> None:
        self._tell(host, binary, {"is_enabled": False, "disabled_reason": reason})

    def _tell(self, host: str, binary: str, values: dict[str, Any]) -> None:
        if (binary, host) not in self._workers():
            raise NotFound(f"Service {binary} could not be found on host {host}.", reason="ServiceNotFound")
        with self._store.write(TOPIC) as connection:
            _write(connection, host, binary, values)

    def freeze(self, ctx: Context, host: str) -> None:
        self._freeze(host, {"is_frozen": True, "is_enabled": False, "disabled_reason": _FROZEN})

    def thaw(self, ctx: Context, host: str) -> None:
        self._freeze(host, {"is_frozen": False, "is_enabled": True, "disabled_reason": None})

    def _freeze(self, host: str, values: dict[str, Any]) -> None:
        if (VOLUME_BINARY, host) not in self._workers():
            raise BadRequest(f"No service found with host={host}")
        with self._store.write(TOPIC) as connection:
            row = _told(connection, host, VOLUME_BINARY)
            if (row is not None and row.is_frozen) == values["is_frozen"]:
                raise InvalidInput(
                    f"No service could be changed: frozen in ['{host}'] must be {not values['is_frozen']}."
                )
            _write(connection, host, VOLUME_BINARY, values)


def _state(binary: str, host: str, told: Row | None) -> ServiceState:
    return ServiceState(
        binary=binary,
        host=host,
        availability_zone=ZONE,
        updated_at=utcnow(),
        is_enabled=told is None or told.is_enabled,
        disabled_reason=told.disabled_reason if told is not None else None,
        is_frozen=told is not None and told.is_frozen,
    )


def _told(connection: sa.Connection, host: str, binary: str) -> Row | None:
    mine = sa.and_(volume_services.c.host == host, volume_services.c.binary == binary)
    return connection.execute(sa.select(volume_services).where(mine)).one_or_none()


def _write(connection: sa.Connection, host: str, binary: str, values: dict[str, Any]) -> None:
    mine = sa.and_(volume_services.c.host == host, volume_services.c.binary == binary)
    if connection.execute(volume_services.update().where(mine).values(values)).rowcount == 0:
        connection.execute(volume_services.insert().values(host=host, binary=binary, **values))


def _totals(table: sa.Table, backend: Backend) -> sa.Select[tuple[str, int, int]]:
    project_id, size_gib = table.c.project_id, table.c.size_gib
    statement = sa.select(project_id, sa.func.count().label("number"), sa.func.sum(size_gib).label("size_gib"))
    return statement.where(table.c.backend == backend.name).group_by(project_id)


class EmbeddedPools(Pools):
    """The backends' pools, one each."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._store = cloud.store
        self._backends = cloud.backends

    def find(self, ctx: Context, volume_type: str | None = None) -> Iterable[Pool]:
        with self._store.read() as connection:
            extra_specs = type_row(connection, ctx, volume_type).extra_specs if volume_type else {}
            allocated = allocated_gib(connection)
            found = open_backends(connection, self._backends)
        pools = [_pool(item, allocated.get(item.name, 0)) for item in found]
        return [pool for pool in pools if suits(pool.capabilities, extra_specs)]

    def capabilities(self, ctx: Context, host: str) -> BackendCapabilities:
        backend = self._backends.on(host)
        if backend is None or host != backend.host:
            raise NotFound(f"Can't find service: {host}")
        return BackendCapabilities(
            vendor_name=backends.VENDOR,
            volume_backend_name=backend.name,
            driver_version=backends.VERSION,
            storage_protocol=backends.PROTOCOL,
            properties=_PROPERTIES,
        )


_PROPERTIES = {
    "multiattach": {
        "title": "Multiattach",
        "description": "Lets several servers use one volume.",
        "type": "boolean",
    },
    "thin_provisioning": {
        "title": "Thin Provisioning",
        "description": "A volume takes the space of what was written to it.",
        "type": "boolean",
    },
}


def _pool(backend: Backend, size_gib: int) -> Pool:
    return Pool(name=backend.pool, capabilities=backend.capabilities(allocated_gib=size_gib), updated_at=utcnow())
