"""`jumpgate routes` and `jumpgate drivers`: what a configuration amounts to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from jumpgate.api import Jumpgate
from jumpgate.common import inspection
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, Operation, TypedService, attach, operation
from jumpgate.common.uniform import Collection, expose_collection
from tests.common.conftest import TypedClient
from tests.common.contract import World
from tests.common.models import ThingSpec
from tests.common.things import DictThings


class ServersHandler(Handler[World]):
    @operation("things.find")
    def on_get(self, call: Call[World]) -> Any:
        """List."""

    @operation("things.shake")
    def on_post(self, call: Call[World]) -> Any:
        """Shake."""

    @operation()
    def on_head(self, call: Call[World]) -> Any:
        """Need nothing of the contract."""


class ServerActionHandler(Handler[World]):
    """Does several things by one method."""

    actions: ClassVar = {
        "make": Operation(capability="things.create"),
        "make again": Operation(capability="things.create"),
        "shake": Operation(capability="things.shake"),
        "nothing": Operation(),
    }

    @operation()
    def on_post(self, call: Call[World]) -> Any:
        """Do one of them."""


class Plain:
    def on_get(self, req: Any, resp: Any) -> None:
        """Answer."""


def expose(app: Any, disp: Any) -> None:
    service = TypedService(app, disp, World(things=DictThings()), ())
    attach(service, [("v2_servers", ServersHandler), ("v2_server_action", ServerActionHandler)])
    disp.set_handler("v2_index", Plain())


def expose_uniformly(app: Any, disp: Any) -> None:
    service = TypedService(app, disp, World(things=DictThings()), ())
    collection = Collection(
        singular="thing",
        plural="things",
        contract="things",
        kind=Kind.NETWORK,
        path_field="network_id",
        fields=(),
        spec=ThingSpec,
        rules={verb: verb for verb in ("find", "get", "create", "update", "delete")},
        envelope=lambda call, collection, items, query: items,
    )
    expose_collection(service, collection, many="v2_networks", one="v2_network")


@pytest.fixture
def app(exposed: Callable[..., TypedClient]) -> Jumpgate:
    return exposed(compute=expose, network=expose_uniformly).jumpgate


def row(app: Any, path: str) -> list[str]:
    """The columns of a path's row."""
    rows = [line.split("  ") for line in inspection.routes(app).splitlines()]
    found = [[cell.strip() for cell in cells if cell.strip()] for cells in rows if cells[0] == path]
    assert len(found) == 1, found
    return found[0]


def test_routes_has_a_row_for_every_path(app: Jumpgate) -> None:
    lines = inspection.routes(app).splitlines()

    assert lines[0].split() == ["PATH", "ENDPOINT", "HANDLER", "CONTRACT"]
    assert len(lines) - 1 == sum(len(endpoint.templates) for disp in app.dispatchers() for endpoint in disp)


def test_routes_of_a_typed_handler_name_the_contract_methods(app: Jumpgate) -> None:
    expected = ["v2_servers", f"{__name__}.ServersHandler", "GET things.find, POST things.shake (501)"]

    assert row(app, "/compute/v2.1/servers") == ["/compute/v2.1/servers", *expected]
    assert row(app, "/compute/v2/{tenant_id}/servers")[1:] == expected


def test_routes_of_a_uniform_handler_name_the_contract_methods(app: Jumpgate) -> None:
    handlers = "jumpgate.common.uniform"

    assert row(app, "/network/v2.0/networks")[1:] == [
        "v2_networks",
        f"{handlers}.CollectionHandler",
        "GET things.find, POST things.create",
    ]
    assert row(app, "/network/v2.0/networks/{network_id}")[1:] == [
        "v2_network",
        f"{handlers}.MemberHandler",
        "DELETE things.delete, GET things.get, PUT things.update",
    ]


def test_routes_of_a_handler_with_actions_name_them_all(app: Jumpgate) -> None:
    assert row(app, "/compute/v2.1/servers/{server_id}/action")[-1] == "POST things.create things.shake (501)"


def test_routes_of_a_raw_handler_name_no_contract(app: Jumpgate) -> None:
    assert row(app, "/compute/v2")[1:] == ["v2_index", f"{__name__}.Plain", "-"]


def test_routes_without_a_handler_say_501(app: Jumpgate) -> None:
    assert row(app, "/compute/v2.1/flavors")[1:] == ["v2_flavors", "501", "-"]


def passthrough(text: str = "") -> Jumpgate:
    endpoints = "".join(f"{name}_endpoint=http://127.0.0.1:1\n" for name in SERVICE_NAMES)
    return Jumpgate(Config.from_text(f"[openstack]\n{endpoints}{text}"))


def test_routes_that_are_passed_through_say_so() -> None:
    assert row(passthrough(), "/image/v2/images")[1:] == ["v2_images", "passthrough", "-"]


def test_routes_of_a_port_of_its_own_begin_with_it() -> None:
    app = passthrough("[compute]\nport=8774\n[image:eu]\nendpoint=http://127.0.0.1:2\n")

    assert row(app, ":8774/v2.1/servers")[1] == "v2_servers"
    assert row(app, "/eu/image/v2/images")[1] == "v2_images"


def test_drivers_of_a_typed_service_list_its_capabilities(app: Jumpgate) -> None:
    lines = inspection.drivers(app).splitlines()

    place = lines.index("network in RegionOne: typed_driver_of_a_test_network")
    assert lines[place + 1] == "    things.create things.delete things.find things.get things.update"


def test_drivers_of_a_raw_service_list_its_endpoints(exposed: Callable[..., TypedClient]) -> None:
    app = exposed(compute=lambda app, disp: disp.set_handler("v2_index", Plain())).jumpgate
    lines = inspection.drivers(app).splitlines()

    assert lines[lines.index("compute in RegionOne: typed_driver_of_a_test_compute") + 1] == "    v2_index"
    assert lines[lines.index("image in RegionOne: tests.support.silent") + 1] == "    nothing"


def test_drivers_that_pass_everything_through_say_so() -> None:
    app = passthrough("[compute:eu]\nendpoint=http://127.0.0.1:2\n")
    app.get_dispatcher("compute", "eu").set_handler("v2_index", Plain())
    lines = inspection.drivers(app).splitlines()

    assert lines[:2] == ["identity in RegionOne: jumpgate.identity.drivers.openstack", "    everything (passthrough)"]
    assert lines[-2:] == [
        "compute in eu: jumpgate.compute.drivers.openstack",
        "    everything (passthrough), and by its own handlers: v2_index",
    ]


def test_drivers_with_much_to_offer_take_several_lines(app: Jumpgate) -> None:
    disp = app.get_dispatcher("image")
    for endpoint in disp:
        disp.set_handler(endpoint.name, Plain())

    lines = inspection.drivers(app).splitlines()
    assert max(map(len, lines)) <= inspection.WIDTH
    assert sum(line.startswith("    v2_") for line in lines) > 3
