"""The embedded cloud's volumes: what a request changes at once and what it leaves to a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.attaching import VolumeAttaching
from jumpgate.block_storage.drivers.embedded.creation import VolumeCreation
from jumpgate.block_storage.drivers.embedded.kinds import DELETE, EXTEND, REIMAGE, REVERT, UPLOAD
from jumpgate.block_storage.drivers.embedded.moving import MOVING, VolumeMoving, snapshots_of
from jumpgate.block_storage.drivers.embedded.quotas import volume_demand
from jumpgate.block_storage.drivers.embedded.rows import Row, attachments_of, save
from jumpgate.block_storage.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.images import require_room
from jumpgate.block_storage.models import ImageUpload, ImageUploadSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict
from jumpgate.image.models import Image, ImageSpec
from jumpgate.store.tables.block_storage import volume_snapshots, volumes

_DELETABLE = ("available", "error", "error_restoring", "error_extending", "error_managing")
_SNAPSHOT_DELETABLE = ("available", "error", "deleting")
# What an image service names itself; everything else that a volume remembers are properties of the image.
_CORE_METADATA = {
    "checksum",
    "container_format",
    "disk_format",
    "image_id",
    "image_name",
    "min_disk",
    "min_ram",
    "name",
    "size",
}


class EmbeddedVolumes(VolumeCreation, VolumeAttaching, VolumeMoving):
    """The volumes of a project, each a file."""

    def _enqueue(self, connection: sa.Connection, ctx: Context, kind: str, row: Row, more: Mapping[str, Any]) -> None:
        self._cloud.tasks.enqueue(connection, kind, volume_id=row.id, request_id=ctx.request_id, **more)

    def delete(self, ctx: Context, resource_id: str, *, cascade: bool = False, force: bool = False) -> None:
        with self._editing(ctx, resource_id) as (connection, row):
            snapshots = snapshots_of(connection, row.id)
            _require_deletable(
                row,
                force=force,
                attached=_is_attached(connection, row.id),
                keeps=_keepers(snapshots, ctx, force=force) if cascade else snapshots,
            )
            of_it = volume_snapshots.c.volume_id == row.id
            connection.execute(volume_snapshots.update().where(of_it).values(status="deleting"))
            save(connection, volumes, row.id, {"status": "deleting"})
            self._enqueue(connection, ctx, DELETE, row, {"backend": row.backend})

    def unmanage(self, ctx: Context, volume_id: str) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            attached, snapshots = _is_attached(connection, row.id), snapshots_of(connection, row.id)
            _require_deletable(row, force=False, attached=attached, keeps=snapshots)
            save(connection, volumes, row.id, {"status": "unmanaging"})
            self._enqueue(connection, ctx, DELETE, row, {"backend": row.backend, "keeps_bytes": True})

    def extend(self, ctx: Context, volume_id: str, size_gib: int, *, attached: bool = False) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            if size_gib <= row.size_gib:
                raise InvalidInput(
                    "New size for extend must be greater than current size. "
                    f"(current: {row.size_gib}, extended: {size_gib})."
                )
            expected = "in-use" if attached else "available"
            if row.status != expected:
                raise InvalidVolume(
                    f"Volume {row.id} status must be '{{'status': '{expected}'}}' to extend, currently {row.status}."
                )
            self._quotas.require_size(row.project_id, size_gib)
            demand = volume_demand(0, size_gib - row.size_gib, row.volume_type)
            self._quotas.require(connection, row.project_id, demand)
            save(connection, volumes, row.id, {"status": "extending", "promised_gib": size_gib})
            self._enqueue(connection, ctx, EXTEND, row, {})

    def finish_extending(self, ctx: Context, volume_id: str, *, failed: bool) -> None:
        """Refuse it: an extension here waits for nobody, and its servers are told of it when it has ended."""
        self.get(ctx, volume_id)
        raise InvalidVolume("Volume is not being extended.")

    def upload(self, ctx: Context, volume_id: str, spec: ImageUploadSpec) -> ImageUpload:
        # An upload of a volume in use is off by default in Cinder too: its bytes move meanwhile.
        volume = self.get(ctx, volume_id)
        if volume.status != "available":
            raise InvalidVolume(f"Volume {volume_id} status must be available")
        images = self._cloud.siblings["image"].images
        image: Image = images.create(ctx, _image_spec(spec, volume.image_metadata))
        try:
            with self._editing(ctx, volume_id) as (connection, row):
                if row.status != "available":
                    raise InvalidVolume(f"Volume {volume_id} status must be available")
                save(connection, volumes, row.id, {"status": "uploading"})
                self._enqueue(connection, ctx, UPLOAD, row, {"image_id": image.id})
        except BadRequest:
            images.delete(ctx, image.id)
            raise
        return ImageUpload(
            volume=self.get(ctx, volume_id),
            image_id=image.id,
            image_name=spec.image_name,
            disk_format=spec.disk_format,
            container_format=spec.container_format,
            visibility=image.visibility,
            is_protected=image.protected,
        )

    def reimage(self, ctx: Context, volume_id: str, image_id: str, *, reserved: bool = False) -> None:
        image: Image = self._cloud.siblings["image"].images.get(ctx, image_id)
        with self._editing(ctx, volume_id) as (connection, row):
            if len(attachments_of(connection, row.id)) > 1:
                raise Conflict("Cannot re-image a volume which is attached to more than one server.")
            allowed = ("available", "error", "reserved") if reserved else ("available", "error")
            if row.status not in allowed:
                raise InvalidVolume(
                    f"Volume {row.id} status must be {' or '.join(allowed)}, but current status is {row.status}."
                )
            require_room(image, row.size_gib)
            save(connection, volumes, row.id, {"status": "downloading"})
            self._enqueue(connection, ctx, REIMAGE, row, {"image_id": image.id})

    def revert(self, ctx: Context, volume_id: str, snapshot_id: str) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            snapshot = _newest(snapshots_of(connection, row.id), row, snapshot_id)
            for what, status in (("Volume's", row.status), ("Snapshot's", snapshot.status)):
                if status != "available":
                    raise Conflict(
                        f"Can't revert volume {row.id} to its latest snapshot {snapshot.id}. "
                        f"{what} status must be 'available'."
                    )
            save(connection, volumes, row.id, {"status": "reverting"})
            save(connection, volume_snapshots, snapshot.id, {"status": "restoring"})
            self._enqueue(connection, ctx, REVERT, row, {"snapshot_id": snapshot.id})


def _is_attached(connection: sa.Connection, volume_id: str) -> bool:
    return any(item.status == "attached" for item in attachments_of(connection, volume_id))


def _keepers(snapshots: Sequence[Row], ctx: Context, *, force: bool) -> list[Row]:
    """Return the snapshots that cannot be removed together with their volume."""
    return [
        row
        for row in snapshots
        if (row.status not in _SNAPSHOT_DELETABLE and not force)
        or (row.project_id != ctx.project and not ctx.is_admin)
        or row.group_snapshot_id is not None
    ]


def _require_deletable(row: Row, *, force: bool, attached: bool, keeps: Sequence[Row]) -> None:
    """Raise BadRequest for a volume that is in use, in a state of work, or has snapshots that stay."""
    in_a_state = (force or row.status in _DELETABLE) and row.migration_status not in MOVING
    if in_a_state and not attached and not keeps and row.group_id is None:
        return
    status = "" if force else f"status must be {' or '.join(_DELETABLE)} and"
    raise InvalidVolume(
        f"Volume {status} must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, "
        "or be disassociated from snapshots after volume transfer."
    )


def _image_spec(spec: ImageUploadSpec, remembered: Mapping[str, str]) -> ImageSpec:
    given: dict[str, Any] = {"visibility": spec.visibility, "protected": spec.is_protected}
    return ImageSpec(
        name=spec.image_name,
        disk_format=spec.disk_format,
        container_format=spec.container_format,
        properties={name: value for name, value in remembered.items() if name not in _CORE_METADATA},
        **{name: value for name, value in given.items() if value is not None},
    )


def _newest(snapshots: Sequence[Row], volume: Row, snapshot_id: str) -> Row:
    """Return a volume's newest snapshot, which must be the one named and as large as the volume."""
    if not snapshots:
        raise BadRequest(f"Volume {volume.id} doesn't have any snapshots.")
    newest = snapshots[0]
    if newest.id != snapshot_id:
        raise BadRequest(f"Specified snapshot {snapshot_id} is None or not the latest one of volume {volume.id}.")
    if newest.size_gib != volume.size_gib:
        raise BadRequest(
            f"Can't revert volume {volume.id} to its latest snapshot {snapshot_id}. The volume size must be equal to "
            "the snapshot size."
        )
    return newest
