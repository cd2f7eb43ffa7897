"""A guest's two network interfaces: one on the private network, which each guest has, and one on the public network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.values import at, text

# The property of the guest, by the network space of the VLAN that the interface is on.
INTERFACES = {"PRIVATE": "primaryBackendNetworkComponent", "PUBLIC": "primaryNetworkComponent"}
# No security group has this number: an interface in none of them is in the one that OpenStack calls default.
DEFAULT_GROUP = "0"
_COMPONENT = "id,macAddress,status,networkVlan[id],primaryIpAddressRecord[ipAddress,subnetId]"
# SoftLayer's private network has no IPv6.
_BEYOND = {"PUBLIC": ("primaryVersion6IpAddressRecord[ipAddress,subnetId]",)}
_RECORDS = ("primaryIpAddressRecord", "primaryVersion6IpAddressRecord")


class InterfaceAddress(NamedTuple):
    """An address of an interface. `subnet_id` is the subnet's native id, "" where SoftLayer does not say it."""

    subnet_id: str
    address: str


def mask(*more: str) -> str:
    """Return the part of an object mask that asks for both interfaces, with `more` of their properties."""
    parts = {name: (_COMPONENT, *_BEYOND.get(space, ()), *more) for space, name in INTERFACES.items()}
    return ",".join(f"{name}[{','.join(properties)}]" for name, properties in parts.items())


def components(guest: Record) -> Iterator[Record]:
    """Yield the interfaces that are on a network already, the private one first."""
    for name in INTERFACES.values():
        component = at(guest, name)
        if component is not None and at(component, "networkVlan.id") is not None:
            yield component


def addresses(component: Record) -> Iterator[InterfaceAddress]:
    """Yield the primary addresses of an interface, that of version 4 first."""
    for name in _RECORDS:
        address = text(component, f"{name}.ipAddress")
        if address:
            yield InterfaceAddress(text(component, f"{name}.subnetId"), address)


def is_up(component: Record) -> bool:
    """Tell whether an interface is connected: neither the client nor SoftLayer has switched it off."""
    return text(component, "status") not in ("DISABLED", "ABUSE_DISCONNECT")


def status(guest: Record, component: Record) -> str:
    """Return Neutron's status of an interface's port."""
    return "ACTIVE" if is_up(component) and text(guest, "powerState.keyName") == "RUNNING" else "DOWN"
