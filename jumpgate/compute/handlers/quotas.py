"""``/os-quota-sets``, ``/os-quota-class-sets`` and ``/limits``: what a project may have and has.

Nova's quotas of single users do not exist here: a ``user_id`` in the query shows the project's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.contract.operators import Quotas
from jumpgate.compute.handlers.projects import check_project
from jumpgate.compute.models.operations import QuotaUse
from jumpgate.compute.schemas import quotas as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY, truth

_RULE = "os_compute_api:os-quota-sets:"
_CLASS_RULE = "os_compute_api:os-quota-class-sets:"


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

    @operation("quotas.defaults", query=NO_QUERY)
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


def _of_class(call: Call[Compute], name: str) -> dict[str, Any]:
    """Return a class's limits; which resources it has changed in other versions than a quota set's."""
    hidden: set[str] = set() if call.at_least("2.50") else {"server_groups", "server_group_members"}
    if call.at_least("2.50"):
        hidden |= schemas.OF_NETWORKS
    if call.at_least("2.57"):
        hidden |= schemas.OF_FILES
    limits = _contract(call).class_limits(call.ctx, name)
    return {name: limits[name] for name in schemas.RESOURCES if name in limits and name not in hidden}


class QuotaClassHandler(Handler[Compute]):
    """``/os-quota-class-sets/{quota_class}``; the class ``default`` is what projects begin with."""

    @operation("quotas.class_limits", policy=_CLASS_RULE + "show", query=NO_QUERY)
    def on_get(self, call: Call[Compute], quota_class: str) -> dict[str, Any]:
        return {"quota_class_set": {"id": quota_class, **_of_class(call, quota_class)}}

    @operation("quotas.update_class", policy=_CLASS_RULE + "update", body=schemas.UPDATE_CLASS)
    def on_put(self, call: Call[Compute], quota_class: str) -> dict[str, Any]:
        if len(quota_class) > 255:
            raise BadRequest("Invalid input received: quota_class_name has more than 255 characters.")
        wanted = call.body["quota_class_set"]
        limits = {name: int(value) for name, value in wanted.items() if name in schemas.RESOURCES}
        _contract(call).update_class(call.ctx, quota_class, limits)
        return {"quota_class_set": _of_class(call, quota_class)}


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
