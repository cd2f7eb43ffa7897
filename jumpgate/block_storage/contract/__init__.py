"""What a cloud must do for the block storage service: one class per resource, composed into `BlockStorage`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.block_storage.contract.operators import (
    AvailabilityZones,
    ManageableSnapshots,
    ManageableVolumes,
    Pools,
    Services,
)
from jumpgate.block_storage.models import (
    Attachment,
    AttachmentSpec,
    AttachSpec,
    Backup,
    BackupRecord,
    BackupSpec,
    DefaultType,
    Group,
    GroupCopySpec,
    GroupSnapshot,
    GroupSnapshotSpec,
    GroupSpec,
    GroupType,
    GroupTypeSpec,
    ImageUpload,
    ImageUploadSpec,
    Message,
    QosSpecs,
    QosSpecsSpec,
    QuotaSet,
    Snapshot,
    SnapshotSpec,
    StatusChanges,
    Transfer,
    TransferSpec,
    Volume,
    VolumeSpec,
    VolumeSummary,
    VolumeType,
    VolumeTypeSpec,
)
from jumpgate.block_storage.models.operators import Encryption, EncryptionSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes, Crud, Resource, hint


class Volumes(Crud[Volume, VolumeSpec]):
    """The volumes of a project.

    An operation that takes long returns at once, with the volume in a state that tells of it. A volume in a state that
    does not allow an operation raises BadRequest, as Cinder has it.
    """

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Volume:
        """Change name, description, metadata (all of it), or raise NotFound."""
        raise NotSupported

    def delete(self, ctx: Context, resource_id: str, *, cascade: bool = False, force: bool = False) -> None:
        """Remove a volume that is available or in error; `cascade` its snapshots too, `force` in any state."""
        raise NotSupported

    @hint
    def count(self, ctx: Context, query: Query) -> int | None:
        """Return how many volumes pass the query's filters, None where that must be counted from the list."""
        return None

    @hint
    def summarize(self, ctx: Context, query: Query) -> VolumeSummary | None:
        """Return the summary of what passes the query's filters, None where it must be made from the list."""
        return None

    def set_metadata(
        self, ctx: Context, volume_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> Mapping[str, str]:
        """Add to a volume's metadata, or `replace` all of it; return what it is now."""
        raise NotSupported

    def delete_metadata(self, ctx: Context, volume_id: str, key: str) -> None:
        """Remove one key of a volume's metadata, or raise NotFound."""
        raise NotSupported

    def set_image_metadata(self, ctx: Context, volume_id: str, metadata: Mapping[str, str]) -> Mapping[str, str]:
        """Add to what a volume knows of its image; return what it is now."""
        raise NotSupported

    def delete_image_metadata(self, ctx: Context, volume_id: str, key: str) -> None:
        """Remove one key of what a volume knows of its image, or raise NotFound."""
        raise NotSupported

    def reserve(self, ctx: Context, volume_id: str) -> None:
        """Keep an available volume for somebody who is about to attach it."""
        raise NotSupported

    def unreserve(self, ctx: Context, volume_id: str) -> None:
        """Give up what `reserve` promised."""
        raise NotSupported

    def begin_detaching(self, ctx: Context, volume_id: str) -> None:
        """Mark an attached volume as detaching."""
        raise NotSupported

    def roll_detaching(self, ctx: Context, volume_id: str) -> None:
        """Take back what `begin_detaching` marked."""
        raise NotSupported

    def attach(self, ctx: Context, volume_id: str, spec: AttachSpec) -> None:
        """Note that a server or host uses the volume, which goes to in-use."""
        raise NotSupported

    def detach(self, ctx: Context, volume_id: str, attachment_id: str | None) -> None:
        """Note that an attachment has ended; without an id, the only one."""
        raise NotSupported

    def force_detach(self, ctx: Context, volume_id: str, attachment_id: str | None) -> None:
        """End an attachment whatever state it is in."""
        raise NotSupported

    def initialize_connection(self, ctx: Context, volume_id: str, connector: Mapping[str, Any]) -> Mapping[str, Any]:
        """Let the host of `connector` reach the volume; return how: ``{"driver_volume_type": ..., "data": {...}}``."""
        raise NotSupported

    def terminate_connection(self, ctx: Context, volume_id: str, connector: Mapping[str, Any]) -> None:
        """Take back what `initialize_connection` let."""
        raise NotSupported

    def extend(self, ctx: Context, volume_id: str, size_gib: int, *, attached: bool = False) -> None:
        """Make a volume larger, also one in use where `attached` says so."""
        raise NotSupported

    def finish_extending(self, ctx: Context, volume_id: str, *, failed: bool) -> None:
        """End the extension of a volume that waits for its compute service; raise BadRequest for one that does not."""
        raise NotSupported

    def set_bootable(self, ctx: Context, volume_id: str, bootable: bool) -> None:
        """Say whether servers can start from the volume."""
        raise NotSupported

    def set_read_only(self, ctx: Context, volume_id: str, read_only: bool) -> None:
        """Say whether the volume can only be attached for reading."""
        raise NotSupported

    def reset_status(self, ctx: Context, volume_id: str, changes: StatusChanges) -> None:
        """Set states by hand, as an administrator does after a failure."""
        raise NotSupported

    def retype(self, ctx: Context, volume_id: str, volume_type: str, migration_policy: str) -> None:
        """Give a volume another type, by name or id; `migration_policy` ("never", "on-demand") says if it may move."""
        raise NotSupported

    def migrate(self, ctx: Context, volume_id: str, host: str, *, locks: bool = False) -> None:
        """Begin to move a volume to the pool `host`; with `locks` it is in maintenance meanwhile."""
        raise NotSupported

    def unmanage(self, ctx: Context, volume_id: str) -> None:
        """Forget a volume that could be deleted, and leave its bytes on the backend."""
        raise NotSupported

    def upload(self, ctx: Context, volume_id: str, spec: ImageUploadSpec) -> ImageUpload:
        """Begin to make an image of a volume's content."""
        raise NotSupported

    def reimage(self, ctx: Context, volume_id: str, image_id: str, *, reserved: bool = False) -> None:
        """Replace a volume's content by an image's; `reserved` lets a reserved volume be replaced too."""
        raise NotSupported

    def revert(self, ctx: Context, volume_id: str, snapshot_id: str) -> None:
        """Give a volume the content of its newest snapshot again."""
        raise NotSupported


class Snapshots(Crud[Snapshot, SnapshotSpec]):
    """The snapshots of a project's volumes."""

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        """Remove a snapshot that is available or in error; with `force` in any state."""
        raise NotSupported

    @hint
    def count(self, ctx: Context, query: Query) -> int | None:
        """Return how many snapshots pass the query's filters, None where that must be counted from the list."""
        return None

    def set_metadata(
        self, ctx: Context, snapshot_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> Mapping[str, str]:
        """Add to a snapshot's metadata, or `replace` all of it; return what it is now."""
        raise NotSupported

    def delete_metadata(self, ctx: Context, snapshot_id: str, key: str) -> None:
        """Remove one key of a snapshot's metadata, or raise NotFound."""
        raise NotSupported

    def unmanage(self, ctx: Context, snapshot_id: str) -> None:
        """Forget a snapshot that could be deleted, and leave its bytes on the backend."""
        raise NotSupported

    def reset_status(self, ctx: Context, snapshot_id: str, status: str) -> None:
        """Set the state by hand, as an administrator does after a failure."""
        raise NotSupported

    def report_status(self, ctx: Context, snapshot_id: str, status: str, progress_percent: int | None) -> None:
        """Take a compute service's word on a snapshot that it makes."""
        raise NotSupported


class Attachments(Crud[Attachment, AttachmentSpec]):
    """The attachments of a project's volumes.

    `create` and `update` return the attachment with its `connection` as soon as the connector is known; `delete` gives
    the volume back. A volume that cannot be attached raises BadRequest.
    """

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Attachment:
        """Set the ``connector`` of an attachment that was only reserved, which makes the connection."""
        raise NotSupported

    def complete(self, ctx: Context, attachment_id: str) -> None:
        """Note that the server uses the volume: the volume goes to in-use."""
        raise NotSupported

    @hint
    def holder(self, ctx: Context, attachment: Attachment) -> str | None:
        """Return the server that still uses the volume, so that only its compute service may end the attachment."""
        return None


class VolumeTypes(Crud[VolumeType, VolumeTypeSpec]):
    """The kinds of volumes. A caller sees the public ones and those its project may use; an administrator sees all."""

    def default(self, ctx: Context) -> VolumeType:
        """Return the type of a volume whose client names none; raise NotFound where there is no such type."""
        raise NotSupported

    def set_extra_specs(self, ctx: Context, type_id: str, extra_specs: Mapping[str, str]) -> Mapping[str, str]:
        """Add to a type's extra specs; return what they are now."""
        raise NotSupported

    def delete_extra_spec(self, ctx: Context, type_id: str, key: str) -> None:
        """Remove one extra spec, or raise NotFound."""
        raise NotSupported

    def add_access(self, ctx: Context, type_id: str, project_id: str) -> None:
        """Let a project use a type that is not public; raise Conflict if it may already."""
        raise NotSupported

    def remove_access(self, ctx: Context, type_id: str, project_id: str) -> None:
        """Take back what `add_access` let, or raise NotFound."""
        raise NotSupported

    def encryption(self, ctx: Context, type_id: str) -> Encryption | None:
        """Return how the volumes of a type are to be encrypted, None where they are not."""
        raise NotSupported

    def encrypt(self, ctx: Context, type_id: str, spec: EncryptionSpec) -> Encryption:
        """Let the volumes of a type be encrypted; raise BadRequest while there are volumes of it, or if they are."""
        raise NotSupported

    def update_encryption(self, ctx: Context, type_id: str, changes: Changes) -> Encryption:
        """Change how the volumes of a type are to be encrypted; raise BadRequest while there are volumes of it."""
        raise NotSupported

    def delete_encryption(self, ctx: Context, type_id: str) -> None:
        """Let the volumes of a type be plain; raise BadRequest while there are any, NotFound if they are plain."""
        raise NotSupported


class DefaultTypes(Resource):
    """The default volume types of single projects, which come before the cloud's."""

    @abstractmethod
    def find(self, ctx: Context) -> Iterable[DefaultType]:
        """Yield every project's own default."""

    @abstractmethod
    def get(self, ctx: Context, project_id: str) -> DefaultType:
        """Return a project's own default, or raise NotFound."""

    def set(self, ctx: Context, project_id: str, volume_type: str) -> DefaultType:
        """Give a project a default of its own, by the type's name or id."""
        raise NotSupported

    def unset(self, ctx: Context, project_id: str) -> None:
        """Give a project the cloud's default again; nothing happens to one that has it already."""
        raise NotSupported


class QuotaSets(Resource):
    """What projects may have."""

    @abstractmethod
    def get(self, ctx: Context, project_id: str) -> QuotaSet:
        """Return a project's limits and its usage."""

    @abstractmethod
    def defaults(self, ctx: Context, project_id: str) -> QuotaSet:
        """Return the limits of a project that has none of its own."""

    def update(self, ctx: Context, project_id: str, limits: Mapping[str, int]) -> QuotaSet:
        """Set some of a project's limits; raise BadRequest for a resource that does not exist."""
        raise NotSupported

    def reset(self, ctx: Context, project_id: str) -> None:
        """Give a project the defaults again."""
        raise NotSupported

    def class_limits(self, ctx: Context, name: str) -> Mapping[str, int]:
        """Return the limits of a class of projects; those of the class "default" are the defaults."""
        raise NotSupported

    def update_class(self, ctx: Context, name: str, limits: Mapping[str, int]) -> Mapping[str, int]:
        """Set some limits of a class and return all of them; raise BadRequest for a resource that does not exist."""
        raise NotSupported


class Messages(Resource):
    """What the service has to tell a project of work that failed."""

    @abstractmethod
    def find(self, ctx: Context, query: Query) -> Iterable[Message]:
        """Yield the project's messages that have not expired."""

    @abstractmethod
    def get(self, ctx: Context, message_id: str) -> Message:
        """Return one message, or raise NotFound."""

    def delete(self, ctx: Context, message_id: str) -> None:
        """Remove one message, or raise NotFound."""
        raise NotSupported


class Backups(Crud[Backup, BackupSpec]):
    """The backups of a project."""

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        """Remove a backup that is available or in error and that none builds on; with `force` in any state."""
        raise NotSupported

    @hint
    def count(self, ctx: Context, query: Query) -> int | None:
        """Return how many backups pass the query's filters, None where that must be counted from the list."""
        return None

    def restore(self, ctx: Context, backup_id: str, volume_id: str | None, name: str | None) -> Volume:
        """Give a volume the backup's content, or make a new one of it called `name`; return the volume."""
        raise NotSupported

    def reset_status(self, ctx: Context, backup_id: str, status: str) -> None:
        """Set the state by hand, as an administrator does after a failure."""
        raise NotSupported

    def export_record(self, ctx: Context, backup_id: str) -> BackupRecord:
        """Return what it takes to know an available backup again."""
        raise NotSupported

    def import_record(self, ctx: Context, record: BackupRecord) -> Backup:
        """Make a backup of its record; raise BadRequest if there is one of its id, or its bytes are gone."""
        raise NotSupported


class Transfers(Crud[Transfer, TransferSpec]):
    """The offers of a project's volumes to others."""

    def accept(self, ctx: Context, transfer_id: str, auth_key: str) -> Transfer:
        """Take an offered volume into the caller's project; raise BadRequest unless the key is right."""
        raise NotSupported


class QosSpecsCollection(Crud[QosSpecs, QosSpecsSpec]):
    """The QoS specs, for administrators. `update` changes the ``consumer``, and adds to the ``specs``."""

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        """Remove QoS specs that no type has; with `force` take them from the types that have them."""
        raise NotSupported

    def delete_keys(self, ctx: Context, qos_specs_id: str, keys: Iterable[str]) -> None:
        """Remove keys of the specs, or raise NotFound for the first that is not there."""
        raise NotSupported

    def associations(self, ctx: Context, qos_specs_id: str) -> Iterable[VolumeType]:
        """Yield the volume types that have the specs."""
        raise NotSupported

    def associate(self, ctx: Context, qos_specs_id: str, type_id: str) -> None:
        """Give a volume type the specs; raise BadRequest if it has others."""
        raise NotSupported

    def disassociate(self, ctx: Context, qos_specs_id: str, type_id: str | None) -> None:
        """Take the specs from a volume type; None takes them from all."""
        raise NotSupported


class GroupTypes(Crud[GroupType, GroupTypeSpec]):
    """The kinds of groups. A caller sees the public ones, an administrator all."""

    def set_specs(self, ctx: Context, type_id: str, group_specs: Mapping[str, str | None]) -> Mapping[str, str | None]:
        """Add to a type's group specs; return what they are now."""
        raise NotSupported

    def delete_spec(self, ctx: Context, type_id: str, key: str) -> None:
        """Remove one group spec, or raise NotFound."""
        raise NotSupported


class Groups(Crud[Group, GroupSpec]):
    """The groups of a project's volumes. A group that is in no state for an operation raises BadRequest."""

    def update(
        self, ctx: Context, resource_id: str, changes: Changes, *, add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> Group:
        """Change name and description, and take volumes in or let them go."""
        raise NotSupported

    def delete(self, ctx: Context, resource_id: str, *, with_volumes: bool = False) -> None:
        """Remove a group that has no volumes, or `with_volumes` all of them too."""
        raise NotSupported

    def copy(self, ctx: Context, spec: GroupCopySpec) -> Group:
        """Begin to make a group with copies of another's volumes."""
        raise NotSupported

    def reset_status(self, ctx: Context, group_id: str, status: str) -> None:
        """Set the state by hand, as an administrator does after a failure."""
        raise NotSupported


class GroupSnapshots(Crud[GroupSnapshot, GroupSnapshotSpec]):
    """The snapshots of a project's groups. `delete` removes the snapshots that belong to one."""

    def reset_status(self, ctx: Context, group_snapshot_id: str, status: str) -> None:
        """Set the state by hand, as an administrator does after a failure."""
        raise NotSupported


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockStorage:
    """What one cloud offers for Cinder. None: this cloud has no such thing."""

    volumes: Volumes
    volume_types: VolumeTypes
    snapshots: Snapshots | None = None
    attachments: Attachments | None = None
    default_types: DefaultTypes | None = None
    quota_sets: QuotaSets | None = None
    availability_zones: AvailabilityZones | None = None
    services: Services | None = None
    pools: Pools | None = None
    manageable_volumes: ManageableVolumes | None = None
    manageable_snapshots: ManageableSnapshots | None = None
    messages: Messages | None = None
    backups: Backups | None = None
    transfers: Transfers | None = None
    qos_specs: QosSpecsCollection | None = None
    group_types: GroupTypes | None = None
    groups: Groups | None = None
    group_snapshots: GroupSnapshots | None = None
