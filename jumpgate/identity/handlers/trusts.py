"""``/v3/OS-TRUST/trusts``: roles that one user hands to another for a while."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import Forbidden, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import EVERYTHING
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity, Trusts
from jumpgate.identity.handlers.application_credentials import expiry
from jumpgate.identity.handlers.collections import Target, links
from jumpgate.identity.handlers.redelegation import counted, redelegated
from jumpgate.identity.handlers.resources import UNIFORMS, rendered
from jumpgate.identity.models import Role, Scope, Trust, TrustSpec
from jumpgate.identity.schemas.trusts import CREATE
from jumpgate.identity.tokens.login import NOT_ALLOWED
from jumpgate.identity.tokens.service import IdentityHandler
from jumpgate.identity.tokens.trusts import first
from jumpgate.identity.views import trusts as view

Json = dict[str, Any]

_LISTS = {
    "trustor_user_id": "identity:list_trusts_for_trustor",
    "trustee_user_id": "identity:list_trusts_for_trustee",
}


def _resource(call: Call[Identity]) -> Trusts:
    assert call.cloud.trusts is not None
    return call.cloud.trusts


def _target(trust: Trust) -> Target:
    return {
        "target.trust.trustor_user_id": trust.trustor_user_id,
        "target.trust.trustee_user_id": trust.trustee_user_id,
    }


def _get(call: Call[Identity], trust_id: str, rule: str) -> Trust:
    """Return a trust to which the caller may do something, if it can still be used."""
    trust = _resource(call).get(call.ctx, trust_id)
    call.require(rule, _target(trust))
    if not trust.is_usable(utcnow()):
        raise NotFound(f"Could not find trust: {trust_id}.")
    return trust


def _roles(call: Call[Identity], trust: Trust) -> list[Role]:
    """Return the roles of a trust that are still there, in the trust's order."""
    known = {role.id: role for role in call.cloud.roles.find(call.ctx, EVERYTHING)}
    return [known[role_id] for role_id in trust.role_ids if role_id in known]


def _rendered(call: Call[Identity], trust: Trust) -> Json:
    render = UNIFORMS["role"].view.bind(call)
    return {"trust": view.render(trust, [render(role) for role in _roles(call, trust)], call)}


class _TrustsHandler(IdentityHandler):
    def demand_unrestricted(self, call: Call[Identity]) -> None:
        """Raise Forbidden for a caller who logged in by a credential that may not hand anything on."""
        used = self.service.session(call).application_credential
        if used is not None and not used.unrestricted:
            raise Forbidden(
                NOT_ALLOWED.format("Using method 'application_credential' is not allowed for managing trusts.")
            )


class TrustsHandler(_TrustsHandler):
    """``/v3/OS-TRUST/trusts``."""

    @operation("trusts.find")
    def on_get(self, call: Call[Identity]) -> Json:
        """List the trusts, of a trustor or a trustee."""
        wanted = {name: call.parameter(name) for name in _LISTS if call.parameter(name)}
        for name, user_id in wanted.items():
            call.require(_LISTS[name], {f"target.trust.{name}": user_id})
        if not wanted:
            call.require("identity:list_trusts", {})
        found = _resource(call).find(call.ctx, **wanted)
        return {"trusts": [view.summary(trust, call) for trust in found], "links": links(call)}

    on_head = on_get

    @operation("trusts.create", body=CREATE, status=201)
    def on_post(self, call: Call[Identity]) -> Json:
        """Make a trust: of the caller's own roles, or of those of the trust that the caller works by."""
        body = call.body["trust"]
        call.require("identity:create_trust", {"trust.trustor_user_id": body["trustor_user_id"]})
        self.demand_unrestricted(call)
        call.cloud.users.get(call.ctx, body["trustee_user_id"])
        source = self.service.session(call).trust
        count = body.get("redelegation_count")
        spec = counted(_spec(call, body), allowed=body.get("allow_redelegation"), count=count)
        if source is not None:
            spec = redelegated(spec, source, count=count)
        _demand_held(call, spec, source)
        return _rendered(call, _resource(call).create(call.ctx, spec))


def _spec(call: Call[Identity], body: Json) -> TrustSpec:
    project_id = body.get("project_id")
    role_ids = tuple(dict.fromkeys(_role_id(call, role) for role in body.get("roles", ())))
    if project_id is not None:
        call.cloud.projects.get(call.ctx, project_id)
    if (project_id is None) != (not role_ids):
        raise Forbidden("At least one role should be specified.")
    return TrustSpec(
        trustor_user_id=body["trustor_user_id"],
        trustee_user_id=body["trustee_user_id"],
        impersonation=body["impersonation"],
        project_id=project_id,
        role_ids=role_ids,
        expires_at=expiry(body.get("expires_at")),
        remaining_uses=body.get("remaining_uses"),
    )


def _role_id(call: Call[Identity], wanted: Json) -> str:
    if "id" in wanted:
        return str(wanted["id"])
    for role in call.cloud.roles.find(call.ctx, EVERYTHING):
        if role.name == wanted["name"] and role.domain_id is None:
            return role.id
    raise NotFound(f"Could not find role: {wanted['name']}.")


def _demand_held(call: Call[Identity], spec: TrustSpec, source: Trust | None) -> None:
    """Raise NotFound for a role that is not the trustor's to give: the first trustor's, where trusts follow on."""
    if spec.project_id is None:
        return
    trustor_id = spec.trustor_user_id if source is None else first(call.cloud, call.ctx, source).trustor_user_id
    scope = Scope(project_id=spec.project_id)
    held = {role.id for role in call.cloud.authentication.find_roles(call.ctx, trustor_id, scope)}
    for role_id in spec.role_ids:
        if role_id not in held:
            raise NotFound(f"Could not find role: {role_id}.")


class TrustHandler(_TrustsHandler):
    """``/v3/OS-TRUST/trusts/{trust_id}``."""

    @operation("trusts.get")
    def on_get(self, call: Call[Identity], trust_id: str) -> Json:
        """Show a trust."""
        return _rendered(call, _get(call, trust_id, "identity:get_trust"))

    on_head = on_get

    @operation("trusts.delete", status=204)
    def on_delete(self, call: Call[Identity], trust_id: str) -> None:
        """End a trust, and those that were made from it."""
        self.demand_unrestricted(call)
        trust = _resource(call).get(call.ctx, trust_id)
        call.require("identity:delete_trust", _target(trust))
        _resource(call).delete(call.ctx, trust_id)


class TrustRolesHandler(IdentityHandler):
    """``/v3/OS-TRUST/trusts/{trust_id}/roles``."""

    @operation("trusts.get")
    def on_get(self, call: Call[Identity], trust_id: str) -> Json:
        """List the roles of a trust."""
        return rendered(call, "role", _roles(call, _get(call, trust_id, "identity:list_roles_for_trust")))

    on_head = on_get


class TrustRoleHandler(IdentityHandler):
    """``/v3/OS-TRUST/trusts/{trust_id}/roles/{role_id}``."""

    @operation("trusts.get")
    def on_get(self, call: Call[Identity], trust_id: str, role_id: str) -> Json:
        """Show a role of a trust."""
        for role in _roles(call, _get(call, trust_id, "identity:get_role_for_trust")):
            if role.id == role_id:
                return {"role": UNIFORMS["role"].view.render(role, call)}
        raise NotFound(f"Could not find role: {role_id}.")

    on_head = on_get
