"""Application credentials and access rules as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.common.fields import Scene
from jumpgate.common.format import iso_microseconds
from jumpgate.identity.models import AccessRule, ApplicationCredential, Role

Json = dict[str, Any]


def render(credential: ApplicationCredential, roles: Mapping[str, Role], scene: Scene) -> Json:
    """Render a credential; its secret only where it is known, when it has just been made."""
    url = scene.url(
        "v3_user_application_credential", user_id=credential.user_id, application_credential_id=credential.id
    )
    body: Json = {
        "id": credential.id,
        "name": credential.name,
        "description": credential.description,
        "user_id": credential.user_id,
        "project_id": credential.project_id,
        "system": None,
        "roles": [
            {"id": role.id, "name": role.name, "domain_id": role.domain_id}
            for role in (roles[role_id] for role_id in credential.role_ids if role_id in roles)
        ],
        "expires_at": iso_microseconds(credential.expires_at),
        "unrestricted": credential.unrestricted,
        "links": {"self": url},
    }
    if credential.access_rules is not None:
        body["access_rules"] = [_rule(rule) for rule in credential.access_rules]
    if credential.secret is not None:
        body["secret"] = credential.secret
    return body


def _rule(rule: AccessRule) -> Json:
    return {"id": rule.id, "service": rule.service, "method": rule.method, "path": rule.path}


def render_rule(rule: AccessRule, user_id: str, scene: Scene) -> Json:
    """Render an access rule of a user."""
    url = scene.url("v3_user_access_rule", user_id=user_id, access_rule_id=rule.id)
    return {**_rule(rule), "links": {"self": url}}
