"""Which routes a router can have, in Neutron's words, and the agent that runs it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import sqlalchemy as sa

from jumpgate.network.models import HostRoute
from jumpgate.network.models.agents import L3_AGENT
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network_agents import agents, l3_bindings


def check_routes(routes: Iterable[HostRoute], cidrs: Iterable[str], own: Iterable[str]) -> None:
    """Raise BadRequest for a route whose next hop is not on a prefix that the router is connected to, or is itself."""
    listed = [{"destination": route.destination, "nexthop": route.nexthop} for route in routes]
    prefixes, addresses = [ipaddress.ip_network(cidr) for cidr in cidrs], set(own)
    for route in listed:
        nexthop = ipaddress.ip_address(route["nexthop"])
        if not any(nexthop.version == prefix.version and nexthop in prefix for prefix in prefixes):
            raise fault("InvalidRoutes", listed, "the nexthop is not connected with router")
        if route["nexthop"] in addresses:
            raise fault("InvalidRoutes", listed, "the nexthop is used by router")


def schedule(connection: sa.Connection, router_id: str) -> None:
    """Let an agent run a router that has something to do, unless one does; inside a write of the network."""
    bound = sa.select(l3_bindings.c.agent_id).where(l3_bindings.c.router_id == router_id)
    if connection.execute(bound).first() is not None:
        return
    ready = sa.select(agents.c.id).where(agents.c.agent_type == L3_AGENT, agents.c.admin_state_up.is_(True))
    agent_id = connection.execute(ready.limit(1)).scalar()
    if agent_id is not None:
        connection.execute(l3_bindings.insert().values(agent_id=agent_id, router_id=router_id))
