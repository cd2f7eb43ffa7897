"""The embedded cloud's one availability zone, one host and one process that runs its servers."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.format import utcnow
from jumpgate.compute.contract import AvailabilityZones, Hosts
from jumpgate.compute.drivers.embedded.region import HOST, ZONE, Region
from jumpgate.compute.models.operations import AvailabilityZone, ComputeService, Hypervisor
from jumpgate.store.tables.compute import servers

_SPACE = uuid.UUID("6b1f0c68-4f5c-4d5e-9a4c-0a3f6b0b7a10")


class EmbeddedZones(AvailabilityZones):
    """The zone ``nova``."""

    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        yield AvailabilityZone(name=ZONE, hosts={HOST: {"nova-compute": utcnow()}})


def _service() -> ComputeService:
    return ComputeService(
        id=str(uuid.uuid5(_SPACE, "service")),
        number=1,
        binary="nova-compute",
        host=HOST,
        zone=ZONE,
        updated_at=utcnow(),
    )


class EmbeddedHosts(Hosts):
    """The one host. It has no guests, hence no size of its own: it is as large as what runs on it."""

    def __init__(self, region: Region) -> None:
        self._store = region.store

    def services(self, ctx: Context) -> Iterable[ComputeService]:
        yield _service()

    def hypervisors(self, ctx: Context) -> Iterable[Hypervisor]:
        here = sa.and_(servers.c.host == HOST, servers.c.deleted.is_(False))
        wanted = sa.select(servers.c.id, servers.c.number, servers.c.vcpus, servers.c.ram_mib, servers.c.flavor)
        with self._store.read() as connection:
            rows = connection.execute(wanted.where(here).order_by(servers.c.created_at)).all()
        vcpus, memory = sum(row.vcpus for row in rows), sum(row.ram_mib for row in rows)
        disk = sum(row.flavor["disk_gib"] + row.flavor["ephemeral_gib"] for row in rows)
        yield Hypervisor(
            id=str(uuid.uuid5(_SPACE, "hypervisor")),
            number=1,
            hostname=HOST,
            host_ip="127.0.0.1",
            service=_service(),
            type="embedded",
            version=1,
            vcpus=vcpus,
            vcpus_used=vcpus,
            memory_mib=memory,
            memory_mib_used=memory,
            local_gib=disk,
            local_gib_used=disk,
            running_servers=len(rows),
            servers=tuple((f"instance-{row.number:08x}", row.id) for row in rows),
        )
