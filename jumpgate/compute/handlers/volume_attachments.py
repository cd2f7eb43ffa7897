"""``/servers/{server_id}/os-volume_attachments``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from jumpgate.common.errors import BadRequest, Conflict, NotFound, NotSupported
from jumpgate.common.fields import Field, View
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute, VolumeAttachments
from jumpgate.compute.handlers.block_device_requests import why_not_available
from jumpgate.compute.handlers.lookup import get_server, require_ready
from jumpgate.compute.handlers.siblings import sibling
from jumpgate.compute.models import Server, VolumeAttachment, VolumeAttachmentSpec
from jumpgate.compute.schemas import server_parts as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY, truth

_RULE = "os_compute_api:os-volumes-attachments:"
_SHELVED = ("shelved", "shelved_offloaded")
_MOST = 1000

_COMMON = (
    Field("volumeId", "volume_id", kind=Kind.VOLUME),
    Field("serverId", "server_id", kind=Kind.SERVER),
    Field("tag", since="2.70"),
    Field("delete_on_termination", since="2.79"),
)
# The id was the volume's own until 2.89, which shows the two real ids instead.
_VIEW: View[VolumeAttachment] = View(
    Field("id", "volume_id", kind=Kind.VOLUME, until="2.88"),
    *_COMMON,
    Field("device"),
    Field("attachment_id", kind=Kind.ATTACHMENT, since="2.89"),
    Field("bdm_uuid", "id", since="2.89"),
)
# What an attach answers, in which 2.89 was forgotten.
_ATTACHED: View[VolumeAttachment] = View(Field("id", "volume_id", kind=Kind.VOLUME), *_COMMON, Field("device"))


def _contract(call: Call[Compute]) -> VolumeAttachments:
    attachments = call.cloud.volume_attachments
    assert attachments is not None
    return attachments


def _volume(call: Call[Compute], volume_id: str) -> Any:
    """Return a volume, None where nobody can be asked; raise NotFound."""
    storage = sibling(call, "block_storage")
    if storage is None:
        return None
    try:
        return storage.volumes.get(call.ctx, volume_id)
    except NotFound:
        raise NotFound(f"Volume {volume_id} could not be found.", reason="VolumeNotFound") from None


def _check(call: Call[Compute], server: Server, volume: Any) -> None:
    """Raise BadRequest for a volume that the server cannot have."""
    holders = [item.server_id for item in volume.attachments if item.server_id is not None]
    if holders and not volume.is_multiattach:
        where = " ".join(holders)
        raise _invalid(f"Invalid volume: volume {volume.id} is already attached to instances: {where}")
    if server.id in holders:
        raise _invalid(f"Invalid volume: volume {volume.id} already attached")
    if volume.is_multiattach and not call.at_least("2.60"):
        raise BadRequest(
            "Multiattach volumes are only supported starting with compute API version 2.60.",
            reason="MultiattachNotSupportedOldMicroversion",
        )
    problem = why_not_available(volume)
    if problem is not None:
        raise _invalid(problem)


def _invalid(message: str) -> BadRequest:
    return BadRequest(message, reason="InvalidVolume")


def _refuse_swap(call: Call[Compute], volume_id: str) -> NoReturn:
    """Refuse to put another volume in a volume's place, which the block storage service asks for while it moves one.

    No block storage behind the typed layer moves volumes by way of the servers that use them.
    """
    volume = _volume(call, call.native_in_path(Kind.VOLUME, volume_id))
    if volume is None or not volume.migration_status:
        raise Conflict(f"volume {volume_id} is not migrating; this API should only be called by Cinder")
    raise NotSupported("This cloud moves volumes without the servers that they are attached to.")


def _ready(call: Call[Compute], server: Server, action: str) -> None:
    """Shelved servers take volumes since 2.20."""
    if server.vm_state in _SHELVED and not call.at_least("2.20"):
        raise Conflict(f"Cannot '{action}' instance {server.id} while it is in vm_state {server.vm_state}")
    require_ready(call, server, action)


class VolumeAttachmentsHandler(Handler[Compute]):
    """All of a server's."""

    @operation("volume_attachments.find", query=schemas.LIST_VOLUMES)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "index")
        found = list(_contract(call).find(call.ctx, server.id))
        offset = int(call.parameter("offset") or 0)
        limit = min(int(call.parameter("limit") or _MOST) or _MOST, _MOST)
        return {"volumeAttachments": list(map(_VIEW.bind(call), found[offset : offset + limit]))}

    @operation("volume_attachments.create", body=schemas.ATTACH_VOLUME)
    def on_post(self, call: Call[Compute], server_id: str) -> dict[str, Any] | None:
        server = get_server(call, server_id, _RULE + "create")
        wanted = call.body["volumeAttachment"]
        _ready(call, server, "attach_volume")
        volume_id = call.native_in_body(Kind.VOLUME, wanted["volumeId"])
        volume = _volume(call, volume_id)
        if volume is not None:
            _check(call, server, volume)
        spec = VolumeAttachmentSpec(
            volume_id=volume_id,
            device=wanted.get("device") or None,
            delete_on_termination=truth(wanted.get("delete_on_termination", False)),
            tag=wanted.get("tag"),
        )
        attached = _contract(call).create(call.ctx, server.id, spec)
        if call.at_least("2.101"):
            call.resp.status = 202
            return None
        return {"volumeAttachment": _ATTACHED.render(attached, call)}


class VolumeAttachmentHandler(Handler[Compute]):
    """One, known by its volume."""

    @operation("volume_attachments.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str, volume_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "show")
        return {"volumeAttachment": _VIEW.render(self._get(call, server, volume_id), call)}

    @staticmethod
    def _get(call: Call[Compute], server: Server, volume_id: str) -> VolumeAttachment:
        native = call.native_in_path(Kind.VOLUME, volume_id)
        return _contract(call).get(call.ctx, server.id, native)

    @operation("volume_attachments.update", body=schemas.UPDATE_VOLUME, status=202)
    def on_put(self, call: Call[Compute], server_id: str, volume_id: str) -> None:
        server = get_server(call, server_id, "os_compute_api:servers:show")
        wanted = call.body["volumeAttachment"]
        swaps = not call.at_least("2.85") or wanted["volumeId"] != volume_id
        if swaps:
            call.require(_RULE + "swap", {})
        else:
            call.require(_RULE + "update", {"project_id": server.project_id})
        if call.at_least("2.85"):
            self._change(call, server, volume_id, wanted)
        if swaps:
            _refuse_swap(call, volume_id)

    def _change(self, call: Call[Compute], server: Server, volume_id: str, wanted: Mapping[str, Any]) -> None:
        """Change what may change, and raise BadRequest for the rest."""
        attachment = self._get(call, server, volume_id)
        fixed = {
            "id": volume_id,
            "serverId": call.openstack_id(Kind.SERVER, server.id),
            "device": attachment.device,
            "tag": attachment.tag,
        }
        for name, value in fixed.items():
            if name in wanted and wanted[name] != value:
                raise BadRequest(f"The {name} property is not mutable")
        if "delete_on_termination" in wanted:
            changes = {"delete_on_termination": truth(wanted["delete_on_termination"])}
            _contract(call).update(call.ctx, server.id, attachment.volume_id, changes)

    @operation("volume_attachments.delete", status=202)
    def on_delete(self, call: Call[Compute], server_id: str, volume_id: str) -> None:
        server = get_server(call, server_id, _RULE + "delete")
        _volume(call, call.native_in_path(Kind.VOLUME, volume_id))
        attachment = self._get(call, server, volume_id)
        if attachment.is_root:
            raise BadRequest("Cannot detach a root device volume")
        _ready(call, server, "detach_volume")
        _contract(call).delete(call.ctx, server.id, attachment.volume_id)
