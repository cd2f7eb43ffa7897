"""Images that SoftLayer knows nothing of: it makes a template of data, and what has none yet is kept in the store.

A row goes when its template is there, which has all of it in its note. So nothing is lost when Jumpgate ends at any
moment between; an attempt at giving an image data that has shown no life for a while counts as never begun.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jumpgate.clouds.softlayer.templates import account_of, new_id
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, Gone, NotFound
from jumpgate.common.format import utcnow
from jumpgate.store.engine import Store
from jumpgate.store.tables.image import waiting_images

TOPIC = "image"
QUEUED, SAVING, IMPORTING = "queued", "saving", "importing"
# How often an attempt shows that it is alive, and how long it may be silent.
BEAT, SILENCE = dt.timedelta(seconds=10), dt.timedelta(minutes=2)

Details = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An image without a template. `details` are the attributes of its model.

    `reference` is the identifier of the template that SoftLayer has begun to make of it.
    """

    id: str
    project_id: str
    status: str
    writer: str | None
    reference: str | None
    details: Details
    created_at: dt.datetime
    updated_at: dt.datetime

    @property
    def is_asked(self) -> bool:
        """Tell whether SoftLayer may have a template of it."""
        return self.status == IMPORTING

    @property
    def is_abandoned(self) -> bool:
        """Tell whether whoever gave it data is gone."""
        return self.status != QUEUED and self.reference is None and self.updated_at < utcnow() - SILENCE


class WaitingImages:
    """The waiting images of one region. An account sees its own."""

    def __init__(self, store: Store, region: str) -> None:
        self._store = store
        self._region = region

    def make(self, ctx: Context, details: Details) -> Waiting:
        """Add an image."""
        now = utcnow()
        made = Waiting(
            id=new_id(ctx.project),
            project_id=ctx.project,
            status=QUEUED,
            writer=None,
            reference=None,
            details=details,
            created_at=now,
            updated_at=now,
        )
        values = {name: getattr(made, name) for name in Waiting.__slots__}
        with self._store.write(TOPIC) as connection:
            connection.execute(sa.insert(waiting_images).values(values | {"region": self._region}))
        return made

    def find(self, ctx: Context) -> list[Waiting]:
        """Return the images of the caller's account, the oldest first."""
        rows = self._select(ctx).order_by(waiting_images.c.created_at, waiting_images.c.id)
        with self._store.read() as connection:
            return [_waiting(row) for row in connection.execute(rows)]

    def get(self, ctx: Context, image_id: str) -> Waiting | None:
        """Return an image of the caller's account, None where none waits under this id."""
        if account_of(image_id) != ctx.project:
            return None
        with self._store.read() as connection:
            row = connection.execute(self._select(ctx).where(waiting_images.c.id == image_id)).one_or_none()
        return None if row is None else _waiting(row)

    def change(self, ctx: Context, image_id: str, change: Callable[[Details], Details]) -> Waiting:
        """Replace an image's details by what `change` makes of them, with nobody in between.

        Raises Conflict while SoftLayer is being asked, who was told the details before.
        """
        with self._one(ctx, image_id) as (connection, waiting):
            if waiting.is_asked and waiting.reference is None and not waiting.is_abandoned:
                raise Conflict(f"SoftLayer is being asked for a template of image {image_id}; try again in a moment.")
            values: dict[str, object] = {"details": dict(change(waiting.details))}
            if waiting.writer is None:
                values["updated_at"] = utcnow()
            _update(connection, waiting_images.c.id == image_id, values)
        return self._still(ctx, image_id)

    def begin(self, ctx: Context, image_id: str, status: str) -> Attempt:
        """Begin to give an image data; raise Conflict unless it waits for some."""
        writer = str(uuid.uuid4())
        with self._one(ctx, image_id) as (connection, waiting):
            if waiting.status != QUEUED and not waiting.is_abandoned:
                raise Conflict(f"Image status transition from {waiting.status} to {status} is not allowed")
            _update(
                connection,
                waiting_images.c.id == image_id,
                {"status": status, "writer": writer, "updated_at": utcnow()},
            )
        return Attempt(self._store, image_id, writer)

    def drop(self, image_id: str) -> None:
        """Forget an image."""
        with self._store.write(TOPIC) as connection:
            connection.execute(sa.delete(waiting_images).where(waiting_images.c.id == image_id))

    def _select(self, ctx: Context) -> sa.Select[Any]:
        columns = waiting_images.c
        return sa.select(waiting_images).where(columns.region == self._region, columns.project_id == ctx.project)

    @contextmanager
    def _one(self, ctx: Context, image_id: str) -> Iterator[tuple[sa.Connection, Waiting]]:
        with self._store.write(TOPIC) as connection:
            one = self._select(ctx).where(waiting_images.c.id == image_id).with_for_update()
            row = connection.execute(one).one_or_none()
            if row is None:
                raise NotFound(f"No image found with ID {image_id}")
            yield connection, _waiting(row)

    def _still(self, ctx: Context, image_id: str) -> Waiting:
        found = self.get(ctx, image_id)
        if found is None:
            raise NotFound(f"No image found with ID {image_id}")
        return found


class Attempt:
    """One attempt at giving an image data. What it does raises Gone once the image is deleted or another's."""

    def __init__(self, store: Store, image_id: str, writer: str) -> None:
        self.image_id = image_id
        self.writer = writer
        self.is_bound = False
        self._store = store
        self._mine = sa.and_(waiting_images.c.id == image_id, waiting_images.c.writer == writer)
        self._beaten = utcnow()

    def beat(self) -> None:
        """Show that the attempt is alive; often asked, it seldom writes."""
        if utcnow() - self._beaten > BEAT:
            self.move()

    def details(self) -> tuple[Details, dt.datetime]:
        """Return what is to be known of the image as it is now, and when it was created."""
        with self._store.read() as connection:
            row = connection.execute(sa.select(waiting_images).where(self._mine)).one_or_none()
        if row is None:
            raise self._gone()
        return row.details, row.created_at

    def bind(self, reference: str) -> None:
        """Note the template that SoftLayer makes of the image."""
        self.move(reference=reference)
        self.is_bound = True

    def move(self, **values: object) -> None:
        """Change the image's status, details or reference."""
        self._beaten = utcnow()
        with self._store.write(TOPIC) as connection:
            if not _update(connection, self._mine, {**values, "updated_at": self._beaten}):
                raise self._gone()

    def know(self, known: Mapping[str, object], status: str) -> None:
        """Add what is known of the data that has come in."""
        with self._store.write(TOPIC) as connection:
            row = connection.execute(sa.select(waiting_images).where(self._mine).with_for_update()).one_or_none()
            if row is None:
                raise self._gone()
            values = {"details": {**row.details, **known}, "status": status, "updated_at": utcnow()}
            _update(connection, self._mine, values)

    def release(self) -> None:
        """Let the image wait again, where it still is this attempt's."""
        with self._store.write(TOPIC) as connection:
            _update(connection, self._mine, {"status": QUEUED, "writer": None, "updated_at": utcnow()})

    def _gone(self) -> Gone:
        return Gone(f"Image {self.image_id} was deleted while its data came in.")


def _update(connection: sa.Connection, where: sa.ColumnElement[bool], values: Mapping[str, object]) -> int:
    return connection.execute(sa.update(waiting_images).where(where).values(**values)).rowcount


def _waiting(row: sa.Row[Any]) -> Waiting:
    values = dict(row._mapping)
    del values["region"]
    return Waiting(**values)
