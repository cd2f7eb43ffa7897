"""Trusts as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.common.fields import Scene
from jumpgate.common.format import iso_microseconds_z
from jumpgate.identity.models import Trust

Json = dict[str, Any]


def summary(trust: Trust, scene: Scene) -> Json:
    """Render a trust as it stands in a list."""
    return {
        "id": trust.id,
        "trustor_user_id": trust.trustor_user_id,
        "trustee_user_id": trust.trustee_user_id,
        "project_id": trust.project_id,
        "impersonation": trust.impersonation,
        "expires_at": iso_microseconds_z(trust.expires_at),
        "deleted_at": None,
        "remaining_uses": trust.remaining_uses,
        "redelegated_trust_id": trust.redelegated_trust_id,
        "redelegation_count": trust.redelegation_count,
        "links": {"self": scene.url("v3_os_trust_trust", trust_id=trust.id)},
    }


def render(trust: Trust, roles: Iterable[Json], scene: Scene) -> Json:
    """Render a trust with its roles, which are rendered already."""
    url = scene.url("v3_os_trust_trust_roles", trust_id=trust.id)
    return {
        **summary(trust, scene),
        "roles": list(roles),
        "roles_links": {"self": url, "next": None, "previous": None},
    }
