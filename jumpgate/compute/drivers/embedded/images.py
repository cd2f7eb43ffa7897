"""Images made of servers: snapshots, backups and what a shelved server is kept in.

The embedded cloud runs no guest, so nothing ever changes a local disk: its content is that of the server's image, and
that is copied. A server that boots from a volume becomes an image without data that names snapshots of its volumes.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jumpgate.block_storage.models import SnapshotSpec
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import (
    BadRequest,
    CloudError,
    CloudUnreachable,
    Conflict,
    Forbidden,
    JumpgateError,
    NotFound,
)
from jumpgate.common.listing import Filter, Query, page
from jumpgate.compute.drivers.embedded import disks, history, placement, records
from jumpgate.compute.drivers.embedded.creation import fault_of
from jumpgate.compute.drivers.embedded.region import HOST, TOPIC, Region
from jumpgate.compute.models import RUNNING, SHUTDOWN
from jumpgate.compute.models.states import require
from jumpgate.image.models import ImageSpec
from jumpgate.store.tasks import Task

SNAPSHOT = "compute.snapshot"
UNSHELVE = "compute.unshelve"
_NOT_INHERITED = frozenset(
    {"block_device_mapping", "bdm_v2", "cache_in_nova", "instance_uuid", "image_type", "backup_type", "user_id"}
)


class _Stream:
    """Chunks as something that can be read."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = io.BytesIO()

    def read(self, size: int = -1, /) -> bytes:
        data = self._rest.read(size)
        while not data and size != 0:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest = io.BytesIO(chunk)
            data = self._rest.read(size)
        return data


class Images:
    """Makes images of servers."""

    def __init__(self, region: Region) -> None:
        self._region = region
        region.tasks.register(SNAPSHOT, self.run, give_up=self.give_up)
        region.tasks.register(UNSHELVE, self.end_unshelve, give_up=self.give_up)

    @property
    def _images(self) -> Any:
        return self._region.siblings["image"].images

    def create(self, ctx: Context, server_id: str, name: str, properties: Mapping[str, str]) -> str:
        """Begin a snapshot and return the image's id."""
        row, volumes = self._ready(ctx, server_id, "createImage")
        if any(volume.boot_index == 0 for volume in volumes):
            return self._of_volumes(ctx, row, volumes, name, properties)
        kind = {"image_type": "snapshot", **properties}
        return self._begin(ctx, row, name, kind, action="createImage", task_state="image_snapshot_pending")

    def back_up(
        self, ctx: Context, server_id: str, name: str, *, kind: str, rotation: int, properties: Mapping[str, str]
    ) -> str:
        """Begin a backup and return the image's id."""
        row, volumes = self._ready(ctx, server_id, "createBackup")
        if any(volume.boot_index == 0 for volume in volumes):
            raise BadRequest("Backup is not supported for volume-backed instances.", reason="InvalidRequest")
        properties = {**properties, "image_type": "backup", "backup_type": kind}
        arguments = {"backup_type": kind, "rotation": rotation}
        return self._begin(
            ctx, row, name, properties, action="createBackup", task_state="image_backup", arguments=arguments
        )

    def shelve(self, ctx: Context, server_id: str) -> None:
        """Begin to keep a server as an image and to give back its place; one on volumes needs no image."""
        row, volumes = self._ready(ctx, server_id, "shelve")
        backed = any(volume.boot_index == 0 for volume in volumes)
        name = f"{row.name}-shelved"
        image_id = None if backed else self._make(ctx, row, name, {"image_type": "snapshot"}).id
        self._promise(ctx, row, image_id, action="shelve", task_state="shelving", arguments={"shelves": True})

    def unshelve(self, ctx: Context, server_id: str, zone: str | None, *, unpin: bool) -> None:
        """Begin to let a shelved server run again, in a `zone`, or in any with `unpin`."""
        with self._region.store.write(TOPIC) as connection:
            row = records.load(connection, ctx, server_id)
            require("unshelve", row)
            pinned = {"availability_zone": zone, "pinned_availability_zone": zone}
            placed = pinned if zone is not None or unpin else {}
            records.change(connection, server_id, task_state="unshelving", **placed)
            action = history.begin(connection, ctx, server_id, "unshelve")
            self._region.tasks.enqueue(connection, UNSHELVE, server_id=server_id, action_id=action)

    def _ready(self, ctx: Context, server_id: str, action: str) -> tuple[Any, list[Any]]:
        with self._region.store.read() as connection:
            row = records.load(connection, ctx, server_id)
            require(action, row)
            return row, disks.of_servers(connection, (server_id,))

    def _begin(
        self,
        ctx: Context,
        row: Any,
        name: str,
        properties: Mapping[str, str],
        *,
        action: str,
        task_state: str,
        arguments: Mapping[str, Any] | None = None,
    ) -> str:
        image_id: str = self._make(ctx, row, name, properties).id
        self._promise(ctx, row, image_id, action=action, task_state=task_state, arguments=arguments or {})
        return image_id

    def _make(self, ctx: Context, row: Any, name: str, properties: Mapping[str, str]) -> Any:
        """Make the image, without data yet, for the server's project."""
        base = self._base(row)
        inherited = {} if base is None else dict(base.properties)
        spec = ImageSpec(
            name=name,
            visibility="private",
            disk_format=base.disk_format if base is not None else "raw",
            container_format=base.container_format if base is not None else "bare",
            min_disk_gib=row.flavor["disk_gib"],
            min_ram_mib=base.min_ram_mib if base is not None else 0,
            properties={
                **{key: value for key, value in inherited.items() if key not in _NOT_INHERITED},
                **({"base_image_ref": row.image_id} if row.image_id else {}),
                "instance_uuid": row.id,
                "user_id": ctx.user_id,
                "owner_id": row.project_id,
                **properties,
            },
        )
        return self._images.create(self._owner(row, ctx.user_id), spec)

    @staticmethod
    def _owner(row: Any, user_id: str = "") -> Context:
        return service_context(row.project_id, user_id=user_id or row.user_id)

    def _base(self, row: Any) -> Any:
        if row.image_id is None:
            return None
        with contextlib.suppress(NotFound):
            return self._images.get(self._owner(row), row.image_id)
        return None

    def _promise(
        self,
        ctx: Context,
        row: Any,
        image_id: str | None,
        *,
        action: str,
        task_state: str,
        arguments: Mapping[str, Any],
    ) -> None:
        """Promise to fill an image; one that cannot be promised any more is removed again."""
        try:
            with self._region.store.write(TOPIC) as connection:
                require(action, records.load(connection, ctx, row.id))
                records.change(connection, row.id, task_state=task_state)
                record = history.begin(connection, ctx, row.id, action)
                self._region.tasks.enqueue(
                    connection,
                    SNAPSHOT,
                    # While one is being made another is refused, for which a client may look.
                    awaited=False,
                    server_id=row.id,
                    action_id=record,
                    image_id=image_id,
                    task_state=task_state,
                    **arguments,
                )
        except JumpgateError:
            if image_id is not None:
                self._remove(row, image_id)
            raise

    def _remove(self, row: Any, image_id: str) -> None:
        with contextlib.suppress(NotFound, Forbidden, Conflict):
            self._images.delete(self._owner(row), image_id)

    def run(self, task: Task) -> None:
        """Copy the server's disk into its image; a problem that trying again will not mend leaves the server alone."""
        arguments = task.arguments
        with self._region.store.read() as connection:
            row = records.anyone(connection, arguments["server_id"])
        image_id = arguments["image_id"]
        if row is None or row.deleted or row.task_state == "deleting":
            if row is not None and image_id is not None:
                self._remove(row, image_id)
            return
        try:
            if image_id is not None:
                self._fill(row, image_id)
            if "rotation" in arguments:
                self._rotate(row, arguments["backup_type"], arguments["rotation"])
        except (CloudError, CloudUnreachable):
            raise
        except JumpgateError as error:
            # The image was deleted meanwhile, say: trying again would not bring it back.
            self.give_up(task, error)
        else:
            self._end(task, self._shelved(image_id) if arguments.get("shelves") else {})

    def _fill(self, row: Any, image_id: str) -> None:
        ctx = self._owner(row)
        if self._images.get(ctx, image_id).status != "queued":
            return
        source = None if row.image_id is None else self._content(ctx, row.image_id)
        chunks, size = (source.chunks, source.size_bytes) if source is not None else ((), 0)
        self._images.upload(ctx, image_id, _Stream(chunks), size_bytes=size)

    def _content(self, ctx: Context, image_id: str) -> Any:
        """Return the bytes of the server's own image, None where that is gone."""
        with contextlib.suppress(NotFound):
            return self._images.download(ctx, image_id)
        return None

    @staticmethod
    def _shelved(image_id: str | None) -> dict[str, Any]:
        # Nova's shelved_offload_time of 0: a shelved server gives its place back at once.
        return {
            "vm_state": "shelved_offloaded",
            "power_state": SHUTDOWN,
            "host": None,
            "shelved_image_id": image_id,
        }

    def _rotate(self, row: Any, kind: str, rotation: int) -> None:
        """Delete the oldest backups of a kind beyond `rotation`."""
        query = Query(
            filters=(
                Filter("properties.instance_uuid", (row.id,)),
                Filter("properties.image_type", ("backup",)),
                Filter("properties.backup_type", (kind,)),
            )
        )
        found = page(self._images.find(self._owner(row), query), query)
        for image in sorted(found, key=lambda image: image.created_at, reverse=True)[rotation:]:
            self._remove(row, image.id)

    def _end(self, task: Task, values: Mapping[str, Any]) -> None:
        with self._region.store.write(TOPIC) as connection:
            row = records.anyone(connection, task.arguments["server_id"])
            if row is not None and row.task_state == task.arguments["task_state"]:
                records.change(connection, row.id, task_state=None, **values)
                history.end(connection, task.arguments["action_id"])

    def end_unshelve(self, task: Task) -> None:
        """Put an unshelved server in its place, and let its image go."""
        with self._region.store.write(TOPIC) as connection:
            row = records.anyone(connection, task.arguments["server_id"])
            if row is None or row.task_state != "unshelving":
                return
            if not placement.is_open(connection):
                records.change(connection, row.id, task_state=None)
                history.end(connection, task.arguments["action_id"], placement.NoValidHost())
                return
            records.change(
                connection,
                row.id,
                vm_state="active",
                task_state=None,
                power_state=RUNNING,
                host=HOST,
                shelved_image_id=None,
            )
            records.log(connection, row, "Unshelved; boot.")
            history.end(connection, task.arguments["action_id"])
        self.delete_shelved(row)

    def delete_shelved(self, row: Any) -> None:
        """Remove the image that a shelved server was kept in, if there is one."""
        if row.shelved_image_id is not None and self._region.sibling("image") is not None:
            self._remove(row, row.shelved_image_id)

    def give_up(self, task: Task, error: Exception) -> None:
        """Leave the server as it was; an image that could not be filled goes."""
        with self._region.store.write(TOPIC) as connection:
            row = records.anyone(connection, task.arguments["server_id"])
            if row is not None and row.task_state in (task.arguments.get("task_state"), "unshelving"):
                records.change(connection, row.id, task_state=None, fault=fault_of(error))
                history.end(connection, task.arguments["action_id"], error)
        image_id = task.arguments.get("image_id")
        if row is not None and image_id is not None:
            self._remove(row, image_id)

    def _of_volumes(
        self, ctx: Context, row: Any, volumes: Sequence[Any], name: str, properties: Mapping[str, str]
    ) -> str:
        """Make the image of a server on volumes at once: snapshots of the volumes, and an image that names them."""
        storage = self._region.siblings["block_storage"]
        owner = self._owner(row, ctx.user_id)
        mapping = []
        for volume in volumes:
            spec = SnapshotSpec(volume_id=volume.volume_id, name=f"snapshot for {name}", force=True)
            snapshot = storage.snapshots.create(owner, spec)
            mapping.append(
                {
                    "source_type": "snapshot",
                    "destination_type": "volume",
                    "snapshot_id": snapshot.id,
                    "volume_size": snapshot.size_gib,
                    "boot_index": volume.boot_index,
                    "device_name": volume.device,
                    "delete_on_termination": volume.delete_on_termination,
                }
            )
        bdm = {
            "block_device_mapping": json.dumps(mapping),
            "bdm_v2": "True",
            "root_device_name": row.root_device_name,
        }
        image = self._make(ctx, row, name, {"image_type": "snapshot", **properties, **bdm})
        self._images.upload(owner, image.id, _Stream(()), size_bytes=0)
        with self._region.store.write(TOPIC) as connection:
            history.end(connection, history.begin(connection, ctx, row.id, "createImage"))
        identifier: str = image.id
        return identifier
