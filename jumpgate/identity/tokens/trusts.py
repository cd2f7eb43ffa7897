"""What a trust is worth at this moment."""

from __future__ import annotations

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.identity.contract import Identity, Trusts
from jumpgate.identity.models import Role, Scope, Trust


def trusts_of(cloud: Identity) -> Trusts:
    """Return a cloud's trusts; raise NotFound where it has no such thing."""
    if cloud.trusts is None:
        raise NotFound("This cloud has no trusts.")
    return cloud.trusts


def first(cloud: Identity, ctx: Context, trust: Trust) -> Trust:
    """Return the trust that a chain of them began with: its trustor is the one who holds the roles."""
    while trust.redelegated_trust_id is not None:
        trust = trusts_of(cloud).get(ctx, trust.redelegated_trust_id)
    return trust


def delegated_roles(cloud: Identity, ctx: Context, trust: Trust) -> tuple[Role, ...]:
    """Return the roles that a trust gives, and all that they imply; none unless the trustor still holds all of them."""
    trustor_id = first(cloud, ctx, trust).trustor_user_id
    held = {
        role.id: role for role in cloud.authentication.find_roles(ctx, trustor_id, Scope(project_id=trust.project_id))
    }
    if not set(trust.role_ids) <= set(held):
        return ()
    implications = list(cloud.roles.find_implications(ctx))
    given = list(trust.role_ids)
    for role_id in given:
        given += [one.implied_id for one in implications if one.prior_id == role_id and one.implied_id not in given]
    return tuple(role for role in held.values() if role.id in given)
