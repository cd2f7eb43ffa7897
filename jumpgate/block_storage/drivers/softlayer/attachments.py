"""Which guests may reach which volumes, and how, as Cinder's attachments; Nova's requests make and end them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.block_storage.contract import Attachments
from jumpgate.block_storage.drivers.softlayer.volumes import SoftLayerVolumes
from jumpgate.block_storage.models import Attachment
from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.values import at, number, text
from jumpgate.clouds.softlayer.volumes import ORDER_MASK
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import EVERYTHING, Query

# How a guest logs in to a volume. Its name there is its iSCSI initiator's, and SoftLayer makes up a password for it.
ACCESS_MASK = (
    f"mask[id,lunId,serviceResourceBackendIpAddress,{ORDER_MASK},"
    "allowedVirtualGuests[globalIdentifier,allowedHost[name,credential[username,password]]]]"
)
_PORT = 3260


class SoftLayerAttachments(Attachments):
    """The attachments that volumes tell of; a list costs what that of the volumes does, and shows no password."""

    def __init__(self, volumes: SoftLayerVolumes) -> None:
        self._volumes = volumes

    def find(self, ctx: Context, query: Query) -> Iterable[Attachment]:
        for volume in self._volumes.find(ctx, EVERYTHING):
            yield from volume.attachments

    def get(self, ctx: Context, resource_id: str) -> Attachment:
        for attachment in self.find(ctx, EVERYTHING):
            if attachment.id == resource_id:
                access = self._volumes.access(ctx, attachment.volume_id, ACCESS_MASK)
                return dataclasses.replace(attachment, connection=_connection(access, attachment))
        raise NotFound(f"Volume attachment could not be found with filter: attachment_id = {resource_id}.")


def _connection(access: Record, attachment: Attachment) -> Mapping[str, Any]:
    """Return how the guest of an attachment reaches its volume, in Cinder's words for iSCSI."""
    guests = at(access, "allowedVirtualGuests") or ()
    mine: Record = next((item for item in guests if text(item, "globalIdentifier") == attachment.server_id), {})
    return {
        "driver_volume_type": "iscsi",
        "target_portal": f"{text(access, 'serviceResourceBackendIpAddress')}:{_PORT}",
        "target_lun": number(access, "lunId"),
        "initiator": text(mine, "allowedHost.name"),
        "auth_method": "CHAP",
        "auth_username": text(mine, "allowedHost.credential.username"),
        "auth_password": text(mine, "allowedHost.credential.password"),
    }
