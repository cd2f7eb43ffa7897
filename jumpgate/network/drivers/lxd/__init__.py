"""The network service of LXD: managed bridges, network ACLs and network forwards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.settings import Settings
from jumpgate.network.contract import Network
from jumpgate.network.drivers.lxd.bridges import Bridges
from jumpgate.network.drivers.lxd.filtering import Filtering
from jumpgate.network.drivers.lxd.floating_ips import LxdFloatingIps
from jumpgate.network.drivers.lxd.kept import Kept
from jumpgate.network.drivers.lxd.networks import LxdNetworks
from jumpgate.network.drivers.lxd.ports import LxdPorts
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
    routers = Kept(session, folder, "router")
    filtering = Filtering(bridges, routers)
    pools = LxdSubnetPools(bridges, Kept(session, folder, "subnet_pool"))
    subnets = LxdSubnets(bridges, pools)
    groups = LxdSecurityGroups(bridges, filtering)
    return Network(
        networks=LxdNetworks(bridges, filtering),
        subnets=subnets,
        subnet_pools=pools,
        ports=LxdPorts(bridges, filtering, groups),
        security_groups=groups,
        security_group_rules=LxdSecurityGroupRules(groups, filtering),
        routers=LxdRouters(bridges, routers, filtering, subnets),
        floating_ips=LxdFloatingIps(bridges, routers, filtering),
    )


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the network API from LXD."""
    expose(app, disp, connect(Session(Settings.of(app.config)), app.config.state()))
