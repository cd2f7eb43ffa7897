"""What a cloud can offer as OpenStack's network service: one abstract class per resource, composed in `Network`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jumpgate.common.context import Context
from jumpgate.common.errors import NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Crud, Resource
from jumpgate.network import models
from jumpgate.network.models import address_scopes, agents, metering, trunks


class Tagged(Resource):
    """What every resource with tags can do with them. Tags are words of a client's own, of 1 to 255 characters."""

    def set_tags(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        """Replace all tags of a thing."""
        raise NotSupported

    def add_tags(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        """Add tags to a thing; those that it has already are no error."""
        raise NotSupported

    def remove_tag(self, ctx: Context, resource_id: str, tag: str) -> None:
        """Take one tag from a thing, or raise NotFound if it has no such tag."""
        raise NotSupported


class Networks(Crud[models.Network, models.NetworkSpec], Tagged):
    """Layer 2 networks. A caller sees its project's, shared and external ones; an administrator sees all.

    Deleting one that has ports of a project's own raises Conflict (NetworkInUse); its subnets go with it.
    """


class Subnets(Crud[models.Subnet, models.SubnetSpec], Tagged):
    """Blocks of addresses. Those of a visible network are visible.

    Deleting one from which a port has an address raises Conflict (SubnetInUse).
    """


class SubnetPools(Crud[models.SubnetPool, models.SubnetPoolSpec], Tagged):
    """Prefixes from which subnets are cut. A caller sees its project's and shared ones.

    Deleting one of which there are subnets raises BadRequest.
    """

    def add_prefixes(self, ctx: Context, pool_id: str, prefixes: Iterable[str]) -> models.SubnetPool:
        """Give a pool further prefixes; those that it has already are no error."""
        raise NotSupported

    def remove_prefixes(self, ctx: Context, pool_id: str, prefixes: Iterable[str]) -> models.SubnetPool:
        """Take prefixes from a pool, or raise BadRequest while subnets are cut from them."""
        raise NotSupported


class Ports(Crud[models.Port, models.PortSpec], Tagged):
    """Places on networks that devices plug into; the owner of a network sees every port on it.

    No two ports ever have one address. Creating one raises NoFreeAddress when the pools are empty, and Conflict for an
    address or MAC address that is taken.
    """


class SecurityGroups(Crud[models.SecurityGroup, models.SecurityGroupSpec], Tagged):
    """Sets of rules that filter a port's traffic. The project's ``default`` group exists whenever somebody looks.

    Deleting one that a port or rule uses, or the default group, raises Conflict.
    """


class SecurityGroupRules(Crud[models.SecurityGroupRule, models.SecurityGroupRuleSpec]):
    """The rules of security groups; they are made and deleted, never changed."""


class Routers(Crud[models.Router, models.RouterSpec], Tagged):
    """Routers between subnets. An update takes ``gateway`` (a Gateway or None) and ``routes`` (all of them)."""

    def add_interface(
        self, ctx: Context, router_id: str, *, subnet_id: str | None = None, port_id: str | None = None
    ) -> models.RouterInterface:
        """Give a router a leg on a subnet, at the subnet's gateway address, or let it take over a port."""
        raise NotSupported

    def remove_interface(
        self, ctx: Context, router_id: str, *, subnet_id: str | None = None, port_id: str | None = None
    ) -> models.RouterInterface:
        """Take the leg away, or raise Conflict while a floating IP or a route needs it."""
        raise NotSupported

    def add_routes(self, ctx: Context, router_id: str, routes: Iterable[models.HostRoute]) -> models.Router:
        """Add static routes, in one step; those that are there already are no error."""
        raise NotSupported

    def remove_routes(self, ctx: Context, router_id: str, routes: Iterable[models.HostRoute]) -> models.Router:
        """Remove static routes, in one step; those that are not there are no error."""
        raise NotSupported


class FloatingIps(Crud[models.FloatingIp, models.FloatingIpSpec], Tagged):
    """Addresses of external networks that stand for a port's. An update takes ``port_id`` and ``fixed_ip_address``."""


class Quotas(Resource):
    """How much of each resource a project may have. Resources have Neutron's names: network, subnet, port, …"""

    @abstractmethod
    def find(self, ctx: Context) -> Iterable[models.Quota]:
        """Yield the quotas of the projects that have one of their own."""

    @abstractmethod
    def get(self, ctx: Context, project_id: str) -> models.Quota:
        """Return a project's limits and what it has used of them."""

    @abstractmethod
    def defaults(self, ctx: Context) -> Mapping[str, int]:
        """Return the limits of a project that has none of its own."""

    def update(self, ctx: Context, project_id: str, limits: Mapping[str, int]) -> models.Quota:
        """Give a project limits of its own for some resources; -1 is without limit."""
        raise NotSupported

    def delete(self, ctx: Context, project_id: str) -> None:
        """Give a project the defaults again, or raise NotFound if it has no limits of its own."""
        raise NotSupported


class AvailabilityZones(Resource):
    """The zones in which networks and routers can be placed."""

    @abstractmethod
    def find(self, ctx: Context, query: Query) -> Iterable[models.AvailabilityZone]:
        """Yield the zones."""


class NetworkAvailabilities(Resource):
    """How full the networks are; an administrators' view."""

    @abstractmethod
    def find(self, ctx: Context, query: Query) -> Iterable[models.NetworkAvailability]:
        """Yield the counts of every network."""

    @abstractmethod
    def get(self, ctx: Context, network_id: str) -> models.NetworkAvailability:
        """Return the counts of one network, or raise NotFound."""


class MeteringLabels(Crud[metering.MeteringLabel, metering.MeteringLabelSpec]):
    """Names under which traffic is counted; they are made and deleted, never changed. Their rules go with them."""


class MeteringLabelRules(Crud[metering.MeteringLabelRule, metering.MeteringLabelRuleSpec]):
    """Which traffic a label counts; they are made and deleted, never changed.

    A remote prefix that overlaps another one of its label's in the same direction raises Conflict.
    """


class Trunks(Crud[trunks.Trunk, trunks.TrunkSpec], Tagged):
    """Ports through which the traffic of other ports goes. A port has a part in one trunk at most.

    One that is not `admin_state_up` raises Conflict where subports would change, or it itself go.
    """

    def add_subports(self, ctx: Context, trunk_id: str, wanted: Iterable[trunks.SubPort]) -> trunks.Trunk:
        """Let further ports, which no device has, go through a trunk, or none of them."""
        raise NotSupported

    def remove_subports(self, ctx: Context, trunk_id: str, port_ids: Iterable[str]) -> trunks.Trunk:
        """Take ports from a trunk, or none of them and raise NotFound for one that it does not have."""
        raise NotSupported


class AddressScopes(Crud[address_scopes.AddressScope, address_scopes.AddressScopeSpec]):
    """Sets of subnet pools within which no address is twice. A caller sees its project's and shared ones.

    One that is shared stays so: BadRequest. Deleting one that has pools raises Conflict.
    """


class Agents(Crud[agents.Agent, agents.AgentSpec]):
    """The programs that serve networks and routers; an administrators' view. An update takes `admin_state_up` and
    `description`.
    """

    def networks(self, ctx: Context, agent_id: str) -> Iterable[models.Network]:
        """Return the networks to which an agent gives addresses, or raise NotFound."""
        raise NotSupported

    def add_network(self, ctx: Context, agent_id: str, network_id: str) -> None:
        """Let an agent serve a network, or raise Conflict where it does."""
        raise NotSupported

    def remove_network(self, ctx: Context, agent_id: str, network_id: str) -> None:
        """Let an agent no longer serve a network, or raise Conflict where it does not."""
        raise NotSupported

    def routers(self, ctx: Context, agent_id: str) -> Iterable[models.Router]:
        """Return the routers that an agent runs."""
        raise NotSupported

    def add_router(self, ctx: Context, agent_id: str, router_id: str) -> None:
        """Let an agent run a router; that it does already is no error."""
        raise NotSupported

    def remove_router(self, ctx: Context, agent_id: str, router_id: str) -> None:
        """Let an agent no longer run a router; that it does not is no error."""
        raise NotSupported

    def of_network(self, ctx: Context, network_id: str) -> Iterable[agents.Agent]:
        """Return the agents that serve a network."""
        raise NotSupported

    def of_router(self, ctx: Context, router_id: str) -> Iterable[agents.Agent]:
        """Return the agents that run a router, or raise NotFound."""
        raise NotSupported


class AutoAllocatedTopologies(Resource):
    """The network that a project gets which asks for whatever there is."""

    @abstractmethod
    def get(self, ctx: Context, project_id: str) -> agents.Topology:
        """Return a project's network, which is made with a router where there is none; raise Conflict where the cloud
        has not what it takes. However many ask at once, a project gets one.
        """

    @abstractmethod
    def check(self, ctx: Context) -> None:
        """Raise Conflict where the cloud has not what it takes: an external network and a subnet pool by default."""

    def delete(self, ctx: Context, project_id: str) -> None:
        """Remove what was made for a project; that there is nothing is no error."""
        raise NotSupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What one cloud offers for Neutron. None: this cloud has no such thing."""

    networks: Networks
    subnets: Subnets
    ports: Ports
    subnet_pools: SubnetPools | None = None
    security_groups: SecurityGroups | None = None
    security_group_rules: SecurityGroupRules | None = None
    routers: Routers | None = None
    floating_ips: FloatingIps | None = None
    quotas: Quotas | None = None
    availability_zones: AvailabilityZones | None = None
    network_availabilities: NetworkAvailabilities | None = None
    trunks: Trunks | None = None
    address_scopes: AddressScopes | None = None
    metering_labels: MeteringLabels | None = None
    metering_label_rules: MeteringLabelRules | None = None
    agents: Agents | None = None
    auto_allocated_topologies: AutoAllocatedTopologies | None = None
