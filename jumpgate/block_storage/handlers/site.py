"""What the cloud says of itself: its zones, its workers, and the filters of its lists."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage, Services
from jumpgate.block_storage.handlers import attachments, backups, group_snapshots, groups, messages, snapshots, volumes
from jumpgate.block_storage.models import HostLoad, ServiceState
from jumpgate.common.errors import NotSupported
from jumpgate.common.format import iso_microseconds
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


class ServicesHandler(Handler[BlockStorage]):
    """The workers."""

    @operation("services.find", policy="volume_extension:services:index")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        host, binary = call.parameter("host"), call.parameter("binary")
        return {
            "services": [
                _service(call, state)
                for state in _services(call).find(call.ctx)
                if binary in (None, state.binary) and (host is None or _is_on(state, host))
            ]
        }


def _services(call: Call[BlockStorage]) -> Services:
    if call.cloud.services is None:
        raise NotSupported("This cloud has no workers to speak of.")
    return call.cloud.services


def _is_on(state: ServiceState, host: str) -> bool:
    """Tell whether a worker is on a host, which may be named without its backend."""
    return state.host == host or state.host.startswith(f"{host}@")


def _service(call: Call[BlockStorage], state: ServiceState) -> dict[str, Any]:
    body: dict[str, Any] = {
        "binary": state.binary,
        "host": state.host,
        "zone": state.availability_zone,
        "status": "enabled" if state.is_enabled else "disabled",
        "state": state.state,
        "updated_at": iso_microseconds(state.updated_at),
        "disabled_reason": state.disabled_reason,
    }
    if call.at_least("3.7"):
        body["cluster"] = None
    if state.binary == "cinder-volume":
        body |= {"replication_status": "disabled", "active_backend_id": None, "frozen": False}
        if call.at_least("3.49"):
            body["backend_state"] = state.state
    return body


class HostsHandler(Handler[BlockStorage]):
    """The workers as hosts, as they were once listed."""

    @operation("services.find", policy="volume_extension:hosts")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        zone = call.parameter("zone")
        found = (state for state in _services(call).find(call.ctx) if zone in (None, state.availability_zone))
        return {"hosts": [_host(state) for state in found if state.is_enabled]}


def _host(state: ServiceState) -> dict[str, Any]:
    return {
        "host_name": state.host,
        "service": state.binary,
        "zone": state.availability_zone,
        "service-status": "available" if state.state == "up" else "unavailable",
        "service-state": "enabled" if state.is_enabled else "disabled",
        "last-update": iso_microseconds(state.updated_at),
    }


class HostHandler(Handler[BlockStorage]):
    """What the projects have on one host, and all of them together."""

    @operation("services.loads", policy="volume_extension:hosts")
    def on_get(self, call: Call[BlockStorage], host_name: str) -> dict[str, Any]:
        """Show."""
        loads = list(_services(call).loads(call.ctx, host_name))
        total = HostLoad(
            project_id="(total)",
            volumes=sum(load.volumes for load in loads),
            volumes_gib=sum(load.volumes_gib for load in loads),
            snapshots=sum(load.snapshots for load in loads),
            snapshots_gib=sum(load.snapshots_gib for load in loads),
        )
        return {"host": [{"resource": _load(host_name, load)} for load in (total, *loads)]}


def _load(host: str, load: HostLoad) -> dict[str, str]:
    return {
        "host": host,
        "project": load.project_id,
        "volume_count": str(load.volumes),
        "total_volume_gb": str(load.volumes_gib),
        "snapshot_count": str(load.snapshots),
        "total_snapshot_gb": str(load.snapshots_gib),
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
FILTERS = {**LISTINGS, "volume_type": ["is_public", "extra_specs"]}


class ResourceFiltersHandler(Handler[BlockStorage]):
    """Which filters every project may use on which list (3.33)."""

    @operation(since="3.33")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        wanted = call.parameter("resource")
        found = FILTERS if wanted is None else {name: FILTERS[name] for name in FILTERS if name == wanted}
        return {"resource_filters": [{"resource": name, "filters": names} for name, names in found.items()]}
