"""LXD's machines as Nova's hosts: services, hypervisors with their true figures, and the zone that they make up."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from jumpgate.clouds.lxd.cluster import Cluster, Member
from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import CloudUnreachable, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.resource import Changes
from jumpgate.compute.contract.operators import AvailabilityZones, Hosts
from jumpgate.compute.drivers.lxd import notes, records
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.region import ZONE, Region
from jumpgate.compute.models.operations import AvailabilityZone, ComputeService, Hypervisor, number_of

_SPACE = uuid.UUID("0d3c5b6e-0f0a-4f3a-9d5d-6f4a3f0c8b21")
# What operators say of a machine: keys of LXD's own configuration.
_NOTE = notes.key("host.")
_SAID: Mapping[str, Any] = {"disabled_reason": None, "forced_down": False}


class LxdZones(AvailabilityZones):
    """One zone of all machines, open while one of them is up."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def find(self, ctx: Context) -> Iterable[AvailabilityZone]:
        members = self._cluster.members()
        hosts = {member.name: {"nova-compute": utcnow()} for member in members}
        yield AvailabilityZone(name=ZONE, available=any(member.is_up for member in members), hosts=hosts)


class LxdHosts(Hosts):
    """A service and a hypervisor for each machine. A service that is not enabled is no choice of LXD's scheduler."""

    def __init__(self, region: Region, instances: Instances) -> None:
        self._session = region.session
        self._cluster = region.cluster
        self._instances = instances

    def services(self, ctx: Context) -> Iterable[ComputeService]:
        server = self._session.server
        said = _said(server)
        return [_service(member, said.get(member.name, {})) for member in self._cluster.members(server)]

    def statuses(self) -> dict[str, str]:
        """Return how each machine does, in Nova's words of a server's ``host_status``."""
        return {service.host: _host_status(service) for service in self.services(service_context(""))}

    def update_service(self, ctx: Context, service_id: str, changes: Changes) -> ComputeService:
        member = next((item for item in self._cluster.members() if _id("service", item.name) == service_id), None)
        if member is None:
            raise NotFound(f"Service {service_id} could not be found.", reason="ServiceNotFound")
        said = {**_SAID, **_said(self._session.server).get(member.name, {}), **changes}
        if "enabled" in said:
            self._cluster.open(member.name, is_open=said.pop("enabled"))
        self._session.patch(body={"config": {_NOTE + member.name: orjson.dumps(said).decode()}})
        return _service(self._cluster.get(member.name), said)

    def hypervisors(self, ctx: Context) -> Iterable[Hypervisor]:
        said = _said(self._session.server)
        placed: dict[str, list[Record]] = {}
        for record in self._instances.find(ctx, all_projects=True):
            placed.setdefault(self._cluster.name_of(record), []).append(record)
        for member in self._cluster.members():
            service = _service(member, said.get(member.name, {}))
            yield self._hypervisor(member, service, placed.get(member.name, []))

    def _hypervisor(self, member: Member, service: ComputeService, placed: list[Record]) -> Hypervisor:
        flavors = [records.flavor(record) for record in placed]
        resources, space = self._figures(member)
        cpu, memory = resources.get("cpu", {}), resources.get("memory", {})
        environment = self._session.server["environment"]
        return Hypervisor(
            id=_id("hypervisor", member.name),
            number=number_of(member.name),
            hostname=member.name,
            host_ip=member.address,
            service=service,
            type="lxd",
            version=_version(str(environment["server_version"])),
            vcpus=int(cpu.get("total", 0)),
            vcpus_used=sum(flavor.vcpus for flavor in flavors),
            memory_mib=int(memory.get("total", 0)) // 1024**2,
            memory_mib_used=int(memory.get("used", 0)) // 1024**2,
            local_gib=int(space.get("total", 0)) // 1024**3,
            local_gib_used=int(space.get("used", 0)) // 1024**3,
            running_servers=sum(record["status"] == "Running" for record in placed),
            servers=tuple((str(record["name"]), server_id_of(record)) for record in placed),
            cpu=_processors(cpu),
        )

    def _figures(self, member: Member) -> tuple[Record, Record]:
        """Return what a machine has and what its pool has; nothing of one that is down."""
        if not member.is_up:
            return {}, {}
        target = self._cluster.target(member.name)
        try:
            pool = self._session.settings.pool
            space = self._session.get("storage-pools", pool, "resources", **target)["space"]
            return self._session.get("resources", **target), space
        except CloudUnreachable:
            return {}, {}


def _said(server: Record) -> dict[str, dict[str, Any]]:
    """Return what operators have said of machines."""
    config: Mapping[str, str] = server["config"]
    return {name.removeprefix(_NOTE): orjson.loads(text) for name, text in config.items() if name.startswith(_NOTE)}


def _host_status(service: ComputeService) -> str:
    if not service.up:
        return "DOWN"
    return "UP" if service.enabled else "MAINTENANCE"


def _service(member: Member, said: Mapping[str, Any]) -> ComputeService:
    known = {**_SAID, **said}
    return ComputeService(
        id=_id("service", member.name),
        number=number_of(member.name),
        binary="nova-compute",
        host=member.name,
        zone=ZONE,
        enabled=member.is_open,
        up=member.is_up and not known["forced_down"],
        updated_at=utcnow() if member.is_up else None,
        disabled_reason=known["disabled_reason"],
        forced_down=bool(known["forced_down"]),
    )


def _id(kind: str, name: str) -> str:
    return str(uuid.uuid5(_SPACE, f"{kind}:{name}"))


def _version(text: str) -> int:
    """Return a version as Nova writes a hypervisor's: 5.0.2 is 5000002."""
    major, minor, patch = [*(int(part) for part in text.split(".")[:3] if part.isdigit()), 0, 0, 0][:3]
    return major * 1_000_000 + minor * 1_000 + patch


def _processors(cpu: Record) -> dict[str, object]:
    """Return what Nova tells of a machine's processors."""
    sockets = cpu.get("sockets") or []
    if not sockets:
        return {}
    cores = len(sockets[0]["cores"])
    threads = max((len(core["threads"]) for core in sockets[0]["cores"]), default=1)
    topology = {"sockets": len(sockets), "cores": cores, "threads": threads}
    return {
        "arch": cpu["architecture"],
        "model": sockets[0].get("name", ""),
        "vendor": sockets[0].get("vendor", ""),
        "topology": topology,
        "features": [],
    }
