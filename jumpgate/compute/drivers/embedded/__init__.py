"""The embedded compute driver: servers that exist in the store and run no guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.compute.contract import Compute
from jumpgate.compute.drivers.embedded import flavors
from jumpgate.compute.drivers.embedded.aggregates import EmbeddedAggregates
from jumpgate.compute.drivers.embedded.consoles import SERIAL_CONSOLE, EmbeddedServersWithConsoles
from jumpgate.compute.drivers.embedded.disks import Disks
from jumpgate.compute.drivers.embedded.flavors import EmbeddedFlavors
from jumpgate.compute.drivers.embedded.history import EmbeddedInstanceActions
from jumpgate.compute.drivers.embedded.interfaces import EmbeddedInterfaces
from jumpgate.compute.drivers.embedded.keypairs import EmbeddedKeypairs
from jumpgate.compute.drivers.embedded.limits import ComputeQuotas
from jumpgate.compute.drivers.embedded.migrations import EmbeddedMigrations
from jumpgate.compute.drivers.embedded.ports import Ports
from jumpgate.compute.drivers.embedded.quotas import EmbeddedQuotas
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.drivers.embedded.server_groups import EmbeddedServerGroups
from jumpgate.compute.drivers.embedded.servers import EmbeddedServers
from jumpgate.compute.drivers.embedded.usages import EmbeddedUsages
from jumpgate.compute.drivers.embedded.volume_attachments import EmbeddedVolumeAttachments
from jumpgate.compute.drivers.embedded.zones import EmbeddedHosts, EmbeddedZones
from jumpgate.compute.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

# What servers are made of; without one of them, whatever needs it is not there.
SIBLINGS = ("image", "network", "block_storage")


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve compute from the store."""
    region = Region(app.store, app.tasks, app.siblings(disp.region), ComputeQuotas(app.store, TOPIC))
    ports, disks = Ports(region), Disks(region)
    kind = EmbeddedServersWithConsoles if app.config.setting(SERIAL_CONSOLE, disp.section) else EmbeddedServers
    compute = Compute(
        servers=kind(region, ports, disks),
        flavors=EmbeddedFlavors(region),
        keypairs=EmbeddedKeypairs(region),
        volume_attachments=EmbeddedVolumeAttachments(region, disks),
        interfaces=EmbeddedInterfaces(region, ports),
        instance_actions=EmbeddedInstanceActions(region),
        server_groups=EmbeddedServerGroups(region),
        quotas=EmbeddedQuotas(region),
        availability_zones=EmbeddedZones(region),
        usages=EmbeddedUsages(region),
        hosts=EmbeddedHosts(region),
        aggregates=EmbeddedAggregates(region),
        migrations=EmbeddedMigrations(region),
    )
    expose(app, disp, compute)


def bootstrap(app: Jumpgate, disp: Dispatcher) -> None:
    """Give an empty cloud its first flavors."""
    flavors.bootstrap(app.store)
