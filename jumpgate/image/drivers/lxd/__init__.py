"""The image service of LXD: its images, for containers and virtual machines."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING

from jumpgate.clouds.lxd.aliases import Aliases
from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.settings import Settings
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import JumpgateError
from jumpgate.common.format import utcnow
from jumpgate.image.contract import Imaging
from jumpgate.image.drivers.lxd.images import LxdImages
from jumpgate.image.drivers.lxd.members import LxdMembers
from jumpgate.image.drivers.lxd.records import Records
from jumpgate.image.drivers.lxd.transfers import Transfers
from jumpgate.image.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

# No upload lasts so long.
LONG_AGO = dt.timedelta(days=1)


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve the images that are in LXD."""
    session = Session(Settings.of(app.config))
    records = Records(Aliases(session))
    transfers = Transfers(session, records, app.config.state() / "lxd")
    expose(app, disp, Imaging(images=LxdImages(records, transfers), members=LxdMembers(records)))


def bootstrap(app: Jumpgate, disp: Dispatcher) -> None:
    """Remove what is left in LXD of uploads during which Jumpgate was killed."""
    # An LXD that does not answer now is swept at the next start.
    with contextlib.suppress(JumpgateError):
        Aliases(Session(Settings.of(app.config))).sweep((utcnow() - LONG_AGO).isoformat())
