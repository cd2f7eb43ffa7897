"""The things of block storage: volumes, what is taken of them, and the kinds that they come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from jumpgate.block_storage.models import (
    AttachmentSpec,
    BackupSpec,
    GroupSnapshotSpec,
    GroupSpec,
    GroupTypeSpec,
    QosSpecsSpec,
    SnapshotSpec,
    TransferSpec,
    VolumeSpec,
    VolumeTypeSpec,
)
from jumpgate.common.context import Context
from jumpgate.common.ids import Kind
from jumpgate.testing.contract.model import Thing
from jumpgate.testing.contract.suite import Made

SERVER_ID = "5d2f0ed2-2f2c-4f6e-9a6c-0d5d0a1f7c01"


class VolumeThing(Thing):
    """An empty volume of 1 GiB."""

    resource = "volumes"
    kind = Kind.VOLUME
    status = "status"
    ready = ("available",)
    filters = ("id", "name", "status", "size_gib", "bootable", "availability_zone", "volume_type_id")
    sorts = ("created_at", "name", "status", "size_gib", "id")
    free = ("volume_type", "availability_zone")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed", "description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> VolumeSpec:
        return VolumeSpec(**{"size_gib": 1, "name": name, "metadata": {"suite": "contract"}, **more})


class SnapshotThing(Thing):
    """A snapshot of a volume of its own."""

    resource = "snapshots"
    kind = Kind.SNAPSHOT
    status = "status"
    ready = ("available",)
    filters = ("id", "name", "status", "volume_id")
    sorts = ("created_at", "name", "volume_id", "id")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed", "description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> SnapshotSpec:
        volume_id = more.pop("volume_id", None) or made.make(VOLUME, ctx).id
        return SnapshotSpec(volume_id=volume_id, name=name, **more)


class AttachmentThing(Thing):
    """An attachment of a volume of its own to a server that only its id is known of."""

    resource = "attachments"
    kind = Kind.ATTACHMENT
    filters = ("id", "status", "volume_id", "server_id")
    sorts = ("created_at", "volume_id", "status", "id")
    free = ("connector", "mode")

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> AttachmentSpec:
        volume_id = more.pop("volume_id", None) or made.make(VOLUME, ctx).id
        return AttachmentSpec(**{"volume_id": volume_id, "server_id": SERVER_ID, **more})


class VolumeTypeThing(Thing):
    """A public volume type."""

    resource = "volume_types"
    kind = Kind.VOLUME_TYPE
    caller = "admin"
    filters = ("name", "is_public")
    sorts = ("created_at", "name", "id")
    changes: ClassVar[Mapping[str, Any]] = {"description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> VolumeTypeSpec:
        return VolumeTypeSpec(name=name, **more)


class BackupThing(Thing):
    """A backup of a volume of its own."""

    resource = "backups"
    kind = Kind.BACKUP
    status = "status"
    ready = ("available",)
    filters = ("id", "name", "status", "volume_id")
    sorts = ("created_at", "name", "volume_id", "id")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed", "description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> BackupSpec:
        volume_id = more.pop("volume_id", None) or made.make(VOLUME, ctx).id
        return BackupSpec(volume_id=volume_id, name=name, **more)


class TransferThing(Thing):
    """The offer of a volume of its own."""

    resource = "transfers"
    filters = ("id", "name", "volume_id")
    sorts = ("created_at", "name", "id")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> TransferSpec:
        volume_id = more.pop("volume_id", None) or made.make(VOLUME, ctx).id
        return TransferSpec(volume_id=volume_id, name=name, **more)


class QosSpecsThing(Thing):
    """QoS specs that nothing has."""

    resource = "qos_specs"
    caller = "admin"
    filters = ("id", "name", "consumer")
    sorts = ("created_at", "name", "id")
    changes: ClassVar[Mapping[str, Any]] = {"consumer": "both"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> QosSpecsSpec:
        return QosSpecsSpec(**{"name": name, "specs": {"a": "1"}, **more})


class GroupTypeThing(Thing):
    """A public group type."""

    resource = "group_types"
    caller = "admin"
    filters = ("name", "is_public")
    sorts = ("created_at", "name", "id")
    changes: ClassVar[Mapping[str, Any]] = {"description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> GroupTypeSpec:
        return GroupTypeSpec(name=name, **more)


class GroupThing(Thing):
    """A group without volumes, of types of its own."""

    resource = "groups"
    status = "status"
    ready = ("available",)
    filters = ("id", "name", "status")
    sorts = ("created_at", "name", "id")
    free = ("availability_zone",)
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed", "description": "changed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> GroupSpec:
        types = {"group_type": made.make(GROUP_TYPE).id, "volume_types": (made.make(VOLUME_TYPE).id,)}
        return GroupSpec(**{"name": name, **types, **more})

    def delete(self, contract: Any, ctx: Context, key: Any) -> None:
        contract.delete(ctx, key, with_volumes=True)


class GroupSnapshotThing(Thing):
    """A snapshot of a group with one volume."""

    resource = "group_snapshots"
    status = "status"
    ready = ("available",)
    filters = ("id", "name", "status", "group_id")
    sorts = ("created_at", "name", "id")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed"}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> GroupSnapshotSpec:
        group_id = more.pop("group_id", None)
        if group_id is None:
            group = made.make(GROUP, ctx)
            made.make(VOLUME, ctx, removes=False, group_id=group.id, volume_type=group.volume_type_ids[0])
            group_id = group.id
        return GroupSnapshotSpec(group_id=group_id, name=name, **more)


VOLUME, SNAPSHOT, ATTACHMENT, VOLUME_TYPE = VolumeThing(), SnapshotThing(), AttachmentThing(), VolumeTypeThing()
BACKUP, TRANSFER, QOS_SPECS = BackupThing(), TransferThing(), QosSpecsThing()
GROUP_TYPE, GROUP, GROUP_SNAPSHOT = GroupTypeThing(), GroupThing(), GroupSnapshotThing()
