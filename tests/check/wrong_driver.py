"""A compute driver with mistakes that only reading shows: a missing flavor is a KeyError, and a list is cut short."""

from __future__ import annotations

from typing import Any

from jumpgate.common.context import Context
from jumpgate.compute.contract import Compute
from jumpgate.compute.models import Flavor
from jumpgate.compute.wiring import expose
from jumpgate.scaffold.template.jumpgate_mycloud.client import SIZES, Client
from jumpgate.scaffold.template.jumpgate_mycloud.flavors import MyCloudFlavors, flavor
from jumpgate.scaffold.template.jumpgate_mycloud.servers import MyCloudServers


class WrongFlavors(MyCloudFlavors):
    """Says what went wrong in nobody's words."""

    def get(self, ctx: Context, flavor_id: str) -> Flavor:
        assert len(SIZES[flavor_id]) == 3
        return flavor(flavor_id)


def setup_routes(app: Any, disp: Any) -> None:
    """Answer for compute."""
    expose(app, disp, Compute(servers=MyCloudServers(Client()), flavors=WrongFlavors()))
