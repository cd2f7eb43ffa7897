"""The import of staged data: a task that a client can watch, done by the store's task runner."""

from __future__ import annotations

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, JumpgateError, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.image.contract import Tasks
from jumpgate.image.drivers.embedded import rows
from jumpgate.image.drivers.embedded.limits import Limits
from jumpgate.image.drivers.embedded.transfers import Transfers
from jumpgate.image.drivers.embedded.web import Web
from jumpgate.image.models import ImportTask
from jumpgate.store.engine import Store
from jumpgate.store.listing import rows as page_of
from jumpgate.store.listing import supports
from jumpgate.store.tables.image import image_tasks, images
from jumpgate.store.tasks import Task
from jumpgate.store.tasks import Tasks as Runner

KIND = "image.import"

# Glance's task_time_to_live.
KEPT = dt.timedelta(hours=48)

_COLUMNS = {column.name: column for column in image_tasks.c if column.name not in ("input", "result")}


class Imports:
    """Begins imports and does them."""

    def __init__(self, store: Store, transfers: Transfers, limits: Limits, runner: Runner, web: Web) -> None:
        self._store = store
        self._transfers = transfers
        self._limits = limits
        self._runner = runner
        self._web = web
        runner.register(KIND, self.run, give_up=self.give_up)

    def begin(self, ctx: Context, image_id: str) -> ImportTask:
        """Promise to import what was staged."""
        return self._begin(ctx, image_id, {"name": "glance-direct"}, check_importable)

    def begin_download(self, ctx: Context, image_id: str, url: str) -> ImportTask:
        """Promise to import what a URL names; raise BadRequest for one that is not asked."""
        with self._store.read() as connection:
            check_fillable(rows.get(connection, ctx, image_id))
        self._web.check(url)
        return self._begin(ctx, image_id, {"name": "web-download", "uri": url}, check_fillable)

    def _begin(
        self, ctx: Context, image_id: str, method: Mapping[str, str], check: Callable[[sa.Row[Any]], None]
    ) -> ImportTask:
        """Promise an import, in one transaction with the image's new status."""
        now = utcnow()
        with self._store.write("image") as connection:
            row = rows.get(connection, ctx, image_id)
            check(row)
            task = ImportTask(
                id=str(uuid.uuid4()),
                image_id=row.id,
                status="pending",
                owner=ctx.project,
                user_id=ctx.user_id,
                request_id=ctx.request_id,
                input={
                    "image_id": row.id,
                    "import_req": {"method": dict(method)},
                    "backend": [rows.STORE_ID],
                },
                created_at=now,
                updated_at=now,
            )
            connection.execute(image_tasks.delete().where(image_tasks.c.expires_at < now))
            connection.execute(image_tasks.insert().values(dataclasses.asdict(task)))
            connection.execute(images.update().where(images.c.id == row.id).values(status="importing", updated_at=now))
            self._runner.enqueue(connection, KIND, task_id=task.id)
        return task

    def run(self, work: Task) -> None:
        """Take in the staged data; what is wrong with it, or with the image, ends the task in failure."""
        task = self._start(work.arguments["task_id"])
        if task is None:
            return
        method = task.input["import_req"]["method"]
        try:
            if method["name"] == "web-download":
                self._download(task, method["uri"])
            else:
                self._take_in(task)
        except JumpgateError as error:
            self._fail(task.id, error)

    def give_up(self, work: Task, error: Exception) -> None:
        """End a task that cannot be done."""
        self._fail(work.arguments["task_id"], error)

    def _start(self, task_id: str) -> sa.Row[Any] | None:
        """Return the task, which is processing now, or None when it has ended already."""
        with self._store.write("image") as connection:
            task = connection.execute(sa.select(image_tasks).where(image_tasks.c.id == task_id)).one_or_none()
            if task is None or task.status in ("success", "failure"):
                return None
            _move(connection, task_id, status="processing")
        return task

    def _download(self, task: sa.Row[Any], url: str) -> None:
        with self._store.read() as connection:
            row = _importing(connection, task.image_id)
        with self._web.open(url) as (stream, size_bytes):
            self._transfers.fetch(row, stream, size_bytes, lambda connection: _succeed(connection, task))

    def _take_in(self, task: sa.Row[Any]) -> None:
        with self._store.read() as connection:
            row = _importing(connection, task.image_id)
        values = self._transfers.take_in(row)
        with self._store.write("image") as connection:
            row = _importing(connection, task.image_id)
            self._limits.check(connection, row.owner, "image_size_total", row.size_bytes)
            connection.execute(images.update().where(images.c.id == row.id).values(**values, updated_at=utcnow()))
            _succeed(connection, task)

    def _fail(self, task_id: str, error: Exception) -> None:
        message = error.message if isinstance(error, JumpgateError) else "The import failed; see the operator's log."
        with self._store.write("image") as connection:
            task = connection.execute(sa.select(image_tasks).where(image_tasks.c.id == task_id)).one_or_none()
            if task is None:
                return
            _move(connection, task_id, status="failure", message=message, expires_at=utcnow() + KEPT)
            this = sa.and_(images.c.id == task.image_id, images.c.status == "importing")
            row = connection.execute(sa.select(images).where(this)).one_or_none()
            if row is not None:
                self._transfers.give_back(connection, row)


def _succeed(connection: sa.Connection, task: sa.Row[Any]) -> None:
    ended = {"status": "success", "result": {"image_id": task.image_id}, "expires_at": utcnow() + KEPT}
    _move(connection, task.id, **ended)


def check_fillable(row: sa.Row[Any]) -> None:
    """Raise Conflict unless an image has no data and can be given some."""
    _check_idle(row)
    if row.status != "queued":
        raise Conflict("Image needs to be in 'queued' state to use 'web-download' method")
    _check_formats(row)


def _check_idle(row: sa.Row[Any]) -> None:
    if row.status == "active":
        raise Conflict("Image with status active cannot be target for import")
    if row.status == "importing":
        raise Conflict(f"New operation on image '{row.id}' is not permitted as prior operation is still in progress")


def check_importable(row: sa.Row[Any]) -> None:
    """Raise Conflict unless an image's staged data can be imported."""
    _check_idle(row)
    if row.status != "uploading" or row.size_bytes is None:
        raise Conflict("Image needs to be staged before 'glance-direct' method can be used")
    _check_formats(row)


def _check_formats(row: sa.Row[Any]) -> None:
    for name in ("container_format", "disk_format"):
        if not getattr(row, name):
            raise Conflict(f"'{name}' needs to be set before import")


def _importing(connection: sa.Connection, image_id: str) -> sa.Row[Any]:
    this = sa.and_(images.c.id == image_id, images.c.status == "importing")
    row = connection.execute(sa.select(images).where(this)).one_or_none()
    if row is None:
        raise NotFound(f"Image {image_id} was deleted while it was imported.")
    return row


def _move(connection: sa.Connection, task_id: str, **values: Any) -> None:
    changed = image_tasks.update().where(image_tasks.c.id == task_id)
    connection.execute(changed.values(**values, updated_at=utcnow()))


class EmbeddedTasks(Tasks):
    """The records of imports."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, ctx: Context, query: Query) -> Iterable[ImportTask]:
        with self._store.read() as connection:
            if not supports(_COLUMNS, query):
                return [_task(row) for row in connection.execute(_seen(ctx))]
            return Applied([_task(row) for row in page_of(connection, _seen(ctx), _COLUMNS, query)])

    def get(self, ctx: Context, task_id: str) -> ImportTask:
        with self._store.read() as connection:
            row = connection.execute(_seen(ctx).where(image_tasks.c.id == task_id)).one_or_none()
        if row is None:
            raise NotFound(f"No task found with ID {task_id}")
        return _task(row)


def _seen(ctx: Context) -> sa.Select[Any]:
    """Select the tasks that the caller may see and that have not expired."""
    lasting = sa.or_(image_tasks.c.expires_at.is_(None), image_tasks.c.expires_at > utcnow())
    statement = sa.select(image_tasks).where(lasting)
    return statement if ctx.is_admin else statement.where(image_tasks.c.owner == ctx.project)


def _task(row: sa.Row[Any]) -> ImportTask:
    return ImportTask(**row._mapping)
