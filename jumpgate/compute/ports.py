"""The ports of servers: what they say of their addresses, interfaces and security groups.

`network` is the composition of the sibling service, whose ports belong to servers by their ``device_id``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from jumpgate.common.context import service_context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Filter, Query, page
from jumpgate.compute.models import Address, FixedAddress, Interface, NetworkRequest


class Port(Protocol):
    """What is asked of a port of the network service."""

    @property
    def id(self) -> str: ...
    @property
    def network_id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def mac_address(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def fixed_ips(self) -> Sequence[Any]: ...
    @property
    def security_group_ids(self) -> Sequence[str]: ...


def find(resource: Any, *filters: Filter) -> list[Any]:
    """Return what a resource of a sibling service has for all projects."""
    query = Query(filters=filters, all_projects=True)
    return page(resource.find(service_context(""), query), query)


def addresses(network: Any, ports: Sequence[Port]) -> dict[str, tuple[Address, ...]]:
    """Return the addresses that ports give their servers, the floating ones after the fixed ones of a port."""
    if not ports:
        return {}
    network_ids = tuple({port.network_id for port in ports})
    names = {item.id: item.name for item in find(network.networks, Filter("id", network_ids))}
    floating = _floating(network, ports)
    found: dict[str, list[Address]] = {}
    for port in ports:
        name = names.get(port.network_id, port.network_id)
        mine = found.setdefault(port.device_id, [])
        mine.extend(_address(name, port, fixed.ip_address, "fixed") for fixed in port.fixed_ips if fixed.ip_address)
        mine.extend(_address(name, port, text, "floating") for text in floating.get(port.id, ()))
    return {server_id: tuple(items) for server_id, items in found.items()}


def _floating(network: Any, ports: Sequence[Port]) -> Mapping[str, Sequence[str]]:
    if network.floating_ips is None:
        return {}
    found: dict[str, list[str]] = {}
    wanted = Filter("port_id", tuple(port.id for port in ports))
    for item in find(network.floating_ips, wanted):
        found.setdefault(item.port_id, []).append(item.floating_ip_address)
    return found


def security_groups(network: Any, ports: Sequence[Port]) -> dict[str, tuple[str, ...]]:
    """Return the names of the security groups that ports put their servers in."""
    ids = tuple({group_id for port in ports for group_id in port.security_group_ids})
    if not ids or network.security_groups is None:
        return {}
    names = {group.id: group.name for group in find(network.security_groups, Filter("id", ids))}
    found: dict[str, dict[str, None]] = {}
    for port in ports:
        mine = found.setdefault(port.device_id, {})
        mine.update(dict.fromkeys(names[group_id] for group_id in port.security_group_ids if group_id in names))
    return {server_id: tuple(mine) for server_id, mine in found.items()}


def interface(port: Port, *, tag: str | None = None) -> Interface:
    """Return a server's port as one of its interfaces."""
    return Interface(
        port_id=port.id,
        network_id=port.network_id,
        mac_address=port.mac_address,
        status=port.status,
        addresses=tuple(
            FixedAddress(subnet_id=fixed.subnet_id or "", address=fixed.ip_address or "") for fixed in port.fixed_ips
        ),
        tag=tag,
    )


def is_answer(port: Port, request: NetworkRequest) -> bool:
    """Tell whether a port is what a request was given by an earlier attempt."""
    if request.port_id is not None:
        return port.id == request.port_id
    if port.network_id != request.network_id:
        return False
    return request.address is None or any(fixed.ip_address == request.address for fixed in port.fixed_ips)


def regroup(network: Any, server_id: str, group_id: str, *, project_id: str, joins: bool) -> None:
    """Put all ports of a project's server into a security group, or take them out; raise NotFound if none is in it."""
    ports = find(network.ports, Filter("device_id", (server_id,)))
    if not joins and not any(group_id in port.security_group_ids for port in ports):
        raise NotFound(f"Security group {group_id} not associated with the instance {server_id}")
    for port in ports:
        kept = tuple(item for item in port.security_group_ids if item != group_id)
        groups = (*kept, group_id) if joins else kept
        if groups != tuple(port.security_group_ids):
            network.ports.update(service_context(project_id), port.id, {"security_group_ids": groups})


def version(address: str) -> int:
    """Return 4 or 6."""
    return ipaddress.ip_address(address).version


def _address(network: str, port: Port, address: str, kind: str) -> Address:
    return Address(network=network, address=address, version=version(address), mac_address=port.mac_address, kind=kind)
