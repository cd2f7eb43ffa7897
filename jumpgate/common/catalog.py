"""The service catalog: where each service of each region is, read off the application's dispatchers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, Protocol

from jumpgate.common.config import Config
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.service import CatalogEntry

INTERFACES = ("public", "internal", "admin")

# The root of the ids: the same entry has the same id in every process and after every start.
_NAMESPACE = uuid.UUID("6ba64353-7b0c-5ab0-b7f5-1a3c4d9a5e21")


# Catalogs are alike but for the project in their URLs and the address by which a client came.
_MOST_REMEMBERED = 256


class HasDispatchers(Protocol):
    """What the catalog needs of `jumpgate.api.Jumpgate`."""

    config: Config

    def dispatchers(self) -> Iterator[Dispatcher]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEndpoint:
    """One address of a service: `interface` is public, internal or admin."""

    id: str
    service_id: str
    interface: str
    region: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogService:
    """A service type with its addresses in all regions."""

    id: str
    type: str
    name: str
    title: str
    endpoints: tuple[CatalogEndpoint, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """A catalog entry in one region, served by a dispatcher."""

    entry: CatalogEntry
    region: str
    disp: Dispatcher


class Catalog:
    """The catalog of the running application. A service that nobody serves is left out."""

    def __init__(self, app: HasDispatchers) -> None:
        self._app = app
        self._made = lru_cache(_MOST_REMEMBERED)(self._make)

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The names of the regions, the default one first."""
        return tuple(dict.fromkeys([self._app.config.default_region, *(place.region for place in self._places)]))

    def services(self, env: dict[str, Any], project_id: str | None) -> tuple[CatalogService, ...]:
        """Return the services with their URLs as the client of a request (its WSGI environment) reaches them.

        An entry whose path needs a project is left out where there is none.
        """
        return self._made(tuple(disp.mount.base_url(env) for disp in self._served), project_id)

    def _make(self, bases: tuple[str, ...], project_id: str | None) -> tuple[CatalogService, ...]:
        """Return the services, `bases` being the addresses of what is served, in its order."""
        roots = {id(disp): base for disp, base in zip(self._served, bases, strict=True)}
        found: dict[str, list[_Place]] = {}
        for place in self._places:
            if project_id is not None or "{tenant_id}" not in place.entry.path:
                found.setdefault(place.entry.type, []).append(place)
        return tuple(
            CatalogService(
                id=service_id(kind),
                type=kind,
                name=places[0].entry.name,
                title=places[0].disp.service.title,
                endpoints=tuple(
                    endpoint
                    for place in places
                    for endpoint in endpoints(
                        place.entry.type,
                        place.region,
                        roots[id(place.disp)] + place.entry.path.replace("{tenant_id}", project_id or ""),
                    )
                ),
            )
            for kind, places in found.items()
        )

    @cached_property
    def _served(self) -> tuple[Dispatcher, ...]:
        return tuple(disp for disp in self._app.dispatchers() if is_served(disp))

    @cached_property
    def _places(self) -> tuple[_Place, ...]:
        regions = dict.fromkeys(disp.region for disp in self._served)
        identity = [disp for disp in self._served if disp.service.name == "identity"]
        own = {disp.region for disp in identity}
        # One identity service serves every region that has none of its own.
        shared = [(region, disp) for disp in identity[:1] for region in regions if region not in own]
        return tuple(
            _Place(entry, region, disp)
            for region, disp in [*((disp.region, disp) for disp in self._served), *shared]
            for entry in entries(disp)
        )


def entries(disp: Dispatcher) -> Iterator[CatalogEntry]:
    """Yield the entries by which clients find what a dispatcher serves."""
    for entry in disp.service.catalog:
        if entry.needs is None or disp.fallback is not None or disp.get_handler(entry.needs) is not None:
            yield entry


def is_served(disp: Dispatcher) -> bool:
    """Tell whether anybody answers a service's requests."""
    return disp.fallback is not None or any(disp.get_handler(endpoint.name) is not None for endpoint in disp)


@cache
def _derived_id(name: str) -> str:
    return uuid.uuid5(_NAMESPACE, name).hex


def service_id(kind: str) -> str:
    """Return the id of a service type in the catalog."""
    return _derived_id(kind)


def endpoints(kind: str, region: str, url: str) -> Iterator[CatalogEndpoint]:
    """Yield the addresses of a service type in a region: its URL, once for each interface."""
    for interface in INTERFACES:
        yield CatalogEndpoint(
            id=_derived_id(f"{kind}/{region}/{interface}"),
            service_id=service_id(kind),
            interface=interface,
            region=region,
            url=url,
        )
