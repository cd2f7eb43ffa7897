"""An account's dedicated hosts as the machines behind the cloud; of the others SoftLayer shows nobody anything."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import at, moment, number, text
from jumpgate.common.context import Context
from jumpgate.compute.contract.operators import Hosts
from jumpgate.compute.models.operations import ComputeService, Hypervisor

SERVICES_MASK = "mask[id,name,modifyDate,createDate,datacenter[name]]"
MASK = (
    "mask[id,name,modifyDate,createDate,datacenter[name],cpuCount,memoryCapacity,diskCapacity,guestCount,"
    "allocationStatus[cpuAllocated,memoryAllocated,diskAllocated],guests[globalIdentifier,fullyQualifiedDomainName]]"
)
TYPE = "dedicated host"
_SPACE = uuid.UUID("5d1f1c0a-8d0d-4c53-9a57-6f0d5b8d7c11")
_MIB_PER_GB = 1024


class SoftLayerHosts(Hosts):
    """Dedicated hosts, by their names. Each counts as one compute service, which is up as long as it is rented."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def services(self, ctx: Context) -> Iterable[ComputeService]:
        return map(_service, self._session.pages(ctx, "Account", "getDedicatedHosts", mask=SERVICES_MASK))

    def hypervisors(self, ctx: Context) -> Iterable[Hypervisor]:
        return map(_hypervisor, self._session.pages(ctx, "Account", "getDedicatedHosts", mask=MASK))


def _service(host: Record) -> ComputeService:
    return ComputeService(
        id=str(uuid.uuid5(_SPACE, f"service-{host['id']}")),
        number=number(host, "id"),
        binary="nova-compute",
        host=text(host, "name"),
        zone=text(host, "datacenter.name"),
        updated_at=moment(host, "modifyDate") or moment(host, "createDate"),
    )


def _hypervisor(host: Record) -> Hypervisor:
    """Return a host with its sizes, which SoftLayer gives in GB, and its guests."""
    return Hypervisor(
        id=str(uuid.uuid5(_SPACE, text(host, "id"))),
        number=number(host, "id"),
        hostname=text(host, "name"),
        host_ip="",
        service=_service(host),
        type=TYPE,
        version=1,
        vcpus=number(host, "cpuCount"),
        vcpus_used=number(host, "allocationStatus.cpuAllocated"),
        memory_mib=number(host, "memoryCapacity") * _MIB_PER_GB,
        memory_mib_used=number(host, "allocationStatus.memoryAllocated") * _MIB_PER_GB,
        local_gib=number(host, "diskCapacity"),
        local_gib_used=number(host, "allocationStatus.diskAllocated"),
        running_servers=number(host, "guestCount"),
        servers=tuple(
            (text(guest, "fullyQualifiedDomainName"), text(guest, "globalIdentifier"))
            for guest in at(host, "guests") or ()
        ),
    )
