"""What Jumpgate serves itself, in the catalogs of a Keystone behind it that does not know of it.

A service that Keystone has in a region is left as it is: its URLs are rewritten like any other's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.common.catalog import CatalogEndpoint, endpoints, entries, is_served, service_id
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.service import CatalogEntry

Json = dict[str, Any]
Render = Callable[[Iterable[CatalogEndpoint]], Iterable[Json]]
Fill = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class _Place:
    """A service that Jumpgate serves itself: its entries, where it is, and every type by which it may be known."""

    entries: tuple[CatalogEntry, ...]
    region: str
    base: str
    types: frozenset[str]

    def is_in(self, catalog: list[Json]) -> bool:
        """Tell whether a catalog has the service in its region, by whatever type."""
        return any(
            _region(endpoint) == self.region
            for service in catalog
            if service.get("type") in self.types
            for endpoint in service.get("endpoints") or ()
        )


class Additions:
    """The services to add to the catalogs of one identity service."""

    def __init__(self, here: Dispatcher, bases: Mapping[Dispatcher, str]) -> None:
        """`here` is the service that answers, `bases` where each dispatcher is; only an identity service adds any."""
        own = [disp for disp in bases if disp.fallback is None and is_served(disp)] if _is_identity(here) else []
        # Regions with an identity service of their own are in its catalog.
        others = {disp.region for disp in bases if _is_identity(disp)} - {here.region}
        self._places = tuple(_place(disp, bases[disp]) for disp in own if disp.region not in others)

    def add_to(self, document: Json) -> None:
        """Add what is missing to a token's catalog (v3 and v2.0), or to one on its own, in place."""
        token, access = document.get("token"), document.get("access")
        if isinstance(access, dict) and access.get("serviceCatalog"):
            tenant = access["token"].get("tenant") or {}
            self._add(access["serviceCatalog"], _v2, _in_project(tenant.get("id")))
        elif isinstance(token, dict) and isinstance(token.get("catalog"), list):
            self._add(token["catalog"], _v3, _in_project((token.get("project") or {}).get("id")))
        elif isinstance(document.get("catalog"), list):
            # Nothing tells whose it is; services below a project know it by the token as well.
            self._add(document["catalog"], _v3, lambda path: path.removesuffix("/{tenant_id}"))

    def _add(self, catalog: list[Json], render: Render, fill: Fill) -> None:
        for place in self._places:
            if place.is_in(catalog):
                continue
            for entry in place.entries:
                path = fill(entry.path)
                if path is not None:
                    found = endpoints(entry.type, place.region, place.base + path)
                    _service(catalog, entry)["endpoints"] += render(found)


def _place(disp: Dispatcher, base: str) -> _Place:
    types = frozenset(entry.type for entry in disp.service.catalog)
    return _Place(tuple(entries(disp)), disp.region, base, types)


def _is_identity(disp: Dispatcher) -> bool:
    return disp.service.name == "identity"


def _in_project(project_id: str | None) -> Fill:
    """Return what fills a path in; without a project one that needs it is left out."""

    def fill(path: str) -> str | None:
        if project_id is None and "{tenant_id}" in path:
            return None
        return path.replace("{tenant_id}", project_id or "")

    return fill


def _service(catalog: list[Json], entry: CatalogEntry) -> Json:
    """Return the service of a type in a catalog, to which it is added where it is missing."""
    for service in catalog:
        if service.get("type") == entry.type:
            service["endpoints"] = service.get("endpoints") or []
            return service
    added: Json = {"endpoints": [], "id": service_id(entry.type), "type": entry.type, "name": entry.name}
    catalog.append(added)
    return added


def _region(endpoint: Json) -> object:
    return endpoint.get("region_id") or endpoint.get("region")


def _v3(found: Iterable[CatalogEndpoint]) -> Iterator[Json]:
    for endpoint in found:
        yield {
            "id": endpoint.id,
            "interface": endpoint.interface,
            "region_id": endpoint.region,
            "region": endpoint.region,
            "url": endpoint.url,
        }


def _v2(found: Iterable[CatalogEndpoint]) -> Iterator[Json]:
    """Yield one endpoint with its three URLs, as v2.0 had it."""
    named = list(found)
    yield {
        **{f"{endpoint.interface}URL": endpoint.url for endpoint in named},
        "region": named[0].region,
        "id": named[0].id,
    }
