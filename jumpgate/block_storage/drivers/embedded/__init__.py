"""The embedded block storage service: records in the store, bytes in sparse files of the state directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.drivers.embedded.attachments import EmbeddedAttachments
from jumpgate.block_storage.drivers.embedded.backup_work import BackupWork
from jumpgate.block_storage.drivers.embedded.backups import EmbeddedBackups
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud
from jumpgate.block_storage.drivers.embedded.group_snapshots import EmbeddedGroupSnapshots
from jumpgate.block_storage.drivers.embedded.group_types import EmbeddedGroupTypes
from jumpgate.block_storage.drivers.embedded.groups import EmbeddedGroups
from jumpgate.block_storage.drivers.embedded.manage_work import ManageSnapshotWork, ManageWork
from jumpgate.block_storage.drivers.embedded.manageable import EmbeddedManageableSnapshots, EmbeddedManageableVolumes
from jumpgate.block_storage.drivers.embedded.messages import EmbeddedMessages
from jumpgate.block_storage.drivers.embedded.move_work import MoveWork
from jumpgate.block_storage.drivers.embedded.qos_specs import EmbeddedQosSpecs
from jumpgate.block_storage.drivers.embedded.quotas import EmbeddedQuotaSets
from jumpgate.block_storage.drivers.embedded.site import EmbeddedAvailabilityZones, EmbeddedPools, EmbeddedServices
from jumpgate.block_storage.drivers.embedded.snapshot_work import SnapshotWork
from jumpgate.block_storage.drivers.embedded.snapshots import EmbeddedSnapshots
from jumpgate.block_storage.drivers.embedded.transfers import EmbeddedTransfers
from jumpgate.block_storage.drivers.embedded.volume_types import (
    EmbeddedDefaultTypes,
    EmbeddedVolumeTypes,
    add_first_types,
)
from jumpgate.block_storage.drivers.embedded.volume_work import VolumeWork
from jumpgate.block_storage.drivers.embedded.volumes import EmbeddedVolumes
from jumpgate.block_storage.wiring import expose
from jumpgate.common.dispatcher import Dispatcher

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

SIBLINGS = ("image",)


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve Cinder's API from the store and the state directory."""
    cloud = EmbeddedCloud.at(
        app.config.state(),
        app.config.value(disp.section, "backends"),
        store=app.store,
        tasks=app.tasks,
        siblings=app.siblings(disp.region),
    )
    for work in (VolumeWork, MoveWork, ManageWork, SnapshotWork, ManageSnapshotWork, BackupWork):
        work(cloud).register()
    volumes, types, snapshots = EmbeddedVolumes(cloud), EmbeddedVolumeTypes(cloud), EmbeddedSnapshots(cloud)
    composition = BlockStorage(
        volumes=volumes,
        volume_types=types,
        snapshots=snapshots,
        attachments=EmbeddedAttachments(cloud),
        default_types=EmbeddedDefaultTypes(cloud),
        quota_sets=EmbeddedQuotaSets(app.store),
        availability_zones=EmbeddedAvailabilityZones(),
        services=EmbeddedServices(cloud),
        pools=EmbeddedPools(cloud),
        manageable_volumes=EmbeddedManageableVolumes(cloud),
        manageable_snapshots=EmbeddedManageableSnapshots(cloud),
        messages=EmbeddedMessages(cloud),
        backups=EmbeddedBackups(cloud, volumes),
        transfers=EmbeddedTransfers(cloud),
        qos_specs=EmbeddedQosSpecs(cloud, types),
        group_types=EmbeddedGroupTypes(cloud),
        groups=EmbeddedGroups(cloud, volumes),
        group_snapshots=EmbeddedGroupSnapshots(cloud, snapshots),
    )
    expose(app, disp, composition)


def bootstrap(app: Jumpgate, disp: Dispatcher) -> None:
    """Give an empty cloud its first volume types."""
    with app.store.write(TOPIC) as connection:
        add_first_types(connection)
