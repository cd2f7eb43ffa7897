"""How full the embedded networks are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.listing import Query
from jumpgate.network.contract import NetworkAvailabilities
from jumpgate.network.drivers.embedded.networks import EmbeddedNetworks
from jumpgate.network.drivers.embedded.subnets import EmbeddedSubnets
from jumpgate.network.models import Network, NetworkAvailability, Subnet
from jumpgate.network.subnetting import availability
from jumpgate.store.tables.network import addresses, subnets


class EmbeddedNetworkAvailabilities(NetworkAvailabilities):
    """Counts of the addresses in the pools, and of those that ports have."""

    def __init__(self, places: EmbeddedNetworks, blocks: EmbeddedSubnets) -> None:
        self._networks = places
        self._subnets = blocks

    def find(self, ctx: Context, query: Query) -> Iterable[NetworkAvailability]:
        found = list(self._networks.find(ctx, Query(all_projects=query.all_projects)))
        with self._networks.store.read() as connection:
            return self._counted(connection, found)

    def get(self, ctx: Context, network_id: str) -> NetworkAvailability:
        network = self._networks.get(ctx, network_id)
        with self._networks.store.read() as connection:
            return self._counted(connection, [network])[0]

    def _counted(self, connection: sa.Connection, found: Sequence[Network]) -> list[NetworkAvailability]:
        statement = sa.select(addresses.c.subnet_id, sa.func.count()).group_by(addresses.c.subnet_id)
        blocks = self._subnets.select()
        if len(found) == 1:
            of_network = sa.select(subnets.c.id).where(subnets.c.network_id == found[0].id)
            statement = statement.where(addresses.c.subnet_id.in_(of_network))
            blocks = blocks.where(subnets.c.network_id == found[0].id)
        used = {row[0]: row[1] for row in connection.execute(statement)}
        ordered = blocks.order_by(subnets.c.created_at, subnets.c.id)
        within: dict[str, list[Subnet]] = {}
        for subnet in self._subnets.models(connection, connection.execute(ordered).all()):
            within.setdefault(subnet.network_id, []).append(subnet)
        return [availability(network, within.get(network.id, ()), used) for network in found]
