"""The things of the block storage service, in OpenStack's terms without its JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """The tie between a volume and the server (or host) that uses it.

    `status` is one of reserved, attaching, attached, detaching, detached and the errors of these. `mode` is "rw", "ro"
    or "null" where nobody has said. `connection` says how the volume is reached, once a connector is known.
    """

    id: str
    volume_id: str
    project_id: str
    status: str
    server_id: str | None = None
    host_name: str | None = None
    mountpoint: str | None = None
    mode: str = "rw"
    connector: Mapping[str, Any] | None = None
    connection: Mapping[str, Any] = field(default_factory=dict)
    attached_at: dt.datetime | None = None
    detached_at: dt.datetime | None = None
    created_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentSpec:
    """What a client gives to attach a volume.

    Without `connector` the volume is only reserved. With `complete` it is attached at once: it goes to in-use, as a
    compute service wants that needs no connector. `mode` None is "rw", or "ro" for a volume that is read-only.
    """

    volume_id: str
    server_id: str | None = None
    connector: Mapping[str, Any] | None = None
    mountpoint: str | None = None
    mode: str | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A block device that outlives the servers it is attached to.

    `status` is Cinder's: creating, available, reserved, attaching, in-use, detaching, extending, uploading, retyping,
    deleting, error, error_deleting, ... `attachments` holds those that are not detached, oldest first. `image_metadata`
    is what the volume knows of the image it was made from, `flags` what an administrator or an attachment has noted on
    it: ``readonly`` ("True" or "False") and ``attached_mode``. `error` says why it is in error.
    """

    id: str
    project_id: str
    user_id: str
    size_gib: int
    status: str
    created_at: dt.datetime
    updated_at: dt.datetime | None = None
    name: str | None = None
    description: str | None = None
    availability_zone: str | None = None
    volume_type_id: str | None = None
    volume_type: str | None = None
    snapshot_id: str | None = None
    source_volume_id: str | None = None
    group_id: str | None = None
    bootable: bool = False
    is_multiattach: bool = False
    is_encrypted: bool = False
    encryption_key_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    image_metadata: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    host: str | None = None
    service_id: str | None = None
    migration_status: str | None = None
    replication_status: str | None = None
    error: str | None = None

    @property
    def is_read_only(self) -> bool:
        """Whether it can only be attached for reading."""
        return self.flags.get("readonly") == "True"


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeSpec:
    """What a client gives to create a volume.

    At most one of `snapshot_id`, `source_volume_id`, `image_id` and `backup_id` names what it begins as; without any it
    is empty. `size_gib` None takes the source's size. `volume_type` is a name or an id; None takes the default type.
    A volume that begins in the group `group_id` needs a `volume_type` of the group's.
    With `follows_snapshot` an image that only stands for a snapshot, as that of a server on a volume does, is taken for
    the snapshot.
    """

    size_gib: int | None = None
    name: str | None = None
    description: str | None = None
    volume_type: str | None = None
    availability_zone: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    snapshot_id: str | None = None
    source_volume_id: str | None = None
    image_id: str | None = None
    backup_id: str | None = None
    group_id: str | None = None
    follows_snapshot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeSummary:
    """How many volumes there are, their size together and every value of each metadata key."""

    count: int
    size_gib: int
    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachSpec:
    """What ``os-attach`` says: the server or the host that uses the volume, and where it appears there."""

    server_id: str | None = None
    host_name: str | None = None
    mountpoint: str = ""
    mode: str = "rw"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanges:
    """The states that an administrator sets by hand; None leaves one as it is."""

    status: str | None = None
    attach_status: str | None = None
    migration_status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageUploadSpec:
    """What an upload of a volume as an image is given; None leaves what the image service does by itself."""

    image_name: str
    disk_format: str = "raw"
    container_format: str = "bare"
    force: bool = False
    visibility: str | None = None
    is_protected: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageUpload:
    """An upload that has begun: the volume that is uploading and the image that is being filled."""

    volume: Volume
    image_id: str
    image_name: str
    disk_format: str
    container_format: str
    visibility: str | None = None
    is_protected: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a volume held at one moment. `status` is creating, available, deleting, error, error_deleting."""

    id: str
    volume_id: str
    project_id: str
    user_id: str
    size_gib: int
    status: str
    created_at: dt.datetime
    updated_at: dt.datetime | None = None
    name: str | None = None
    description: str | None = None
    volume_type_id: str | None = None
    availability_zone: str | None = None
    group_snapshot_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    progress_percent: int = 100
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSpec:
    """What a client gives to take a snapshot. With `force` the volume may be in use."""

    volume_id: str
    name: str | None = None
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeType:
    """A kind of volume that the cloud offers. Projects in `project_ids` may use it although it is not public.

    `extra_specs` tell the cloud what it means; ``multiattach`` = ``<is> True`` lets volumes be attached several times.
    """

    id: str
    name: str
    description: str | None = None
    is_public: bool = True
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    project_ids: tuple[str, ...] = ()
    qos_specs_id: str | None = None
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeTypeSpec:
    """What an administrator gives to create a volume type."""

    name: str
    description: str | None = None
    is_public: bool = True
    extra_specs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultType:
    """The volume type that a project's volumes get when the client names none."""

    project_id: str
    volume_type_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaSet:
    """What a project may have of each resource (-1: no limit), how much it uses and how much is promised besides.

    The resources are volumes, snapshots, gigabytes, backups, backup_gigabytes, groups, per_volume_gigabytes, and of
    each volume type volumes_<type>, snapshots_<type> and gigabytes_<type>.
    """

    project_id: str
    limits: Mapping[str, int]
    used: Mapping[str, int] = field(default_factory=dict)
    reserved: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Why something that a user asked for went wrong. `resource_type` and the ids of action and detail are Cinder's."""

    id: str
    project_id: str
    request_id: str
    resource_type: str
    resource_id: str
    action_id: str
    detail_id: str
    text: str
    created_at: dt.datetime
    expires_at: dt.datetime
    level: str = "ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy of a volume that outlives it.

    `status` is creating, available, restoring, deleting, error or error_deleting. `data_timestamp` is when the volume
    held what it holds. `parent_id` is the backup that an incremental one builds on.
    """

    id: str
    volume_id: str
    project_id: str
    user_id: str
    size_gib: int
    status: str
    created_at: dt.datetime
    data_timestamp: dt.datetime
    updated_at: dt.datetime | None = None
    name: str | None = None
    description: str | None = None
    snapshot_id: str | None = None
    parent_id: str | None = None
    container: str | None = None
    availability_zone: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    has_dependents: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSpec:
    """What a client gives to back a volume up, or what it was at a snapshot. With `force` the volume may be in use."""

    volume_id: str
    name: str | None = None
    description: str | None = None
    container: str | None = None
    snapshot_id: str | None = None
    availability_zone: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    is_incremental: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRecord:
    """What it takes to know a backup again whose record is lost: the service that has it and an opaque description."""

    service: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """An offer of a volume to whoever has its key. `auth_key` is known only at its creation."""

    id: str
    volume_id: str
    project_id: str
    created_at: dt.datetime
    name: str | None = None
    no_snapshots: bool = False
    auth_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSpec:
    """What a client gives to offer a volume; `no_snapshots` leaves its snapshots behind."""

    volume_id: str
    name: str | None = None
    no_snapshots: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QosSpecs:
    """Promises of a volume type. `consumer` says who keeps them: front-end (compute), back-end or both."""

    id: str
    name: str
    consumer: str
    specs: Mapping[str, str] = field(default_factory=dict)
    created_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QosSpecsSpec:
    """What an administrator gives to create QoS specs."""

    name: str
    consumer: str = "back-end"
    specs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupType:
    """A kind of group of volumes. `group_specs` tell the cloud what it means. One that is not public is for admins."""

    id: str
    name: str
    description: str | None = None
    is_public: bool = True
    group_specs: Mapping[str, str | None] = field(default_factory=dict)
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTypeSpec:
    """What an administrator gives to create a group type."""

    name: str
    description: str | None = None
    is_public: bool = True
    group_specs: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Volumes that are dealt with together.

    `status` is creating, available, updating, deleting or error. Volumes of the types in `volume_type_ids` may be in
    it. `group_snapshot_id` or `source_group_id` names what it was made from.
    """

    id: str
    project_id: str
    user_id: str
    status: str
    group_type_id: str
    created_at: dt.datetime
    updated_at: dt.datetime | None = None
    name: str | None = None
    description: str | None = None
    availability_zone: str | None = None
    volume_type_ids: tuple[str, ...] = ()
    volume_ids: tuple[str, ...] = ()
    group_snapshot_id: str | None = None
    source_group_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpec:
    """What a client gives to create an empty group; its types are named or given by id."""

    group_type: str
    volume_types: tuple[str, ...]
    name: str | None = None
    description: str | None = None
    availability_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCopySpec:
    """What a client gives to create a group of another's volumes, or of what they were at a group snapshot."""

    group_snapshot_id: str | None = None
    source_group_id: str | None = None
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSnapshot:
    """Snapshots of all volumes of a group. `status` is creating, available, deleting or error."""

    id: str
    group_id: str
    group_type_id: str
    project_id: str
    user_id: str
    status: str
    created_at: dt.datetime
    updated_at: dt.datetime | None = None
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSnapshotSpec:
    """What a client gives to take a group snapshot."""

    group_id: str
    name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """An extension of the API. It is there where the cloud has the operation that it `needs`."""

    alias: str
    name: str
    description: str
    updated: str
    needs: str | None = None
