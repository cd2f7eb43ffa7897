"""What administrators see of block storage: its workers, their backends, and what lies there unmanaged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityZone:
    """A part of the cloud in which volumes can be made."""

    name: str
    is_available: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """One worker of the block storage service. `state` is "up" or "down"; one that is frozen takes nothing new."""

    binary: str
    host: str
    availability_zone: str
    is_enabled: bool = True
    state: str = "up"
    updated_at: dt.datetime | None = None
    disabled_reason: str | None = None
    is_frozen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLoad:
    """What one project has on a worker's host; the sizes are of all volumes and of all snapshots together."""

    project_id: str
    volumes: int
    volumes_gib: int
    snapshots: int = 0
    snapshots_gib: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A part of a backend that takes volumes, ``host@backend#pool``.

    `capabilities` are Cinder's: what the extra specs of volume types ask for, and ``total_capacity_gb``,
    ``free_capacity_gb`` and ``allocated_capacity_gb`` in GiB. `updated_at` is when they were looked at.
    """

    name: str
    capabilities: Mapping[str, Any]
    updated_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendCapabilities:
    """What a backend says of itself. `properties` describe the extra specs that it understands, as JSON schema does."""

    vendor_name: str | None = None
    volume_backend_name: str | None = None
    pool_name: str | None = None
    driver_version: str | None = None
    storage_protocol: str | None = None
    display_name: str | None = None
    description: str | None = None
    visibility: str | None = None
    replication_targets: tuple[str, ...] = ()
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manageable:
    """Something on a backend that is a volume or a snapshot, or could become one.

    `reference` names it in the backend's terms, ``{"source-name": ...}``, and `source` the volume of a snapshot.
    `known_id` is what it is already known as; `reason_not_safe` says why it cannot be taken.
    """

    reference: Mapping[str, str]
    size_gib: int
    is_safe: bool
    reason_not_safe: str | None = None
    known_id: str | None = None
    extra: str | None = None
    source: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What a list is ordered by."""
        return self.name_of(self.reference)

    @staticmethod
    def name_of(reference: Mapping[str, str]) -> str:
        """Return what a reference is ordered by: the first of its values."""
        return min(reference.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeReference:
    """What an administrator gives to take something on a backend's `host` as a volume. A type None is the default."""

    host: str
    reference: Mapping[str, Any]
    name: str | None = None
    description: str | None = None
    volume_type: str | None = None
    availability_zone: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    bootable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotReference:
    """What an administrator gives to take something on a volume's backend as a snapshot of the volume."""

    volume_id: str
    reference: Mapping[str, Any]
    name: str | None = None
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """How the volumes of a type are to be encrypted. `control_location`, front-end or back-end, says by whom.

    `provider` names a format, ``luks``, `cipher` an algorithm and mode, ``aes-xts-plain64``.
    """

    id: str
    volume_type_id: str
    provider: str
    control_location: str
    cipher: str | None = None
    key_size_bits: int | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionSpec:
    """What an administrator gives to encrypt the volumes of a type."""

    provider: str
    control_location: str
    cipher: str | None = None
    key_size_bits: int | None = None
