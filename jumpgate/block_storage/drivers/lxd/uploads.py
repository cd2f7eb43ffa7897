"""Images of volumes: a task takes LXD's backup of the volume to the image service, as a tarball of its files.

The tarball of a bootable volume is an LXD image. That of another has the volume's files, and servers boot from it if
these are a root file system.
"""

from __future__ import annotations

import contextlib
import tarfile
import tempfile
from typing import IO

import orjson

from jumpgate.block_storage.drivers.lxd.records import Place, volume
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.drivers.lxd.work import Kind, Work
from jumpgate.block_storage.models import ImageUpload, ImageUploadSpec
from jumpgate.block_storage.models.events import UPLOAD_FAILED
from jumpgate.clouds.lxd.notes import Note
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import JumpgateError, NotFound, NotSupported
from jumpgate.common.siblings import Siblings
from jumpgate.image.models import ImageSpec

UPLOAD = "upload"
_SHIFTS = {"root": "volatile.last_state.idmap", "custom": "volatile.idmap.last"}
# What a volume knows of its image that the image service finds out by itself.
_FOUND_OUT = ("image_id", "image_name", "checksum", "container_format", "disk_format", "min_disk", "min_ram", "size")


class Uploads:
    """Begins them, and does them. The volume's state is `uploading` meanwhile."""

    def __init__(self, shelf: Shelf, siblings: Siblings, work: Work) -> None:
        self._shelf = shelf
        self._siblings = siblings
        self._work = work
        work.register(UPLOAD, Kind(status="uploading", event=UPLOAD_FAILED, do=self._upload, undo=self._forget))

    def begin(self, ctx: Context, volume_id: str, spec: ImageUploadSpec) -> ImageUpload:
        """Make an image without data, and promise to fill it; raise BadRequest, or NotSupported for another format."""
        place = self._shelf.get(ctx, volume_id)
        if (spec.disk_format, spec.container_format) != ("raw", "bare"):
            raise NotSupported("An image of an LXD volume is a tarball: its formats are raw and bare.")
        images = self._siblings["image"].images
        image = images.create(ctx, _image_spec(spec, place))
        work = self._work.note(ctx, UPLOAD, image=image.id, project=ctx.project)
        allowed = ("available", "in-use") if spec.force else ("available",)
        try:
            marked = self._work.mark(
                place, work, allowed, "Volume status must be available to upload, but is {status}."
            )
        except JumpgateError:
            images.delete(ctx, image.id)
            raise
        self._work.promise(self._shelf.owner(marked), volume_id, work)
        return ImageUpload(
            volume=volume(marked, self._shelf.owner(marked), self._shelf.uses(marked)),
            image_id=image.id,
            image_name=spec.image_name,
            disk_format=spec.disk_format,
            container_format=spec.container_format,
            visibility=image.visibility,
            is_protected=image.protected,
        )

    def _upload(self, place: Place, work: Note) -> None:
        """Fill an image."""
        image_id, ctx = work["image"], service_context(work["project"])
        name, alone = f"image-{image_id}", "instance_only" if place.is_root else "volume_only"
        session = self._shelf.session
        # What an interrupted attempt has left.
        with contextlib.suppress(NotFound):
            session.delete(*place.path, "backups", name, project=place.project)
        body = {"name": name, alone: True, "compression_algorithm": "none"}
        session.post(*place.path, "backups", body=body, project=place.project)
        try:
            root = "backup/container" if place.is_root else "backup/volume"
            with tempfile.TemporaryFile() as file:
                with session.opened(*place.path, "backups", name, "export", project=place.project) as archive:
                    repack(archive.raw, file, root=root, owner=_owner(place))
                file.seek(0)
                self._siblings["image"].images.upload(ctx, image_id, file)
        finally:
            session.delete(*place.path, "backups", name, project=place.project)

    def _forget(self, _: Place, work: Note, fault: Note) -> Note:
        """Remove an image that cannot be filled; the volume is what it was."""
        with contextlib.suppress(NotFound):
            self._siblings["image"].images.delete(service_context(work["project"]), work["image"])
        return {"fault": fault}


def _image_spec(spec: ImageUploadSpec, place: Place) -> ImageSpec:
    known = place.note.get("image_metadata", {})
    given = {name: value for name, value in known.items() if name not in _FOUND_OUT}
    return ImageSpec(
        name=spec.image_name,
        visibility=spec.visibility or "shared",
        protected=bool(spec.is_protected),
        disk_format=spec.disk_format,
        container_format=spec.container_format,
        properties=given,
    )


def _owner(place: Place) -> int:
    """Return who owns root's files in a backup: LXD shifts the owners for its guests, and notes by how much."""
    known = orjson.loads(place.config.get(_SHIFTS["root" if place.is_root else "custom"]) or "[]")
    return min((int(item["Hostid"]) for item in known), default=0)


def repack(source: IO[bytes], target: IO[bytes], *, root: str, owner: int) -> None:
    """Write what is below `root` in a tarball to another one, in which `owner` is root."""
    with (
        tarfile.open(fileobj=source, mode="r|") as archive,
        tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as made,
    ):
        for member in archive:
            if member.name != root and not member.name.startswith(f"{root}/"):
                continue
            member.name = member.name.removeprefix(root).lstrip("/") or "."
            if member.islnk():
                member.linkname = member.linkname.removeprefix(root).lstrip("/")
            member.uid, member.gid = max(0, member.uid - owner), max(0, member.gid - owner)
            # These would count more than the attributes.
            moved = ("path", "linkpath", "uid", "gid")
            member.pax_headers = {key: text for key, text in member.pax_headers.items() if key not in moved}
            made.addfile(member, archive.extractfile(member) if member.isreg() else None)
