"""Which subnets a router can join, in Neutron's words, and what joining one answers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from jumpgate.common.context import Context
from jumpgate.network.models import Port, Router, RouterInterface, Subnet
from jumpgate.network.views.faults import fault


def check_subnets_apart(joined: Sequence[Subnet], new: Iterable[Subnet]) -> None:
    """Raise BadRequest if a router has a new subnet already, or one whose addresses overlap with its."""
    known = {subnet.id for subnet in joined}
    for subnet in new:
        if subnet.id in known:
            raise fault("BadRequest", "router", f"Router already has a port on subnet {subnet.id}")
        for other in joined:
            if _overlap(subnet.cidr, other.cidr):
                text = f"Cidr {subnet.cidr} of subnet {subnet.id} overlaps with cidr {other.cidr} of subnet {other.id}"
                raise fault("BadRequest", "router", text)


def _overlap(one: str, other: str) -> bool:
    first, second = ipaddress.ip_network(one), ipaddress.ip_network(other)
    return first.version == second.version and first.overlaps(second)


def check_joinable(ctx: Context, subnet: Subnet) -> None:
    """Raise BadRequest for a subnet that a router of the caller's cannot join."""
    if not subnet.gateway_ip:
        raise fault("BadRequest", "router", "Subnet for router interface must have a gateway IP")
    if subnet.project_id != ctx.project and not ctx.is_admin:
        text = f"Cannot add interface to router because subnet {subnet.id} is not owned by project making the request"
        raise fault("BadRequest", "router", text)
    if subnet.ip_version == 6 and subnet.ipv6_ra_mode is None and subnet.ipv6_address_mode is not None:
        text = (
            f"IPv6 subnet {subnet.id} configured to receive RAs from an external router cannot be added to Neutron "
            "Router."
        )
        raise fault("BadRequest", "subnets", text)


def interface(router: Router, port: Port, joined: Sequence[Subnet]) -> RouterInterface:
    ids = tuple(subnet.id for subnet in joined)
    return RouterInterface(
        router_id=router.id,
        project_id=port.project_id,
        port_id=port.id,
        network_id=port.network_id,
        subnet_id=ids[-1],
        subnet_ids=ids,
    )
