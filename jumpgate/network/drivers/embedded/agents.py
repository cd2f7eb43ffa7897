"""The embedded agents: this very process, under the names by which operators look for it."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.format import utcnow
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Agents
from jumpgate.network.drivers.embedded.dhcp import HOST, attend
from jumpgate.network.drivers.embedded.networks import ZONE, EmbeddedNetworks
from jumpgate.network.drivers.embedded.records import TOPIC, Condition, Ground, Records, Row
from jumpgate.network.drivers.embedded.routers import EmbeddedRouters
from jumpgate.network.drivers.embedded.subnets import EmbeddedSubnets
from jumpgate.network.models import Network, Router
from jumpgate.network.models.agents import DHCP_AGENT, L3_AGENT, Agent
from jumpgate.network.views.faults import fault
from jumpgate.store.engine import Store
from jumpgate.store.tables.network import networks, routers
from jumpgate.store.tables.network_agents import agents, dhcp_bindings, l3_bindings

_AGENTS: tuple[Mapping[str, Any], ...] = (
    {
        "agent_type": DHCP_AGENT,
        "binary": "neutron-dhcp-agent",
        "topic": "dhcp_agent",
        "configurations": {"dhcp_driver": "embedded"},
    },
    {
        "agent_type": L3_AGENT,
        "binary": "neutron-l3-agent",
        "topic": "l3_agent",
        "configurations": {"agent_mode": "legacy", "handle_internal_only_routers": True},
    },
)


def register(store: Store) -> None:
    """Enter the agents that are not there yet."""
    with store.read() as connection:
        known = set(connection.execute(sa.select(agents.c.agent_type)).scalars())
    missing = [item for item in _AGENTS if item["agent_type"] not in known]
    if not missing:
        return
    with store.write(TOPIC) as connection:
        for item in missing:
            place = {"id": str(uuid.uuid4()), "host": HOST, "availability_zone": ZONE, "created_at": utcnow()}
            connection.execute(agents.insert().values({**item, **place}))


class EmbeddedAgents(Records[Agent], Agents):
    """Agents in the store: they live as long as somebody answers for them, which is now."""

    table = agents
    missing = "AgentNotFound"

    def __init__(
        self, ground: Ground, places: EmbeddedNetworks, blocks: EmbeddedSubnets, ways: EmbeddedRouters
    ) -> None:
        super().__init__(ground)
        self._networks = places
        self._subnets = blocks
        self._routers = ways
        self._started_at = utcnow()

    def parts(self, project_id: str) -> Sequence[Condition]:
        return (sa.true(),)

    def revision(self, ctx: Context) -> Hashable:
        """An agent's last sign of life is always new."""
        return None

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[Agent]:
        now = utcnow()
        return [Agent(**row._mapping, alive=True, started_at=self._started_at, heartbeat_at=now) for row in rows]

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Agent:
        with self.store.write(TOPIC) as connection:
            self.row(connection, ctx, resource_id)
            if changes:
                connection.execute(agents.update().where(agents.c.id == resource_id).values(dict(changes)))
            return self.model(connection, resource_id)

    def networks(self, ctx: Context, agent_id: str) -> Iterable[Network]:
        with self.store.read() as connection:
            self.row(connection, ctx, agent_id)
            bound = sa.select(dhcp_bindings.c.network_id).where(dhcp_bindings.c.agent_id == agent_id)
            statement = self._networks.select().where(networks.c.id.in_(bound)).order_by(networks.c.id)
            return self._networks.models(connection, connection.execute(statement).all())

    def add_network(self, ctx: Context, agent_id: str, network_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            self._check_ready(connection, ctx, agent_id, DHCP_AGENT, "InvalidDHCPAgent")
            self._networks.row(connection, ctx, network_id)
            if _is_bound(connection, dhcp_bindings, agent_id, network_id):
                raise fault("NetworkHostedByDHCPAgent", network_id, agent_id)
            connection.execute(dhcp_bindings.insert().values(agent_id=agent_id, network_id=network_id))
            attend(connection, network_id, self._subnets.of_network(connection, network_id))

    def remove_network(self, ctx: Context, agent_id: str, network_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            self.row(connection, ctx, agent_id)
            if not _is_bound(connection, dhcp_bindings, agent_id, network_id):
                raise fault("NetworkNotHostedByDhcpAgent", network_id, agent_id)
            _unbind(connection, dhcp_bindings, agent_id, network_id)
            attend(connection, network_id, self._subnets.of_network(connection, network_id))

    def routers(self, ctx: Context, agent_id: str) -> Iterable[Router]:
        with self.store.read() as connection:
            self.row(connection, ctx, agent_id)
            bound = sa.select(l3_bindings.c.router_id).where(l3_bindings.c.agent_id == agent_id)
            statement = self._routers.select().where(routers.c.id.in_(bound)).order_by(routers.c.id)
            return self._routers.models(connection, connection.execute(statement).all())

    def add_router(self, ctx: Context, agent_id: str, router_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            self._routers.row(connection, ctx, router_id)
            self._check_ready(connection, ctx, agent_id, L3_AGENT, "InvalidL3Agent")
            if not _is_bound(connection, l3_bindings, agent_id, router_id):
                connection.execute(l3_bindings.insert().values(agent_id=agent_id, router_id=router_id))

    def remove_router(self, ctx: Context, agent_id: str, router_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            self.row(connection, ctx, agent_id)
            _unbind(connection, l3_bindings, agent_id, router_id)

    def of_network(self, ctx: Context, network_id: str) -> Iterable[Agent]:
        return self._serving(dhcp_bindings, network_id)

    def of_router(self, ctx: Context, router_id: str) -> Iterable[Agent]:
        with self.store.read() as connection:
            self._routers.row(connection, ctx, router_id)
        return self._serving(l3_bindings, router_id)

    def _serving(self, bindings: sa.Table, resource_id: str) -> list[Agent]:
        bound = sa.select(bindings.c.agent_id).where(_resource(bindings) == resource_id)
        with self.store.read() as connection:
            statement = self.select().where(agents.c.id.in_(bound)).order_by(agents.c.id)
            return self.models(connection, connection.execute(statement).all())

    def _check_ready(self, connection: sa.Connection, ctx: Context, agent_id: str, kind: str, reason: str) -> None:
        """Raise NotFound for an agent that there is not, or that does other work or none."""
        row = self.row(connection, ctx, agent_id)
        if row.agent_type != kind or not row.admin_state_up:
            raise fault(reason, agent_id)


def _resource(bindings: sa.Table) -> sa.Column[Any]:
    """Return the column of what is served."""
    return next(column for column in bindings.c if column.name != "agent_id")


def _pair(bindings: sa.Table, agent_id: str, resource_id: str) -> Condition:
    return sa.and_(bindings.c.agent_id == agent_id, _resource(bindings) == resource_id)


def _is_bound(connection: sa.Connection, bindings: sa.Table, agent_id: str, resource_id: str) -> bool:
    pair = sa.select(bindings.c.agent_id).where(_pair(bindings, agent_id, resource_id))
    return connection.execute(pair).first() is not None


def _unbind(connection: sa.Connection, bindings: sa.Table, agent_id: str, resource_id: str) -> None:
    connection.execute(bindings.delete().where(_pair(bindings, agent_id, resource_id)))
