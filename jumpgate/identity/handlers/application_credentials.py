"""Application credentials: logins that a user makes for programs, and the access rules that bound them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, Forbidden, NotFound
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.common.listing import EVERYTHING, FilterParameter, ListParameters, Sort, page
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import ApplicationCredentials, Identity
from jumpgate.identity.handlers.collections import links
from jumpgate.identity.handlers.users import user_target
from jumpgate.identity.models import AccessRule, ApplicationCredential, ApplicationCredentialSpec, Role
from jumpgate.identity.schemas.application_credentials import CREATE
from jumpgate.identity.tokens.service import IdentityHandler
from jumpgate.identity.views import application_credentials as view

Json = dict[str, Any]

NOT_ALLOWED = "You are not authorized to perform the requested action: {}."

_PARAMETERS = ListParameters(
    filters={"name": FilterParameter("name")},
    sort_keys={"id": "id", "name": "name"},
    default_sort=(Sort("id"),),
    maximum=None,
    default_direction="asc",
)


def _resource(call: Call[Identity]) -> ApplicationCredentials:
    assert call.cloud.application_credentials is not None
    return call.cloud.application_credentials


def _roles(call: Call[Identity]) -> Mapping[str, Role]:
    return {role.id: role for role in call.cloud.roles.find(call.ctx, EVERYTHING)}


class _CredentialsHandler(IdentityHandler):
    def demand_unrestricted(self, call: Call[Identity]) -> None:
        """Raise Forbidden for a caller who logged in by a credential that may make no others."""
        session = self.service.session(call)
        if session.trust is not None:
            # What a trustee makes would outlive the trust.
            raise Forbidden(NOT_ALLOWED.format("Using a trust is not allowed for managing application credentials."))
        used = session.application_credential
        if used is not None and not used.unrestricted:
            raise Forbidden(
                NOT_ALLOWED.format(
                    "Using method 'application_credential' is not allowed for managing additional "
                    "application credentials."
                )
            )


class ApplicationCredentialsHandler(_CredentialsHandler):
    """``/v3/users/{user_id}/application_credentials``."""

    @operation("application_credentials.find")
    def on_get(self, call: Call[Identity], user_id: str) -> Json:
        """List a user's credentials."""
        call.require("identity:list_application_credentials", {"user_id": user_id})
        query = _PARAMETERS.query(call.parameters)
        found = page(_resource(call).find(call.ctx, user_id, query), query)
        roles = _roles(call)
        return {"application_credentials": [view.render(item, roles, call) for item in found], "links": links(call)}

    on_head = on_get

    @operation("application_credentials.create", body=CREATE, status=201)
    def on_post(self, call: Call[Identity], user_id: str) -> Json:
        """Make a credential for the project of the caller's token."""
        call.require("identity:create_application_credential", {"user_id": user_id})
        self.demand_unrestricted(call)
        roles = _roles(call)
        made = _resource(call).create(call.ctx, _spec(call, user_id, roles))
        return {"application_credential": view.render(made, roles, call)}


class ApplicationCredentialHandler(_CredentialsHandler):
    """``/v3/users/{user_id}/application_credentials/{application_credential_id}``."""

    @operation("application_credentials.get")
    def on_get(self, call: Call[Identity], user_id: str, application_credential_id: str) -> Json:
        """Show a credential."""
        found = _get(call, user_id, application_credential_id, "identity:get_application_credential")
        return {"application_credential": view.render(found, _roles(call), call)}

    on_head = on_get

    @operation("application_credentials.delete", status=204)
    def on_delete(self, call: Call[Identity], user_id: str, application_credential_id: str) -> None:
        """Remove a credential."""
        _get(call, user_id, application_credential_id, "identity:delete_application_credential")
        self.demand_unrestricted(call)
        _resource(call).delete(call.ctx, application_credential_id)


class AccessRulesHandler(IdentityHandler):
    """``/v3/users/{user_id}/access_rules``."""

    @operation("application_credentials.find_access_rules")
    def on_get(self, call: Call[Identity], user_id: str) -> Json:
        """List the rules that a user's credentials have used."""
        call.require("identity:list_access_rules", user_target(call, user_id))
        wanted = {name: call.parameter(name) for name in ("service", "path", "method") if name in call.parameters}
        found = [
            rule
            for rule in _resource(call).find_access_rules(call.ctx, user_id)
            if all(getattr(rule, name) == value for name, value in wanted.items())
        ]
        return {"access_rules": [view.render_rule(rule, user_id, call) for rule in found], "links": links(call)}

    on_head = on_get


class AccessRuleHandler(IdentityHandler):
    """``/v3/users/{user_id}/access_rules/{access_rule_id}``."""

    @operation("application_credentials.find_access_rules")
    def on_get(self, call: Call[Identity], user_id: str, access_rule_id: str) -> Json:
        """Show a rule."""
        call.require("identity:get_access_rule", user_target(call, user_id))
        for rule in _resource(call).find_access_rules(call.ctx, user_id):
            if rule.id == access_rule_id:
                return {"access_rule": view.render_rule(rule, user_id, call)}
        raise NotFound(f"Could not find Access Rule: {access_rule_id}.")

    on_head = on_get

    @operation("application_credentials.delete_access_rule", status=204)
    def on_delete(self, call: Call[Identity], user_id: str, access_rule_id: str) -> None:
        """Forget a rule that no credential uses any more."""
        call.require("identity:delete_access_rule", user_target(call, user_id))
        _resource(call).delete_access_rule(call.ctx, user_id, access_rule_id)


def _get(call: Call[Identity], user_id: str, credential_id: str, rule: str) -> ApplicationCredential:
    """Return a credential to which the caller may do something: its owner counts, not the user in the path."""
    try:
        found = _resource(call).get(call.ctx, credential_id)
    except NotFound:
        call.require(rule, {"user_id": user_id})
        raise
    call.require(rule, {"user_id": found.user_id})
    return found


def _spec(call: Call[Identity], user_id: str, roles: Mapping[str, Role]) -> ApplicationCredentialSpec:
    body = call.body["application_credential"]
    if call.ctx.project_id is None:
        raise BadRequest("Invalid application credential: it is made with a token for the project it is to be used in.")
    rules = body.get("access_rules")
    return ApplicationCredentialSpec(
        name=body["name"],
        user_id=user_id,
        project_id=call.ctx.project_id,
        role_ids=_role_ids(call, body.get("roles"), roles),
        description=body.get("description"),
        expires_at=expiry(body.get("expires_at")),
        unrestricted=bool(body.get("unrestricted")),
        access_rules=None if rules is None else tuple(_access_rule(rule) for rule in rules),
        secret=body.get("secret"),
    )


def _role_ids(call: Call[Identity], wanted: list[Json] | None, roles: Mapping[str, Role]) -> tuple[str, ...]:
    """Return the ids of the wanted roles and of all that they imply: the caller's own without a wish, never more."""
    if not wanted:
        return call.ctx.role_ids
    named = {role.name: role.id for role in roles.values() if role.domain_id is None}
    chosen = [role.get("id") or named.get(role.get("name", ""), "") for role in wanted]
    implications = list(call.cloud.roles.find_implications(call.ctx))
    for role_id in chosen:
        implied = [item.implied_id for item in implications if item.prior_id == role_id]
        chosen += [one for one in implied if one not in chosen]
    if not set(chosen) <= set(call.ctx.role_ids):
        raise BadRequest("Invalid application credential: Cannot create an application credential with unassigned role")
    return tuple(dict.fromkeys(chosen))


def expiry(text: str | None) -> dt.datetime | None:
    """Read when something ends, which lies ahead; raise BadRequest."""
    if text is None:
        return None
    try:
        expires_at = parse_iso(text)
    except ValueError:
        raise BadRequest(
            "Timestamp not in expected format. The server could not comply with the request since it is either "
            "malformed or otherwise incorrect. The client is assumed to be in error."
        ) from None
    if expires_at <= utcnow():
        raise BadRequest(
            "The 'expires_at' must not be before now. The server could not comply with the request since it is either "
            "malformed or otherwise incorrect. The client is assumed to be in error."
        )
    return expires_at


def _access_rule(rule: Json) -> AccessRule:
    return AccessRule(
        id=rule.get("id", ""),
        service=rule.get("service", ""),
        method=rule.get("method", ""),
        path=rule.get("path", ""),
    )
