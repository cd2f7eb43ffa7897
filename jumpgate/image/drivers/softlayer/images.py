"""SoftLayer's image templates as Glance's images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jumpgate.clouds.softlayer.properties import read_properties, write_properties
from jumpgate.clouds.softlayer.session import Record, Session, is_equal, is_in, nested
from jumpgate.clouds.softlayer.values import EPOCH, at, flag, moment, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Forbidden, NotFound, NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.image.contract import Images
from jumpgate.image.models import Image, ImageSpec

SERVICE = "Virtual_Guest_Block_Device_Template_Group"
MASK = (
    "mask[id,globalIdentifier,name,note,accountId,publicFlag,createDate,parentId,"
    "transaction[id],blockDevicesDiskSpaceTotal,tagReferences[tag[name]],accountReferences[accountId]]"
)
# What SoftLayer reads a template's disk from, as an additional property of a new image.
URI, OS_CODE = "uri", "os_code"
_SCHEMES = ("swift://", "cos://")
_DESCRIPTION = "description"


class SoftLayerImages(Images):
    """Templates by their global identifiers. An account sees the public ones, its own, and those shared with it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, query: Query) -> Iterable[Image]:
        wanted = query.values("visibility")
        for is_public, record in self._records(ctx, query, wanted):
            yield image(record, is_public=is_public)

    def _records(self, ctx: Context, query: Query, wanted: tuple[Any, ...]) -> Iterator[tuple[bool, Record]]:
        if not wanted or {"private", "shared"} & set(wanted):
            own = _filter(query, "privateBlockDeviceTemplateGroups.")
            method = "getPrivateBlockDeviceTemplateGroups"
            for record in self._session.pages(ctx, "Account", method, mask=MASK, filter=own):
                if not flag(record, "publicFlag"):
                    yield False, record
        if not wanted or "public" in wanted:
            for record in self._session.pages(ctx, SERVICE, "getPublicImages", mask=MASK, filter=_filter(query, "")):
                yield True, record

    def get(self, ctx: Context, resource_id: str) -> Image:
        record = self.record(ctx, resource_id)
        return image(record, is_public=flag(record, "publicFlag"))

    def record(self, ctx: Context, image_id: str) -> Record:
        """Return a template as SoftLayer has it, or raise NotFound."""
        try:
            found: Record | None = self._session.call(ctx, SERVICE, "getObject", id=image_id, mask=MASK)
        except (NotFound, Forbidden):
            found = None
        if not found:
            raise NotFound(f"No image found with ID {image_id}")
        return found

    def create(self, ctx: Context, spec: ImageSpec) -> Image:
        """Have SoftLayer read a disk from its object storage, which the property ``uri`` names."""
        uri = spec.properties.get(URI, "")
        if not uri.startswith(_SCHEMES):
            raise NotSupported(
                "SoftLayer makes images of what is in its object storage: give the property "
                "uri=swift://ACCOUNT@CLUSTER/CONTAINER/FILE, and os_code for the operating system."
            )
        _refuse(spec)
        properties = {name: value for name, value in spec.properties.items() if name != _DESCRIPTION}
        wanted = {
            "name": spec.name or uri.rsplit("/", 1)[-1],
            "note": write_properties(spec.properties.get(_DESCRIPTION, ""), properties),
            "operatingSystemReferenceCode": spec.properties.get(OS_CODE, ""),
            "uri": uri,
        }
        method = "createFromIcos" if uri.startswith("cos://") else "createFromExternalSource"
        made = self._session.call(ctx, SERVICE, method, wanted)
        identifier = text(made, "globalIdentifier")
        if spec.tags:
            self._write_tags(ctx, identifier, spec.tags)
        return self.get(ctx, identifier)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Image:
        record = self._own(ctx, resource_id)
        unknown = changes.keys() - {"name", "tags", "properties", "visibility"}
        if unknown:
            raise BadRequest(f"SoftLayer's templates have no {', '.join(sorted(unknown))} to change.")
        if changes.get("visibility", "shared") not in ("shared", "private"):
            raise BadRequest("SoftLayer's customers cannot make templates public; share the image with its members.")
        edited = {"name": changes["name"]} if changes.get("name") else {}
        if changes.get("properties"):
            edited["note"] = _changed_note(text(record, "note"), changes["properties"])
        if edited:
            self._session.call(ctx, SERVICE, "editObject", edited, id=resource_id)
        if "tags" in changes:
            self._write_tags(ctx, resource_id, changes["tags"])
        return self.get(ctx, resource_id)

    def delete(self, ctx: Context, resource_id: str) -> None:
        self._own(ctx, resource_id)
        self._session.call(ctx, SERVICE, "deleteObject", id=resource_id)

    def _own(self, ctx: Context, image_id: str) -> Record:
        """Return a template of the caller's account; raise Forbidden for one that it only may use."""
        record = self.record(ctx, image_id)
        if text(record, "accountId") != ctx.project:
            raise Forbidden(f"Image {image_id} belongs to another account.")
        return record

    def add_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        tags = _tags(self._own(ctx, image_id))
        if tag not in tags:
            self._write_tags(ctx, image_id, [*tags, tag])

    def remove_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        tags = _tags(self._own(ctx, image_id))
        if tag not in tags:
            raise NotFound("The resource could not be found.")
        self._write_tags(ctx, image_id, [item for item in tags if item != tag])

    def _write_tags(self, ctx: Context, image_id: str, tags: Iterable[str]) -> None:
        wanted = list(tags)
        for tag in wanted:
            if "," in tag:
                raise BadRequest(f"SoftLayer's tags have no commas: {tag!r}.")
        self._session.call(ctx, SERVICE, "setTags", ",".join(wanted), id=image_id)


def image(record: Record, *, is_public: bool) -> Image:
    """Return a template as an image. A private one that other accounts may use is shared."""
    created = moment(record, "createDate") or EPOCH
    description, properties = read_properties(text(record, "note"))
    others = at(record, "accountReferences") or ()
    visibility = "shared" if len(others) > 1 else "private"
    return Image(
        id=text(record, "globalIdentifier"),
        name=text(record, "name") or None,
        status="saving" if at(record, "transaction.id") is not None else "active",
        visibility="public" if is_public else visibility,
        owner=text(record, "accountId") or None,
        disk_format="vhd",
        container_format="bare",
        size_bytes=number(record, "blockDevicesDiskSpaceTotal") or None,
        tags=tuple(_tags(record)),
        properties={**properties, _DESCRIPTION: description} if description else properties,
        created_at=created,
        updated_at=created,
    )


def _tags(record: Record) -> list[str]:
    return sorted(text(item, "tag.name") for item in at(record, "tagReferences") or ())


def _filter(query: Query, prefix: str) -> Record | None:
    """Return what SoftLayer can narrow a list by: a name, or ids."""
    name, ids = query.value("name"), query.values("id")
    if name:
        return nested(f"{prefix}name", is_equal(name))
    return nested(f"{prefix}globalIdentifier", is_in(ids)) if ids else None


def _refuse(spec: ImageSpec) -> None:
    if spec.id is not None:
        raise BadRequest("SoftLayer chooses the ids of images itself.")
    if spec.visibility not in ("private", "shared"):
        raise BadRequest("SoftLayer's customers cannot make templates public; share the image with its members.")
    if spec.protected or spec.hidden or spec.min_disk_gib or spec.min_ram_mib:
        raise BadRequest("SoftLayer's templates are neither protected nor hidden, and have no least disk or memory.")


def _changed_note(note: str, changes: Mapping[str, str | None]) -> str:
    description, properties = read_properties(note)
    known: dict[str, str | None] = {**properties, _DESCRIPTION: description, **changes}
    kept = {name: value for name, value in known.items() if value is not None and name != _DESCRIPTION}
    return write_properties(known[_DESCRIPTION] or "", kept)
