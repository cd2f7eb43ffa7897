"""``/os-quota-sets`` and ``/limits``: what a project may have and has.

Nova's quotas of single users do not exist here: a ``user_id`` in the query shows the project's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute, Quotas
from jumpgate.compute.handlers.projects import check_project
from jumpgate.compute.models.operations import QuotaUse
from jumpgate.compute.schemas import quotas as schemas
from jumpgate.compute.schemas.parameters import truth

_RULE = "os_compute_api:os-quota-sets:"


def _contract(call: Call[Compute]) -> Quotas:
    quotas = call.cloud.quotas
    assert quotas is not None
    return quotas


def _known(call: Call[Compute]) -> list[str]:
    """Return the resources that the request's microversion knows."""
    hidden: set[str] = set()
    if call.at_least("2.36"):
        hidden |= schemas.OF_NETWORKS
    if call.at_least("2.57"):
        hidden |= schemas.OF_FILES
    return [name for name in schemas.RESOURCES if name not in hidden]


def _shown(call: Call[Compute], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in _known(call) if name in values}


class QuotaSetHandler(Handler[Compute]):
    """``/os-quota-sets/{project_id}``."""

    @operation("quotas.get", query=schemas.QUERY)
    def on_get(self, call: Call[Compute], target_id: str) -> dict[str, Any]:
        call.require(_RULE + "show", {"project_id": target_id})
        check_project(call, target_id)
        limits = {name: use.limit for name, use in _contract(call).get(call.ctx, target_id).items()}
        return {"quota_set": {"id": target_id, **_shown(call, limits)}}

    @operation("quotas.update", query=schemas.QUERY, body=schemas.UPDATE)
    def on_put(self, call: Call[Compute], target_id: str) -> dict[str, Any]:
        call.require(_RULE + "update", {"project_id": target_id})
        check_project(call, target_id)
        wanted = call.body["quota_set"]
        limits = {name: int(value) for name, value in wanted.items() if name in schemas.RESOURCES}
        if not truth(wanted.get("force", False)):
            _check(_contract(call).get(call.ctx, target_id), limits)
        _contract(call).update(call.ctx, target_id, limits)
        changed = {name: use.limit for name, use in _contract(call).get(call.ctx, target_id).items()}
        return {"quota_set": _shown(call, changed)}

    @operation("quotas.delete", query=schemas.QUERY, status=202)
    def on_delete(self, call: Call[Compute], target_id: str) -> None:
        call.require(_RULE + "delete", {"project_id": target_id})
        _contract(call).delete(call.ctx, target_id)


def _check(uses: Mapping[str, QuotaUse], limits: Mapping[str, int]) -> None:
    """Refuse a limit below what is used already; an administrator can force it."""
    for name, limit in limits.items():
        in_use = uses[name].in_use if name in uses else 0
        if limit != -1 and limit < in_use:
            raise BadRequest(
                f"Quota limit {limit} for {name} must be greater than or equal to already used and reserved {in_use}."
            )


class QuotaDefaultsHandler(Handler[Compute]):
    """``/os-quota-sets/{project_id}/defaults``."""

    @operation("quotas.defaults")
    def on_get(self, call: Call[Compute], target_id: str) -> dict[str, Any]:
        call.require(_RULE + "defaults", {"project_id": target_id})
        check_project(call, target_id)
        return {"quota_set": {"id": target_id, **_shown(call, _contract(call).defaults(call.ctx))}}


class QuotaDetailHandler(Handler[Compute]):
    """``/os-quota-sets/{project_id}/detail``."""

    @operation("quotas.get", query=schemas.QUERY)
    def on_get(self, call: Call[Compute], target_id: str) -> dict[str, Any]:
        call.require(_RULE + "detail", {"project_id": target_id})
        check_project(call, target_id)
        uses = _contract(call).get(call.ctx, target_id)
        detail = {
            name: {"limit": use.limit, "in_use": use.in_use, "reserved": use.reserved} for name, use in uses.items()
        }
        return {"quota_set": {"id": target_id, **_shown(call, detail)}}


_LIMITS = {
    "ram": ("maxTotalRAMSize",),
    "instances": ("maxTotalInstances",),
    "cores": ("maxTotalCores",),
    "key_pairs": ("maxTotalKeypairs",),
    "floating_ips": ("maxTotalFloatingIps",),
    "metadata_items": ("maxServerMeta", "maxImageMeta"),
    "injected_files": ("maxPersonality",),
    "injected_file_content_bytes": ("maxPersonalitySize",),
    "security_groups": ("maxSecurityGroups",),
    "security_group_rules": ("maxSecurityGroupRules",),
    "server_groups": ("maxServerGroups",),
    "server_group_members": ("maxServerGroupMembers",),
}
_USED = {
    "ram": "totalRAMUsed",
    "cores": "totalCoresUsed",
    "instances": "totalInstancesUsed",
    "floating_ips": "totalFloatingIpsUsed",
    "security_groups": "totalSecurityGroupsUsed",
    "server_groups": "totalServerGroupsUsed",
}


class LimitsHandler(Handler[Compute]):
    """``/limits``."""

    @operation("quotas.get", policy="os_compute_api:limits", query=schemas.LIMITS_QUERY)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        project_id = call.parameter("tenant_id")
        if project_id is not None:
            call.require("os_compute_api:limits:other_project")
        uses = _shown(call, _contract(call).get(call.ctx, project_id or call.ctx.project))
        absolute = {key: uses[name].limit for name, keys in _LIMITS.items() if name in uses for key in keys}
        absolute |= {key: uses[name].in_use for name, key in _USED.items() if name in uses}
        if call.at_least("2.39"):
            del absolute["maxImageMeta"]
        return {"limits": {"rate": [], "absolute": absolute}}
