"""SoftLayer's image templates as Glance's images, and what their notes keep for Glance."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jumpgate.clouds.softlayer.properties import read_attributes, read_properties, write_properties
from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.common.resource import Changes
from jumpgate.image.models import Image

SERVICE = "Virtual_Guest_Block_Device_Template_Group"
MASK = (
    "mask[globalIdentifier,name,note,accountId,publicFlag,createDate,transaction[id],"
    "blockDevicesDiskSpaceTotal,tagReferences[tag[name]],accountReferences[accountId,createDate]]"
)
# Where SoftLayer wrote a copy of a template's disk to, as an additional property.
EXPORT_URI = "export_uri"
DESCRIPTION = "description"
# What SoftLayer's templates do not have, and their notes keep.
ATTRIBUTES = ("visibility", "protected", "hidden", "disk_format", "container_format", "min_disk_gib", "min_ram_mib")


def image(record: Record, *, is_public: bool) -> Image:
    """Return a template as an image. A private one that other accounts may use is shared, whatever its note says."""
    created = moment(record, "createDate") or EPOCH
    description, properties = read_properties(text(record, "note"))
    told = {name: value for name, value in read_attributes(text(record, "note")).items() if name in ATTRIBUTES}
    visibility = "shared" if others(record) else told.get("visibility", "private")
    # Templates come into being in a transaction; later ones copy them, and leave them as they are.
    is_made = at(record, "transaction.id") is None or EXPORT_URI in properties
    known = Image(
        id=text(record, "globalIdentifier"),
        name=text(record, "name") or None,
        status="active" if is_made else "saving",
        visibility=visibility,
        owner=text(record, "accountId") or None,
        disk_format="vhd",
        container_format="bare",
        size_bytes=number(record, "blockDevicesDiskSpaceTotal") or None,
        tags=tuple(tags(record)),
        properties={**properties, DESCRIPTION: description} if description else properties,
        created_at=created,
        updated_at=created,
    )
    return dataclasses.replace(known, **{**told, "visibility": "public" if is_public else visibility})


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
