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
