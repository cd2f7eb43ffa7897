"""From what LXD keeps of an image to the image, and who sees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jumpgate.clouds.lxd.aliases import Alias, Aliases, Document, foreign_id
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import Forbidden, NotFound
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.image.models import Image, ImageQuery

STORE_ID = "lxd"
# The states in which an image has data that is its own.
STORED = ("active", "deactivated")
_TIMES = ("created_at", "updated_at")
# What a document has beside the image's attributes.
_OTHERS = ("members", "form")


class Records:
    """The images of LXD as the caller sees them."""

    def __init__(self, aliases: Aliases) -> None:
        self.aliases = aliases

    def find(self, ctx: Context, query: Any) -> Iterator[Image]:
        """Yield what belongs in a caller's list."""
        statuses = query.member_statuses if isinstance(query, ImageQuery) else ImageQuery().member_statuses
        asked = query.values("visibility")
        for alias in self.aliases.find():
            if _is_listed(ctx, alias.document, asked, statuses):
                yield image_of(alias)
        for record in self.aliases.foreign():
            yield foreign_image(record)

    def get(self, ctx: Context, image_id: str) -> Image:
        """Return an image that the caller sees, whoever brought it in; raise NotFound."""
        try:
            return image_of(self.seen(ctx, image_id))
        except NotFound:
            return foreign_image(self.aliases.foreign_one(image_id))

    def seen(self, ctx: Context, image_id: str) -> Alias:
        """Return the record of an image that the caller sees; raise NotFound."""
        alias = self.aliases.get(image_id)
        if not _sees(ctx, alias.document):
            raise NotFound(f"No image found with ID {image_id}")
        return alias

    def change(
        self, ctx: Context, image_id: str, change: Callable[[Document], Document], *, target: str | None = None
    ) -> Image:
        """Change an image that the caller sees; raise NotFound, and Forbidden for one that is LXD's own."""
        self.changeable(ctx, image_id)

        def changed(document: Document) -> Document:
            return {**change(document), "updated_at": utcnow().isoformat()}

        return image_of(self.aliases.change(image_id, changed, target=target))

    def changeable(self, ctx: Context, image_id: str) -> Alias:
        """Return the record of an image that the caller sees and that was made here."""
        try:
            return self.seen(ctx, image_id)
        except NotFound:
            self.aliases.foreign_one(image_id)
        raise Forbidden(f"Image {image_id} was brought in with LXD's own tools: change it with them.")


def document_of(values: Mapping[str, Any]) -> Document:
    """Return what is kept of a new image."""
    now = utcnow().isoformat()
    return {**values, "status": "queued", "members": {}, "created_at": now, "updated_at": now}


def image_of(alias: Alias) -> Image:
    """Return the image that a record tells of."""
    values = {name: value for name, value in alias.document.items() if name not in _OTHERS}
    times = {name: parse_iso(values[name]) for name in _TIMES}
    stores = (STORE_ID,) if values["status"] in STORED else ()
    return Image(**{**values, **times, "id": alias.id, "tags": tuple(values["tags"]), "stores": stores})


def foreign_image(record: Record) -> Image:
    """Return an image that somebody brought in with LXD's own tools: everybody's, for whoever has LXD has it."""
    properties = {f"lxd_{name}": str(value) for name, value in record["properties"].items() if value}
    aliases = [str(item["name"]) for item in record["aliases"]]
    return Image(
        id=foreign_id(record),
        name=aliases[0] if aliases else record["properties"].get("description") or record["fingerprint"][:12],
        status="active",
        visibility="public",
        owner=None,
        disk_format="raw",
        container_format="bare",
        size_bytes=int(record["size"]),
        properties={"architecture": record["architecture"], "lxd_type": record["type"], **properties},
        stores=(STORE_ID,),
        created_at=parse_lxd(record["uploaded_at"]),
        updated_at=parse_lxd(record["uploaded_at"]),
    )


def parse_lxd(text: str) -> dt.datetime:
    """Read one of LXD's times, which have nanoseconds."""
    head, dot, rest = text.removesuffix("Z").partition(".")
    return parse_iso(f"{head}{dot}{rest[:6]}")


def _is_listed(ctx: Context, document: Mapping[str, Any], asked: tuple[Any, ...], statuses: tuple[str, ...]) -> bool:
    visibility = document["visibility"]
    if document["owner"] == ctx.project:
        return True
    if visibility == "community":
        return "community" in asked
    if ctx.is_admin or visibility == "public":
        return True
    member = document["members"].get(ctx.project)
    return visibility == "shared" and member is not None and member["status"] in statuses


def _sees(ctx: Context, document: Mapping[str, Any]) -> bool:
    if ctx.is_admin or document["owner"] in (None, ctx.project) or document["visibility"] in ("public", "community"):
        return True
    return document["visibility"] == "shared" and ctx.project in document["members"]
