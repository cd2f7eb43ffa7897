"""The block storage service of LXD: custom storage volumes in its pools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.drivers.lxd.attachments import LxdAttachments
from jumpgate.block_storage.drivers.lxd.backends import LxdPools, LxdServices
from jumpgate.block_storage.drivers.lxd.backups import LxdBackups
from jumpgate.block_storage.drivers.lxd.creation import Creation
from jumpgate.block_storage.drivers.lxd.kinds import LxdAvailabilityZones, LxdVolumeTypes
from jumpgate.block_storage.drivers.lxd.messages import LxdMessages
from jumpgate.block_storage.drivers.lxd.quota_sets import LxdQuotaSets
from jumpgate.block_storage.drivers.lxd.reverting import Reverting
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.drivers.lxd.snapshots import LxdSnapshots
from jumpgate.block_storage.drivers.lxd.transfers import LxdTransfers
from jumpgate.block_storage.drivers.lxd.uploads import Uploads
from jumpgate.block_storage.drivers.lxd.volumes import LxdVolumes
from jumpgate.block_storage.drivers.lxd.work import RESUME, Work
from jumpgate.block_storage.wiring import expose
from jumpgate.clouds.lxd.projects import Projects
from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.settings import Settings
from jumpgate.common.format import utcnow
from jumpgate.common.siblings import Siblings
from jumpgate.store.engine import Store
from jumpgate.store.tasks import Tasks
from jumpgate.store.turns import Turns

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate
    from jumpgate.common.dispatcher import Dispatcher


def connect(session: Session, folder: Path, siblings: Siblings, store: Store, tasks: Tasks) -> BlockStorage:
    """Return what LXD offers for Cinder. `folder` is the state directory that all processes of this Jumpgate have."""
    shelf = Shelf(session, Projects(session), folder)
    quota_sets = LxdQuotaSets(shelf, Turns(str(folder / "lxd-volume-quotas.lock")))
    snapshots = LxdSnapshots(shelf, quota_sets)
    work = Work(shelf, store, tasks)
    creation = Creation(shelf, snapshots, quota_sets, siblings, work)
    volumes = LxdVolumes(shelf, snapshots, creation, Uploads(shelf, siblings, work), Reverting(shelf, work))
    return BlockStorage(
        volumes=volumes,
        volume_types=LxdVolumeTypes(shelf),
        snapshots=snapshots,
        attachments=LxdAttachments(shelf),
        availability_zones=LxdAvailabilityZones(),
        backups=LxdBackups(shelf, volumes, creation, quota_sets, work),
        messages=LxdMessages(shelf),
        transfers=LxdTransfers(shelf, quota_sets),
        quota_sets=quota_sets,
        services=LxdServices(shelf),
        pools=LxdPools(shelf),
    )


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the block storage API from LXD."""
    session, siblings = Session(Settings.of(app.config)), app.siblings(disp.region)
    expose(app, disp, connect(session, app.config.state(), siblings, app.store, app.tasks))


def bootstrap(app: Jumpgate, disp: Dispatcher) -> None:
    """Let a task go on with what nobody does: the task waits until LXD answers."""
    with app.store.write("block_storage") as connection:
        app.tasks.enqueue(connection, RESUME, awaited=False, before=utcnow().isoformat())
