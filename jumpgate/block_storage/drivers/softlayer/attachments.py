"""Which guests may reach which volumes, as Cinder's attachments; Nova's requests make and end them."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.block_storage.contract import Attachments
from jumpgate.block_storage.drivers.softlayer.volumes import SoftLayerVolumes
from jumpgate.block_storage.models import Attachment
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import EVERYTHING, Query


class SoftLayerAttachments(Attachments):
    """The attachments that volumes tell of; a list costs what that of the volumes does."""

    def __init__(self, volumes: SoftLayerVolumes) -> None:
        self._volumes = volumes

    def find(self, ctx: Context, query: Query) -> Iterable[Attachment]:
        for volume in self._volumes.find(ctx, EVERYTHING):
            yield from volume.attachments

    def get(self, ctx: Context, resource_id: str) -> Attachment:
        for attachment in self.find(ctx, EVERYTHING):
            if attachment.id == resource_id:
                return attachment
        raise NotFound(f"Volume attachment could not be found with filter: attachment_id = {resource_id}.")
