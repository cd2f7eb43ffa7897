"""The network service of LXD: managed bridges, network ACLs and network forwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.settings import Settings
from jumpgate.network.contract import Network
from jumpgate.network.drivers.lxd.availabilities import LxdNetworkAvailabilities
from jumpgate.network.drivers.lxd.bridges import Bridges
from jumpgate.network.drivers.lxd.filtering import Filtering
from jumpgate.network.drivers.lxd.floating_ips import LxdFloatingIps
from jumpgate.network.drivers.lxd.kept import Kept
from jumpgate.network.drivers.lxd.networks import LxdNetworks
from jumpgate.network.drivers.lxd.ports import LxdPorts
from jumpgate.network.drivers.lxd.quotas import LxdQuotas
from jumpgate.network.drivers.lxd.routers import LxdRouters
from jumpgate.network.drivers.lxd.security_groups import LxdSecurityGroupRules, LxdSecurityGroups
from jumpgate.network.drivers.lxd.subnet_pools import LxdSubnetPools
from jumpgate.network.drivers.lxd.subnets import LxdSubnets
from jumpgate.network.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate
    from jumpgate.common.dispatcher import Dispatcher


def connect(session: Session, folder: Path) -> Network:
    """Return what LXD offers for Neutron. It has no agents.

    `folder` is the state directory that all processes of this Jumpgate have.
    """
    bridges = Bridges(session, folder)
    routers, kept_pools = Kept(session, folder, "router"), Kept(session, folder, "subnet_pool")
    quotas = LxdQuotas(bridges, Kept(session, folder, "quota"), routers, kept_pools)
    filtering = Filtering(bridges, routers)
    networks = LxdNetworks(bridges, filtering, quotas)
    pools = LxdSubnetPools(bridges, kept_pools, quotas)
    subnets = LxdSubnets(bridges, pools, quotas)
    groups = LxdSecurityGroups(bridges, filtering, quotas)
    return Network(
        networks=networks,
        subnets=subnets,
        subnet_pools=pools,
        ports=LxdPorts(bridges, filtering, groups, quotas),
        security_groups=groups,
        security_group_rules=LxdSecurityGroupRules(groups, filtering, quotas),
        routers=LxdRouters(bridges, routers, filtering, subnets, quotas),
        floating_ips=LxdFloatingIps(bridges, routers, filtering, quotas),
        quotas=quotas,
        network_availabilities=LxdNetworkAvailabilities(bridges),
    )


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the network API from LXD."""
    expose(app, disp, connect(Session(Settings.of(app.config)), app.config.state()))
