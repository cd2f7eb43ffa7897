"""The volumes that a guest may reach: SoftLayer lets it in, and the guest itself logs in by iSCSI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import at, number
from jumpgate.clouds.softlayer.volumes import ORDER_MASK, attachment_id, find_volume, native_id
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.siblings import Siblings
from jumpgate.compute.contract import VolumeAttachments
from jumpgate.compute.drivers.softlayer.creation import UNTAGGED
from jumpgate.compute.models import VolumeAttachment, VolumeAttachmentSpec

GUEST_MASK = f"mask[id,globalIdentifier,allowedNetworkStorage[id,{ORDER_MASK}]]"
VOLUME_MASK = f"mask[id,{ORDER_MASK}]"


class SoftLayerVolumeAttachments(VolumeAttachments):
    """A guest's list of allowed storage. Device names are the guest's own affair."""

    def __init__(self, session: Session, siblings: Siblings) -> None:
        self._session = session
        self._siblings = siblings

    def find(self, ctx: Context, server_id: str) -> Iterable[VolumeAttachment]:
        guest = self._guest(ctx, server_id)
        return (_attachment(server_id, native_id(item)) for item in at(guest, "allowedNetworkStorage") or ())

    def get(self, ctx: Context, server_id: str, volume_id: str) -> VolumeAttachment:
        for attachment in self.find(ctx, server_id):
            if attachment.volume_id == volume_id:
                return attachment
        raise NotFound(f"Instance {server_id} is not attached to volume {volume_id}", reason="DiskNotFound")

    def create(self, ctx: Context, server_id: str, spec: VolumeAttachmentSpec) -> VolumeAttachment:
        if spec.delete_on_termination:
            raise BadRequest("SoftLayer's volumes stay when a guest goes.")
        if spec.tag:
            raise BadRequest(UNTAGGED)
        guest = self._guest(ctx, server_id)
        if any(native_id(item) == spec.volume_id for item in at(guest, "allowedNetworkStorage") or ()):
            raise BadRequest(f"Volume {spec.volume_id} is attached to instance {server_id} already.")
        self._tell(ctx, "allowAccessFromHostList", guest, self._volume(ctx, spec.volume_id))
        return _attachment(server_id, spec.volume_id)

    def delete(self, ctx: Context, server_id: str, volume_id: str) -> None:
        self.get(ctx, server_id, volume_id)
        guest = self._guest(ctx, server_id)
        self._tell(ctx, "removeAccessFromHostList", guest, self._volume(ctx, volume_id))

    def _tell(self, ctx: Context, method: str, guest: Record, volume: Record) -> None:
        host = {"id": number(guest, "id"), "objectType": "SoftLayer_Virtual_Guest"}
        self._session.call(ctx, "Network_Storage", method, [host], id=number(volume, "id"))

    def _guest(self, ctx: Context, server_id: str) -> Record:
        try:
            guest: Any = self._session.call(ctx, "Virtual_Guest", "getObject", id=server_id, mask=GUEST_MASK)
        except NotFound:
            guest = None
        if not guest:
            raise NotFound(f"Instance {server_id} could not be found.", reason="InstanceNotFound")
        found: Record = guest
        return found

    def _volume(self, ctx: Context, volume_id: str) -> Record:
        record = find_volume(self._session, ctx, volume_id, VOLUME_MASK)
        if record is not None:
            return record
        if self._siblings.has("block_storage"):
            status = self._siblings["block_storage"].volumes.get(ctx, volume_id).status
            raise BadRequest(f"Invalid volume: volume '{volume_id}' status must be 'available', and is '{status}'.")
        raise NotFound(f"Volume {volume_id} could not be found.", reason="VolumeNotFound")


def _attachment(server_id: str, volume_id: str) -> VolumeAttachment:
    tie = attachment_id(server_id, volume_id)
    return VolumeAttachment(id=tie, volume_id=volume_id, server_id=server_id, device=None, attachment_id=tie)
