"""Which role implies which."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.common.errors import NotFound
from jumpgate.common.listing import EVERYTHING
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity
from jumpgate.identity.models import Implication, Role
from jumpgate.identity.tokens.service import IdentityHandler

Json = dict[str, Any]


def _role(call: Call[Identity], role: Role) -> Json:
    return {"id": role.id, "name": role.name, "links": {"self": call.url("v3_role", role_id=role.id)}}


def _inference(call: Call[Identity], prior: Role, implied: Iterable[Role]) -> Json:
    return {"prior_role": _role(call, prior), "implies": [_role(call, role) for role in implied]}


def _get(call: Call[Identity], role_id: str, rule: str) -> Role:
    call.require(rule, {})
    return call.cloud.roles.get(call.ctx, role_id)


class ImpliedRolesHandler(IdentityHandler):
    """``/v3/roles/{role_id}/implies``."""

    @operation("roles.find_implications")
    def on_get(self, call: Call[Identity], role_id: str) -> Json:
        """List the roles that a role implies directly."""
        prior = _get(call, role_id, "identity:list_implied_roles")
        found = call.cloud.roles.find_implications(call.ctx)
        implied = [call.cloud.roles.get(call.ctx, item.implied_id) for item in found if item.prior_id == role_id]
        return {"role_inference": _inference(call, prior, implied), "links": {"self": call.here()}}

    on_head = on_get


class ImpliedRoleHandler(IdentityHandler):
    """``/v3/roles/{role_id}/implies/{implied_role_id}``."""

    @operation("roles.find_implications")
    def on_get(self, call: Call[Identity], role_id: str, implied_role_id: str) -> Json:
        """Show an implication."""
        return self._show(call, role_id, implied_role_id, "identity:get_implied_role")

    @operation("roles.find_implications", status=204)
    def on_head(self, call: Call[Identity], role_id: str, implied_role_id: str) -> None:
        """Check an implication."""
        self._show(call, role_id, implied_role_id, "identity:check_implied_role")

    @operation("roles.add_implication", status=201)
    def on_put(self, call: Call[Identity], role_id: str, implied_role_id: str) -> Json:
        """Let a role imply another."""
        prior = _get(call, role_id, "identity:create_implied_role")
        implied = call.cloud.roles.get(call.ctx, implied_role_id)
        call.cloud.roles.add_implication(call.ctx, Implication(prior_id=role_id, implied_id=implied_role_id))
        return _pair(call, prior, implied)

    @operation("roles.remove_implication", status=204)
    def on_delete(self, call: Call[Identity], role_id: str, implied_role_id: str) -> None:
        """Let a role no longer imply another."""
        _get(call, role_id, "identity:delete_implied_role")
        call.cloud.roles.remove_implication(call.ctx, Implication(prior_id=role_id, implied_id=implied_role_id))

    def _show(self, call: Call[Identity], role_id: str, implied_role_id: str, rule: str) -> Json:
        prior = _get(call, role_id, rule)
        implied = call.cloud.roles.get(call.ctx, implied_role_id)
        wanted = Implication(prior_id=role_id, implied_id=implied_role_id)
        if wanted not in list(call.cloud.roles.find_implications(call.ctx)):
            raise NotFound(f"{role_id} does not imply {implied_role_id}.")
        return _pair(call, prior, implied)


def _pair(call: Call[Identity], prior: Role, implied: Role) -> Json:
    inference = {"prior_role": _role(call, prior), "implies": _role(call, implied)}
    return {"role_inference": inference, "links": {"self": call.here()}}


class RoleInferencesHandler(IdentityHandler):
    """``/v3/role_inferences``."""

    @operation("roles.find_implications")
    def on_get(self, call: Call[Identity]) -> Json:
        """List every role that implies others."""
        call.require("identity:list_role_inference_rules", {})
        roles = {role.id: role for role in call.cloud.roles.find(call.ctx, EVERYTHING)}
        implied: dict[str, list[Role]] = {}
        for item in call.cloud.roles.find_implications(call.ctx):
            implied.setdefault(item.prior_id, []).append(roles[item.implied_id])
        inferences = [_inference(call, roles[prior_id], found) for prior_id, found in implied.items()]
        return {"role_inferences": inferences, "links": {"self": call.here()}}

    on_head = on_get
