"""The embedded cloud's one host, the process that runs its servers, and the zone that they are in."""

from __future__ import annotations

import datetime as dt
import os
import time
import uuid
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.resource import Changes
from jumpgate.compute.contract.operators import AvailabilityZones, Hosts
from jumpgate.compute.drivers.embedded import placement
from jumpgate.compute.drivers.embedded.aggregates import zone_of_host
from jumpgate.compute.drivers.embedded.region import HOST, HYPERVISOR, TOPIC, Region
from jumpgate.compute.models.operations import AvailabilityZone, ComputeService, Hypervisor
from jumpgate.store.tables.compute import compute_services, servers

_SPACE = uuid.UUID("6b1f0c68-4f5c-4d5e-9a4c-0a3f6b0b7a10")
SERVICE_ID = str(uuid.uuid5(_SPACE, "service"))
_UNTOUCHED = {"enabled": True, "disabled_reason": None, "forced_down": False}


class EmbeddedZones(AvailabilityZones):
    """The zone of the host."""

    def __init__(self, region: Region) -> None:
        self._store = region.store

    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        with self._store.read() as connection:
            zone, available = zone_of_host(connection), placement.is_open(connection)
        yield AvailabilityZone(name=zone, available=available, hosts={HOST: {"nova-compute": utcnow()}})


def _settings(connection: sa.Connection) -> dict[str, Any]:
    """Return what operators have set of the process."""
    row = connection.execute(sa.select(compute_services)).first()
    return {name: row._mapping[name] for name in _UNTOUCHED} if row is not None else dict(_UNTOUCHED)


def _process(number: int, binary: str) -> ComputeService:
    """Return a part of the process that nobody disables: what places servers, and what carries out tasks."""
    identifier = str(uuid.uuid5(_SPACE, binary))
    return ComputeService(id=identifier, number=number, binary=binary, host=HOST, zone="internal", updated_at=utcnow())


def _service(connection: sa.Connection) -> ComputeService:
    settings = _settings(connection)
    return ComputeService(
        id=SERVICE_ID,
        number=1,
        binary="nova-compute",
        host=HOST,
        zone=zone_of_host(connection),
        up=not settings["forced_down"],
        updated_at=utcnow(),
        **settings,
    )


def uptime() -> str:
    """Return how long this machine has been up, as the command of this name says it."""
    up = dt.timedelta(seconds=int(time.clock_gettime(time.CLOCK_MONOTONIC)))
    hours, minutes = divmod(up.seconds // 60, 60)
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return f" {utcnow():%H:%M:%S} up {up.days} days, {hours:2}:{minutes:02},  0 users,  load average: {load}"


class EmbeddedHosts(Hosts):
    """The one host. It has no guests, hence no size of its own: it is as large as what runs on it."""

    def __init__(self, region: Region) -> None:
        self._store = region.store

    def services(self, ctx: Context) -> Iterable[ComputeService]:
        with self._store.read() as connection:
            return [_service(connection), _process(2, "nova-scheduler"), _process(3, "nova-conductor")]

    def update_service(self, ctx: Context, service_id: str, changes: Changes) -> ComputeService:
        others = {service.id: service.binary for service in self.services(ctx)}
        if service_id in others and service_id != SERVICE_ID:
            raise BadRequest(
                f"Updating a {others[service_id]} service is not supported. Only nova-compute services can be updated."
            )
        if service_id != SERVICE_ID:
            raise NotFound(f"Service {service_id} could not be found.", reason="ServiceNotFound")
        with self._store.write(TOPIC) as connection:
            values = {**_settings(connection), **changes}
            connection.execute(compute_services.delete())
            connection.execute(compute_services.insert().values(id=SERVICE_ID, **values))
            return _service(connection)

    def hypervisors(self, ctx: Context) -> Iterable[Hypervisor]:
        here = sa.and_(servers.c.host == HOST, servers.c.deleted.is_(False))
        wanted = sa.select(servers.c.id, servers.c.number, servers.c.vcpus, servers.c.ram_mib, servers.c.flavor)
        with self._store.read() as connection:
            service = _service(connection)
            rows = connection.execute(wanted.where(here).order_by(servers.c.created_at)).all()
        vcpus, memory = sum(row.vcpus for row in rows), sum(row.ram_mib for row in rows)
        disk = sum(row.flavor["disk_gib"] + row.flavor["ephemeral_gib"] for row in rows)
        yield Hypervisor(
            id=str(uuid.uuid5(_SPACE, "hypervisor")),
            number=1,
            hostname=HOST,
            host_ip="127.0.0.1",
            service=service,
            type=HYPERVISOR,
            version=1,
            vcpus=vcpus,
            vcpus_used=vcpus,
            memory_mib=memory,
            memory_mib_used=memory,
            local_gib=disk,
            local_gib_used=disk,
            running_servers=len(rows),
            servers=tuple((f"instance-{row.number:08x}", row.id) for row in rows),
            uptime=uptime(),
        )
