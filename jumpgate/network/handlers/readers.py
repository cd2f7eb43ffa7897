"""How the composed values in request bodies are read: pools, routes, fixed addresses, options, rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.network.models import (
    DEFAULT_GROUP_NAME,
    PROTOCOLS,
    AddressPair,
    AllocationPool,
    DhcpOption,
    FixedIp,
    Gateway,
    HostRoute,
)
from jumpgate.network.schemas.addresses import (
    address_or_prefix,
    ip_address,
    is_multicast_mac,
    mac_address,
    route_prefix,
)
from jumpgate.network.schemas.values import flag, integer, invalid, one_of, string, uuid
from jumpgate.network.views.faults import fault

MOST_ADDRESS_PAIRS = 10


def _plain(message: str) -> BadRequest:
    return BadRequest(message, reason="HTTPBadRequest")


def _with_keys(keys: Collection[str], value: Any) -> Mapping[str, Any]:
    """Return an object that has exactly these keys."""
    if not isinstance(value, dict):
        raise ValueError(f"Invalid input. '{value}' must be a dictionary with keys: {sorted(keys)}")
    if set(value) != set(keys):
        raise ValueError(
            f"Validation of dictionary's keys failed. Expected keys: {sorted(keys)} Provided keys: {sorted(value)}"
        )
    return value


def allocation_pools(value: Any) -> tuple[AllocationPool, ...]:
    """Read ranges of addresses."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise invalid("Invalid data format for allocation pools")
    pools = [_with_keys(("start", "end"), item) for item in value]
    return tuple(AllocationPool(start=ip_address(item["start"]), end=ip_address(item["end"])) for item in pools)


def nameservers(value: Any) -> tuple[str, ...]:
    """Read the addresses of name servers, which keep their order."""
    servers: list[str] = []
    if not isinstance(value, list):
        raise ValueError(f"Invalid data format for nameserver: '{value}'")
    for item in value:
        try:
            server = ip_address(item)
        except ValueError as error:
            raise ValueError(f"'{item}' is not a valid nameserver. {error}") from error
        if server in servers:
            raise ValueError(f"Duplicate nameserver '{item}'")
        servers.append(server)
    return tuple(servers)


def host_routes(value: Any) -> tuple[HostRoute, ...]:
    """Read static routes."""
    if not isinstance(value, list):
        raise ValueError(f"Invalid data format for hostroute: '{value}'")
    routes: list[HostRoute] = []
    for item in value:
        entry = _with_keys(("destination", "nexthop"), item)
        route = HostRoute(destination=route_prefix(entry["destination"]), nexthop=ip_address(entry["nexthop"]))
        if route in routes:
            raise ValueError(f"Duplicate hostroute '{item}'")
        routes.append(route)
    return tuple(routes)


def fixed_ips(value: Any) -> tuple[FixedIp, ...]:
    """Read the addresses that a port shall have."""
    if not isinstance(value, list):
        raise ValueError(f"Invalid data format for fixed IP: '{value}'")
    found: list[FixedIp] = []
    for item in value:
        if not isinstance(item, dict):
            raise ValueError(f"Invalid data format for fixed IP: '{item}'")
        address = ip_address(item["ip_address"]) if "ip_address" in item else None
        if address is not None and any(address == other.ip_address for other in found):
            raise ValueError(f"Duplicate IP address '{item['ip_address']}'")
        subnet_id = uuid(item["subnet_id"]) if "subnet_id" in item else None
        found.append(FixedIp(subnet_id=subnet_id, ip_address=address))
    return tuple(found)


def address_pairs(value: Any) -> tuple[AddressPair, ...]:
    """Read the further addresses that a port may send from; null is none."""
    value = [] if value is None else value
    if not isinstance(value, list):
        raise _plain("Allowed address pairs must be a list.")
    if len(value) > MOST_ADDRESS_PAIRS:
        raise fault("AllowedAddressPairExhausted", MOST_ADDRESS_PAIRS)
    pairs: list[AddressPair] = []
    for item in value:
        pair = _address_pair(item)
        if pair in pairs:
            raise fault("DuplicateAddressPairInRequest", pair.mac_address, pair.ip_address)
        pairs.append(pair)
    return tuple(pairs)


def _address_pair(item: Any) -> AddressPair:
    if not isinstance(item, dict):
        raise ValueError(f"'{item}' is not a dictionary")
    try:
        mac = mac_address(item["mac_address"]) if "mac_address" in item else None
        if "ip_address" not in item:
            raise fault("AllowedAddressPairsMissingIP")
        unknown = set(item) - {"ip_address", "mac_address"}
        if unknown:
            raise _plain(f"Unrecognized attribute(s) '{', '.join(sorted(unknown))}'")
        address = address_or_prefix(item["ip_address"])
    except ValueError as error:
        raise _plain(str(error)) from error
    if mac is not None and is_multicast_mac(mac):
        raise _plain(f"MAC address {mac} is a multicast address, which is not supported.")
    return AddressPair(ip_address=address, mac_address=mac)


_OPTION_KEYS = {"opt_name", "opt_value", "ip_version"}
LONGEST_OPTION_NAME = 64
LONGEST_OPTION_VALUE = 255
OPTIONS_THAT_MAY_BE_EMPTY = ("router", "classless-static-route")


def dhcp_options(value: Any) -> tuple[DhcpOption, ...]:
    """Read extra DHCP options; null is none."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise invalid(f"'{value}' is not a list")
    duplicates = [item for index, item in enumerate(value) if item in value[:index]]
    if duplicates:
        raise invalid(f"Duplicate items in the list: '{', '.join(map(str, duplicates))}'")
    return tuple(map(_dhcp_option, value))


def _dhcp_option(item: Any) -> DhcpOption:
    try:
        if not isinstance(item, dict) or not {"opt_name", "opt_value"} <= set(item) <= _OPTION_KEYS:
            raise ValueError
        name, text = item["opt_name"], item["opt_value"]
        string(LONGEST_OPTION_NAME)(name)
        if text is not None:
            string(LONGEST_OPTION_VALUE)(text)
        lines = (name,) if name in OPTIONS_THAT_MAY_BE_EMPTY or text is None else (name, text)
        if any(not line.strip() or len(line.splitlines()) > 1 for line in lines):
            raise ValueError
        version = one_of((4, 6))(integer(item.get("ip_version", 4)))
    except (ValueError, BadRequest):
        raise invalid(f"No valid key specs matched for: {item}") from None
    return DhcpOption(name=name, value=text, ip_version=version)


_GATEWAY_KEYS = ("network_id", "enable_snat", "external_fixed_ips")


def gateway(value: Any) -> Gateway | None:
    """Read a router's way out; null and an empty object are none."""
    if not value:
        return None
    if not isinstance(value, dict):
        raise ValueError(f"'{value}' is not a dictionary")
    if "network_id" not in value:
        raise ValueError(
            f"Validation of dictionary's keys failed. Expected keys: ['network_id'] Provided keys: {sorted(value)}"
        )
    unknown = [key for key in value if key not in _GATEWAY_KEYS]
    if unknown:
        raise ValueError(f"Unexpected keys supplied: {', '.join(unknown)}")
    return Gateway(
        network_id=uuid(value["network_id"]),
        enable_snat=flag(value.get("enable_snat", True)),
        fixed_ips=fixed_ips(value.get("external_fixed_ips", [])),
    )


SERVICE_TYPE_PREFIXES = ("network:", "neutron:", "compute:")


def service_types(value: Any) -> tuple[str, ...]:
    """Read the device owners that a subnet serves."""
    if not value:
        return ()
    if not isinstance(value, list):
        raise _plain("Subnet service types must be a list.")
    for item in value:
        if not isinstance(item, str):
            raise fault("InvalidInputSubnetServiceType", item)
        if not item.startswith(SERVICE_TYPE_PREFIXES):
            raise fault("InvalidSubnetServiceType", item)
    return tuple(value)


def group_name(value: Any) -> str:
    """Read a security group's name, which cannot be that of the default group."""
    text: str = string(255)(value)
    if text.lower() == DEFAULT_GROUP_NAME:
        raise fault("SecurityGroupDefaultAlreadyExists")
    return text


def ethertype(value: Any) -> str:
    """Read IPv4 or IPv6 in any case."""
    if isinstance(value, str):
        for known in ("IPv4", "IPv6"):
            if value.lower() == known.lower():
                return known
    raise fault("SecurityGroupRuleInvalidEtherType", value, "IPv4, IPv6")


def rule_port(value: Any) -> int | None:
    """Read an end of a rule's port range."""
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise fault("SecurityGroupInvalidPortValue", value)
    return int(text)


def remote_prefix(value: Any) -> str | None:
    """Read the prefix of a rule's other side; an address alone gets its full length, bits behind the prefix stay."""
    if not value:
        return None
    try:
        return str(ipaddress.ip_interface(value))
    except ValueError:
        raise BadRequest(f"Invalid CIDR {value} given as IP prefix.", reason="InvalidCIDR") from None


def protocol(value: Any) -> str | None:
    """Read a rule's protocol, a name or a number; "any" is none."""
    if value is None or value == "any":
        return None
    text = str(value).lower()
    known = text in PROTOCOLS or (text.isascii() and text.isdigit() and int(text) <= 255)
    if isinstance(value, bool) or not known:
        raise fault("SecurityGroupRuleInvalidProtocol", value, (None, "any", *PROTOCOLS))
    return text
