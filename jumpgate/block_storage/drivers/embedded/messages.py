"""User messages: why work that a user was promised has failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import Messages
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.rows import Row, is_visible
from jumpgate.block_storage.models import Message
from jumpgate.block_storage.models.events import VOLUME, Event
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.store.listing import rows, supports
from jumpgate.store.tables.block_storage import volume_messages

LIFETIME = dt.timedelta(days=30)

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
