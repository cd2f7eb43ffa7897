"""A snapshot's metadata, whole and by key."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage, Snapshots
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.snapshots import find_snapshot, snapshots_of
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volume_metadata import one_item
from jumpgate.block_storage.models import Snapshot
from jumpgate.block_storage.schemas.volumes import METADATA_BODY, METADATA_ITEM
from jumpgate.common.errors import NotFound
from jumpgate.common.typed import Call, operation


def _allowed(call: Call[BlockStorage], snapshot_id: str, verb: str) -> tuple[Snapshots, Snapshot]:
    snapshot = find_snapshot(call, snapshot_id)
    call.require(f"volume:{verb}_snapshot_metadata", target(snapshot))
    return snapshots_of(call), snapshot


class SnapshotMetadataHandler(DialectHandler):
    """All of it."""

    @operation("snapshots.get")
    def on_get(self, call: Call[BlockStorage], snapshot_id: str) -> dict[str, Any]:
        """Show."""
        return {"metadata": _allowed(call, snapshot_id, "get")[1].metadata}

    @operation("snapshots.set_metadata", body=METADATA_BODY)
    def on_post(self, call: Call[BlockStorage], snapshot_id: str) -> dict[str, Any]:
        """Add to it."""
        snapshots, snapshot = _allowed(call, snapshot_id, "update")
        return {"metadata": snapshots.set_metadata(call.ctx, snapshot.id, call.body["metadata"])}

    @operation("snapshots.set_metadata", body=METADATA_BODY)
    def on_put(self, call: Call[BlockStorage], snapshot_id: str) -> dict[str, Any]:
        """Replace it."""
        snapshots, snapshot = _allowed(call, snapshot_id, "update")
        return {"metadata": snapshots.set_metadata(call.ctx, snapshot.id, call.body["metadata"], replace=True)}


class SnapshotMetadataKeyHandler(DialectHandler):
    """One key of it."""

    @operation("snapshots.get")
    def on_get(self, call: Call[BlockStorage], snapshot_id: str, key: str) -> dict[str, Any]:
        """Show."""
        metadata = _allowed(call, snapshot_id, "get")[1].metadata
        if key not in metadata:
            raise NotFound(f"Snapshot {snapshot_id} has no metadata with key {key}.")
        return {"meta": {key: metadata[key]}}

    @operation("snapshots.set_metadata", body=METADATA_ITEM)
    def on_put(self, call: Call[BlockStorage], snapshot_id: str, key: str) -> dict[str, Any]:
        """Set."""
        snapshots, snapshot = _allowed(call, snapshot_id, "update")
        item = one_item(call.body["meta"], key)
        snapshots.set_metadata(call.ctx, snapshot.id, item)
        return {"meta": item}

    @operation("snapshots.delete_metadata")
    def on_delete(self, call: Call[BlockStorage], snapshot_id: str, key: str) -> None:
        """Remove."""
        snapshots, snapshot = _allowed(call, snapshot_id, "delete")
        snapshots.delete_metadata(call.ctx, snapshot.id, key)
