"""The one domain: SoftLayer has nothing above its accounts."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.identity.contract import Domains
from jumpgate.identity.models import DEFAULT_DOMAIN_ID, Domain

DOMAIN = Domain(id=DEFAULT_DOMAIN_ID, name="Default", description="All SoftLayer accounts")


class SoftLayerDomains(Domains):
    """The default domain, which nobody can change."""

    def find(self, ctx: Context, query: Query) -> Iterable[Domain]:
        return (DOMAIN,)

    def get(self, ctx: Context, resource_id: str) -> Domain:
        if resource_id != DOMAIN.id:
            raise NotFound(f"Could not find domain: {resource_id}.")
        return DOMAIN
