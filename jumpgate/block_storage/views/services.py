"""The workers and their hosts in JSON."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.models.operators import HostLoad, ServiceState
from jumpgate.block_storage.views.volumes import nothing, updated_at
from jumpgate.common.fields import Field, Scene, View

_SERVICE = (
    Field("binary"),
    Field("host"),
    Field("zone", "availability_zone"),
    Field("status", lambda state, _: "enabled" if state.is_enabled else "disabled"),
    Field("state"),
    Field("updated_at", updated_at),
    Field("cluster", nothing, since="3.7"),
    Field("disabled_reason"),
)
_ANY: View[ServiceState] = View(*_SERVICE)
_OF_VOLUMES: View[ServiceState] = View(
    *_SERVICE,
    Field("replication_status", lambda _state, _scene: "disabled"),
    Field("active_backend_id", nothing),
    Field("frozen", "is_frozen"),
    Field("backend_state", "state", since="3.49"),
)
_HOST: View[ServiceState] = View(
    Field("host_name", "host"),
    Field("service", "binary"),
    Field("zone", "availability_zone"),
    Field("service-status", lambda state, _: "available" if state.state == "up" else "unavailable"),
    Field("service-state", lambda state, _: "enabled" if state.is_enabled else "disabled"),
    Field("last-update", updated_at),
)


def service(state: ServiceState, scene: Scene) -> dict[str, Any]:
    """Return a worker; one that serves volumes has more to say."""
    return (_OF_VOLUMES if state.binary == "cinder-volume" else _ANY).render(state, scene)


def host(state: ServiceState, scene: Scene) -> dict[str, Any]:
    """Return a worker as the list of hosts has it."""
    return _HOST.render(state, scene)


def load(host_name: str, load: HostLoad) -> dict[str, str]:
    """Return what a project has on a host."""
    return {
        "host": host_name,
        "project": load.project_id,
        "volume_count": str(load.volumes),
        "total_volume_gb": str(load.volumes_gib),
        "snapshot_count": str(load.snapshots),
        "total_snapshot_gb": str(load.snapshots_gib),
    }
