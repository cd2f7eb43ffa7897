"""OpenStack's images in LXD: an alias whose name is the image's id, and whose description is what Glance knows of it.

LXD knows images by the hash of their bytes, so two images of the same bytes are one there; as aliases they stay two. An
image without data yet is an alias of an empty image, the same for all. An image that somebody brought into LXD
otherwise has an id made of its fingerprint.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jumpgate.clouds.lxd.etags import insist
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.clouds.lxd.uploads import EMPTY, FILES, OURS, WHOLE, send_split
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import Kind, MalformedId, Packed

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FOREIGN = Packed(Kind.IMAGE)
# As many digits of a fingerprint as an id holds; LXD takes them for the whole.
_DIGITS = 24
# What instances are, in LXD's words.
CONTAINER, MACHINE = "container", "virtual-machine"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Alias:
    """One image: `document` is what Glance knows of it, `fingerprint` the LXD image that has its data."""

    id: str
    document: Mapping[str, Any]
    fingerprint: str


class Aliases:
    """The images that OpenStack's API has made."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self) -> Iterator[Alias]:
        """Yield all of them, of every project."""
        for record in self._session.find("images", "aliases"):
            alias = _alias(record)
            if alias is not None:
                yield alias

    def get(self, image_id: str) -> Alias:
        """Return one, or raise NotFound."""
        return self._tagged(image_id)[0]

    def _tagged(self, image_id: str) -> tuple[Alias, str]:
        if _UUID.fullmatch(image_id):
            record, etag = self._session.tagged("images", "aliases", image_id)
            alias = _alias(record)
            if alias is not None:
                return alias, etag
        raise NotFound(f"No image found with ID {image_id}")

    def create(self, image_id: str, document: Document) -> None:
        """Add an image without data; raise Conflict for an id that is taken."""
        body = {"name": image_id, "description": orjson.dumps(document).decode(), "target": EMPTY.fingerprint}
        try:
            self._session.post("images", "aliases", body=body)
        except NotFound:
            send_split(self._session, EMPTY)
            self._session.post("images", "aliases", body=body)

    def change(self, image_id: str, change: Callable[[Document], Document], *, target: str | None = None) -> Alias:
        """Replace a document by what `change` makes of it, with nobody in between; `target` gives it other data."""
        return insist(lambda: self._changed(image_id, change, target), of=f"Image {image_id}")

    def _changed(self, image_id: str, change: Callable[[Document], Document], target: str | None) -> Alias:
        alias, etag = self._tagged(image_id)
        document = change(dict(alias.document))
        body = {"description": orjson.dumps(document).decode(), "target": target or alias.fingerprint}
        self._session.put("images", "aliases", image_id, body=body, etag=etag)
        return Alias(image_id, document, body["target"])

    def delete(self, image_id: str) -> None:
        """Remove an image; its data goes with the last image that has it."""
        alias = self.get(image_id)
        self._session.delete("images", "aliases", image_id)
        self.drop(alias.fingerprint)

    def drop(self, fingerprint: str) -> None:
        """Remove data that no image has any more, if it was brought in through OpenStack's API."""
        if fingerprint == EMPTY.fingerprint:
            return
        try:
            record = self._session.get("images", fingerprint)
            if not record["aliases"] and record["properties"].get(OURS):
                self._session.delete("images", fingerprint)
        except NotFound:
            return

    def sweep(self, before: str) -> None:
        """Remove the data that came through OpenStack's API before a moment and that no image ever had.

        It is what is left of an upload during which Jumpgate was killed. `before` is UTC, as ISO 8601.
        """
        for record in self._session.find("images"):
            if record["uploaded_at"] < before:
                self.drop(str(record["fingerprint"]))

    def kind(self, image_id: str) -> str:
        """Return what an instance of an image is: CONTAINER, or MACHINE; raise BadRequest where LXD cannot run it."""
        kind, _ = self._bootable(image_id)
        if kind == MACHINE and "qemu" not in str(self._session.server["environment"].get("driver", "")):
            raise BadRequest(
                f"Image {image_id} is no LXD container image (a tarball with metadata.yaml and rootfs, a tarball of a "
                "root file system or a squashfs), and LXD cannot run virtual machines on this host: it has no KVM or "
                "no QEMU."
            )
        return kind

    def source(self, image_id: str, kind: str = CONTAINER) -> dict[str, str]:
        """Return the image that an instance of a kind is made of; raise BadRequest for one that LXD cannot boot."""
        if self.kind(image_id) != kind:
            raise BadRequest(f"Image {image_id} is not one of a {kind}, as this server or volume needs it.")
        return {"type": "image", "fingerprint": self._bootable(image_id)[1]}

    def _bootable(self, image_id: str) -> tuple[str, str]:
        """Return what an instance of an image is, and the image's fingerprint."""
        try:
            alias = self.get(image_id)
        except NotFound:
            record = self.foreign_one(image_id)
            return str(record["type"]), str(record["fingerprint"])
        form = alias.document.get("form")
        if form == WHOLE:
            return str(self._session.get("images", alias.fingerprint)["type"]), alias.fingerprint
        return CONTAINER if form == FILES else MACHINE, alias.fingerprint

    def foreign(self) -> Iterator[Record]:
        """Yield the LXD images that somebody else brought in."""
        for record in self._session.find("images"):
            if _is_foreign(record):
                yield record

    def foreign_one(self, image_id: str) -> Record:
        """Return the LXD image of somebody else's that has an id; raise NotFound."""
        missing = NotFound(f"No image found with ID {image_id}")
        try:
            record: Record = self._session.get("images", FOREIGN.to_cloud(image_id))
        except (MalformedId, NotFound):
            raise missing from None
        if not _is_foreign(record):
            raise missing
        return record


def foreign_id(record: Record) -> str:
    """Return the id of an LXD image of somebody else's."""
    return FOREIGN.to_openstack(str(record["fingerprint"])[:_DIGITS])


def _is_foreign(record: Record) -> bool:
    return not record["properties"].get(OURS) and not any(_UUID.fullmatch(item["name"]) for item in record["aliases"])


def _alias(record: Record) -> Alias | None:
    text = str(record.get("description", ""))
    if not _UUID.fullmatch(str(record["name"])) or not text.startswith("{"):
        return None
    return Alias(str(record["name"]), orjson.loads(text), str(record["target"]))
