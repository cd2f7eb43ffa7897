"""With whom the embedded cloud's images are shared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound
from jumpgate.common.format import utcnow
from jumpgate.image import counts
from jumpgate.image.contract import Members
from jumpgate.image.drivers.embedded import rows
from jumpgate.image.models import Member
from jumpgate.store.engine import Store
from jumpgate.store.tables.image import image_members


class EmbeddedMembers(Members):
    """Rows that join images and projects."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, ctx: Context, image_id: str) -> Iterable[Member]:
        with self._store.read() as connection:
            found = _seen(connection, ctx, image_id).order_by(image_members.c.created_at, image_members.c.project_id)
            return [_member(row) for row in connection.execute(found)]

    def get(self, ctx: Context, image_id: str, project_id: str) -> Member:
        with self._store.read() as connection:
            return _member(_get(connection, ctx, image_id, project_id))

    def create(self, ctx: Context, image_id: str, project_id: str) -> Member:
        now = utcnow()
        with self._store.write("image") as connection:
            image = rows.get(connection, ctx, image_id)
            if rows.is_member(connection, image.id, project_id):
                raise Conflict(f"Member {project_id} is duplicated for image {image.id}")
            _check_room(connection, image.id)
            member = Member(id=project_id, image_id=image.id, status="pending", created_at=now, updated_at=now)
            connection.execute(
                image_members.insert().values(
                    image_id=image.id, project_id=project_id, status=member.status, created_at=now, updated_at=now
                )
            )
        return member

    def update(self, ctx: Context, image_id: str, project_id: str, status: str) -> Member:
        with self._store.write("image") as connection:
            row = _get(connection, ctx, image_id, project_id)
            changed = image_members.update().where(_this(row.image_id, row.project_id))
            connection.execute(changed.values(status=status, updated_at=utcnow()))
            return _member(_get(connection, ctx, image_id, project_id))

    def delete(self, ctx: Context, image_id: str, project_id: str) -> None:
        with self._store.write("image") as connection:
            row = _get(connection, ctx, image_id, project_id)
            connection.execute(image_members.delete().where(_this(row.image_id, row.project_id)))


def _this(image_id: str, project_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(image_members.c.image_id == image_id, image_members.c.project_id == project_id)


def _seen(connection: sa.Connection, ctx: Context, image_id: str) -> sa.Select[Any]:
    """Select the members of an image that the caller may see."""
    image = rows.get(connection, ctx, image_id)
    members = sa.select(image_members).where(image_members.c.image_id == image.id)
    if ctx.is_admin or image.owner == ctx.project:
        return members
    return members.where(image_members.c.project_id == ctx.project)


def _get(connection: sa.Connection, ctx: Context, image_id: str, project_id: str) -> sa.Row[Any]:
    this = _seen(connection, ctx, image_id).where(image_members.c.project_id == project_id)
    row = connection.execute(this).one_or_none()
    if row is None:
        raise NotFound(f"{project_id} not found in the member list of the image {image_id}.")
    return row


def _check_room(connection: sa.Connection, image_id: str) -> None:
    members = sa.select(sa.func.count()).where(image_members.c.image_id == image_id)
    attempted = int(connection.execute(members).scalar_one()) + 1
    counts.check("members", attempted)


def _member(row: sa.Row[Any]) -> Member:
    return Member(
        id=row.project_id,
        image_id=row.image_id,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
