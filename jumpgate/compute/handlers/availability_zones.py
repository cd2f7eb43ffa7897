"""``/os-availability-zone``."""

from __future__ import annotations

from typing import Any

from jumpgate.common.format import iso_microseconds
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.contract.operators import AvailabilityZones
from jumpgate.compute.models.operations import AvailabilityZone
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-availability-zone:"


def _contract(call: Call[Compute]) -> AvailabilityZones:
    zones = call.cloud.availability_zones
    assert zones is not None
    return zones


def _shown(zone: AvailabilityZone, hosts: Any) -> dict[str, Any]:
    return {"zoneName": zone.name, "zoneState": {"available": zone.available}, "hosts": hosts}


class AvailabilityZonesHandler(Handler[Compute]):
    """The zones without their hosts."""

    @operation("availability_zones.find", policy=_RULE + "list", query=NO_QUERY)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return {"availabilityZoneInfo": [_shown(zone, None) for zone in _contract(call).find(call.ctx)]}


class AvailabilityZonesDetailHandler(Handler[Compute]):
    """The zones with their hosts and the services there."""

    @operation("availability_zones.find", policy=_RULE + "detail", query=NO_QUERY)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        zones = _contract(call).find(call.ctx)
        return {"availabilityZoneInfo": [_shown(zone, _hosts(zone) if zone.available else None) for zone in zones]}


def _hosts(zone: AvailabilityZone) -> dict[str, Any]:
    return {
        host: {
            binary: {"available": True, "active": True, "updated_at": iso_microseconds(seen)}
            for binary, seen in services.items()
        }
        for host, services in zone.hosts.items()
    }
