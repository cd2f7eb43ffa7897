"""How addresses, prefixes and MAC addresses are read, in Neutron's words; the results are in canonical form."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from jumpgate.network.schemas.values import invalid


def _has_space(text: str) -> bool:
    return re.search(r"\s", text) is not None


def _without_zeros(text: str) -> str | None:
    """Return an IPv4 address whose parts have leading zeros without them, None for anything else."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    plain = ".".join(str(int(part)) for part in parts)
    try:
        return str(ipaddress.IPv4Address(plain))
    except ValueError:
        return None


def ip_address(value: Any) -> str:
    """Read an address of either version."""
    if not isinstance(value, str) or _has_space(value):
        raise ValueError(f"'{value}' is not a valid IP address")
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        plain = _without_zeros(value)
    if plain is not None:
        # A leading zero may mean an octal number or not, so it is refused.
        raise ValueError(f"'{value}' is not an accepted IP address, '{plain}' is recommended")
    raise ValueError(f"'{value}' is not a valid IP address")


def cidr(value: Any) -> str:
    """Read a subnet's prefix; bits behind it are cleared."""
    try:
        return str(ipaddress.ip_network(value if isinstance(value, str) else "", strict=False))
    except ValueError:
        raise invalid(f"{value} is not in a CIDR format") from None


def prefix(value: Any) -> str:
    """Read a prefix that a subnet pool gives out; IPv4 with no bits behind it."""
    try:
        if not isinstance(value, str) or "/" not in value or _has_space(value):
            raise ValueError
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        raise ValueError(f"'{value}' is not a valid IP subnet") from None


def route_prefix(value: Any) -> str:
    """Read the destination of a route: a prefix with no bits behind it."""
    try:
        if not isinstance(value, str) or "/" not in value or _has_space(value):
            raise ValueError
        network = ipaddress.ip_network(value)
    except ValueError:
        raise ValueError(f"'{value}' is not a valid CIDR") from None
    if network.is_loopback:
        raise ValueError(f"'{value}' is not a routable CIDR")
    return str(network)


_MULTICAST = {4: ipaddress.ip_network("224.0.0.0/4"), 6: ipaddress.ip_network("ff00::/8")}


def address_or_prefix(value: Any) -> str:
    """Read an address, or a prefix in which it may lie; multicast is refused."""
    if not isinstance(value, str) or "/" not in value:
        text = ip_address(value)
        if ipaddress.ip_address(text).is_multicast:
            raise ValueError(f"IP {value} is a multicast address, which is not supported.")
        return text
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError(f"'{value}' is not a valid IP subnet") from None
    multicast = _MULTICAST[network.version]
    if network.prefixlen and network.overlaps(multicast):
        raise ValueError(f"Subnet {value} overlaps with multicast range {multicast}, which is not supported.")
    # Neutron keeps the address as it is given: 10.0.0.1/24 stays that.
    return f"{ipaddress.ip_interface(value).ip}/{network.prefixlen}"


_MAC = re.compile(r"(?:[0-9a-fA-F]{12}|[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}|[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4}){2})")
_NO_MACS = ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff")


def mac_address(value: Any) -> str:
    """Read a MAC address in any usual writing, as ``fa:16:3e:00:00:01``."""
    if isinstance(value, str) and _MAC.fullmatch(value):
        digits = re.sub("[^0-9a-f]", "", value.lower())
        mac = ":".join(digits[index : index + 2] for index in range(0, 12, 2))
        if mac not in _NO_MACS:
            return mac
    raise ValueError(f"'{value}' is not a valid MAC address")


def is_multicast_mac(mac: str) -> bool:
    """Tell whether a canonical MAC address stands for a group."""
    return bool(int(mac[:2], 16) & 1)
