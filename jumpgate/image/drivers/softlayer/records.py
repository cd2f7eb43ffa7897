"""SoftLayer's image templates as Glance's images, and what their notes keep for Glance."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from jumpgate.clouds.softlayer.properties import read_attributes, read_properties, write_properties
from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.templates import ID, ID_MASK, image_id
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.common.resource import Changes
from jumpgate.image.drivers.softlayer.imports import EXPORT_URI
from jumpgate.image.drivers.softlayer.waiting import QUEUED, Waiting
from jumpgate.image.models import Image

MASK = (
    f"mask[{ID_MASK},name,publicFlag,createDate,transaction[id],status[keyName,name],"
    "blockDevicesDiskSpaceTotal,tagReferences[tag[name]],accountReferences[accountId,createDate]]"
)
DESCRIPTION = "description"
# Why an image has no data after an import, as an additional property.
FAILURE = "import_failure"
# What SoftLayer's templates do not have, and their notes keep.
ATTRIBUTES = ("visibility", "protected", "hidden", "disk_format", "container_format", "min_disk_gib", "min_ram_mib")
# What is known of the data that an image was made of.
KNOWN = ("size_bytes", "virtual_size_bytes", "checksum", "hash_algorithm", "hash_value")
_CREATED = "created_at"
_GOOD = ("", "ACTIVE")
_DROPPED = "SoftLayer has dropped the template that it made of the data: was it a disk in the format that was told?"


def image(record: Record, *, is_public: bool) -> Image:
    """Return a template as an image. A private one that other accounts may use is shared, whatever its note says."""
    made = moment(record, "createDate") or EPOCH
    description, properties = read_properties(text(record, "note"))
    attributes = read_attributes(text(record, "note"))
    told = {name: value for name, value in attributes.items() if name in (*ATTRIBUTES, *KNOWN)}
    visibility = "shared" if others(record) else told.get("visibility", "private")
    status = _status(record, properties)
    if status == "killed":
        properties = {**properties, FAILURE: f"SoftLayer says of the template: {text(record, 'status.name')}."}
    known = Image(
        id=image_id(record) or "",
        name=text(record, "name") or None,
        status=status,
        visibility=visibility,
        owner=text(record, "accountId") or None,
        disk_format="vhd",
        container_format="bare",
        size_bytes=number(record, "blockDevicesDiskSpaceTotal") or None,
        tags=tuple(tags(record)),
        properties={**properties, DESCRIPTION: description} if description else properties,
        created_at=moment(attributes, _CREATED) or made,
        updated_at=made,
    )
    return dataclasses.replace(known, **{**told, "visibility": "public" if is_public else visibility})


def _status(record: Record, properties: Mapping[str, str]) -> str:
    # Templates come into being in a transaction; later ones copy them, and leave them as they are.
    if is_in_the_making(record) and EXPORT_URI not in properties:
        return "saving"
    has_disk = number(record, "blockDevicesDiskSpaceTotal") > 0
    return "active" if has_disk or text(record, "status.keyName") in _GOOD else "killed"


def is_in_the_making(record: Record) -> bool:
    """Tell whether SoftLayer is still at work on a template."""
    return at(record, "transaction.id") is not None


def waiting_image(waiting: Waiting) -> Image:
    """Return an image without a template. One whose template has gone again has been killed."""
    status = QUEUED if waiting.is_abandoned else waiting.status
    details = dict(waiting.details)
    if waiting.reference is not None:
        status = "killed"
        details["properties"] = {**details["properties"], FAILURE: _DROPPED}
    return Image(
        id=waiting.id,
        status=status,
        owner=waiting.project_id,
        **{**details, "tags": tuple(details["tags"])},
        created_at=waiting.created_at,
        updated_at=waiting.updated_at,
    )


def note_of(waiting_id: str, details: Mapping[str, Any], created_at: dt.datetime) -> str:
    """Return the note of the template that a waiting image becomes: all that SoftLayer has no place for."""
    kept = {name: details[name] for name in (*ATTRIBUTES, *KNOWN) if name in details}
    return note(details["properties"], {ID: waiting_id, _CREATED: created_at.isoformat(), **kept})


def others(record: Record) -> list[Record]:
    """Return the references to the accounts with which a template is shared."""
    owner = text(record, "accountId")
    return [item for item in at(record, "accountReferences") or () if text(item, "accountId") != owner]


def tags(record: Record) -> list[str]:
    """Return a template's tags, sorted."""
    return sorted(text(item, "tag.name") for item in at(record, "tagReferences") or ())


def note(properties: Mapping[str, str | None], attributes: Mapping[str, Any]) -> str:
    """Return the note of a template with some additional properties, of which SoftLayer knows a description."""
    kept = {name: value for name, value in properties.items() if value is not None and name != DESCRIPTION}
    return write_properties(properties.get(DESCRIPTION) or "", kept, attributes)


def changed_note(written: str, changes: Changes) -> str:
    """Return a template's note with the properties and attributes that change; a property that is None goes."""
    description, properties = read_properties(written)
    known: dict[str, str | None] = {**properties, DESCRIPTION: description, **changes.get("properties", {})}
    attributes = {name: changes[name] for name in ATTRIBUTES if name in changes}
    return note(known, {**read_attributes(written), **attributes})
