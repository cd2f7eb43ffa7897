"""The tasks of volumes: making, removing and extending their files, and moving bytes from and to images."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.attaching import settled_status
from jumpgate.block_storage.drivers.embedded.backends import FIRST, Backend
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC
from jumpgate.block_storage.drivers.embedded.files import GIB, Files, TooSmall
from jumpgate.block_storage.drivers.embedded.kinds import CREATE, DELETE, EXTEND, REIMAGE, REVERT, TELL_EXTENDED, UPLOAD
from jumpgate.block_storage.drivers.embedded.membership import GROUPS, settle
from jumpgate.block_storage.drivers.embedded.placement import find_place
from jumpgate.block_storage.drivers.embedded.rows import Row, Values, attachments_of, move
from jumpgate.block_storage.drivers.embedded.work import Work
from jumpgate.block_storage.models import events
from jumpgate.block_storage.models.events import Event
from jumpgate.block_storage.models.of_images import image_metadata
from jumpgate.common.context import service_context
from jumpgate.common.errors import NotFound
from jumpgate.image.contract import Images
from jumpgate.store.tables.block_storage import volume_snapshots, volume_types, volumes
from jumpgate.store.tasks import GiveUp, Run, Task


class VolumeWork(Work):
    """What happens to volumes outside requests."""

    table = volumes
    argument = "volume_id"
    resource_type = events.VOLUME

    def handlers(self) -> Mapping[str, tuple[Run, GiveUp]]:
        return {
            CREATE: (self.create, self.give_up_creating),
            DELETE: (self.delete, self.give_up_deleting),
            EXTEND: (self.extend, self.give_up_extending),
            TELL_EXTENDED: (self.tell_extended, self.give_up_telling),
            UPLOAD: (self.upload, self.give_up_uploading),
            REIMAGE: (self.reimage, self.give_up_reimaging),
            REVERT: (self.revert, self.give_up_reverting),
        }

    @property
    def _images(self) -> Images:
        images: Images = self._cloud.siblings["image"].images
        return images

    def _pieces(self, row: Row, image_id: str) -> Iterable[bytes]:
        download = self._images.download(service_context(row.project_id), image_id)
        if download is None:
            raise NotFound(f"Image {image_id} has no data.")
        return download.chunks

    def _files(self, row: Row) -> Files:
        return self._cloud.backends[row.backend].volumes

    def _ended(self, connection: sa.Connection, row: Row) -> None:
        settle(connection, GROUPS, row.group_id)

    def _end_settled(self, row: Row, values: Values) -> None:
        """Take the volume back to the state that its attachments give it."""
        with self._store.write(TOPIC) as connection:
            status = settled_status(connection, row.id)
            move(connection, volumes, row.id, row.status, {"status": status, **values})

    def create(self, task: Task) -> None:
        """Make a volume's file, from its origin, and the volume available."""
        row = self._row(task, "creating")
        if row is None:
            return
        kind, origin_id = task.arguments["origin"]["kind"], task.arguments["origin"]["id"]
        source = self._source(kind, origin_id)
        backend = self._place(row, source)
        if backend is None:
            self._fail(task, row, events.NO_BACKEND, {"status": "error"})
            return
        self._make(row, backend.volumes, kind, origin_id, source)
        if not self._end(row, {"status": "available", **task.arguments["finish"]}) and self._is_gone(row.id):
            backend.volumes.delete(row.id)

    def _source(self, kind: str, origin_id: str | None) -> Backend | None:
        """Return the backend of what a volume is made of, None where that is on none."""
        table = {"snapshot": volume_snapshots, "volume": volumes}.get(kind)
        if table is None:
            return None
        with self._store.read() as connection:
            name = connection.execute(sa.select(table.c.backend).where(table.c.id == origin_id)).scalar()
        if name is None:
            raise FileNotFoundError(origin_id)
        return self._cloud.backends[name]

    def _place(self, row: Row, source: Backend | None) -> Backend | None:
        """Choose a volume's backend, once: where its source is if that can do what the type asks."""
        if row.backend is not None:
            return self._cloud.backends[row.backend]
        wanted = sa.select(volume_types.c.extra_specs).where(volume_types.c.id == row.volume_type_id)
        with self._store.write(TOPIC) as connection:
            extra_specs = connection.execute(wanted).scalar_one()
            near = source.name if source else None
            backend = find_place(connection, self._cloud.backends, extra_specs, near=near)
            if backend is not None:
                move(connection, volumes, row.id, "creating", {"backend": backend.name})
        return backend

    def _make(self, row: Row, files: Files, kind: str, origin_id: str, source: Backend | None) -> None:
        size_bytes = row.size_gib * GIB
        if kind == "image":
            files.fill(row.id, self._pieces(row, origin_id), size_bytes)
        elif kind == "backup":
            files.copy(row.id, self._cloud.backups.path(origin_id), size_bytes)
        elif source is not None:
            origin = source.snapshots if kind == "snapshot" else source.volumes
            files.copy(row.id, origin.path(origin_id), size_bytes)
        else:
            files.create(row.id, size_bytes)

    def give_up_creating(self, task: Task, error: Exception) -> None:
        """Put a volume in error whose bytes could not be made."""
        row = self._row(task, "creating")
        if row is not None:
            self._fail(task, row, _creation_event(task, error), {"status": "error"})

    def delete(self, task: Task) -> None:
        """Remove a volume with what snapshots it has left, once nobody copies from it."""
        volume_id = task.arguments["volume_id"]
        row = self._row(task, "deleting") or self._row(task, "unmanaging")
        if row is None and not self._is_gone(volume_id):
            return
        if self._is_being_read(volume_id):
            self._again(task)
            return
        snapshot_ids = self._remove_files(task)
        with self._store.write(TOPIC) as connection:
            mine = volumes.c.id == volume_id
            group_id = connection.execute(sa.select(volumes.c.group_id).where(mine)).scalar()
            connection.execute(volume_snapshots.delete().where(volume_snapshots.c.id.in_(snapshot_ids)))
            connection.execute(volumes.delete().where(mine))
            settle(connection, GROUPS, group_id)
        # Whoever was still making it may have put it there meanwhile.
        self._remove_file(task)

    def _remove_files(self, task: Task) -> list[str]:
        """Remove the files of a volume and its snapshots, and return the snapshots' ids."""
        of_it = volume_snapshots.c.volume_id == task.arguments["volume_id"]
        statement = sa.select(volume_snapshots.c.id, volume_snapshots.c.backend).where(of_it)
        with self._store.read() as connection:
            snapshots = connection.execute(statement).all()
        for row in snapshots:
            self._cloud.backends[row.backend].snapshots.delete(row.id)
        self._remove_file(task)
        return [row.id for row in snapshots]

    def _remove_file(self, task: Task) -> None:
        """Remove a volume's bytes, unless they are to stay where they are, known to nobody."""
        backend = task.arguments.get("backend", FIRST)
        if backend is not None and not task.arguments.get("keeps_bytes"):
            self._cloud.backends[backend].volumes.delete(task.arguments["volume_id"])

    def _is_being_read(self, volume_id: str) -> bool:
        """Tell whether a volume or a snapshot is being made from the volume or its snapshots."""
        of_it = sa.select(volume_snapshots.c.id).where(volume_snapshots.c.volume_id == volume_id)
        clones = sa.select(volumes.c.id).where(
            volumes.c.status == "creating",
            sa.or_(volumes.c.source_volume_id == volume_id, volumes.c.snapshot_id.in_(of_it)),
        )
        taken = of_it.where(volume_snapshots.c.status == "creating")
        with self._store.read() as connection:
            return any(connection.execute(statement.limit(1)).first() for statement in (clones, taken))

    def give_up_deleting(self, task: Task, error: Exception) -> None:
        """Leave a volume for an administrator to look at."""
        row = self._row(task, "deleting")
        if row is not None:
            self._end(row, {"status": "error_deleting", "error": str(error)})

    def extend(self, task: Task) -> None:
        """Make a volume's file as large as was promised."""
        row = self._row(task, "extending")
        if row is not None:
            self._files(row).extend(row.id, row.promised_gib * GIB)
            with self._store.write(TOPIC) as connection:
                values = {"status": settled_status(connection, row.id), "size_gib": row.promised_gib}
                if move(connection, volumes, row.id, "extending", values):
                    self._tell_users(connection, task, row)

    def _tell_users(self, connection: sa.Connection, task: Task, row: Row) -> None:
        """Let the servers that use a volume hear that it has grown."""
        request_id = task.arguments.get("request_id", "")
        for attachment in attachments_of(connection, row.id):
            if attachment.server_id is not None and self._cloud.siblings.has("compute"):
                arguments = {"volume_id": row.id, "server_id": attachment.server_id, "request_id": request_id}
                self._cloud.tasks.enqueue(connection, TELL_EXTENDED, delay_s=0, **arguments)

    def tell_extended(self, task: Task) -> None:
        """Tell the compute service of one server whose volume has grown."""
        volume_id, server_id, request_id = (task.arguments[name] for name in ("volume_id", "server_id", "request_id"))
        with self._store.read() as connection:
            project_id = connection.execute(sa.select(volumes.c.project_id).where(volumes.c.id == volume_id)).scalar()
        if project_id is not None:
            ctx = service_context(project_id, request_id=request_id)
            servers = self._cloud.siblings["compute"].servers
            servers.notice(ctx, server_id, "volume-extended", tag=volume_id, status="completed")

    def give_up_telling(self, task: Task, error: Exception) -> None:
        """Leave it at that: the volume has grown, and a server that is gone has no use for it."""

    def give_up_extending(self, task: Task, error: Exception) -> None:
        """Let a volume keep its size."""
        row = self._row(task, "extending")
        if row is not None:
            values = {"status": "error_extending", "promised_gib": row.size_gib}
            self._fail(task, row, events.EXTEND_FAILED, values)

    def upload(self, task: Task) -> None:
        """Give an image the bytes of a volume."""
        row = self._row(task, "uploading")
        if row is None:
            return
        ctx, image_id = service_context(row.project_id), task.arguments["image_id"]
        if self._images.get(ctx, image_id).status != "active":
            with self._files(row).path(row.id).open("rb") as file:
                self._images.upload(ctx, image_id, file)
        self._end_settled(row, {})

    def give_up_uploading(self, task: Task, error: Exception) -> None:
        """Give the volume back and remove the image that stays empty."""
        row = self._row(task, "uploading")
        if row is None:
            return
        ctx, image_id = service_context(row.project_id), task.arguments["image_id"]
        with contextlib.suppress(NotFound):
            if self._images.get(ctx, image_id).status == "queued":
                self._images.delete(ctx, image_id)
        with self._store.read() as connection:
            status = settled_status(connection, row.id)
        self._fail(task, row, events.UPLOAD_FAILED, {"status": status})

    def reimage(self, task: Task) -> None:
        """Put an image's bytes in the place of a volume's."""
        row = self._row(task, "downloading")
        if row is None:
            return
        image = self._images.get(service_context(row.project_id), task.arguments["image_id"])
        self._files(row).fill(row.id, self._pieces(row, image.id), row.size_gib * GIB)
        self._end_settled(row, {"bootable": True, "image_metadata": image_metadata(image), "error": None})

    def give_up_reimaging(self, task: Task, error: Exception) -> None:
        """Put a volume in error that did not get the image's bytes."""
        row = self._row(task, "downloading")
        if row is not None:
            self._fail(task, row, events.REIMAGE_FAILED, {"status": "error"})

    def revert(self, task: Task) -> None:
        """Put a snapshot's bytes in the place of its volume's."""
        row = self._row(task, "reverting")
        if row is not None:
            source = self._source("snapshot", task.arguments["snapshot_id"])
            if source is not None:
                snapshot = source.snapshots.path(task.arguments["snapshot_id"])
                self._files(row).copy(row.id, snapshot, row.size_gib * GIB)
            self._end_reverting(task, {"status": "available"})

    def give_up_reverting(self, task: Task, error: Exception) -> None:
        """Put the volume in error; the snapshot is what it was."""
        self._end_reverting(task, {"status": "error", "error": str(error)})

    def _end_reverting(self, task: Task, values: Values) -> None:
        with self._store.write(TOPIC) as connection:
            move(connection, volumes, task.arguments["volume_id"], "reverting", values)
            move(connection, volume_snapshots, task.arguments["snapshot_id"], "restoring", {"status": "available"})


def _creation_event(task: Task, error: Exception) -> Event:
    if task.arguments["origin"]["kind"] != "image":
        return events.CREATE_FAILED
    return events.IMAGE_TOO_LARGE if isinstance(error, TooSmall) else events.IMAGE_COPY_FAILED
