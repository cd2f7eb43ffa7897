"""``/os-volumes`` and ``/os-snapshots``: the block storage service's in Nova's form, until 2.35.

Source: the API reference, "Volume extension (os-volumes, os-snapshots) (DEPRECATED)".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jumpgate.common.errors import NotFound, NotSupported
from jumpgate.common.format import iso_microseconds
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.siblings import find, sibling, spec_of
from jumpgate.compute.schemas import proxies as schemas
from jumpgate.compute.schemas.parameters import truth

_RULE = "os_compute_api:os-volumes:"
_SNAPSHOTS = _RULE + "snapshots:"
_UNTIL = "2.35"
_MOST = 1000


def _storage(call: Call[Compute]) -> Any:
    storage = sibling(call, "block_storage")
    if storage is None:
        raise NotSupported("The block storage service of this cloud cannot be reached by way of compute.")
    return storage


def _page(call: Call[Compute], items: Sequence[Any]) -> Sequence[Any]:
    offset = int(call.parameter("offset") or 0)
    limit = min(int(call.parameter("limit") or _MOST) or _MOST, _MOST)
    return items[offset : offset + limit]


def _volume(call: Call[Compute], volume: Any) -> dict[str, Any]:
    volume_id = call.openstack_id(Kind.VOLUME, volume.id)
    return {
        "id": volume_id,
        "status": volume.status,
        "size": volume.size_gib,
        "availabilityZone": volume.availability_zone,
        "createdAt": iso_microseconds(volume.created_at),
        "attachments": [_attachment(call, volume, volume_id)],
        "displayName": volume.name,
        "displayDescription": volume.description,
        "volumeType": volume.volume_type,
        "snapshotId": volume.snapshot_id,
        "metadata": dict(volume.metadata),
    }


def _attachment(call: Call[Compute], volume: Any, volume_id: str) -> dict[str, Any]:
    """Return the first attachment to a server; an empty one where there is none."""
    for item in volume.attachments:
        if item.server_id is not None:
            server_id = call.openstack_id(Kind.SERVER, item.server_id)
            shown = {"id": volume_id, "volumeId": volume_id, "serverId": server_id}
            return {**shown, "device": item.mountpoint} if item.mountpoint else shown
    return {}


def _get_volume(call: Call[Compute], volume_id: str) -> Any:
    try:
        return _storage(call).volumes.get(call.ctx, call.ids[Kind.VOLUME].to_cloud(volume_id))
    except (NotFound, MalformedId):
        raise NotFound(f"Volume {volume_id} could not be found.", reason="VolumeNotFound") from None


class VolumesHandler(Handler[Compute]):
    """``/os-volumes`` and ``/os-volumes/detail``, which have the same keys."""

    @operation(policy=_RULE + "list", until=_UNTIL, query=schemas.LIMITED)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        found = _page(call, find(call, _storage(call).volumes))
        return {"volumes": [_volume(call, volume) for volume in found]}

    @operation(policy=_RULE + "create", until=_UNTIL, body=schemas.CREATE_VOLUME)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted, volumes = call.body["volume"], _storage(call).volumes
        spec = spec_of(volumes)(
            size_gib=int(wanted["size"]),
            name=wanted.get("display_name"),
            description=wanted.get("display_description"),
            volume_type=wanted.get("volume_type"),
            availability_zone=wanted.get("availability_zone"),
            metadata=wanted.get("metadata") or {},
            snapshot_id=_snapshot_in_body(call, wanted.get("snapshot_id")),
        )
        shown = _volume(call, volumes.create(call.ctx, spec))
        call.resp.set_header("Location", f"{call.here()}/{shown['id']}")
        return {"volume": shown}


def _snapshot_in_body(call: Call[Compute], snapshot_id: str | None) -> str | None:
    if snapshot_id is None:
        return None
    identifier: str = _get_snapshot(call, snapshot_id).id
    return identifier


class VolumeHandler(Handler[Compute]):
    """``/os-volumes/{volume_id}``."""

    @operation(policy=_RULE + "show", until=_UNTIL)
    def on_get(self, call: Call[Compute], volume_id: str) -> dict[str, Any]:
        return {"volume": _volume(call, _get_volume(call, volume_id))}

    @operation(policy=_RULE + "delete", until=_UNTIL, status=202)
    def on_delete(self, call: Call[Compute], volume_id: str) -> None:
        _storage(call).volumes.delete(call.ctx, _get_volume(call, volume_id).id)


def _snapshots(call: Call[Compute]) -> Any:
    snapshots = _storage(call).snapshots
    if snapshots is None:
        raise NotSupported("The block storage service of this cloud has no snapshots.")
    return snapshots


def _snapshot(call: Call[Compute], snapshot: Any) -> dict[str, Any]:
    return {
        "id": call.openstack_id(Kind.SNAPSHOT, snapshot.id),
        "volumeId": call.openstack_id(Kind.VOLUME, snapshot.volume_id),
        "status": snapshot.status,
        "size": snapshot.size_gib,
        "createdAt": iso_microseconds(snapshot.created_at),
        "displayName": snapshot.name,
        "displayDescription": snapshot.description,
    }


def _get_snapshot(call: Call[Compute], snapshot_id: str) -> Any:
    try:
        return _snapshots(call).get(call.ctx, call.ids[Kind.SNAPSHOT].to_cloud(snapshot_id))
    except (NotFound, MalformedId):
        raise NotFound(f"Snapshot {snapshot_id} could not be found.", reason="SnapshotNotFound") from None


class SnapshotsHandler(Handler[Compute]):
    """``/os-snapshots`` and ``/os-snapshots/detail``, which have the same keys."""

    @operation(policy=_SNAPSHOTS + "list", until=_UNTIL, query=schemas.LIMITED)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        found = _page(call, find(call, _snapshots(call)))
        return {"snapshots": [_snapshot(call, snapshot) for snapshot in found]}

    @operation(policy=_SNAPSHOTS + "create", until=_UNTIL, body=schemas.CREATE_SNAPSHOT)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted, snapshots = call.body["snapshot"], _snapshots(call)
        spec = spec_of(snapshots)(
            volume_id=_get_volume(call, wanted["volume_id"]).id,
            name=wanted.get("display_name"),
            description=wanted.get("display_description"),
            force=truth(wanted.get("force", False)),
        )
        return {"snapshot": _snapshot(call, snapshots.create(call.ctx, spec))}


class SnapshotHandler(Handler[Compute]):
    """``/os-snapshots/{snapshot_id}``."""

    @operation(policy=_SNAPSHOTS + "show", until=_UNTIL)
    def on_get(self, call: Call[Compute], snapshot_id: str) -> dict[str, Any]:
        return {"snapshot": _snapshot(call, _get_snapshot(call, snapshot_id))}

    @operation(policy=_SNAPSHOTS + "delete", until=_UNTIL, status=202)
    def on_delete(self, call: Call[Compute], snapshot_id: str) -> None:
        _snapshots(call).delete(call.ctx, _get_snapshot(call, snapshot_id).id)
