"""From a guest to an image template, and from a template to a guest that exists already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.clouds.softlayer.properties import write_properties
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.templates import ID_MASK, find_template
from jumpgate.clouds.softlayer.values import at, flag, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, CloudError
from jumpgate.compute.drivers.softlayer.creation import plain
from jumpgate.compute.drivers.softlayer.keypairs import number_of
from jumpgate.compute.models import RebuildSpec


class Captures:
    """Archive templates and reloads of the operating system."""

    MASK = "mask[id,globalIdentifier,blockDevices[id,device,mountType,diskImage[id,metadataFlag,type[keyName]]]]"

    def __init__(self, session: Session) -> None:
        self._session = session

    def capture(self, ctx: Context, guest: Record, name: str, properties: Mapping[str, str]) -> str:
        """Begin to make a template of a guest's first disk, and return the template's global identifier."""
        disks = [device for device in at(guest, "blockDevices") or () if _is_first_disk(device)]
        if not disks:
            raise BadRequest("The guest has no disk that SoftLayer could make an image of.")
        made = self._session.call(
            ctx,
            "Virtual_Guest",
            "createArchiveTemplate",
            name,
            disks,
            write_properties("", properties),
            id=text(guest, "globalIdentifier"),
        )
        identifier = text(made, "globalIdentifier")
        if not identifier:
            raise CloudError(f"SoftLayer makes the image {name} and does not say its id; look for it by its name.")
        return identifier

    def reload(self, ctx: Context, guest: Record, spec: RebuildSpec) -> None:
        """Install a guest anew from a template, with the keys and user data that it has or that it is to get."""
        if spec.files:
            raise BadRequest("SoftLayer puts no files into guests: use user_data.")
        wanted: dict[str, Any] = {"imageTemplateId": self._template(ctx, spec.image_id)}
        keys = self._keys(ctx, guest, spec.changes)
        if keys:
            wanted["sshKeyIds"] = keys
        identifier = text(guest, "globalIdentifier")
        if "user_data" in spec.changes:
            given = plain(str(spec.changes["user_data"] or ""))
            self._session.call(ctx, "Virtual_Guest", "setUserMetadata", [given], id=identifier)
        self._session.call(ctx, "Virtual_Guest", "reloadOperatingSystem", "FORCE", wanted, id=identifier)

    def _template(self, ctx: Context, image_id: str) -> int:
        image = find_template(self._session, ctx, image_id, f"mask[id,{ID_MASK}]")
        if image is None:
            raise BadRequest(f"Image {image_id} could not be found.", reason="ImageNotFound")
        return number(image, "id")

    def _keys(self, ctx: Context, guest: Record, changes: Mapping[str, object]) -> list[int]:
        """Return the numbers of the keys of a guest after its rebuild; a reload forgets those that it is not told."""
        if "key_name" not in changes:
            return [number(item, "id") for item in at(guest, "sshKeys") or ()]
        name = changes["key_name"]
        return [] if name is None else [number_of(self._session, ctx, str(name))]


def _is_first_disk(device: Record) -> bool:
    """Tell whether a block device is the disk that the guest boots from, and neither swap, CD nor user data."""
    is_data = text(device, "diskImage.type.keyName") != "SWAP" and not flag(device, "diskImage.metadataFlag")
    return text(device, "device") == "0" and text(device, "mountType") != "CD" and is_data
