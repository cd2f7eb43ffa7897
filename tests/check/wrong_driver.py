"""A compute driver with mistakes that reading shows: a missing flavor is a KeyError, and flavors have no memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from jumpgate.common.context import Context
from jumpgate.common.listing import Query
from jumpgate.compute.contract import Compute
from jumpgate.compute.models import Flavor
from jumpgate.compute.wiring import expose
from jumpgate.scaffold.template.jumpgate_mycloud.client import SIZES, Client
from jumpgate.scaffold.template.jumpgate_mycloud.flavors import MyCloudFlavors, flavor
from jumpgate.scaffold.template.jumpgate_mycloud.servers import MyCloudServers


class WrongFlavors(MyCloudFlavors):
    """Says what went wrong in nobody's words, and has a flavor without memory."""

    def find(self, ctx: Context, query: Query) -> Iterable[Flavor]:
        return [replace(flavor(size), ram_mib=0) for size in SIZES]

    def get(self, ctx: Context, flavor_id: str) -> Flavor:
        assert len(SIZES[flavor_id]) == 3
        return flavor(flavor_id)


def setup_routes(app: Any, disp: Any) -> None:
    """Answer for compute."""
    expose(app, disp, Compute(servers=MyCloudServers(Client()), flavors=WrongFlavors()))
