"""Creating volumes: from nothing, from an image, a snapshot, another volume or a backup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, ZONE, new_id
from jumpgate.block_storage.drivers.embedded.encryptions import require_plain
from jumpgate.block_storage.drivers.embedded.group_rows import group_row, types_in
from jumpgate.block_storage.drivers.embedded.kinds import CREATE
from jumpgate.block_storage.drivers.embedded.quotas import volume_demand
from jumpgate.block_storage.drivers.embedded.records import VolumeRecords
from jumpgate.block_storage.drivers.embedded.rows import Row, backup_row, remembered, snapshot_row, volume_row
from jumpgate.block_storage.drivers.embedded.volume_types import default_type_row, is_multiattach, type_row
from jumpgate.block_storage.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.images import find_image, require_room, snapshot_of
from jumpgate.block_storage.models import Volume, VolumeSpec
from jumpgate.block_storage.models.of_images import image_metadata
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest
from jumpgate.common.format import utcnow
from jumpgate.image.models import Image
from jumpgate.store.tables.block_storage import volumes

_SOURCES = {
    "backup_id": "backup",
    "image_id": "imageRef",
    "snapshot_id": "snapshot",
    "source_volume_id": "source volume",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a new volume begins as.

    `kind` is nothing, image, snapshot, volume or backup. `size_gib` is the least that it takes, `too_small` the answer
    to less. `finish` are the columns that the volume gets when its bytes are there.
    """

    kind: str = "nothing"
    id: str | None = None
    size_gib: int | None = None
    too_small: str = ""
    volume_type_id: str | None = None
    availability_zone: str | None = None
    finish: Mapping[str, Any] = field(default_factory=dict)


class VolumeCreation(VolumeRecords):
    """The beginning of a volume: its row at once, its bytes by a task."""

    def create(self, ctx: Context, spec: VolumeSpec) -> Volume:
        given = [name for name in _SOURCES if getattr(spec, name) is not None]
        if len(given) > 1:
            raise InvalidInput(f"May specify only one of {', '.join(_SOURCES.values())}")
        image = find_image(self._cloud.siblings, ctx, spec.image_id) if spec.image_id is not None else None
        snapshot_id = snapshot_of(image) if image is not None and spec.follows_snapshot else None
        if snapshot_id is not None:
            image, spec = None, replace(spec, snapshot_id=snapshot_id)
        made_of = _origin_of_image(image, spec) if image is not None else None
        with self._store.write(TOPIC) as connection:
            if spec.group_id is not None:
                _require_membership(connection, ctx, spec)
            row = self.insert(connection, ctx, spec, made_of)
        return self.get(ctx, row["id"])

    def insert(
        self, connection: sa.Connection, ctx: Context, spec: VolumeSpec, made_of: Origin | None = None
    ) -> dict[str, Any]:
        """Insert the row of a volume and promise its bytes: what it is `made_of`, else what the spec names."""
        origin = made_of or _origin(connection, ctx, spec)
        size_gib = _size(spec, origin)
        kind = _type(connection, ctx, spec, origin)
        require_plain(connection, kind.id, kind.name)
        self._quotas.require_size(ctx.project, size_gib)
        self._quotas.require(connection, ctx.project, volume_demand(1, size_gib, kind.name))
        row = _described(ctx, spec) | {
            "size_gib": size_gib,
            "promised_gib": size_gib,
            "availability_zone": _zone(spec, origin),
            "volume_type_id": kind.id,
            "is_multiattach": is_multiattach(kind.extra_specs),
        }
        connection.execute(volumes.insert().values(row))
        self._cloud.tasks.enqueue(
            connection,
            CREATE,
            volume_id=row["id"],
            origin={"kind": origin.kind, "id": origin.id},
            finish=dict(origin.finish),
            request_id=ctx.request_id,
        )
        return row


def _described(ctx: Context, spec: VolumeSpec) -> dict[str, Any]:
    return {
        "id": new_id(),
        "project_id": ctx.project,
        "user_id": ctx.user_id,
        "name": spec.name,
        "description": spec.description,
        "status": "creating",
        "snapshot_id": spec.snapshot_id,
        "source_volume_id": spec.source_volume_id,
        "backup_id": spec.backup_id,
        "group_id": spec.group_id,
        "metadata": dict(spec.metadata),
        "image_metadata": {},
        "flags": {},
        "created_at": utcnow(),
    }


def _require_membership(connection: sa.Connection, ctx: Context, spec: VolumeSpec) -> None:
    """Raise NotFound or BadRequest unless the volume may begin in its group."""
    group = group_row(connection, ctx, spec.group_id or "")
    if spec.volume_type is None:
        raise InvalidInput("volume_type must be provided when creating a volume in a group.")
    if type_row(connection, ctx, spec.volume_type).id not in types_in(connection, [group.id])[group.id]:
        raise InvalidInput(
            f"Invalid volume_type provided: {spec.volume_type} (requested type must be supported by this group)."
        )


def _origin_of_image(image: Image, spec: VolumeSpec) -> Origin:
    require_room(image, _positive(spec.size_gib))
    return Origin(
        kind="image",
        id=image.id,
        volume_type_id=image.properties.get("cinder_img_volume_type"),
        finish={"bootable": True, "image_metadata": image_metadata(image)},
    )


def _origin(connection: sa.Connection, ctx: Context, spec: VolumeSpec) -> Origin:
    """Return the origin of a volume that is made from something of block storage, or from nothing."""
    if spec.snapshot_id is not None:
        return _origin_of_snapshot(connection, ctx, spec.snapshot_id)
    if spec.source_volume_id is not None:
        return _origin_of_volume(volume_row(connection, ctx, spec.source_volume_id))
    if spec.backup_id is not None:
        return _origin_of_backup(backup_row(connection, ctx, spec.backup_id), spec.metadata)
    return Origin()


def _origin_of_snapshot(connection: sa.Connection, ctx: Context, snapshot_id: str) -> Origin:
    snapshot = snapshot_row(connection, ctx, snapshot_id)
    if snapshot.status != "available":
        raise BadRequest(
            "Invalid snapshot: Originating snapshot status must be one of 'available' values", reason="InvalidSnapshot"
        )
    volume = connection.execute(sa.select(volumes).where(volumes.c.id == snapshot.volume_id)).one()
    return Origin(
        kind="snapshot",
        id=snapshot.id,
        size_gib=snapshot.size_gib,
        too_small="Volume size '{size}'GB cannot be smaller than the snapshot size {least}GB. "
        "They must be >= original snapshot size.",
        volume_type_id=volume.volume_type_id,
        availability_zone=volume.availability_zone,
        finish={"bootable": volume.bootable, "image_metadata": volume.image_metadata},
    )


def _origin_of_volume(volume: Row) -> Origin:
    if volume.status not in ("available", "in-use"):
        raise InvalidVolume("Originating source volume status must be one of 'available, in-use' values")
    return Origin(
        kind="volume",
        id=volume.id,
        size_gib=volume.size_gib,
        too_small="Volume size '{size}'GB cannot be smaller than original volume size  {least}GB. "
        "They must be >= original volume size.",
        volume_type_id=volume.volume_type_id,
        availability_zone=volume.availability_zone,
        finish={"bootable": volume.bootable, "image_metadata": volume.image_metadata},
    )


def _origin_of_backup(backup: Row, metadata: Mapping[str, str]) -> Origin:
    """Return the origin of a volume that is to have a backup's metadata, and what else it was given."""
    finish = remembered(backup)
    finish["metadata"] = {**finish.get("metadata", {}), **metadata}
    if backup.status not in ("available", "restoring"):
        raise BadRequest(
            "Invalid backup: Originating backup status must be one of 'available' values", reason="InvalidBackup"
        )
    return Origin(
        kind="backup",
        id=backup.id,
        size_gib=backup.size_gib,
        too_small="Volume size {size}GB cannot be smaller than the backup size {least}GB. It must be >= backup size.",
        finish=finish,
    )


def _size(spec: VolumeSpec, origin: Origin) -> int:
    """Return the size of the new volume, the origin's where none is given; raise BadRequest if it is too small."""
    size_gib = _positive(origin.size_gib if spec.size_gib is None else spec.size_gib)
    if origin.size_gib is not None and size_gib < origin.size_gib:
        raise InvalidInput(origin.too_small.format(size=size_gib, least=origin.size_gib))
    return size_gib


def _positive(size_gib: int | None) -> int:
    if size_gib is None or size_gib < 1:
        raise InvalidInput(f"Volume size '{size_gib}' must be an integer and greater than 0")
    return size_gib


def _type(connection: sa.Connection, ctx: Context, spec: VolumeSpec, origin: Origin) -> Row:
    """Return the type's row: the one asked for, the origin's, the project's default or the cloud's."""
    wanted = spec.volume_type or origin.volume_type_id
    return type_row(connection, ctx, wanted) if wanted else default_type_row(connection, ctx.project)


def _zone(spec: VolumeSpec, origin: Origin) -> str:
    zone = spec.availability_zone or origin.availability_zone or ZONE
    if zone != ZONE:
        raise BadRequest(f"Availability zone '{zone}' is invalid.", reason="InvalidAvailabilityZone")
    return zone
