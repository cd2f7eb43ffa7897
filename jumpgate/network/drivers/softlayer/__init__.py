"""The network service of SoftLayer: VLANs, their subnets, guests' interfaces, security groups and global IPs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.clouds.softlayer.session import Session, Settings
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.network.contract import Network
from jumpgate.network.drivers.softlayer.floating_ips import SoftLayerFloatingIps
from jumpgate.network.drivers.softlayer.networks import SoftLayerNetworks
from jumpgate.network.drivers.softlayer.ports import SoftLayerPorts
from jumpgate.network.drivers.softlayer.quotas import SoftLayerQuotas
from jumpgate.network.drivers.softlayer.security_groups import SoftLayerSecurityGroupRules, SoftLayerSecurityGroups
from jumpgate.network.drivers.softlayer.subnets import SoftLayerSubnets
from jumpgate.network.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the networks of the caller's account."""
    session = Session(Settings.of(app.config))
    groups = SoftLayerSecurityGroups(session)
    ports = SoftLayerPorts(session)
    composition = Network(
        networks=SoftLayerNetworks(session),
        subnets=SoftLayerSubnets(session),
        ports=ports,
        security_groups=groups,
        security_group_rules=SoftLayerSecurityGroupRules(session, groups),
        floating_ips=SoftLayerFloatingIps(session, ports),
        quotas=SoftLayerQuotas(session),
    )
    expose(app, disp, composition)
