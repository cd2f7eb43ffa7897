"""The passthrough under the name that the developer guide gives it."""

from __future__ import annotations

from jumpgate.block_storage.drivers.openstack import setup_routes

__all__ = ["setup_routes"]
