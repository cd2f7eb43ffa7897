"""Image: what the core knows of the service before any driver is loaded."""

from __future__ import annotations

from jumpgate.common.faults import WebobFaults
from jumpgate.common.service import CatalogEntry, Service
from jumpgate.image.endpoints import ALIASES, ENDPOINTS

SERVICE = Service(
    name="image",
    project="glance",
    title="Image",
    mount="/image",
    port=9292,
    endpoints=ENDPOINTS,
    aliases=ALIASES,
    faults=WebobFaults(),
    catalog=(CatalogEntry("image", "glance", ""),),
)
