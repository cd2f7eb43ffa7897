"""The embedded network service: a whole Neutron in the database, without a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.network.contract import Network
from jumpgate.network.drivers.embedded.address_scopes import EmbeddedAddressScopes
from jumpgate.network.drivers.embedded.agents import EmbeddedAgents, register
from jumpgate.network.drivers.embedded.availabilities import EmbeddedNetworkAvailabilities
from jumpgate.network.drivers.embedded.bootstrap import fill
from jumpgate.network.drivers.embedded.floating_ips import EmbeddedFloatingIps
from jumpgate.network.drivers.embedded.metering import EmbeddedMeteringLabelRules, EmbeddedMeteringLabels
from jumpgate.network.drivers.embedded.networks import EmbeddedNetworks
from jumpgate.network.drivers.embedded.ports import EmbeddedPorts
from jumpgate.network.drivers.embedded.quotas import EmbeddedQuotas
from jumpgate.network.drivers.embedded.records import TOPIC, Ground
from jumpgate.network.drivers.embedded.routers import EmbeddedRouters
from jumpgate.network.drivers.embedded.security_groups import EmbeddedSecurityGroupRules
from jumpgate.network.drivers.embedded.subnet_pools import EmbeddedSubnetPools
from jumpgate.network.drivers.embedded.subnets import EmbeddedSubnets
from jumpgate.network.drivers.embedded.topologies import EmbeddedAutoAllocatedTopologies
from jumpgate.network.drivers.embedded.trunks import EmbeddedTrunks
from jumpgate.network.drivers.embedded.zones import EmbeddedAvailabilityZones
from jumpgate.network.limits import DEFAULTS
from jumpgate.network.wiring import expose
from jumpgate.store.quotas import Quotas

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate
    from jumpgate.common.dispatcher import Dispatcher


def _ground(app: Jumpgate) -> Ground:
    return Ground(app.store, Quotas(app.store, TOPIC, DEFAULTS))


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the network API from the store."""
    ground = _ground(app)
    networks = EmbeddedNetworks(ground)
    scopes = EmbeddedAddressScopes(ground)
    pools = EmbeddedSubnetPools(ground, scopes)
    subnets = EmbeddedSubnets(ground, networks, pools)
    rules = EmbeddedSecurityGroupRules(ground)
    ports = EmbeddedPorts(ground, networks, subnets, rules.groups)
    routers = EmbeddedRouters(ground, networks, subnets, ports)
    labels = EmbeddedMeteringLabels(ground)
    expose(
        app,
        disp,
        Network(
            networks=networks,
            subnets=subnets,
            subnet_pools=pools,
            ports=ports,
            security_groups=rules.groups,
            security_group_rules=rules,
            routers=routers,
            floating_ips=EmbeddedFloatingIps(ground, networks, subnets, ports, routers),
            quotas=EmbeddedQuotas(ground),
            availability_zones=EmbeddedAvailabilityZones(),
            network_availabilities=EmbeddedNetworkAvailabilities(networks, subnets),
            trunks=EmbeddedTrunks(ground, networks, ports),
            address_scopes=scopes,
            metering_labels=labels,
            metering_label_rules=EmbeddedMeteringLabelRules(ground, labels),
            agents=EmbeddedAgents(ground, networks, subnets, routers),
            auto_allocated_topologies=EmbeddedAutoAllocatedTopologies(networks, subnets, routers),
        ),
    )


def bootstrap(app: Jumpgate, disp: Dispatcher) -> None:
    """Give an empty cloud its external network and its subnet pools, and any cloud its agents."""
    ground = _ground(app)
    networks, pools = EmbeddedNetworks(ground), EmbeddedSubnetPools(ground, EmbeddedAddressScopes(ground))
    subnets = EmbeddedSubnets(ground, networks, pools)
    fill(app.store, networks, subnets, pools, app.siblings(disp.region))
    register(app.store)
