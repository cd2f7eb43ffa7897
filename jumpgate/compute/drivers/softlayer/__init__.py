"""The compute service of SoftLayer: virtual guests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.clouds.softlayer.session import Session, Settings
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.typed import TypedService
from jumpgate.compute.contract import Compute
from jumpgate.compute.drivers.softlayer.action_requests import ActionRequests
from jumpgate.compute.drivers.softlayer.domains import Domains
from jumpgate.compute.drivers.softlayer.flavors import SoftLayerFlavors
from jumpgate.compute.drivers.softlayer.hosts import SoftLayerHosts
from jumpgate.compute.drivers.softlayer.instance_actions import SoftLayerInstanceActions
from jumpgate.compute.drivers.softlayer.interfaces import SoftLayerInterfaces
from jumpgate.compute.drivers.softlayer.keypairs import SoftLayerKeypairs
from jumpgate.compute.drivers.softlayer.passwords import Passwords
from jumpgate.compute.drivers.softlayer.published import publish
from jumpgate.compute.drivers.softlayer.quotas import SoftLayerQuotas
from jumpgate.compute.drivers.softlayer.server_groups import SoftLayerServerGroups
from jumpgate.compute.drivers.softlayer.servers import SoftLayerServers
from jumpgate.compute.drivers.softlayer.usages import SoftLayerUsages
from jumpgate.compute.drivers.softlayer.volume_attachments import SoftLayerVolumeAttachments
from jumpgate.compute.drivers.softlayer.zones import SoftLayerZones
from jumpgate.compute.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

SIBLINGS = ("image", "network", "block_storage")


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the virtual guests of the caller's account."""
    session = Session(Settings.of(app.config))
    flavors = SoftLayerFlavors(session)
    requests = ActionRequests(app.store, disp.region)
    servers = SoftLayerServers(session, flavors, requests)
    composition = Compute(
        servers=servers,
        flavors=flavors,
        keypairs=SoftLayerKeypairs(session),
        volume_attachments=SoftLayerVolumeAttachments(session, app.siblings(disp.region)),
        interfaces=SoftLayerInterfaces(session),
        instance_actions=SoftLayerInstanceActions(session, requests),
        server_groups=SoftLayerServerGroups(session),
        quotas=SoftLayerQuotas(session),
        availability_zones=SoftLayerZones(session),
        usages=SoftLayerUsages(session),
        hosts=SoftLayerHosts(session),
    )
    expose(app, disp, composition)
    assert isinstance(disp.typed, TypedService)
    publish(disp.typed, Domains(session), Passwords(servers.record, servers.renote))
