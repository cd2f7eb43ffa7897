"""The tasks of volumes: making, removing and extending their files, and moving bytes from and to images."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded import messages
from jumpgate.block_storage.drivers.embedded.attaching import settled_status
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC
from jumpgate.block_storage.drivers.embedded.files import GIB, TooSmall
from jumpgate.block_storage.drivers.embedded.images import image_metadata
from jumpgate.block_storage.drivers.embedded.kinds import CREATE, DELETE, EXTEND, REIMAGE, REVERT, UPLOAD
from jumpgate.block_storage.drivers.embedded.membership import GROUPS, settle
from jumpgate.block_storage.drivers.embedded.messages import Event
from jumpgate.block_storage.drivers.embedded.rows import Row, Values, move
from jumpgate.block_storage.drivers.embedded.work import Work
from jumpgate.common.context import service_context
from jumpgate.common.errors import NotFound
from jumpgate.image.contract import Images
from jumpgate.store.tables.block_storage import volume_snapshots, volumes
from jumpgate.store.tasks import GiveUp, Run, Task


class VolumeWork(Work):
    """What happens to volumes outside requests."""

    table = volumes
    argument = "volume_id"
    resource_type = messages.VOLUME

    def handlers(self) -> Mapping[str, tuple[Run, GiveUp]]:
        return {
            CREATE: (self.create, self.give_up_creating),
            DELETE: (self.delete, self.give_up_deleting),
            EXTEND: (self.extend, self.give_up_extending),
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
        self._make(row, **task.arguments["origin"])
        if not self._end(row, {"status": "available", **task.arguments["finish"]}) and self._is_gone(row.id):
            self._cloud.volumes.delete(row.id)

    def _make(self, row: Row, kind: str, id: str) -> None:
        files, size_bytes = self._cloud.volumes, row.size_gib * GIB
        copied = {"snapshot": self._cloud.snapshots, "volume": files, "backup": self._cloud.backups}
        if kind == "image":
            files.fill(row.id, self._pieces(row, id), size_bytes)
        elif kind in copied:
            files.copy(row.id, copied[kind].path(id), size_bytes)
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
        row = self._row(task, "deleting")
        if row is None and not self._is_gone(volume_id):
            return
        if self._is_being_read(volume_id):
            self._again(task)
            return
        snapshot_ids = self._remove_files(volume_id)
        with self._store.write(TOPIC) as connection:
            mine = volumes.c.id == volume_id
            group_id = connection.execute(sa.select(volumes.c.group_id).where(mine)).scalar()
            connection.execute(volume_snapshots.delete().where(volume_snapshots.c.id.in_(snapshot_ids)))
            connection.execute(volumes.delete().where(mine))
            settle(connection, GROUPS, group_id)
        # Whoever was still making it may have put it there meanwhile.
        self._cloud.volumes.delete(volume_id)

    def _remove_files(self, volume_id: str) -> list[str]:
        """Remove the files of a volume and its snapshots, and return the snapshots' ids."""
        of_it = sa.select(volume_snapshots.c.id).where(volume_snapshots.c.volume_id == volume_id)
        with self._store.read() as connection:
            snapshot_ids = list(connection.execute(of_it).scalars())
        for snapshot_id in snapshot_ids:
            self._cloud.snapshots.delete(snapshot_id)
        self._cloud.volumes.delete(volume_id)
        return snapshot_ids

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
            self._cloud.volumes.extend(row.id, row.promised_gib * GIB)
            self._end_settled(row, {"size_gib": row.promised_gib})

    def give_up_extending(self, task: Task, error: Exception) -> None:
        """Let a volume keep its size."""
        row = self._row(task, "extending")
        if row is not None:
            values = {"status": "error_extending", "promised_gib": row.size_gib}
            self._fail(task, row, messages.EXTEND_FAILED, values)

    def upload(self, task: Task) -> None:
        """Give an image the bytes of a volume."""
        row = self._row(task, "uploading")
        if row is None:
            return
        ctx, image_id = service_context(row.project_id), task.arguments["image_id"]
        if self._images.get(ctx, image_id).status != "active":
            with self._cloud.volumes.path(row.id).open("rb") as file:
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
        self._fail(task, row, messages.UPLOAD_FAILED, {"status": status})

    def reimage(self, task: Task) -> None:
        """Put an image's bytes in the place of a volume's."""
        row = self._row(task, "downloading")
        if row is None:
            return
        image = self._images.get(service_context(row.project_id), task.arguments["image_id"])
        self._cloud.volumes.fill(row.id, self._pieces(row, image.id), row.size_gib * GIB)
        self._end_settled(row, {"bootable": True, "image_metadata": image_metadata(image), "error": None})

    def give_up_reimaging(self, task: Task, error: Exception) -> None:
        """Put a volume in error that did not get the image's bytes."""
        row = self._row(task, "downloading")
        if row is not None:
            self._fail(task, row, messages.REIMAGE_FAILED, {"status": "error"})

    def revert(self, task: Task) -> None:
        """Put a snapshot's bytes in the place of its volume's."""
        row = self._row(task, "reverting")
        if row is not None:
            source = self._cloud.snapshots.path(task.arguments["snapshot_id"])
            self._cloud.volumes.copy(row.id, source, row.size_gib * GIB)
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
        return messages.CREATE_FAILED
    return messages.IMAGE_TOO_LARGE if isinstance(error, TooSmall) else messages.IMAGE_COPY_FAILED
