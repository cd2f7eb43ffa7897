"""Quota sets, and the limits that a project sees of them."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage, QuotaSets
from jumpgate.block_storage.handlers.lists import flag
from jumpgate.block_storage.schemas import quota_sets as schemas
from jumpgate.block_storage.views import quota_sets as views
from jumpgate.common.errors import NotSupported
from jumpgate.common.typed import Call, Handler, operation

# What a client may send back although it is no limit.
_NO_LIMITS = ("tenant_id", "id")
OTHERS_SINCE = "3.39"


def _quotas(call: Call[BlockStorage]) -> QuotaSets:
    if call.cloud.quota_sets is None:
        raise NotSupported("This cloud has no quotas of volumes.")
    return call.cloud.quota_sets


class QuotaSetHandler(Handler[BlockStorage]):
    """What one project may have."""

    @operation("quota_sets.get")
    def on_get(self, call: Call[BlockStorage], target_id: str) -> dict[str, Any]:
        """Show."""
        call.require("volume_extension:quotas:show", {"project_id": target_id})
        return views.quota_set(_quotas(call).get(call.ctx, target_id), with_usage=flag(call, "usage"))

    @operation("quota_sets.update", body=schemas.UPDATE)
    def on_put(self, call: Call[BlockStorage], target_id: str) -> dict[str, Any]:
        """Update."""
        call.require("volume_extension:quotas:update", {"project_id": target_id})
        given = call.body["quota_set"]
        limits = {name: int(value) for name, value in given.items() if name not in _NO_LIMITS}
        return views.quota_set(_quotas(call).update(call.ctx, target_id, limits), with_id=False)

    @operation("quota_sets.reset")
    def on_delete(self, call: Call[BlockStorage], target_id: str) -> None:
        """Go back to the defaults."""
        call.require("volume_extension:quotas:delete", {"project_id": target_id})
        _quotas(call).reset(call.ctx, target_id)


class QuotaSetDefaultsHandler(Handler[BlockStorage]):
    """What a project may have that has no limits of its own."""

    @operation("quota_sets.defaults")
    def on_get(self, call: Call[BlockStorage], target_id: str) -> dict[str, Any]:
        """Show."""
        call.require("volume_extension:quotas:show", {"project_id": target_id})
        return views.quota_set(_quotas(call).defaults(call.ctx, target_id))


class LimitsHandler(Handler[BlockStorage]):
    """The limits and the usage of the caller's project; since 3.39 an administrator may name another."""

    @operation("quota_sets.get")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Show."""
        other = call.parameter("project_id") or call.parameter("tenant_id")
        may_name = call.at_least(OTHERS_SINCE) and call.may("context_is_admin")
        project_id = other if other and may_name else call.ctx.project
        quota = _quotas(call).get(call.ctx, project_id)
        return views.limits(quota, with_usage=call.may("limits_extension:used_limits"))


class QuotaClassSetHandler(Handler[BlockStorage]):
    """The limits of a class of projects: of the class "default", those of a project without its own."""

    @operation("quota_sets.class_limits", policy="volume_extension:quota_classes:get")
    def on_get(self, call: Call[BlockStorage], quota_class: str) -> dict[str, Any]:
        """Show."""
        limits = _quotas(call).class_limits(call.ctx, quota_class)
        return {"quota_class_set": {**limits, "id": quota_class}}

    @operation("quota_sets.update_class", policy="volume_extension:quota_classes:update", body=schemas.UPDATE_CLASS)
    def on_put(self, call: Call[BlockStorage], quota_class: str) -> dict[str, Any]:
        """Update."""
        given = call.body["quota_class_set"]
        limits = {name: int(value) for name, value in given.items() if name not in _NO_LIMITS}
        return {"quota_class_set": dict(_quotas(call).update_class(call.ctx, quota_class, limits))}
