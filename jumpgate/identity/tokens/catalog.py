"""The catalog that a token shows: the services that Jumpgate serves, and those that an operator has added."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from jumpgate.common.catalog import Catalog, CatalogEndpoint, CatalogService
from jumpgate.common.context import Context
from jumpgate.common.listing import EVERYTHING
from jumpgate.identity.contract import CatalogLinks, Identity
from jumpgate.identity.models import Endpoint, EndpointGroup, ServiceEntry

# Keystone takes both forms: $(project_id)s and %(project_id)s.
_VARIABLE = re.compile(r"[$%]\((\w+)\)s")
VARIABLES = frozenset({"project_id", "tenant_id", "user_id"})

_MOST_SELECTIONS = 10_000

_Added = tuple[Mapping[str, ServiceEntry], tuple[Endpoint, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The endpoints to which a project's catalog is confined."""

    endpoint_ids: frozenset[str]
    groups: tuple[EndpointGroup, ...]

    def holds(self, endpoint: CatalogEndpoint) -> bool:
        """Tell whether an endpoint is among them."""
        return endpoint.id in self.endpoint_ids or any(
            group.holds(service_id=endpoint.service_id, region_id=endpoint.region or None, interface=endpoint.interface)
            for group in self.groups
        )


class TokenCatalog:
    """Puts the catalog of one login together. What was added or selected is remembered while nothing changes."""

    def __init__(self, cloud: Identity, served: Catalog) -> None:
        self._cloud = cloud
        self.served = served
        self._remembered: tuple[Hashable, _Added] | None = None
        self._selected: tuple[Hashable, dict[str, Selection | None]] = (None, {})

    def services(self, env: dict[str, Any], ctx: Context) -> Iterator[CatalogService]:
        """Yield the services for a caller, with URLs as the client of a request (its WSGI environment) reaches them.

        The catalog of a project that has links holds nothing else.
        """
        selection = self._selection(ctx)
        if selection is None:
            yield from self._everything(env, ctx)
            return
        for service in self._everything(env, ctx):
            endpoints = tuple(endpoint for endpoint in service.endpoints if selection.holds(endpoint))
            if endpoints:
                yield replace(service, endpoints=endpoints)

    def _selection(self, ctx: Context) -> Selection | None:
        links = self._cloud.catalog_links
        if links is None or ctx.project_id is None:
            return None
        revision = links.revision(ctx)
        if revision is None:
            return self._select(ctx, links, ctx.project_id)
        known = self._selected[1]
        if self._selected[0] != revision or len(known) >= _MOST_SELECTIONS:
            known = {}
            self._selected = revision, known
        if ctx.project_id not in known:
            known[ctx.project_id] = self._select(ctx, links, ctx.project_id)
        return known[ctx.project_id]

    def _select(self, ctx: Context, links: CatalogLinks, project_id: str) -> Selection | None:
        found = list(links.find(ctx, project_id=project_id))
        if not found:
            return None
        groups = self._cloud.endpoint_groups
        ids = [link.endpoint_group_id for link in found if link.endpoint_group_id is not None]
        return Selection(
            endpoint_ids=frozenset(link.endpoint_id for link in found if link.endpoint_id is not None),
            groups=() if groups is None else tuple(groups.get(ctx, group_id) for group_id in ids),
        )

    def _everything(self, env: dict[str, Any], ctx: Context) -> Iterator[CatalogService]:
        services, endpoints = self._added(ctx)
        more: dict[str, list[CatalogEndpoint]] = {}
        for endpoint in endpoints:
            url = filled(endpoint.url, ctx)
            if endpoint.enabled and url is not None:
                more.setdefault(endpoint.service_id, []).append(_entry(endpoint, url))
        for service in self.served.services(env, ctx.project_id):
            own = more.pop(service.id, None)
            yield service if own is None else replace(service, endpoints=(*service.endpoints, *own))
        for service_id, found in more.items():
            added = services.get(service_id)
            if added is not None and added.enabled:
                yield CatalogService(
                    id=added.id, type=added.type, name=added.name, title=added.name, endpoints=tuple(found)
                )

    def _added(self, ctx: Context) -> _Added:
        if self._cloud.services is None or self._cloud.endpoints is None:
            return {}, ()
        revision = self._cloud.services.revision(ctx)
        if self._remembered is not None and revision is not None and self._remembered[0] == revision:
            return self._remembered[1]
        services = {service.id: service for service in self._cloud.services.find(ctx, EVERYTHING)}
        added = services, tuple(self._cloud.endpoints.find(ctx, EVERYTHING))
        self._remembered = revision, added
        return added


def filled(url: str, ctx: Context) -> str | None:
    """Return a URL with the caller's project and user in their places; None where it needs a project and has none."""
    values = {"project_id": ctx.project_id, "tenant_id": ctx.project_id, "user_id": ctx.user_id}
    if any(values.get(name) is None for name in _VARIABLE.findall(url)):
        return None
    return _VARIABLE.sub(lambda match: values[match[1]] or "", url)


def is_fillable(url: str) -> bool:
    """Tell whether a URL asks for nothing but what is known of a caller."""
    return set(_VARIABLE.findall(url)) <= VARIABLES and not re.search(r"[$%]\(", _VARIABLE.sub("", url))


def _entry(endpoint: Endpoint, url: str) -> CatalogEndpoint:
    return CatalogEndpoint(
        id=endpoint.id,
        service_id=endpoint.service_id,
        interface=endpoint.interface,
        region=endpoint.region_id or "",
        url=url,
    )
