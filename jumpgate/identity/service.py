"""Identity: what the core knows of the service before any driver is loaded."""

from __future__ import annotations

from jumpgate.common.faults import TitledFaults
from jumpgate.common.service import CatalogEntry, Service
from jumpgate.identity.endpoints import ALIASES, ENDPOINTS

SERVICE = Service(
    name="identity",
    project="keystone",
    title="Identity",
    mount="/identity",
    port=5000,
    endpoints=ENDPOINTS,
    aliases=ALIASES,
    faults=TitledFaults(),
    catalog=(CatalogEntry("identity", "keystone", "/v3"),),
)
