"""User messages: why work that a user was promised has failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import Messages
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.rows import Row, is_visible
from jumpgate.block_storage.models import Message
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.store.listing import rows, supports
from jumpgate.store.tables.block_storage import volume_messages

LIFETIME = dt.timedelta(days=30)
VOLUME, SNAPSHOT, BACKUP = "VOLUME", "VOLUME_SNAPSHOT", "VOLUME_BACKUP"


@dataclass(frozen=True, slots=True)
class Event:
    """What went wrong, by Cinder's numbers of the action and the detail and its words for both."""

    action_id: str
    detail_id: str
    text: str


NO_BACKEND = Event("001", "003", "schedule allocate volume:Could not find any available weighted backend.")
MOVE_FAILED = Event("001", "001", "schedule allocate volume:An unknown error occurred.")
UPLOAD_FAILED = Event("003", "004", "copy volume to image:Failed to upload volume to image at backend.")
IMAGE_TOO_LARGE = Event("005", "007", "copy image to volume:Image used for creating volume exceeds available space.")
IMAGE_COPY_FAILED = Event("005", "001", "copy image to volume:An unknown error occurred.")
EXTEND_FAILED = Event("007", "010", "extend volume:Volume Driver failed to extend volume.")
CREATE_FAILED = Event("008", "012", "create volume from backend storage:Driver failed to create the volume.")
SNAPSHOT_FAILED = Event("009", "013", "create snapshot:Snapshot failed to create.")
SNAPSHOT_DELETE_FAILED = Event("010", "016", "delete snapshot:Snapshot failed to delete.")
BACKUP_FAILED = Event("013", "020", "create backup:Backup driver failed to create backup.")
BACKUP_DELETE_FAILED = Event("014", "025", "delete backup:Backup driver failed to delete backup.")
RESTORE_FAILED = Event("015", "026", "restore backup:Backup driver failed to restore backup.")
REIMAGE_FAILED = Event("016", "001", "reimage volume:An unknown error occurred.")

_COLUMNS: dict[str, sa.ColumnElement[Any]] = {column.name: column for column in volume_messages.c}


def tell(
    connection: sa.Connection, subject: Row, event: Event, *, resource_type: str = VOLUME, request_id: str = ""
) -> None:
    """Leave a message on a volume, snapshot or backup for its project, and forget those that have expired."""
    moment = utcnow()
    connection.execute(volume_messages.delete().where(volume_messages.c.expires_at < moment))
    message = {
        "id": new_id(),
        "project_id": subject.project_id,
        "request_id": request_id,
        "resource_type": resource_type,
        "resource_id": subject.id,
        "action_id": event.action_id,
        "detail_id": event.detail_id,
        "text": event.text,
        "level": "ERROR",
        "created_at": moment,
        "expires_at": moment + LIFETIME,
    }
    connection.execute(volume_messages.insert().values(message))


class EmbeddedMessages(Messages):
    """The messages of a project."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._store = cloud.store

    def find(self, ctx: Context, query: Query) -> Iterable[Message]:
        statement = sa.select(volume_messages).where(volume_messages.c.project_id == ctx.project, _alive())
        with self._store.read() as connection:
            if supports(_COLUMNS, query):
                return Applied([Message(**row._mapping) for row in rows(connection, statement, _COLUMNS, query)])
            return [Message(**row._mapping) for row in connection.execute(statement)]

    def get(self, ctx: Context, message_id: str) -> Message:
        with self._store.read() as connection:
            return Message(**_row(connection, ctx, message_id)._mapping)

    def delete(self, ctx: Context, message_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = _row(connection, ctx, message_id)
            connection.execute(volume_messages.delete().where(volume_messages.c.id == row.id))


def _alive() -> sa.ColumnElement[bool]:
    return volume_messages.c.expires_at > utcnow()


def _row(connection: sa.Connection, ctx: Context, message_id: str) -> Row:
    statement = sa.select(volume_messages).where(volume_messages.c.id == message_id, _alive())
    row = connection.execute(statement).one_or_none()
    if row is None or not is_visible(row, ctx):
        raise NotFound(f"Message {message_id} could not be found.")
    return row
