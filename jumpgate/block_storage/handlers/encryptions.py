"""How the volumes of a type are encrypted, and how one volume is.

Source: the API reference, "Volume type encryption" and "Show a volume's encryption metadata".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volume_types import find_type
from jumpgate.block_storage.handlers.volumes import find_volume
from jumpgate.block_storage.models.operators import EncryptionSpec
from jumpgate.block_storage.schemas import encryptions as schemas
from jumpgate.block_storage.views.encryptions import ENCRYPTION
from jumpgate.common.errors import NotFound
from jumpgate.common.typed import Call, Handler, operation

_RULE = "volume_extension:volume_type_encryption"
_VOLUME_RULE = "volume_extension:volume_encryption_metadata"


def _shown(call: Call[BlockStorage], type_id: str) -> dict[str, Any]:
    """Return a type's encryption in JSON, nothing for a type without."""
    found = call.cloud.volume_types.encryption(call.ctx, find_type(call, type_id).id)
    return ENCRYPTION.render(found, call) if found is not None else {}


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body's encryption with the key's size, which may be a text, as a number."""
    size = body.get("key_size")
    return {**body, "key_size": int(size)} if size is not None else dict(body)


def _by_attribute(given: Mapping[str, Any]) -> dict[str, Any]:
    names = {"provider": "provider", "control_location": "control_location", "cipher": "cipher"}
    return {names.get(name, "key_size_bits"): given[name] for name in given if name in (*names, "key_size")}


class TypeEncryptionHandler(Handler[BlockStorage]):
    """The encryption of a type."""

    @operation("volume_types.encryption", policy=f"{_RULE}:get")
    def on_get(self, call: Call[BlockStorage], type_id: str) -> dict[str, Any]:
        """Show."""
        return _shown(call, type_id)

    @operation("volume_types.encrypt", policy=f"{_RULE}:create", body=schemas.CREATE)
    def on_post(self, call: Call[BlockStorage], type_id: str) -> dict[str, Any]:
        """Create."""
        given = _given(call.body["encryption"])
        spec = EncryptionSpec(**_by_attribute(given))
        made = call.cloud.volume_types.encrypt(call.ctx, find_type(call, type_id).id, spec)
        return {"encryption": {**given, "volume_type_id": type_id, "encryption_id": made.id}}


class TypeEncryptionKeyHandler(Handler[BlockStorage]):
    """One field of a type's encryption; a change names the encryption in its place, and Cinder looks at neither."""

    @operation("volume_types.encryption", policy=f"{_RULE}:get")
    def on_get(self, call: Call[BlockStorage], type_id: str, key: str) -> dict[str, Any]:
        """Show."""
        shown = _shown(call, type_id)
        if key not in shown:
            raise NotFound(f"Volume type encryption for type {type_id} does not exist.")
        return {key: shown[key]}

    @operation("volume_types.update_encryption", policy=f"{_RULE}:update", body=schemas.UPDATE)
    def on_put(self, call: Call[BlockStorage], type_id: str, key: str) -> dict[str, Any]:
        """Update."""
        given = _given(call.body["encryption"])
        call.cloud.volume_types.update_encryption(call.ctx, find_type(call, type_id).id, _by_attribute(given))
        return {"encryption": given}

    @operation("volume_types.delete_encryption", policy=f"{_RULE}:delete", status=202)
    def on_delete(self, call: Call[BlockStorage], type_id: str, key: str) -> None:
        """Delete."""
        call.cloud.volume_types.delete_encryption(call.ctx, find_type(call, type_id).id)


def _of_volume(call: Call[BlockStorage], volume_id: str) -> dict[str, Any]:
    """Return how a volume is encrypted; one that is not has no key and nothing else to say."""
    volume = find_volume(call, volume_id)
    call.require(_VOLUME_RULE, target(volume))
    shown: dict[str, Any] = {"encryption_key_id": volume.encryption_key_id}
    if volume.is_encrypted and volume.volume_type_id is not None:
        found = call.cloud.volume_types.encryption(call.ctx, volume.volume_type_id)
        view = ENCRYPTION.render(found, call) if found is not None else {}
        shown |= {name: view[name] for name in ("provider", "control_location", "cipher", "key_size") if name in view}
    return shown


class VolumeEncryptionHandler(Handler[BlockStorage]):
    """How a volume is encrypted."""

    @operation("volumes.get")
    def on_get(self, call: Call[BlockStorage], volume_id: str) -> dict[str, Any]:
        """Show."""
        return _of_volume(call, volume_id)


class VolumeEncryptionKeyHandler(Handler[BlockStorage]):
    """One field of a volume's encryption, which Cinder answers bare, as text."""

    @operation("volumes.get")
    def on_get(self, call: Call[BlockStorage], volume_id: str, key: str) -> bytes:
        """Show."""
        shown = _of_volume(call, volume_id)
        if key not in shown:
            raise NotFound(f"Volume {volume_id} has no encryption metadata with key {key}.")
        call.resp.content_type = "text/html; charset=UTF-8"
        return str(shown[key] if shown[key] is not None else "").encode()
