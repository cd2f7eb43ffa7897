"""Attachments as things of their own: reserved first, connected when the host is known, then in use."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, ClassVar

import sqlalchemy as sa

from jumpgate.block_storage.contract import Attachments
from jumpgate.block_storage.drivers.embedded.attaching import end_attachment, local_connection, require_mode
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.rows import (
    Row,
    attachment_of,
    attachments_of,
    is_visible,
    save,
    volume_row,
)
from jumpgate.block_storage.errors import InvalidVolume
from jumpgate.block_storage.models import Attachment, AttachmentSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.ids import Kind, Opaque
from jumpgate.common.listing import Applied, Query
from jumpgate.common.resource import Changes
from jumpgate.store.listing import rows, supports
from jumpgate.store.tables.block_storage import volume_attachments, volumes

# The volume's state for that of an attachment just made.
_VOLUME_STATUS = {"reserved": "reserved", "attaching": "attaching", "attached": "in-use"}
_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    name: volume_attachments.c[name]
    for name in ("id", "volume_id", "project_id", "status", "server_id", "host_name", "created_at", "attached_at")
}


class EmbeddedAttachments(Attachments):
    """The attachments of a project's volumes."""

    # Cinder looks any id up, and its complaint about an unknown one is its own.
    ids: ClassVar = {Kind.ATTACHMENT: Opaque()}

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._cloud = cloud
        self._store = cloud.store

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Attachment]:
        statement = sa.select(volume_attachments)
        if not query.all_projects:
            statement = statement.where(volume_attachments.c.project_id == ctx.project)
        with self._store.read() as connection:
            if supports(_COLUMNS, query):
                return Applied([attachment_of(row) for row in rows(connection, statement, _COLUMNS, query)])
            return [attachment_of(row) for row in connection.execute(statement)]

    def get(self, ctx: Context, resource_id: str) -> Attachment:
        with self._store.read() as connection:
            return attachment_of(_row(connection, ctx, resource_id))

    def create(self, ctx: Context, spec: AttachmentSpec) -> Attachment:
        with self._store.write(TOPIC) as connection:
            volume = volume_row(connection, ctx, spec.volume_id)
            _require_reservable(connection, volume, spec.server_id)
            row = self._new_row(connection, volume, spec)
            connection.execute(volume_attachments.insert().values(row))
            save(connection, volumes, volume.id, {"status": _VOLUME_STATUS[row["status"]]})
        return self.get(ctx, row["id"])

    def _new_row(self, connection: sa.Connection, volume: Row, spec: AttachmentSpec) -> dict[str, Any]:
        mode = spec.mode or _own_mode(volume, spec.connector)
        require_mode(volume, "ro" if mode == "null" else mode)
        row = {
            "id": new_id(),
            "volume_id": volume.id,
            "project_id": volume.project_id,
            "status": "reserved",
            "server_id": spec.server_id,
            "mountpoint": spec.mountpoint,
            "mode": mode,
            "connection": {},
            "created_at": utcnow(),
        }
        connector = spec.connector or ({"mountpoint": spec.mountpoint} if spec.complete else None)
        connected = self._connected(connection, row["id"], volume, mode, connector) if connector else {}
        return {**row, **connected, **({"status": "attached"} if spec.complete else {})}

    def _connected(
        self, connection: sa.Connection, attachment_id: str, volume: Row, mode: str, connector: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the columns of an attachment whose connector is known."""
        mode = connector.get("mode") or "rw" if mode == "null" else mode
        made = local_connection(connection, self._cloud, volume, mode)
        info = {**made["data"], "driver_volume_type": made["driver_volume_type"], "attachment_id": attachment_id}
        return {
            "status": "attaching",
            "mode": mode,
            "connector": {**connector, "mode": mode},
            "connection": info,
            "host_name": connector.get("host"),
            "mountpoint": connector.get("mountpoint"),
            "attached_at": utcnow(),
        }

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Attachment:
        with self._store.write(TOPIC) as connection:
            row = _row(connection, ctx, resource_id)
            volume = volume_row(connection, ctx, row.volume_id)
            _require_connectable(connection, volume)
            made = self._connected(connection, row.id, volume, row.mode, changes["connector"])
            _save(connection, row.id, made)
            save(connection, volumes, volume.id, {"status": "attaching"})
        return self.get(ctx, resource_id)

    def complete(self, ctx: Context, attachment_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = _row(connection, ctx, attachment_id)
            _save(connection, row.id, {"status": "attached", "attached_at": row.attached_at or utcnow()})
            save(connection, volumes, row.volume_id, {"status": "in-use"})

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = _row(connection, ctx, resource_id)
            end_attachment(connection, volume_row(connection, ctx, row.volume_id), row.id)

    def holder(self, ctx: Context, attachment: Attachment) -> str | None:
        """Ask the compute service whether the server is still there; a mere note of an attachment holds nothing."""
        if not attachment.server_id or not attachment.connection or not self._cloud.siblings.has("compute"):
            return None
        try:
            self._cloud.siblings["compute"].servers.get(ctx, attachment.server_id)
        except NotFound:
            return None
        return attachment.server_id


def _save(connection: sa.Connection, attachment_id: str, values: Mapping[str, Any]) -> None:
    mine = volume_attachments.c.id == attachment_id
    connection.execute(volume_attachments.update().where(mine).values(values))


def _row(connection: sa.Connection, ctx: Context, attachment_id: str) -> Row:
    statement = sa.select(volume_attachments).where(volume_attachments.c.id == attachment_id)
    row = connection.execute(statement).one_or_none()
    if row is None or not is_visible(row, ctx):
        raise NotFound(f"Volume attachment could not be found with filter: attachment_id = {attachment_id}.")
    return row


def _own_mode(volume: Row, connector: Mapping[str, Any] | None) -> str:
    """Return the mode of an attachment whose client names none."""
    if volume.flags.get("readonly") == "True":
        return "ro"
    return (connector or {}).get("mode") or "null"


def _require_reservable(connection: sa.Connection, volume: Row, server_id: str | None) -> None:
    """Raise BadRequest unless one more may have the volume, or the same server once more (it is moving)."""
    if "error" in volume.status:
        raise InvalidVolume(
            "Volume attachments can not be created if the volume is in an error state. "
            f"The Volume {volume.id} currently has a status of: {volume.status} "
        )
    expected = ("available", "in-use", "downloading") if volume.is_multiattach else ("available", "downloading")
    servers = {row.server_id for row in attachments_of(connection, volume.id)}
    again = server_id is not None and server_id in servers and volume.status in ("in-use", "reserved")
    if volume.status in expected or again:
        return
    raise InvalidVolume(
        f"Volume {volume.id} status must be {' or '.join(expected)} to reserve, "
        f"but the current status is {volume.status}."
    )


def _require_connectable(connection: sa.Connection, volume: Row) -> None:
    """Raise Conflict for a volume in error, or for one that several connect to and only one may."""
    if "error" in volume.status:
        raise Conflict(
            "Resource conflict: Volume attachments can not be updated if the volume is in an error state. "
            f"The Volume {volume.id} currently has a status of: {volume.status} "
        )
    known = attachments_of(connection, volume.id)
    if len(known) > 1 and not volume.is_multiattach and any(row.connection for row in known):
        raise Conflict(f"Resource conflict: duplicate connectors detected on volume {volume.id}")
