"""What the cloud says of itself: its zones, and the filters of its lists."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.handlers import (
    attachments,
    backups,
    group_snapshots,
    groups,
    messages,
    pools,
    snapshots,
    volumes,
)
from jumpgate.common.typed import Call, Handler, operation


class AvailabilityZonesHandler(Handler[BlockStorage]):
    """The parts of the cloud; one without parts has the zone that every volume is in."""

    @operation()
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        zones = call.cloud.availability_zones
        found = zones.find(call.ctx) if zones is not None else ()
        return {
            "availabilityZoneInfo": [
                {"zoneName": zone.name, "zoneState": {"available": zone.is_available}} for zone in found
            ]
        }


LISTINGS = {
    listing.resource: listing.public_filters()
    for listing in (
        volumes.LISTING,
        backups.LISTING,
        snapshots.LISTING,
        groups.LISTING,
        group_snapshots.LISTING,
        attachments.LISTING,
        messages.LISTING,
    )
}
FILTERS = {**LISTINGS, "volume_type": ["is_public", "extra_specs"], "pool": list(pools.FILTERS)}


class ResourceFiltersHandler(Handler[BlockStorage]):
    """Which filters every project may use on which list (3.33)."""

    @operation(since="3.33")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        wanted = call.parameter("resource")
        found = FILTERS if wanted is None else {name: FILTERS[name] for name in FILTERS if name == wanted}
        return {"resource_filters": [{"resource": name, "filters": names} for name, names in found.items()]}
