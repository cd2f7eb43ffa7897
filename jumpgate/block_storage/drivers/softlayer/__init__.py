"""The block storage service of SoftLayer: endurance volumes that guests reach by iSCSI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.drivers.softlayer.attachments import SoftLayerAttachments
from jumpgate.block_storage.drivers.softlayer.promises import Promises
from jumpgate.block_storage.drivers.softlayer.quota_sets import SoftLayerQuotaSets
from jumpgate.block_storage.drivers.softlayer.snapshots import SoftLayerSnapshots
from jumpgate.block_storage.drivers.softlayer.volume_types import SoftLayerVolumeTypes
from jumpgate.block_storage.drivers.softlayer.volumes import SoftLayerVolumes
from jumpgate.block_storage.drivers.softlayer.zones import SoftLayerZones
from jumpgate.block_storage.wiring import expose
from jumpgate.clouds.softlayer.session import Session, Settings
from jumpgate.common.dispatcher import Dispatcher

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the volumes of the caller's account."""
    session = Session(Settings.of(app.config))
    # Placing an order takes the SDK three calls.
    promises = Promises(app.store, disp.region, timeout_s=4 * session.settings.timeout_s)
    volumes = SoftLayerVolumes(session, promises)
    snapshots = SoftLayerSnapshots(session, volumes)
    composition = BlockStorage(
        volumes=volumes,
        volume_types=SoftLayerVolumeTypes(),
        snapshots=snapshots,
        attachments=SoftLayerAttachments(volumes),
        quota_sets=SoftLayerQuotaSets(session, volumes, snapshots),
        availability_zones=SoftLayerZones(session),
    )
    expose(app, disp, composition)
