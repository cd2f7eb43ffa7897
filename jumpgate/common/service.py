"""What the core knows of a service before any driver is loaded: its names, endpoints, ports and formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jumpgate.common.endpoints import Endpoint
from jumpgate.common.faults import Answers, FaultFormat
from jumpgate.common.microversion import Microversions

REFUSAL = "Policy doesn't allow {rule} to be performed."


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One line of the service catalog: the service type, the service's name and the path of its endpoint.

    `path` is below the service's base URL and may hold ``{tenant_id}``. `needs` names an endpoint without whose handler
    the entry is left out.
    """

    type: str
    name: str
    path: str
    needs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of the OpenStack services.

    `name` is ours (``block_storage``: the section, the package), `port` the classic one, `mount` the default prefix on
    a shared port. `catalog` lists the entries by which clients find it, the current type first. `answers` are the error
    words that the service answers with another status than the usual. `refusal` is what it says to a caller whom a
    policy `rule` does not let pass. `path_suffix` may end any path, for old clients that name the format there
    (``.json``).
    """

    name: str
    project: str
    title: str
    mount: str
    port: int
    endpoints: tuple[Endpoint, ...]
    faults: FaultFormat
    catalog: tuple[CatalogEntry, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    microversions: Microversions | None = None
    request_id_headers: tuple[str, ...] = ("x-openstack-request-id",)
    answers: Answers = field(default_factory=dict)
    refusal: str = REFUSAL
    path_suffix: str | None = None
