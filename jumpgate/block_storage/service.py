"""Block Storage: what the core knows of the service before any driver is loaded."""

from __future__ import annotations

from jumpgate.block_storage.endpoints import ALIASES, ENDPOINTS
from jumpgate.common.errors import OverQuota
from jumpgate.common.faults import Answer, KeyedFaults
from jumpgate.common.microversion import Microversion, Microversions
from jumpgate.common.service import CatalogEntry, Service

SERVICE = Service(
    name="block_storage",
    project="cinder",
    title="Block Storage",
    mount="/volume",
    port=8776,
    endpoints=ENDPOINTS,
    aliases=ALIASES,
    faults=KeyedFaults(),
    catalog=(
        CatalogEntry("block-storage", "cinder", "/v3/{tenant_id}"),
        CatalogEntry("volumev3", "cinderv3", "/v3/{tenant_id}"),
        CatalogEntry("volumev2", "cinderv2", "/v2/{tenant_id}", needs="v2_volumes"),
        CatalogEntry("volume", "cinder", "/v1/{tenant_id}", needs="v1_volumes"),
    ),
    microversions=Microversions(
        service_type="volume",
        minimum=Microversion(3, 0),
        maximum=Microversion(3, 71),
        root="/v3",
    ),
    request_id_headers=("x-openstack-request-id", "x-compute-request-id"),
    answers={OverQuota: Answer(413, {"Retry-After": "0"})},
)
