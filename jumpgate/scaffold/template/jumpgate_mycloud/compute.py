"""The compute driver: what ``driver = mycloud`` in ``[compute]`` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.compute.contract import Compute
from jumpgate.compute.wiring import expose

from .client import Client
from .flavors import MyCloudFlavors
from .servers import MyCloudServers

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate


def composition(client: Client) -> Compute:
    """Return what the cloud offers for Nova; a part that is not here does not exist in this cloud."""
    return Compute(servers=MyCloudServers(client), flavors=MyCloudFlavors())


def setup_routes(app: Jumpgate, disp: Dispatcher) -> None:
    """Let the driver answer. `app.config` is jumpgate.conf, a ConfigParser."""
    expose(app, disp, composition(Client()))
