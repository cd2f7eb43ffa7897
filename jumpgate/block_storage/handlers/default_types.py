"""The default volume types of single projects (microversion 3.62 and newer)."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage, DefaultTypes
from jumpgate.block_storage.handlers.volumes import type_reference
from jumpgate.block_storage.models import DefaultType
from jumpgate.block_storage.schemas.volume_types import DEFAULT_TYPE
from jumpgate.common.errors import NotSupported
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, operation

SINCE = "3.62"


def _defaults(call: Call[BlockStorage]) -> DefaultTypes:
    if call.cloud.default_types is None:
        raise NotSupported("This cloud has one default volume type for all projects.")
    return call.cloud.default_types


def _render(call: Call[BlockStorage], model: DefaultType) -> dict[str, str]:
    type_id = call.openstack_id(Kind.VOLUME_TYPE, model.volume_type_id)
    return {"project_id": model.project_id, "volume_type_id": type_id}


class DefaultTypesHandler(Handler[BlockStorage]):
    """All of them."""

    @operation("default_types.find", policy="volume_extension:default_get_all", since=SINCE)
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return {"default_types": [_render(call, model) for model in _defaults(call).find(call.ctx)]}


class DefaultTypeHandler(Handler[BlockStorage]):
    """One project's."""

    @operation("default_types.get", policy="volume_extension:default_get", since=SINCE)
    def on_get(self, call: Call[BlockStorage], target_id: str) -> dict[str, Any]:
        """Show."""
        return {"default_type": _render(call, _defaults(call).get(call.ctx, target_id))}

    @operation("default_types.set", policy="volume_extension:default_set_or_update", body=DEFAULT_TYPE, since=SINCE)
    def on_put(self, call: Call[BlockStorage], target_id: str) -> dict[str, Any]:
        """Set."""
        wanted = type_reference(call, call.body["default_type"]["volume_type"]) or ""
        return {"default_type": _render(call, _defaults(call).set(call.ctx, target_id, wanted))}

    @operation("default_types.unset", policy="volume_extension:default_unset", status=204, since=SINCE)
    def on_delete(self, call: Call[BlockStorage], target_id: str) -> None:
        """Unset."""
        _defaults(call).unset(call.ctx, target_id)
