"""SoftLayer's image templates as Glance's images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jumpgate.clouds.softlayer.session import KEY, Record, Session, is_equal, is_in, nested
from jumpgate.clouds.softlayer.values import flag, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, NotFound, NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.image.contract import Images
from jumpgate.image.drivers.softlayer.records import (
    ATTRIBUTES,
    EXPORT_URI,
    MASK,
    SERVICE,
    changed_note,
    image,
    note,
    others,
    tags,
)
from jumpgate.image.models import Image, ImageQuery, ImageSpec

# What SoftLayer reads a template's disk from, as an additional property of a new image, and the operating system on it.
URI, OS_CODE = "uri", "os_code"
# The key with which SoftLayer opens IBM Cloud's object storage. It is handed on and not kept.
IBM_KEY = "ibm_api_key"
_ICOS = "cos://"
_SCHEMES = ("swift://", _ICOS)
_CHANGEABLE = {"name", "tags", "properties", *ATTRIBUTES}
# What SoftLayer reads disks in; it makes VHDs of VMDKs.
_DISK_FORMATS = (None, "vhd", "vmdk", "raw", "iso")


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
                if not flag(record, "publicFlag") and (_is_own(record, ctx) or _takes_shared(query)):
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

    def own(self, ctx: Context, image_id: str) -> Record:
        """Return a template of the caller's account; raise Forbidden for one that it only may use."""
        record = self.record(ctx, image_id)
        if not _is_own(record, ctx):
            raise Forbidden(f"Image {image_id} belongs to another account.")
        return record

    def create(self, ctx: Context, spec: ImageSpec) -> Image:
        """Have SoftLayer read a disk from its object storage, which the property ``uri`` names."""
        if spec.id is not None:
            self._refuse_id(ctx, spec.id)
        uri = spec.properties.get(URI, "")
        if not uri.startswith(_SCHEMES):
            raise NotSupported(
                "SoftLayer makes images of what is in its object storage: give the property "
                "uri=swift://ACCOUNT@CLUSTER/CONTAINER/FILE, and os_code for the operating system."
            )
        _check_visibility(spec.visibility)
        if spec.disk_format not in _DISK_FORMATS:
            raise BadRequest("SoftLayer reads disks in vhd, vmdk, raw and iso.")
        properties = {name: value for name, value in spec.properties.items() if name != IBM_KEY}
        wanted = {
            "name": spec.name or uri.rsplit("/", 1)[-1],
            "note": note(properties, {name: getattr(spec, name) for name in ATTRIBUTES}),
            "operatingSystemReferenceCode": spec.properties.get(OS_CODE, ""),
        }
        method = "createFromIcos" if uri.startswith(_ICOS) else "createFromExternalSource"
        made = self._session.call(ctx, SERVICE, method, {**wanted, **_storage(ctx, uri, spec.properties)})
        identifier = text(made, "globalIdentifier")
        if spec.tags:
            self._write_tags(ctx, identifier, spec.tags)
        return self.get(ctx, identifier)

    def _refuse_id(self, ctx: Context, image_id: str) -> None:
        try:
            self.record(ctx, image_id)
        except NotFound:
            raise BadRequest("SoftLayer chooses the ids of images itself: give none.") from None
        raise Conflict(f"Image ID {image_id} already exists!")

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Image:
        record = self.own(ctx, resource_id)
        unknown = changes.keys() - _CHANGEABLE
        if unknown:
            raise BadRequest(f"SoftLayer's templates have no {', '.join(sorted(unknown))} to change.")
        _check_visibility(changes.get("visibility", "shared"))
        properties = dict(changes.get("properties", {}))
        if properties.get(EXPORT_URI):
            self._export(ctx, resource_id, properties)
        properties.pop(IBM_KEY, None)
        self._write(ctx, record, {**changes, "properties": properties})
        if changes.get("visibility") == "private":
            self._share_with_nobody(ctx, record)
        if "tags" in changes:
            self._write_tags(ctx, resource_id, changes["tags"])
        return self.get(ctx, resource_id)

    def _write(self, ctx: Context, record: Record, changes: Changes) -> None:
        """Change a template's name and note where they are to be other ones."""
        wanted = {"note": changed_note(text(record, "note"), changes)}
        if changes.get("name"):
            wanted["name"] = changes["name"]
        edited = {name: value for name, value in wanted.items() if value != text(record, name)}
        if edited:
            self._session.call(ctx, SERVICE, "editObject", edited, id=text(record, "globalIdentifier"))

    def _export(self, ctx: Context, image_id: str, properties: Mapping[str, str]) -> None:
        """Have SoftLayer write a template's disk to its object storage."""
        uri = properties[EXPORT_URI]
        if not uri.startswith(_SCHEMES):
            raise BadRequest(f"SoftLayer exports images to {' and '.join(_SCHEMES)}, not to {uri!r}.")
        method = "copyToIcos" if uri.startswith(_ICOS) else "copyToExternalSource"
        self._session.call(ctx, SERVICE, method, _storage(ctx, uri, properties), id=image_id)

    def _share_with_nobody(self, ctx: Context, record: Record) -> None:
        for reference in others(record):
            account, identifier = int(reference["accountId"]), text(record, "globalIdentifier")
            self._session.call(ctx, SERVICE, "denySharingAccess", account, id=identifier)

    def delete(self, ctx: Context, resource_id: str) -> None:
        if image(self.own(ctx, resource_id), is_public=False).protected:
            raise Forbidden(f"Image {resource_id} is protected and cannot be deleted.")
        self._session.call(ctx, SERVICE, "deleteObject", id=resource_id)

    def add_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        known = tags(self.own(ctx, image_id))
        if tag not in known:
            self._write_tags(ctx, image_id, [*known, tag])

    def remove_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        known = tags(self.own(ctx, image_id))
        if tag not in known:
            raise NotFound("The resource could not be found.")
        self._write_tags(ctx, image_id, [item for item in known if item != tag])

    def _write_tags(self, ctx: Context, image_id: str, wanted: Iterable[str]) -> None:
        given = list(wanted)
        for tag in given:
            if "," in tag:
                raise BadRequest(f"SoftLayer's tags have no commas: {tag!r}.")
        self._session.call(ctx, SERVICE, "setTags", ",".join(given), id=image_id)


def _is_own(record: Record, ctx: Context) -> bool:
    return text(record, "accountId") == ctx.project


def _takes_shared(query: Query) -> bool:
    """Tell whether what others share is asked for: nobody is asked whether it takes an image, so it has accepted."""
    return not isinstance(query, ImageQuery) or "accepted" in query.member_statuses


def _filter(query: Query, prefix: str) -> Record | None:
    """Return what SoftLayer can narrow a list by: a name, or ids."""
    name, ids = query.value("name"), query.values("id")
    if name:
        return nested(f"{prefix}name", is_equal(name))
    return nested(f"{prefix}globalIdentifier", is_in(ids)) if ids else None


def _storage(ctx: Context, uri: str, properties: Mapping[str, str]) -> dict[str, str]:
    """Return where a disk is in object storage; IBM Cloud's takes a key, by default the caller's own."""
    if not uri.startswith(_ICOS):
        return {"uri": uri}
    return {"uri": uri, "ibmApiKey": properties.get(IBM_KEY) or ctx.secrets.get(KEY, "")}


def _check_visibility(visibility: str) -> None:
    if visibility not in ("private", "shared"):
        raise BadRequest("SoftLayer's customers cannot make templates public; share the image with its members.")
