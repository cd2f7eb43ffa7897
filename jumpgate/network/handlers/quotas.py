"""Quotas. Source: the API reference's "Quotas extension" and "Quotas details extension"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.common.typed import Call, Handler, operation
from jumpgate.network.contract import Network, Quotas
from jumpgate.network.handlers.attributes import authorize, body_of, refuse_plainly
from jumpgate.network.models import Quota
from jumpgate.network.schemas import values as read
from jumpgate.network.views.faults import fault

UNLIMITED = -1
_LIMIT = read.integer_between(UNLIMITED, read.LARGEST_INTEGER)
# What clients send along with the limits: whether the usage may be above them.
_OPTIONS = ("force", "check_limit")


def _resource(call: Call[Network]) -> Quotas:
    quotas = call.cloud.quotas
    assert quotas is not None  # the handlers are set only where there are quotas
    return quotas


def _authorize(call: Call[Network], rule: str) -> None:
    authorize(call, [rule], {"project_id": call.ctx.project_id, "tenant_id": call.ctx.project_id})


def _check_may_see(call: Call[Network], project_id: str) -> None:
    """Raise Forbidden for another project's quota, which is an administrator's to see."""
    if project_id != call.ctx.project_id:
        _authorize(call, "get_quota")


class QuotasHandler(Handler[Network]):
    """The quotas of the projects that have one of their own."""

    @operation("quotas.find")
    def on_get(self, call: Call[Network]) -> dict[str, Any]:
        """List."""
        _authorize(call, "get_quota")
        found = _resource(call).find(call.ctx)
        return {
            "quotas": [
                {**quota.limits, "project_id": quota.project_id, "tenant_id": quota.project_id} for quota in found
            ]
        }


class OwnProjectHandler(Handler[Network]):
    """Which project the token is for, under the name that the path ends in."""

    @operation("quotas.get")
    def on_get(self, call: Call[Network]) -> dict[str, Any]:
        """Show."""
        key = call.req.path.rsplit("/", 1)[1]
        if call.ctx.project_id is None:
            raise fault("QuotaMissingTenant")
        return {key: {f"{key}_id": call.ctx.project_id}}


class QuotaHandler(Handler[Network]):
    """A project's quota."""

    @operation("quotas.get")
    def on_get(self, call: Call[Network], target_id: str) -> dict[str, Any]:
        """Show."""
        _check_may_see(call, target_id)
        return {"quota": dict(_resource(call).get(call.ctx, target_id).limits)}

    @operation("quotas.update")
    def on_put(self, call: Call[Network], target_id: str) -> dict[str, Any]:
        """Set limits; one below what is used already is refused unless it is forced."""
        _authorize(call, "update_quota")
        body = body_of(call).get("quota")
        if not isinstance(body, dict):
            raise refuse_plainly("Unable to find 'quota' in request body")
        limits = _limits(body, _resource(call).defaults(call.ctx))
        if body.get("force") is not True:
            _check_usage(limits, _resource(call).get(call.ctx, target_id))
        return {"quota": dict(_resource(call).update(call.ctx, target_id, limits).limits)}

    @operation("quotas.delete", status=204)
    def on_delete(self, call: Call[Network], target_id: str) -> None:
        """Return to the defaults."""
        _authorize(call, "delete_quota")
        _resource(call).delete(call.ctx, target_id)


def _limits(body: Mapping[str, Any], known: Mapping[str, int]) -> dict[str, int]:
    unknown = [name for name in body if name not in known and name not in _OPTIONS]
    if unknown:
        raise refuse_plainly(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    limits = {}
    for name, value in body.items():
        if name in _OPTIONS:
            continue
        try:
            limits[name] = _LIMIT(value)
        except ValueError as error:
            raise refuse_plainly(f"Invalid input for {name}. Reason: {error}.") from error
    return limits


def _check_usage(limits: Mapping[str, int], quota: Quota) -> None:
    for name, limit in limits.items():
        used = quota.used.get(name, 0)
        if limit != UNLIMITED and used > limit:
            raise refuse_plainly(f"Quota limit {limit} for {name} must be greater than or equal to already used {used}")


class DefaultQuotaHandler(Handler[Network]):
    """The limits of a project that has none of its own."""

    @operation("quotas.defaults")
    def on_get(self, call: Call[Network], target_id: str) -> dict[str, Any]:
        """Show."""
        _check_may_see(call, target_id)
        return {"quota": dict(_resource(call).defaults(call.ctx))}


class QuotaDetailsHandler(Handler[Network]):
    """A project's limits beside what it has used of them."""

    @operation("quotas.get")
    def on_get(self, call: Call[Network], target_id: str) -> dict[str, Any]:
        """Show."""
        if target_id != call.ctx.project_id and not call.may("context_is_admin"):
            raise fault("AdminRequired", "Only admin is authorized to access quotas for another project")
        quota = _resource(call).get(call.ctx, target_id)
        return {
            "quota": {
                name: {"limit": limit, "used": quota.used.get(name, 0), "reserved": 0}
                for name, limit in quota.limits.items()
            }
        }


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (
    ("v2_quotas", QuotasHandler),
    ("v2_quotas_tenant", OwnProjectHandler),
    ("v2_quotas_project", OwnProjectHandler),
    ("v2_quota", QuotaHandler),
    ("v2_quota_default", DefaultQuotaHandler),
    ("v2_quota_details", QuotaDetailsHandler),
)
