"""The compute service of LXD: system containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.clouds.lxd.cluster import Cluster
from jumpgate.clouds.lxd.projects import Projects
from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.settings import Settings
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.compute.contract import Compute
from jumpgate.compute.drivers.lxd import flavors
from jumpgate.compute.drivers.lxd.consoles import Consoles
from jumpgate.compute.drivers.lxd.disks import Disks
from jumpgate.compute.drivers.lxd.flavors import LxdFlavors
from jumpgate.compute.drivers.lxd.history import LxdInstanceActions
from jumpgate.compute.drivers.lxd.hosts import LxdHosts, LxdZones
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.interfaces import LxdInterfaces
from jumpgate.compute.drivers.lxd.keypairs import LxdKeypairs
from jumpgate.compute.drivers.lxd.moves import LxdMigrations
from jumpgate.compute.drivers.lxd.nics import Nics
from jumpgate.compute.drivers.lxd.quotas import LxdQuotas
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.drivers.lxd.room import Room
from jumpgate.compute.drivers.lxd.server_groups import LxdServerGroups
from jumpgate.compute.drivers.lxd.servers import LxdServers, LxdServersWithPorts
from jumpgate.compute.drivers.lxd.usages import LxdUsages
from jumpgate.compute.drivers.lxd.volume_attachments import LxdVolumeAttachments
from jumpgate.compute.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

SIBLINGS = ("image",)
NETWORK_DRIVER = "jumpgate.network.drivers.lxd"
STORAGE_DRIVER = "jumpgate.block_storage.drivers.lxd"


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve LXD's instances."""
    session = Session(Settings.of(app.config))
    network, storage = (
        app.config.value(disp.section.replace("compute", service), "driver") for service in ("network", "block_storage")
    )
    cluster, projects = Cluster(session), Projects(session)
    region = Region(
        session,
        projects,
        app.store,
        app.tasks,
        app.siblings(disp.region),
        cluster,
        Room(session, projects, app.config.state() / "lxd" / "limits.lock"),
        has_ports=network == NETWORK_DRIVER,
        has_volumes=storage == STORAGE_DRIVER,
    )
    instances = Instances(region)
    quotas, usages = LxdQuotas(region, instances), LxdUsages(region, instances)
    groups = LxdServerGroups(region, instances)
    hosts = LxdHosts(region, instances)
    nics = Nics(region, instances)
    disks = Disks(region, instances)
    consoles = Consoles(session, app.config.state() / "lxd" / "consoles")
    compute = Compute(
        servers=(LxdServersWithPorts if region.has_ports else LxdServers)(
            region, instances, nics, disks, consoles, hosts, quotas, usages, groups
        ),
        flavors=LxdFlavors(session),
        keypairs=LxdKeypairs(session),
        interfaces=LxdInterfaces(region, instances, nics) if region.has_ports else None,
        volume_attachments=LxdVolumeAttachments(region, instances, disks) if region.has_volumes else None,
        availability_zones=LxdZones(cluster),
        hosts=hosts,
        quotas=quotas,
        server_groups=groups,
        usages=usages,
        migrations=LxdMigrations(instances),
        instance_actions=LxdInstanceActions(instances),
    )
    expose(app, disp, compute)


def bootstrap(app: Jumpgate, disp: Dispatcher) -> None:
    """Give an LXD without any flavor the first ones."""
    problem = flavors.bootstrap(Session(Settings.of(app.config)))
    if problem is not None:
        app.notices.append(problem)
