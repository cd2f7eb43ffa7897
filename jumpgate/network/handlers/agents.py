"""Agents as a table of attributes, and what they serve.

Source: the API reference's "Agents", "DHCP agent scheduler" and "L3 agent scheduler".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.typed import Call, Handler, TypedService, operation
from jumpgate.network.contract import Agents, Network
from jumpgate.network.handlers.attributes import Attributes, Resource, authorize, body_of, refuse_plainly
from jumpgate.network.handlers.networks import NETWORKS
from jumpgate.network.handlers.routers import ROUTERS
from jumpgate.network.handlers.standard import identifier
from jumpgate.network.models.agents import DHCP_AGENT, L3_AGENT, Agent, AgentSpec
from jumpgate.network.schemas import values as read
from jumpgate.network.views.faults import fault

_TIME = "%Y-%m-%d %H:%M:%S"


def _target(_agent: Agent) -> Mapping[str, object]:
    """Agents belong to nobody's project."""
    return {}


_TYPES = {kind.lower(): kind for kind in (DHCP_AGENT, L3_AGENT)}


def _type(text: str) -> str:
    """Read a type of agent in any case: Neutron's databases do not tell a from A, and clients rely on it."""
    return _TYPES.get(text.lower(), text)


def _shown(name: str, filter_by: Any = str) -> Field:
    return Field(name, filter=filter_by, sort=True)


AGENTS = Resource(
    singular="agent",
    plural="agents",
    contract="agents",
    kind=Kind.AGENT,
    path_field="agent_id",
    missing="AgentNotFound",
    spec=AgentSpec,
    target=_target,
    fields=(
        identifier(Kind.AGENT),
        _shown("agent_type", _type),
        _shown("binary"),
        _shown("topic"),
        _shown("host"),
        Field("admin_state_up", input=Input(to_model=read.flag, create=False), filter=read.flag, sort=True),
        Field("created_at", lambda agent, _: agent.created_at.strftime(_TIME)),
        Field("started_at", lambda agent, _: agent.started_at.strftime(_TIME)),
        Field("heartbeat_timestamp", lambda agent, _: agent.heartbeat_at.strftime(_TIME)),
        Field(
            "description",
            input=Input(to_model=read.or_none(read.description), create=False),
            filter=str,
            sort=True,
        ),
        Field("resources_synced", lambda _agent, _scene: None),
        _shown("availability_zone"),
        Field("alive", filter=read.flag),
        Field("configurations"),
    ),
)


class Served(Handler[Network]):
    """What the requests about agents and what they serve share."""

    def __init__(self, service: TypedService[Network]) -> None:
        super().__init__(service)
        self.agents = Attributes(AGENTS)
        self.networks = Attributes(NETWORKS)
        self.routers = Attributes(ROUTERS)

    def contract(self, call: Call[Network], rule: str) -> Agents:
        """Return the driver's object, when the caller may do what `rule` guards."""
        authorize(call, [rule], {})
        agents = call.cloud.agents
        assert agents is not None  # the handlers are set only where there are agents
        return agents

    def show(self, call: Call[Network], agents: Iterable[Agent], **more: Any) -> dict[str, Any]:
        """Return the agents that serve a thing."""
        render = self.agents.view.bind(call)
        further = {"resource_versions": {}, "ha_chassis_priority": None, **more}
        return {"agents": [{**render(agent), **further} for agent in agents]}


def _native(call: Call[Network], kind: Kind, text: str, missing: str) -> str:
    """Return the cloud's id for one in a path; raise NotFound for one that cannot be."""
    try:
        return call.ids[kind].to_cloud(text)
    except MalformedId:
        raise fault(missing, text) from None


def _agent_id(call: Call[Network], agent_id: str) -> str:
    return _native(call, Kind.AGENT, agent_id, "AgentNotFound")


def _network_id(call: Call[Network], network_id: str) -> str:
    return _native(call, Kind.NETWORK, network_id, "NetworkNotFound")


def _router_id(call: Call[Network], router_id: str) -> str:
    return _native(call, Kind.ROUTER, router_id, "RouterNotFound")


def _given(call: Call[Network], name: str) -> str:
    """Return the id that a body names."""
    value = body_of(call).get(name)
    if not isinstance(value, str):
        raise refuse_plainly(f"Failed to parse request. Required attribute '{name}' not specified")
    return value


class AgentNetworksHandler(Served):
    """The networks to which an agent gives addresses."""

    @operation("agents.networks")
    def on_get(self, call: Call[Network], agent_id: str) -> dict[str, Any]:
        """List."""
        agents = self.contract(call, "get_dhcp-networks")
        found = agents.networks(call.ctx, _agent_id(call, agent_id))
        render = self.networks.view.bind(call)
        return {"networks": [render(network) for network in found]}

    @operation("agents.add_network", status=201)
    def on_post(self, call: Call[Network], agent_id: str) -> None:
        """Add."""
        agents = self.contract(call, "create_dhcp-network")
        network_id = _network_id(call, _given(call, "network_id"))
        agents.add_network(call.ctx, _agent_id(call, agent_id), network_id)


class AgentNetworkHandler(Served):
    """One network of an agent's."""

    @operation("agents.remove_network", status=204)
    def on_delete(self, call: Call[Network], agent_id: str, network_id: str) -> None:
        """Remove."""
        agents = self.contract(call, "delete_dhcp-network")
        agents.remove_network(call.ctx, _agent_id(call, agent_id), _network_id(call, network_id))


class AgentRoutersHandler(Served):
    """The routers that an agent runs."""

    @operation("agents.routers")
    def on_get(self, call: Call[Network], agent_id: str) -> dict[str, Any]:
        """List."""
        agents = self.contract(call, "get_l3-routers")
        found = agents.routers(call.ctx, _agent_id(call, agent_id))
        render = self.routers.view.bind(call)
        return {"routers": [render(router) for router in found]}

    @operation("agents.add_router", status=201)
    def on_post(self, call: Call[Network], agent_id: str) -> None:
        """Add."""
        agents = self.contract(call, "create_l3-router")
        router_id = _router_id(call, _given(call, "router_id"))
        agents.add_router(call.ctx, _agent_id(call, agent_id), router_id)


class AgentRouterHandler(Served):
    """One router of an agent's."""

    @operation("agents.remove_router", status=204)
    def on_delete(self, call: Call[Network], agent_id: str, router_id: str) -> None:
        """Remove."""
        agents = self.contract(call, "delete_l3-router")
        agents.remove_router(call.ctx, _agent_id(call, agent_id), _router_id(call, router_id))


class NetworkAgentsHandler(Served):
    """The agents that give addresses to a network."""

    @operation("agents.of_network")
    def on_get(self, call: Call[Network], network_id: str) -> dict[str, Any]:
        """List; a network that is not there has none."""
        agents = self.contract(call, "get_dhcp-agents")
        return self.show(call, agents.of_network(call.ctx, _network_id(call, network_id)))


class RouterAgentsHandler(Served):
    """The agents that run a router."""

    @operation("agents.of_router")
    def on_get(self, call: Call[Network], router_id: str) -> dict[str, Any]:
        """List."""
        agents = self.contract(call, "get_l3-agents")
        return self.show(call, agents.of_router(call.ctx, _router_id(call, router_id)), ha_state=None)


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (
    ("v2_agent_dhcp_networks", AgentNetworksHandler),
    ("v2_agent_dhcp_network", AgentNetworkHandler),
    ("v2_agent_l3_routers", AgentRoutersHandler),
    ("v2_agent_l3_router", AgentRouterHandler),
    ("v2_network_dhcp_agents", NetworkAgentsHandler),
    ("v2_router_l3_agents", RouterAgentsHandler),
)
