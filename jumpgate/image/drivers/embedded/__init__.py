"""The embedded image service: records in the store, data in the state directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.image.contract import Imaging
from jumpgate.image.drivers.embedded.files import Files
from jumpgate.image.drivers.embedded.images import EmbeddedImages
from jumpgate.image.drivers.embedded.imports import EmbeddedTasks, Imports
from jumpgate.image.drivers.embedded.limits import Limits
from jumpgate.image.drivers.embedded.members import EmbeddedMembers
from jumpgate.image.drivers.embedded.metadefs import EmbeddedMetadefs
from jumpgate.image.drivers.embedded.site import EmbeddedStores, EmbeddedUsages
from jumpgate.image.drivers.embedded.transfers import Transfers
from jumpgate.image.drivers.embedded.web import Web
from jumpgate.image.wiring import expose

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate


def _files(app: Jumpgate) -> Files:
    return Files(app.config.state() / "images")


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Serve Glance's API from the store and the state directory."""
    files, limits = _files(app), Limits(app.store, app.config, disp.section)
    transfers = Transfers(app.store, files, limits)
    imports = Imports(app.store, transfers, limits, app.tasks, Web(app.config, disp.section))
    composition = Imaging(
        images=EmbeddedImages(app.store, transfers, imports, limits),
        members=EmbeddedMembers(app.store),
        tasks=EmbeddedTasks(app.store),
        stores=EmbeddedStores(files),
        usages=EmbeddedUsages(app.store, limits),
        metadefs=EmbeddedMetadefs(app.store),
    )
    expose(app, disp, composition)


def bootstrap(app: Jumpgate, disp: Dispatcher) -> None:
    """Clean up after whatever ended the server last, and make the usual resource types known."""
    Transfers(app.store, _files(app), Limits(app.store, app.config, disp.section)).recover()
    EmbeddedMetadefs(app.store).seed()
