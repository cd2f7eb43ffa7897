"""The roles that SoftLayer's users have in their accounts."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.softlayer.accounts import Person
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.identity.contract import Roles
from jumpgate.identity.models import Implication, Role

ROLES = tuple(Role(id=name, name=name) for name in ("admin", "manager", "member", "reader"))
# What a user may do in detail is in SoftLayer's own permissions, which every call is checked against.
_EVERYBODY = ROLES[2:]


def roles_of(person: Person) -> tuple[Role, ...]:
    """Return the roles of a user in its account: the master user administers it, the others are members."""
    return ROLES if person.is_master else _EVERYBODY


class SoftLayerRoles(Roles):
    """OpenStack's own roles, which nobody can change."""

    def find(self, ctx: Context, query: Query) -> Iterable[Role]:
        return ROLES

    def get(self, ctx: Context, resource_id: str) -> Role:
        for role in ROLES:
            if role.id == resource_id:
                return role
        raise NotFound(f"Could not find role: {resource_id}.")

    def find_implications(self, ctx: Context) -> Iterable[Implication]:
        return ()
