"""How an instance does: the counters of its processors, memory and interfaces."""

from __future__ import annotations

from jumpgate.clouds.lxd.session import Record
from jumpgate.common.format import utcnow
from jumpgate.compute.drivers.lxd import records
from jumpgate.compute.models import PAUSED, RUNNING
from jumpgate.compute.models.operations import Diagnostics

_STATES = {RUNNING: "running", PAUSED: "paused"}


def diagnostics(record: Record, state: Record) -> Diagnostics:
    """Return an instance's counters as LXD reads them from the kernel."""
    server = records.server(record, "")
    memory, used_ns = state.get("memory") or {}, (state.get("cpu") or {}).get("usage", 0)
    cores = max(server.flavor.vcpus, 1)
    return Diagnostics(
        state=_STATES.get(server.power_state, "shutdown"),
        # Nova's word for the driver of LXC's containers.
        driver="libvirt",
        hypervisor="lxc",
        hypervisor_os="linux",
        uptime_s=_uptime_s(record),
        config_drive=server.config_drive,
        memory_mib=server.flavor.ram_mib,
        memory_used_mib=int(memory.get("usage", 0)) // 1024**2,
        cpus=[{"id": number, "time": used_ns // cores} for number in range(cores)],
        nics=[
            _nic(interface)
            for name, interface in (state.get("network") or {}).items()
            if interface["type"] != "loopback"
        ],
        disks=[{} for device in record["expanded_devices"].values() if device["type"] == "disk"],
    )


def _uptime_s(record: Record) -> int | None:
    """Return for how long a guest has been up: LXD notes when it last started an instance."""
    if record["status"] not in ("Running", "Frozen"):
        return None
    return max(0, int((utcnow() - records.time_of(record["last_used_at"])).total_seconds()))


def _nic(interface: Record) -> dict[str, object]:
    counters = interface["counters"]
    names = {
        "rx_octets": "bytes_received",
        "tx_octets": "bytes_sent",
        "rx_packets": "packets_received",
        "tx_packets": "packets_sent",
        "rx_errors": "errors_received",
        "tx_errors": "errors_sent",
        "rx_drop": "packets_dropped_inbound",
        "tx_drop": "packets_dropped_outbound",
    }
    return {
        "mac_address": interface["hwaddr"],
        **{name: counters[key] for name, key in names.items() if key in counters},
    }
