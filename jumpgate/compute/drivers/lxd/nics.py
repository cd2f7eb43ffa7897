"""A server's interfaces: NICs on one bridge where the region's network service does not keep LXD's networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jumpgate.clouds.lxd.session import Record
from jumpgate.common.errors import BadRequest
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.models import NetworkRequest


class Nics:
    """Plugs servers in."""

    def __init__(self, region: Region) -> None:
        self._region = region

    @property
    def has_ports(self) -> bool:
        """Whether interfaces are ports of the network service."""
        return self._region.has_ports

    def check(self, requests: Sequence[NetworkRequest]) -> None:
        """Raise BadRequest for interfaces that cannot be."""
        if not self.has_ports and any(item != NetworkRequest() for item in requests):
            raise BadRequest("Servers here are on LXD's bridge: name no network, port or address.")

    def request_note(self, request: NetworkRequest) -> dict[str, Any]:
        """Return a request as a task keeps it."""
        return {"network_id": request.network_id, "port_id": request.port_id, "address": request.address}

    def plug(self, record: Record, arguments: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """Return the devices of the interfaces that a server asked for."""
        bridge = self._region.session.settings.bridge
        return {
            f"eth{index}": {"type": "nic", "name": f"eth{index}", "network": bridge}
            for index, _ in enumerate(arguments["networks"])
        }

    def release(self, record: Record) -> None:
        """Give back what `plug` took."""
