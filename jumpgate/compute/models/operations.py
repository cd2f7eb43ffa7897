"""What a compute cloud itself is made of: its zones, services and machines, and the quotas on them."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_NUMBERS = 2**31


def number_of(name: str) -> int:
    """Return a number, always the same, for what Nova shows by number in old versions: its id, where that is one."""
    is_number = name.isascii() and name.isdigit() and len(name) < 10
    return int(name) if is_number else zlib.crc32(name.encode()) % _NUMBERS


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """One resource's limit and use in a project. -1 is no limit."""

    limit: int
    in_use: int = 0
    reserved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityZone:
    """A zone. `hosts` maps host names to the services that run there and when each was last seen."""

    name: str
    available: bool = True
    hosts: Mapping[str, Mapping[str, dt.datetime]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeService:
    """A process of the compute service on a host, as operators see it. `number` is its id before 2.53."""

    id: str
    number: int
    binary: str
    host: str
    zone: str
    enabled: bool = True
    up: bool = True
    updated_at: dt.datetime | None = None
    disabled_reason: str | None = None
    forced_down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypervisor:
    """A machine that runs servers. `number` is its id before 2.53."""

    id: str
    number: int
    hostname: str
    host_ip: str
    service: ComputeService
    type: str
    version: int
    vcpus: int
    vcpus_used: int
    memory_mib: int
    memory_mib_used: int
    local_gib: int
    local_gib_used: int
    running_servers: int
    servers: Sequence[tuple[str, str]] = ()
    cpu: Mapping[str, object] = field(default_factory=dict)
    uptime: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """A group of hosts. `metadata` has the zone as ``availability_zone``, too."""

    id: str
    number: int
    name: str
    created_at: dt.datetime
    updated_at: dt.datetime | None = None
    availability_zone: str | None = None
    hosts: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """A server's move from a host to another, or to itself. `type` is migration, resize, live-migration or evacuation.

    `status` is Nova's: migrating, finished, confirmed, reverted, running, completed, error...
    The flavors' numbers are the cloud's own. `memory` and `disk` are those of a live migration: how much there is to
    copy, was copied and remains, in bytes.
    """

    id: str
    number: int
    server_id: str
    project_id: str
    user_id: str
    type: str
    status: str
    source: str | None
    destination: str | None
    created_at: dt.datetime
    updated_at: dt.datetime | None = None
    destination_ip: str | None = None
    old_flavor_number: int | None = None
    new_flavor_number: int | None = None
    memory: tuple[int, int, int] | None = None
    disk: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """How a server does. `state` is pending, running, paused, shutdown, crashed or suspended, `driver` what runs it.

    `cpus`, `nics` and `disks` hold one mapping for each, by the keys of Nova's diagnostics; what is unknown is absent.
    """

    state: str
    driver: str
    config_drive: bool
    memory_mib: int
    memory_used_mib: int | None = None
    hypervisor: str | None = None
    hypervisor_os: str | None = None
    uptime_s: int | None = None
    cpus: Sequence[Mapping[str, object]] = ()
    nics: Sequence[Mapping[str, object]] = ()
    disks: Sequence[Mapping[str, object]] = ()
