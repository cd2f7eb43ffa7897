"""``/servers/{server_id}/diagnostics``: how a server does, for operators.

Source: the API reference, "Servers diagnostics (servers, diagnostics)".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.common.errors import Conflict, NotSupported
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import get_server
from jumpgate.compute.models.operations import Diagnostics
from jumpgate.compute.schemas.parameters import NO_QUERY

_CPU = ("id", "time", "utilisation")
_COUNTERS = ("octets", "errors", "drop", "packets", "rate")
_NIC = ("mac_address", *(f"{way}_{counter}" for way in ("rx", "tx") for counter in _COUNTERS))
_DISK = ("read_bytes", "read_requests", "write_bytes", "write_requests", "errors_count")


def _filled(keys: Iterable[str], items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return figures with every key; those that the cloud does not know are None."""
    return [{key: item.get(key) for key in keys} for item in items]


def _shown(found: Diagnostics) -> dict[str, Any]:
    return {
        "state": found.state,
        "driver": found.driver,
        "hypervisor": found.hypervisor,
        "hypervisor_os": found.hypervisor_os,
        "uptime": found.uptime_s,
        "config_drive": found.config_drive,
        "num_cpus": len(found.cpus),
        "num_nics": len(found.nics),
        "num_disks": len(found.disks),
        "cpu_details": _filled(_CPU, found.cpus),
        "nic_details": _filled(_NIC, found.nics),
        "disk_details": _filled(_DISK, found.disks),
        "memory_details": {"maximum": found.memory_mib, "used": found.memory_used_mib},
    }


def _as_figures(found: Diagnostics) -> dict[str, Any]:
    """Return what is known as the flat figures of the time before 2.48, which each hypervisor called as it liked."""
    figures = {f"cpu{number}_time": cpu.get("time") for number, cpu in enumerate(found.cpus)}
    for number, nic in enumerate(found.nics):
        figures |= {f"vnet{number}_{key}": nic.get(key) for key in _NIC}
    figures |= {"memory": found.memory_mib * 1024, "uptime": found.uptime_s}
    return {name: value for name, value in figures.items() if value is not None}


class DiagnosticsHandler(Handler[Compute]):
    """One server's."""

    @operation(query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, "os_compute_api:os-server-diagnostics")
        if not call.service.offers("servers.diagnostics"):
            raise NotSupported("This cloud does not support servers.diagnostics.")
        if server.host is None:
            raise Conflict(f"Instance {server.id} is not ready", reason="InstanceNotReady")
        found = call.cloud.servers.diagnostics(call.ctx, server.id)
        return _shown(found) if call.at_least("2.48") else _as_figures(found)
