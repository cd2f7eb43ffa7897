"""SoftLayer's image templates as Glance's images, beside those that wait for their data."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jumpgate.clouds.softlayer.session import Record, Session, is_equal, is_in, nested
from jumpgate.clouds.softlayer.templates import SERVICE, account_of, find_template, image_id
from jumpgate.clouds.softlayer.values import flag, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, Gone, JumpgateError, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.image.contract import Images
from jumpgate.image.drivers.softlayer.imports import EXPORT_URI, IBM_KEY, URI, Storage, check_place, os_code
from jumpgate.image.drivers.softlayer.records import (
    ATTRIBUTES,
    MASK,
    changed_note,
    image,
    is_in_the_making,
    note,
    note_of,
    others,
    tags,
    waiting_image,
)
from jumpgate.image.drivers.softlayer.waiting import IMPORTING, Attempt, Details, Waiting, WaitingImages
from jumpgate.image.models import Image, ImageQuery, ImageSpec, ImportTask

_CHANGEABLE = {"name", "tags", "properties", *ATTRIBUTES}
# What SoftLayer reads disks in; it makes VHDs of VMDKs.
_DISK_FORMATS = (None, "vhd", "vmdk", "raw", "iso")


class SoftLayerImages(Images):
    """Templates by their global identifiers. An account sees the public ones, its own, and those shared with it.

    An image without data is none of SoftLayer's. Once it has some, its template is known by the image's id.
    """

    def __init__(self, session: Session, waiting: WaitingImages) -> None:
        self._session = session
        self._waiting = waiting
        self._storage = Storage(session)

    def find(self, ctx: Context, query: Query) -> Iterable[Image]:
        wanted = query.values("visibility")
        own = not wanted or bool({"private", "shared"} & set(wanted))
        waiting = {item.id: item for item in self._waiting.find(ctx)} if own else {}
        for is_public, record in self._records(ctx, query, wanted):
            yield self._shown(record, waiting.pop(image_id(record) or "", None), is_public=is_public)
        for item in waiting.values():
            # The list may be narrower than what SoftLayer has.
            found = self._template(ctx, item)
            yield waiting_image(item) if found is None else self._shown(found, item, is_public=False)

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

    def _shown(self, record: Record, waiting: Waiting | None, *, is_public: bool) -> Image:
        """Return a template as an image, which waits no more once SoftLayer has made it."""
        if waiting is not None and not is_in_the_making(record):
            self._waiting.drop(waiting.id)
        return image(record, is_public=is_public)

    def get(self, ctx: Context, resource_id: str) -> Image:
        waiting, record = self.look(ctx, resource_id)
        if record is not None:
            return self._shown(record, waiting, is_public=flag(record, "publicFlag"))
        assert waiting is not None
        return waiting_image(waiting)

    def look(self, ctx: Context, image_id: str) -> tuple[Waiting | None, Record | None]:
        """Return what waits under an id and its template as SoftLayer has it; raise NotFound without either."""
        waiting = self._waiting.get(ctx, image_id)
        if waiting is not None:
            return waiting, self._template(ctx, waiting)
        record = find_template(self._session, ctx, image_id, MASK)
        if record is None:
            raise NotFound(f"No image found with ID {image_id}")
        return None, record

    def _template(self, ctx: Context, waiting: Waiting) -> Record | None:
        """Return the template that SoftLayer makes of an image, None where there is none."""
        if not waiting.is_asked:
            return None
        return find_template(self._session, ctx, waiting.reference or waiting.id, MASK)

    def own(self, ctx: Context, image_id: str) -> Record:
        """Return a template of the caller's account; raise Forbidden for one that it only may use."""
        return _checked_own(ctx, image_id, self.look(ctx, image_id)[1])

    def create(self, ctx: Context, spec: ImageSpec) -> Image:
        """Let an image wait for its data, or have SoftLayer read it at once where the property ``uri`` says."""
        if spec.id is not None:
            self._refuse_id(ctx, spec.id)
        _check_visibility(spec.visibility)
        if spec.disk_format not in _DISK_FORMATS:
            raise BadRequest("SoftLayer reads disks in vhd, vmdk, raw and iso.")
        _check_tags(spec.tags)
        if URI in spec.properties:
            return self._read(ctx, spec)
        _refuse_key(spec.properties)
        details = {name: getattr(spec, name) for name in ("name", *ATTRIBUTES)}
        lists = {"tags": list(dict.fromkeys(spec.tags)), "properties": dict(spec.properties)}
        return waiting_image(self._waiting.make(ctx, details | lists))

    def _read(self, ctx: Context, spec: ImageSpec) -> Image:
        uri = spec.properties[URI]
        check_place(uri)
        properties = {name: value for name, value in spec.properties.items() if name != IBM_KEY}
        wanted = {
            "name": spec.name or uri.rsplit("/", 1)[-1],
            "note": note(properties, {name: getattr(spec, name) for name in ATTRIBUTES}),
            "operatingSystemReferenceCode": os_code(properties),
        }
        made = self._storage.read(ctx, uri, wanted, ibm_key=spec.properties.get(IBM_KEY, ""))
        identifier = text(made, "globalIdentifier")
        if spec.tags:
            self._write_tags(ctx, identifier, spec.tags)
        return self.get(ctx, identifier)

    def _refuse_id(self, ctx: Context, image_id: str) -> None:
        try:
            self.look(ctx, image_id)
        except NotFound:
            raise BadRequest("SoftLayer chooses the ids of images itself: give none.") from None
        raise Conflict(f"Image ID {image_id} already exists!")

    def import_from(self, ctx: Context, image_id: str, url: str) -> ImportTask:
        """Have SoftLayer read a waiting image's disk from its object storage."""
        waiting = self.fillable(ctx, image_id, "Image needs to be in 'queued' state to use 'web-download' method")
        for name in ("container_format", "disk_format"):
            if not waiting.details[name]:
                raise Conflict(f"'{name}' needs to be set before import")
        check_place(url)
        attempt = self._waiting.begin(ctx, image_id, IMPORTING)
        self.hand_over(ctx, attempt, url)
        now = utcnow()
        return ImportTask(
            id=str(uuid.uuid4()),
            image_id=image_id,
            status="processing",
            owner=ctx.project,
            user_id=ctx.user_id,
            request_id=ctx.request_id,
            created_at=now,
            updated_at=now,
        )

    def fillable(self, ctx: Context, image_id: str, refusal: str) -> Waiting:
        """Return an image that waits for data; raise Conflict with this refusal for one that has some."""
        waiting, record = self.look(ctx, image_id)
        if waiting is None or record is not None:
            raise Conflict(refusal)
        return waiting

    def hand_over(self, ctx: Context, attempt: Attempt, uri: str, *, ibm_key: str = "") -> None:
        """Have SoftLayer make a template of a disk in object storage. What it refuses waits again.

        When its answer is lost it may have begun all the same: then the attempt is left to itself, and the image waits
        again after a while without a template.
        """
        details, created_at = attempt.details()
        wanted = {
            "name": details["name"] or attempt.image_id,
            "note": note_of(attempt.image_id, details, created_at),
            "operatingSystemReferenceCode": os_code(details["properties"]),
        }
        try:
            made = self._storage.read(ctx, uri, wanted, ibm_key=ibm_key)
        except JumpgateError as error:
            if error.status < 500:
                attempt.release()
            raise
        identifier = text(made, "globalIdentifier")
        try:
            attempt.bind(identifier)
        except Gone:
            self._session.call(ctx, SERVICE, "deleteObject", id=identifier)
            raise
        if details["tags"]:
            self._write_tags(ctx, identifier, details["tags"])

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Image:
        waiting, record = self.look(ctx, resource_id)
        unknown = changes.keys() - _CHANGEABLE
        if unknown:
            raise BadRequest(f"SoftLayer's templates have no {', '.join(sorted(unknown))} to change.")
        _check_visibility(changes.get("visibility", "shared"))
        _check_tags(changes.get("tags", ()))
        if waiting is not None and record is None:
            return self._update_waiting(ctx, waiting, changes)
        self._update_template(ctx, _checked_own(ctx, resource_id, record), changes)
        return self.get(ctx, resource_id)

    def _update_waiting(self, ctx: Context, waiting: Waiting, changes: Changes) -> Image:
        properties = changes.get("properties", {})
        _refuse_key(properties)
        if properties.get(EXPORT_URI):
            raise Conflict("The image has no data yet that SoftLayer could export.")
        if changes.get("disk_format") not in _DISK_FORMATS:
            raise BadRequest("SoftLayer reads disks in vhd, vmdk, raw and iso.")
        return waiting_image(self._waiting.change(ctx, waiting.id, lambda details: _merged(details, changes)))

    def _update_template(self, ctx: Context, record: Record, changes: Changes) -> None:
        identifier, properties = text(record, "globalIdentifier"), dict(changes.get("properties", {}))
        key = properties.pop(IBM_KEY, None)
        if properties.get(EXPORT_URI):
            check_place(properties[EXPORT_URI])
            self._storage.write(ctx, identifier, properties[EXPORT_URI], ibm_key=key or "")
        self._write(ctx, record, {**changes, "properties": properties})
        if changes.get("visibility") == "private":
            self._share_with_nobody(ctx, record)
        if "tags" in changes:
            self._write_tags(ctx, identifier, changes["tags"])

    def _write(self, ctx: Context, record: Record, changes: Changes) -> None:
        """Change a template's name and note where they are to be other ones."""
        wanted = {"note": changed_note(text(record, "note"), changes)}
        if changes.get("name"):
            wanted["name"] = changes["name"]
        edited = {name: value for name, value in wanted.items() if value != text(record, name)}
        if edited:
            self._session.call(ctx, SERVICE, "editObject", edited, id=text(record, "globalIdentifier"))

    def _share_with_nobody(self, ctx: Context, record: Record) -> None:
        for reference in others(record):
            account, identifier = int(reference["accountId"]), text(record, "globalIdentifier")
            self._session.call(ctx, SERVICE, "denySharingAccess", account, id=identifier)

    def delete(self, ctx: Context, resource_id: str) -> None:
        waiting, record = self.look(ctx, resource_id)
        if record is not None:
            _checked_own(ctx, resource_id, record)
        if image(record, is_public=False).protected if record is not None else _is_protected(waiting):
            raise Forbidden(f"Image {resource_id} is protected and cannot be deleted.")
        if record is not None:
            self._session.call(ctx, SERVICE, "deleteObject", id=text(record, "globalIdentifier"))
        if waiting is not None:
            self._waiting.drop(waiting.id)

    def add_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        _check_tags([tag])
        self._retag(ctx, image_id, lambda known: known if tag in known else [*known, tag])

    def remove_tag(self, ctx: Context, image_id: str, tag: str) -> None:
        def without(known: list[str]) -> list[str]:
            if tag not in known:
                raise NotFound("The resource could not be found.")
            return [item for item in known if item != tag]

        self._retag(ctx, image_id, without)

    def _retag(self, ctx: Context, image_id: str, change: Callable[[list[str]], list[str]]) -> None:
        waiting, record = self.look(ctx, image_id)
        if waiting is not None and record is None:
            self._waiting.change(ctx, image_id, lambda details: {**details, "tags": change(list(details["tags"]))})
            return
        record = _checked_own(ctx, image_id, record)
        known = tags(record)
        wanted = change(known)
        if wanted != known:
            self._write_tags(ctx, text(record, "globalIdentifier"), wanted)

    def _write_tags(self, ctx: Context, identifier: str, wanted: Iterable[str]) -> None:
        self._session.call(ctx, SERVICE, "setTags", ",".join(wanted), id=identifier)


def _checked_own(ctx: Context, image_id: str, record: Record | None) -> Record:
    if record is None:
        raise Conflict(f"Image {image_id} has no data yet, so SoftLayer has no template of it.")
    if not _is_own(record, ctx):
        raise Forbidden(f"Image {image_id} belongs to another account.")
    return record


def _is_protected(waiting: Waiting | None) -> bool:
    return waiting is not None and bool(waiting.details["protected"])


def _is_own(record: Record, ctx: Context) -> bool:
    return text(record, "accountId") == ctx.project


def _takes_shared(query: Query) -> bool:
    """Tell whether what others share is asked for: nobody is asked whether it takes an image, so it has accepted."""
    return not isinstance(query, ImageQuery) or "accepted" in query.member_statuses


def _filter(query: Query, prefix: str) -> Record | None:
    """Return what SoftLayer can narrow a list by: a name, or ids of its own."""
    name, ids = query.value("name"), query.values("id")
    if name:
        return nested(f"{prefix}name", is_equal(name))
    is_narrow = bool(ids) and all(account_of(str(item)) is None for item in ids)
    return nested(f"{prefix}globalIdentifier", is_in(ids)) if is_narrow else None


def _merged(details: Details, changes: Changes) -> Details:
    properties = {**details["properties"], **changes.get("properties", {})}
    kept = {name: value for name, value in properties.items() if value is not None}
    lists = {"tags": list(changes["tags"])} if "tags" in changes else {}
    return {**details, **changes, **lists, "properties": kept}


def _refuse_key(properties: Mapping[str, str | None]) -> None:
    """Raise BadRequest for a key that an image would have to keep until it is imported."""
    if properties.get(IBM_KEY):
        raise BadRequest(
            f"The property {IBM_KEY} is not kept: give it together with {URI}, or log in with an API key of IBM Cloud, "
            "which then opens its object storage too."
        )


def _check_tags(wanted: Iterable[str]) -> None:
    for tag in wanted:
        if "," in tag:
            raise BadRequest(f"SoftLayer's tags have no commas: {tag!r}.")


def _check_visibility(visibility: str) -> None:
    if visibility not in ("private", "shared"):
        raise BadRequest("SoftLayer's customers cannot make templates public; share the image with its members.")
