"""What a compute cloud itself is made of: its zones, services and machines, and the quotas on them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


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
