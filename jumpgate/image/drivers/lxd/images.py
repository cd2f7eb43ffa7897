"""LXD's images as Glance's."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from jumpgate.clouds.lxd.aliases import Document
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, Forbidden, NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.image import counts
from jumpgate.image.contract import Images, Stream
from jumpgate.image.drivers.lxd.records import Records, document_of, image_of
from jumpgate.image.drivers.lxd.transfers import Transfers
from jumpgate.image.models import Download, Image, ImageSpec

_SETTLED = ("disk_format", "container_format")
_KEPT = (
    "name",
    "visibility",
    "protected",
    "hidden",
    "disk_format",
    "container_format",
    "min_disk_gib",
    "min_ram_mib",
)


class LxdImages(Images):
    """Aliases with their documents, and beside them what somebody brought in with LXD's own tools."""

    def __init__(self, records: Records, transfers: Transfers) -> None:
        self._records = records
        self._transfers = transfers

    def find(self, ctx: Context, query: Query) -> Iterable[Image]:
        return self._records.find(ctx, query)

    def get(self, ctx: Context, resource_id: str) -> Image:
        return self._records.get(ctx, resource_id)

    def create(self, ctx: Context, spec: ImageSpec) -> Image:
        image_id = spec.id or str(uuid.uuid4())
        tags = list(dict.fromkeys(spec.tags))
        counts.check("tags", len(tags))
        counts.check("properties", len(spec.properties))
        values = {name: getattr(spec, name) for name in _KEPT}
        own = {"owner": spec.owner or ctx.project, "tags": tags, "properties": dict(spec.properties)}
        try:
            self._records.aliases.create(image_id, document_of({**values, **own}))
        except Conflict:
            raise Conflict(f"Image ID {image_id} already exists!") from None
        return image_of(self._records.aliases.get(image_id))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Image:
        return self._records.change(ctx, resource_id, lambda document: _changed(document, changes))

    def delete(self, ctx: Context, resource_id: str) -> None:
        alias = self._records.changeable(ctx, resource_id)
        if alias.document["protected"]:
            raise Forbidden(f"Image {resource_id} is protected and cannot be deleted.")
        self._records.aliases.delete(resource_id)

    def upload(self, ctx: Context, image_id: str, stream: Stream, *, size_bytes: int | None = None) -> None:
        self._transfers.upload(ctx, image_id, stream, size_bytes)

    def download(self, ctx: Context, image_id: str, *, offset: int = 0, length: int | None = None) -> Download | None:
        return self._transfers.download(ctx, image_id, offset, length)

    def deactivate(self, ctx: Context, image_id: str) -> None:
        self._switch(ctx, image_id, "deactivate", "active", "deactivated")

    def reactivate(self, ctx: Context, image_id: str) -> None:
        self._switch(ctx, image_id, "reactivate", "deactivated", "active")

    def _switch(self, ctx: Context, image_id: str, verb: str, before: str, after: str) -> None:
        def switched(document: Document) -> Document:
            if document["status"] not in (before, after):
                raise Forbidden(f"Not allowed to {verb} image in status '{document['status']}'")
            return {**document, "status": after}

        self._records.change(ctx, image_id, switched)

    def add_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        def tagged(document: Document) -> Document:
            tags = list(dict.fromkeys((*document["tags"], tag)))
            counts.check("tags", len(tags))
            return {**document, "tags": tags}

        self._records.change(ctx, image_id, tagged)

    def remove_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        def untagged(document: Document) -> Document:
            if tag not in document["tags"]:
                raise NotFound("The resource could not be found.")
            return {**document, "tags": [item for item in document["tags"] if item != tag]}

        self._records.change(ctx, image_id, untagged)


def _changed(document: Document, changes: Changes) -> Document:
    """Return a document with an update's changes; raise Forbidden for a format that the data has settled."""
    values: dict[str, Any] = dict(changes)
    for name in _SETTLED:
        if name in values and document["status"] != "queued":
            raise Forbidden(f"Attribute {name} can be only replaced for a queued image.")
    if "tags" in values:
        values["tags"] = list(dict.fromkeys(values["tags"]))
        counts.check("tags", len(values["tags"]))
    if "properties" in values:
        merged = {**document["properties"], **values["properties"]}
        values["properties"] = {name: value for name, value in merged.items() if value is not None}
        counts.check("properties", len(values["properties"]))
    return {**document, **values}
