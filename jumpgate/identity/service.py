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
    # Without a version: clients of v3 discover it from there, and those of v2.0 are told another address.
    catalog=(CatalogEntry("identity", "keystone", ""),),
    refusal="You are not authorized to perform the requested action: {rule}.",
    # Keystone takes every path with a slash at its end too.
    path_suffix="/",
)
