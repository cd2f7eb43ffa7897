"""Compute: what the core knows of the service before any driver is loaded."""

from __future__ import annotations

from jumpgate.common.faults import KeyedFaults
from jumpgate.common.microversion import Microversion, Microversions
from jumpgate.common.service import CatalogEntry, Service
from jumpgate.compute.endpoints import ALIASES, ENDPOINTS

SERVICE = Service(
    name="compute",
    project="nova",
    title="Compute",
    mount="/compute",
    port=8774,
    endpoints=ENDPOINTS,
    aliases=ALIASES,
    faults=KeyedFaults(),
    catalog=(CatalogEntry("compute", "nova", "/v2.1"),),
    microversions=Microversions(
        service_type="compute",
        minimum=Microversion(2, 1),
        maximum=Microversion(2, 104),
        root="/v2.1",
        legacy_header="X-OpenStack-Nova-API-Version",
        # Nova's own name for what /v2 serves: 2.1 for which a request body may hold anything more.
        older=Microversion(2, 0),
    ),
    request_id_headers=("x-openstack-request-id", "x-compute-request-id"),
)
