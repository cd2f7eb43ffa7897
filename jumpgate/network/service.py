"""Network: what the core knows of the service before any driver is loaded."""

from __future__ import annotations

from jumpgate.common.errors import OverQuota
from jumpgate.common.faults import Answer, NeutronFaults
from jumpgate.common.service import CatalogEntry, Service
from jumpgate.network.endpoints import ALIASES, ENDPOINTS

SERVICE = Service(
    name="network",
    project="neutron",
    title="Network",
    mount="/network",
    port=9696,
    endpoints=ENDPOINTS,
    aliases=ALIASES,
    faults=NeutronFaults(),
    catalog=(CatalogEntry("network", "neutron", ""),),
    answers={OverQuota: Answer(409)},
    path_suffix=".json",
)
