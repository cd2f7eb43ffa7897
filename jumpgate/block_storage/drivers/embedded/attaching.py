"""Attaching volumes by the actions of the volume itself, as Nova did before there were attachments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.cloud import EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.qos_specs import promised
from jumpgate.block_storage.drivers.embedded.records import VolumeRecords
from jumpgate.block_storage.drivers.embedded.rows import Row, attachments_of, save, volume_row
from jumpgate.block_storage.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.models import AttachSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest
from jumpgate.common.format import utcnow
from jumpgate.store.tables.block_storage import volume_attachments, volumes

# The volume's state that follows from its attachments', the strongest first.
_STATUS_OF = {"attached": "in-use", "attaching": "attaching", "detaching": "detaching", "reserved": "reserved"}
# What is being done to the volume in these states ends in one of its own.
_BUSY = (
    "creating",
    "deleting",
    "downloading",
    "extending",
    "reverting",
    "uploading",
    "backing-up",
    "restoring-backup",
    "awaiting-transfer",
)
_UNREADY = ("creating", "deleting", "error", "error_deleting", "restoring-backup")


class VolumeAttaching(VolumeRecords):
    """The states between available and in-use."""

    def reserve(self, ctx: Context, volume_id: str) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            expected = ("available", "in-use") if row.is_multiattach else ("available",)
            if row.status not in expected:
                raise InvalidVolume(
                    f"Volume status must be {' or '.join(expected)} to reserve, but the status is {row.status}."
                )
            save(connection, volumes, row.id, {"status": "attaching"})

    def unreserve(self, ctx: Context, volume_id: str) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            _unreserve(connection, row)

    def begin_detaching(self, ctx: Context, volume_id: str) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            if row.status != "in-use" or not _is_attached(connection, row.id):
                raise InvalidVolume(
                    "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' "
                    "to detach."
                )
            save(connection, volumes, row.id, {"status": "detaching"})

    def roll_detaching(self, ctx: Context, volume_id: str) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            if row.status == "detaching":
                save(connection, volumes, row.id, {"status": "in-use"})

    def attach(self, ctx: Context, volume_id: str, spec: AttachSpec) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            require_mode(row, spec.mode)
            if _user(connection, row.id, spec):
                save(connection, volumes, row.id, {"status": "in-use"})
                return
            _require_attachable(row, spec.mode)
            moment = utcnow()
            attachment = {
                "id": new_id(),
                "volume_id": row.id,
                "project_id": row.project_id,
                "status": "attached",
                "server_id": spec.server_id,
                "host_name": spec.host_name,
                "mountpoint": spec.mountpoint,
                "mode": spec.mode,
                "connection": {},
                "created_at": moment,
                "attached_at": moment,
            }
            connection.execute(volume_attachments.insert().values(attachment))
            flags = {"readonly": "False", **row.flags, "attached_mode": spec.mode}
            save(connection, volumes, row.id, {"status": "in-use", "flags": flags})

    def detach(self, ctx: Context, volume_id: str, attachment_id: str | None) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            if attachment_id is not None:
                _require_own(connection, row.id, attachment_id)
            end_attachment(connection, row, attachment_id or _only_attachment(connection, row.id))

    def force_detach(self, ctx: Context, volume_id: str, attachment_id: str | None) -> None:
        self.detach(ctx, volume_id, attachment_id)

    def initialize_connection(self, ctx: Context, volume_id: str, connector: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._store.read() as connection:
            row = volume_row(connection, ctx, volume_id)
            require_ready(row)
            mode = row.flags.get("attached_mode", "ro" if row.flags.get("readonly") == "True" else "rw")
            return local_connection(connection, self._cloud, row, mode)

    def terminate_connection(self, ctx: Context, volume_id: str, connector: Mapping[str, Any]) -> None:
        with self._editing(ctx, volume_id) as (connection, row):
            _unreserve(connection, row)


def local_connection(connection: sa.Connection, cloud: EmbeddedCloud, volume: Row, mode: str) -> dict[str, Any]:
    """Return how a process on this machine reaches a volume: by its file (os-brick's ``local`` connector)."""
    data = {
        "device_path": str(cloud.backends[volume.backend].volumes.path(volume.id)),
        "volume_id": volume.id,
        "access_mode": mode,
        "encrypted": False,
        "qos_specs": promised(connection, volume.volume_type_id),
    }
    return {"driver_volume_type": "local", "data": data}


def require_ready(row: Row) -> None:
    """Raise InvalidVolume for a volume whose bytes are not there, or may not be."""
    if row.status in _UNREADY:
        raise InvalidVolume(f"Volume {row.id} cannot be connected while its status is {row.status}.")


def require_mode(row: Row, mode: str) -> None:
    """Raise BadRequest for writing to a read-only volume."""
    if row.flags.get("readonly") == "True" and mode != "ro":
        raise BadRequest(f"Invalid attaching mode '{mode}' for volume {row.id}.", reason="InvalidVolumeAttachMode")


def _require_attachable(row: Row, mode: str) -> None:
    """Raise BadRequest unless one more may use the volume."""
    if row.status == "in-use" and not row.is_multiattach:
        reason = "volume is already attached and multiple attachments are not enabled"
    elif row.status not in ("available", "attaching", "reserved", "in-use"):
        reason = f"status must be available or attaching to attach, but the status is {row.status}"
    elif row.status == "attaching" and row.flags.get("attached_mode", mode) != mode:
        reason = "being attached by different mode"
    else:
        return
    raise BadRequest(f"Error attaching volume - InvalidVolume: Invalid volume: {reason}", reason="InvalidVolume")


def _user(connection: sa.Connection, volume_id: str, spec: AttachSpec) -> Row | None:
    """Return the attachment of the same server or host, if there is one already."""
    for row in attachments_of(connection, volume_id):
        same = row.server_id == spec.server_id if spec.server_id else row.host_name == spec.host_name
        if same:
            return row
    return None


def _require_own(connection: sa.Connection, volume_id: str, attachment_id: str) -> None:
    """Raise BadRequest for an attachment of another volume; one that is gone is nobody's."""
    statement = sa.select(volume_attachments.c.volume_id).where(volume_attachments.c.id == attachment_id)
    if connection.execute(statement).scalar() not in (None, volume_id):
        raise InvalidInput("Mismatched volume and attachment")


def _only_attachment(connection: sa.Connection, volume_id: str) -> str | None:
    """Return the id of a volume's attachment, None without one; raise BadRequest if there are several."""
    known = attachments_of(connection, volume_id)
    if len(known) > 1:
        raise BadRequest(
            "Error detaching volume - InvalidVolume: Invalid volume: Detach volume failed: More than one attachment, "
            "but no attachment_id provided."
        )
    return known[0].id if known else None


def _is_attached(connection: sa.Connection, volume_id: str) -> bool:
    return any(row.status == "attached" for row in attachments_of(connection, volume_id))


def _unreserve(connection: sa.Connection, row: Row) -> None:
    if row.status == "attaching":
        status = "in-use" if _is_attached(connection, row.id) else "available"
        save(connection, volumes, row.id, {"status": status})


def end_attachment(connection: sa.Connection, volume: Row, attachment_id: str | None) -> None:
    """Remove an attachment, which may be gone already, and let the volume's state follow the others."""
    mine = sa.and_(volume_attachments.c.id == attachment_id, volume_attachments.c.volume_id == volume.id)
    connection.execute(volume_attachments.delete().where(mine))
    flags = {name: value for name, value in volume.flags.items() if name != "attached_mode"}
    status = volume.status if volume.status in _BUSY else settled_status(connection, volume.id)
    save(connection, volumes, volume.id, {"status": status, "flags": flags})


def settled_status(connection: sa.Connection, volume_id: str) -> str:
    """Return the state of a volume that nothing is done to: what its attachments make of it."""
    left = {row.status for row in attachments_of(connection, volume_id)}
    return next((status for name, status in _STATUS_OF.items() if name in left), "available")
