"""The network interfaces of LXD's instances: which ports are plugged in, and those that somebody made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.clouds.lxd.etags import insist
from jumpgate.clouds.lxd.notes import PREFIX, Note, derived_id
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.errors import NotFound
from jumpgate.network.drivers.lxd.bridges import Bridge

PORT_KEY = PREFIX + "port"
# The project of an instance in LXD is called after OpenStack's.
_PROJECT_PREFIX = "os-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """An interface of an instance: `device` is its name among the instance's devices, `network` the bridge's name."""

    project: str
    instance: str
    instance_id: str
    location: str
    running: bool
    device: str
    network: str
    mac_address: str
    addresses: tuple[str, ...]
    port_id: str | None

    def note(self) -> Note:
        """Return an interface that somebody made by hand as a port's note."""
        return {
            "id": derived_id("port", self.instance_id, self.device),
            "project_id": self.project.removeprefix(_PROJECT_PREFIX),
            "mac_address": self.mac_address,
            "addresses": list(self.addresses),
            "device_id": self.instance_id,
            "device_owner": "compute:nova",
        }


def all_nics(session: Session) -> list[Nic]:
    """Return the interfaces on bridges of every instance of every project."""
    parameters: dict[str, Any] = {"recursion": 1, "all-projects": "true"}
    found = session.get("instances", **parameters)
    return [nic for item in found for nic in _nics(item)]


def _nics(instance: Record) -> Iterable[Nic]:
    config = instance["config"]
    for name, device in (instance.get("expanded_devices") or {}).items():
        network = device.get("network") or device.get("parent")
        if device.get("type") == "nic" and network:
            yield Nic(
                project=instance["project"],
                instance=instance["name"],
                instance_id=config.get("volatile.uuid", instance["name"]),
                location=instance.get("location") or "none",
                running=instance["status_code"] == _RUNNING,
                device=name,
                network=network,
                mac_address=device.get("hwaddr") or config.get(f"volatile.{name}.hwaddr", ""),
                addresses=tuple(device[key] for key in _ADDRESSES if key in device),
                port_id=device.get(PORT_KEY),
            )


_RUNNING = 103
_ADDRESSES = ("ipv4.address", "ipv6.address")


def device_of(bridge: Bridge, note: Mapping[str, Any]) -> dict[str, str]:
    """Return the LXD device that plugs a port into its network, but for the name that it has in the guest.

    A port of a network that filters cannot send from another MAC address or IP address than its own, unless it says so.
    """
    device = {"type": "nic", "network": bridge.name, "hwaddr": note["mac_address"], PORT_KEY: note["id"]}
    fixed = {4: "ipv4.address", 6: "ipv6.address"}
    stateful = bridge.config.get("ipv6.dhcp.stateful") == "true"
    served = {4: bridge.config.get("ipv4.dhcp") != "false", 6: stateful and bridge.config.get("ipv6.dhcp") != "false"}
    for address in note["addresses"]:
        version = 6 if ":" in address else 4
        if served[version]:
            device[fixed[version]] = address
    if bridge.is_ours and note.get("port_security_enabled", True) and not note.get("allowed_address_pairs"):
        device["security.mac_filtering"] = "true"
        for version in (4, 6):
            if fixed[version] in device:
                device[f"security.ipv{version}_filtering"] = "true"
    return device


def edit_devices(session: Session, nic: Nic, device: Mapping[str, str] | None) -> None:
    """Replace an interface's device, or take it away (None); that the instance is gone is no error."""
    insist(lambda: _edit_devices(session, nic, device), of=f"Instance {nic.instance}")


def _edit_devices(session: Session, nic: Nic, device: Mapping[str, str] | None) -> None:
    try:
        record, etag = session.tagged("instances", nic.instance, project=nic.project)
    except NotFound:
        return
    devices = dict(record["devices"])
    if nic.device not in devices:
        # It is a profile's, and not the port's to change.
        return
    before = devices.pop(nic.device)
    if device is not None:
        devices[nic.device] = {**{key: before[key] for key in ("name",) if key in before}, **device}
    body = {key: record[key] for key in _WRITABLE if key in record}
    session.put("instances", nic.instance, body={**body, "devices": devices}, project=nic.project, etag=etag)


_WRITABLE = ("architecture", "config", "description", "ephemeral", "profiles", "stateful")
