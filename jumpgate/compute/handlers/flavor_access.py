"""Which projects may use a private flavor: ``os-flavor-access`` and the two actions that change it."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.typed import Call, Handler, operation, read_json
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.flavors import native_flavor
from jumpgate.compute.handlers.projects import check_project
from jumpgate.compute.schemas.flavors import ACTIONS
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-flavor-access"
_RULES = {"addTenantAccess": _RULE + ":add_tenant_access", "removeTenantAccess": _RULE + ":remove_tenant_access"}


def _shown(call: Call[Compute], native: str, flavor_id: str) -> dict[str, Any]:
    projects = call.cloud.flavors.access(call.ctx, native)
    return {"flavor_access": [{"flavor_id": flavor_id, "tenant_id": project_id} for project_id in projects]}


class FlavorAccessHandler(Handler[Compute]):
    """``/flavors/{flavor_id}/os-flavor-access``."""

    @operation("flavors.access", policy=_RULE, query=NO_QUERY)
    def on_get(self, call: Call[Compute], flavor_id: str) -> dict[str, Any]:
        native = native_flavor(call, flavor_id)
        if call.cloud.flavors.get(call.ctx, native).is_public:
            raise NotFound("Access list not available for public flavors.")
        return _shown(call, native, flavor_id)


class FlavorActionHandler(Handler[Compute]):
    """``/flavors/{flavor_id}/action``: addTenantAccess and removeTenantAccess."""

    @operation("flavors.grant")
    def on_post(self, call: Call[Compute], flavor_id: str) -> dict[str, Any]:
        body = read_json(call.req)
        name = next(iter(body), "") if isinstance(body, dict) else ""
        if name not in ACTIONS:
            raise BadRequest(f"There is no such action: {name}")
        call.require(_RULES[name])
        ACTIONS[name].validate(body, call.version)
        native, project_id = native_flavor(call, flavor_id), body[name]["tenant"]
        flavor = call.cloud.flavors.get(call.ctx, native)
        if name == "addTenantAccess":
            check_project(call, project_id)
            if flavor.is_public and call.at_least("2.7"):
                raise Conflict("Can not add access to a public flavor.")
            call.cloud.flavors.grant(call.ctx, native, project_id)
        else:
            call.cloud.flavors.revoke(call.ctx, native, project_id)
        return _shown(call, native, flavor_id)
