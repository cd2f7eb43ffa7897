"""What an operator adds to the catalog beside the services that Jumpgate serves itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A place with services of its own. Its id is chosen by whoever makes it."""

    id: str
    description: str = ""
    parent_region_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSpec:
    """What a client gives to make a region; without an id one is made up."""

    id: str | None = None
    description: str = ""
    parent_region_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntry:
    """A service in the catalog. `type` is what clients look for (``object-store``)."""

    id: str
    type: str
    name: str = ""
    enabled: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEntrySpec:
    """What a client gives to add a service."""

    type: str
    name: str = ""
    enabled: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An address of a service. `interface` is public, internal or admin; `url` may hold ``$(project_id)s``."""

    id: str
    service_id: str
    interface: str
    url: str
    region_id: str | None = None
    enabled: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSpec:
    """What a client gives to add an endpoint. A region that is not there yet is made."""

    service_id: str
    interface: str
    url: str
    region_id: str | None = None
    enabled: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointGroup:
    """The endpoints that have all of `filters`: service_id, region_id, interface."""

    id: str
    name: str
    description: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def holds(self, *, service_id: str, region_id: str | None, interface: str) -> bool:
        """Tell whether an endpoint with these attributes is one of the group."""
        known = {"service_id": service_id, "region_id": region_id, "interface": interface}
        return all(known[name] == value for name, value in self.filters.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointGroupSpec:
    """What a client gives to make an endpoint group."""

    name: str
    filters: Mapping[str, str]
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogLink:
    """That a project's catalog has an endpoint, or the endpoints of a group: one of the two is set.

    The catalog of a project with links has nothing else; that of a project without them has everything.
    """

    project_id: str
    endpoint_id: str | None = None
    endpoint_group_id: str | None = None

    @property
    def what(self) -> str:
        """What the catalog has, in words."""
        return f"endpoint {self.endpoint_id}" if self.endpoint_id else f"endpoint group {self.endpoint_group_id}"
