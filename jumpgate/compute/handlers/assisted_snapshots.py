"""``/os-assisted-volume-snapshots``: snapshots of volumes that only the server that writes to them can take.

The block storage service calls it. Source: the API reference, "Assisted volume snapshots
(os-assisted-volume-snapshots)".
"""

from __future__ import annotations

from typing import Any

import orjson

from jumpgate.common.errors import BadRequest
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute, VolumeAttachments
from jumpgate.compute.models import AssistedMergeSpec, AssistedSnapshotSpec
from jumpgate.compute.schemas import server_parts as schemas

_RULE = "os_compute_api:os-assisted-volume-snapshots:"


def _attachments(call: Call[Compute]) -> VolumeAttachments:
    attachments = call.cloud.volume_attachments
    assert attachments is not None
    return attachments


def _volume_id(call: Call[Compute], text: str) -> str:
    """Return the cloud's id of a volume; one that cannot exist is one that no server has."""
    try:
        return call.ids[Kind.VOLUME].to_cloud(text)
    except MalformedId:
        raise BadRequest(f"No volume Block Device Mapping with id {text}.", reason="VolumeBDMNotFound") from None


def _delete_info(call: Call[Compute]) -> dict[str, Any]:
    """Return what the query says of the snapshot that goes, a JSON document."""
    text = call.parameter("delete_info")
    if text is None:
        raise BadRequest("'delete_info' is missing: say the volume_id of the snapshot in it, as JSON.")
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"delete_info is not valid JSON: {error}.") from error
    if not isinstance(found, dict) or not isinstance(found.get("volume_id"), str):
        raise BadRequest("'volume_id' is missing in delete_info, which is a JSON object.")
    return found


class AssistedSnapshotsHandler(Handler[Compute]):
    """All of them, which are not listed."""

    @operation("volume_attachments.begin_snapshot", policy=_RULE + "create", body=schemas.ASSIST_SNAPSHOT)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted, volume_id = call.body["snapshot"]["create_info"], call.body["snapshot"]["volume_id"]
        spec = AssistedSnapshotSpec(snapshot_id=wanted["snapshot_id"], type=wanted["type"], new_file=wanted["new_file"])
        _attachments(call).begin_snapshot(call.ctx, _volume_id(call, volume_id), spec)
        return {"snapshot": {"id": wanted.get("id"), "volumeId": volume_id}}


class AssistedSnapshotHandler(Handler[Compute]):
    """One of them."""

    @operation("volume_attachments.end_snapshot", policy=_RULE + "delete", query=schemas.MERGE_SNAPSHOT, status=204)
    def on_delete(self, call: Call[Compute], snapshot_id: str) -> None:
        wanted = _delete_info(call)
        spec = AssistedMergeSpec(
            snapshot_id=snapshot_id, file=wanted.get("file_to_merge"), into_file=wanted.get("merge_target_file")
        )
        _attachments(call).end_snapshot(call.ctx, _volume_id(call, wanted["volume_id"]), spec)
