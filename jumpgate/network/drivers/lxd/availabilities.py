"""How full LXD's bridges are."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.common.context import Context
from jumpgate.common.listing import Query
from jumpgate.network.contract import NetworkAvailabilities
from jumpgate.network.drivers.lxd.bridges import Bridge, Bridges
from jumpgate.network.drivers.lxd.networks import network
from jumpgate.network.drivers.lxd.prefixes import subnets_of
from jumpgate.network.models import NetworkAvailability
from jumpgate.network.subnetting import availability, contains


class LxdNetworkAvailabilities(NetworkAvailabilities):
    """Counts of the addresses in the pools, and of those that ports, routers and floating IPs have."""

    def __init__(self, bridges: Bridges) -> None:
        self._bridges = bridges

    def find(self, ctx: Context, query: Query) -> Iterable[NetworkAvailability]:
        return [_counted(bridge) for bridge in self._bridges.seen(ctx, everything=query.all_projects)]

    def get(self, ctx: Context, network_id: str) -> NetworkAvailability:
        return _counted(self._bridges.get(ctx, network_id))


def _counted(bridge: Bridge) -> NetworkAvailability:
    subnets = subnets_of(bridge)
    taken = [address for port in bridge.ports for address in port["addresses"]]
    taken += [item["floating_ip_address"] for item in bridge.floating_ips]
    used = {subnet.id: sum(contains(subnet.cidr, address) for address in taken) for subnet in subnets}
    return availability(network(bridge), subnets, used)
