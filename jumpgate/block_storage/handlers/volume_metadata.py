"""A volume's metadata, whole and by key, guarded by an ETag since 3.15."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volumes import find_volume
from jumpgate.block_storage.models import Volume
from jumpgate.block_storage.schemas.volumes import METADATA_BODY, METADATA_ITEM
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.http import dumps
from jumpgate.common.typed import Call, operation

ETAGS_SINCE = "3.15"


def _allowed(call: Call[BlockStorage], volume_id: str, rule: str) -> Volume:
    volume = find_volume(call, volume_id)
    call.require(rule, target(volume))
    return volume


def _etag(metadata: Mapping[str, str]) -> str:
    return hashlib.md5(dumps({"metadata": metadata}), usedforsecurity=False).hexdigest()


def _is_outdated(call: Call[BlockStorage], volume: Volume) -> bool:
    """Tell whether the client changes what it has seen in another state; the answer is then 412."""
    seen = call.req.get_header("If-Match")
    if not seen or not call.at_least(ETAGS_SINCE) or seen.strip() == "*":
        return False
    if _etag(volume.metadata) in [tag.strip().strip('"') for tag in seen.split(",")]:
        return False
    call.resp.status = 412
    return True


def one_item(body: Mapping[str, str], key: str) -> Mapping[str, str]:
    """Return the item of a body that must be about the key in the path."""
    if key not in body:
        raise BadRequest("Request body and URI mismatch")
    return body


class VolumeMetadataHandler(DialectHandler):
    """All of it."""

    @operation("volumes.get")
    def on_get(self, call: Call[BlockStorage], volume_id: str) -> dict[str, Any]:
        """Show."""
        metadata = _allowed(call, volume_id, "volume:get_volume_metadata").metadata
        if call.at_least(ETAGS_SINCE):
            call.resp.set_header("ETag", _etag(metadata))
        return {"metadata": metadata}

    @operation("volumes.set_metadata", body=METADATA_BODY)
    def on_post(self, call: Call[BlockStorage], volume_id: str) -> dict[str, Any]:
        """Add to it."""
        volume = _allowed(call, volume_id, "volume:create_volume_metadata")
        return {"metadata": call.cloud.volumes.set_metadata(call.ctx, volume.id, call.body["metadata"])}

    @operation("volumes.set_metadata", body=METADATA_BODY)
    def on_put(self, call: Call[BlockStorage], volume_id: str) -> dict[str, Any] | None:
        """Replace it."""
        volume = _allowed(call, volume_id, "volume:update_volume_metadata")
        if _is_outdated(call, volume):
            return None
        metadata = call.cloud.volumes.set_metadata(call.ctx, volume.id, call.body["metadata"], replace=True)
        return {"metadata": metadata}


class VolumeMetadataKeyHandler(DialectHandler):
    """One key of it."""

    @operation("volumes.get")
    def on_get(self, call: Call[BlockStorage], volume_id: str, key: str) -> dict[str, Any]:
        """Show."""
        metadata = _allowed(call, volume_id, "volume:get_volume_metadata").metadata
        if key not in metadata:
            raise NotFound(f"Volume {volume_id} has no metadata with key {key}.")
        return {"meta": {key: metadata[key]}}

    @operation("volumes.set_metadata", body=METADATA_ITEM)
    def on_put(self, call: Call[BlockStorage], volume_id: str, key: str) -> dict[str, Any] | None:
        """Set."""
        volume = _allowed(call, volume_id, "volume:update_volume_metadata")
        if _is_outdated(call, volume):
            return None
        item = one_item(call.body["meta"], key)
        call.cloud.volumes.set_metadata(call.ctx, volume.id, item)
        return {"meta": item}

    @operation("volumes.delete_metadata")
    def on_delete(self, call: Call[BlockStorage], volume_id: str, key: str) -> None:
        """Remove."""
        volume = _allowed(call, volume_id, "volume:delete_volume_metadata")
        call.cloud.volumes.delete_metadata(call.ctx, volume.id, key)
