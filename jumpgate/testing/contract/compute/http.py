"""Servers and flavors through HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.ids import Kind
from jumpgate.testing.contract.compute.things import FLAVOR, SERVER
from jumpgate.testing.contract.http import DEFAULT, HIGHEST, LOWEST, Front, OverHttp, OwnedOverHttp, exceptions
from jumpgate.testing.contract.suite import Contract, Made, needs

ALL = (LOWEST, DEFAULT, HIGHEST)


class TestServersOverHttp(OwnedOverHttp):
    """Servers."""

    thing, service = SERVER, "compute"
    singular, plural = "server", "servers"
    versions = ALL


class TestFlavorsOverHttp(OverHttp):
    """Flavors."""

    thing, service = FLAVOR, "compute"
    singular, plural = "flavor", "flavors"
    versions = ALL


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
class TestServerLifeOverHttp(Contract):
    """A server's life through HTTP."""

    resource = "servers"

    @pytest.fixture(params=ALL)
    def version(self, request: pytest.FixtureRequest) -> str:
        """Each of the microversions."""
        return str(request.param)

    @pytest.fixture
    def proxy(self, version: str, front: Front) -> Any:
        """Alice's client of compute."""
        return front.proxy("compute", "alice", version)

    def body(self, made: Made, ctx: Context, version: str) -> dict[str, Any]:
        """Return what a client asks for. That there are to be no networks at all the lowest version cannot say."""
        wanted, ids = SERVER.spec(made, ctx, made.bench.name()), made.cloud.ids
        body: dict[str, Any] = {"name": wanted.name, "flavor_id": ids[Kind.FLAVOR].to_openstack(wanted.flavor.id)}
        if wanted.image_id is not None:
            body["image_id"] = made.cloud.sibling_ids[Kind.IMAGE].to_openstack(wanted.image_id)
        ports = [item.network_id for item in wanted.networks if item.network_id is not None]
        if ports:
            body["networks"] = [{"uuid": made.cloud.sibling_ids[Kind.NETWORK].to_openstack(item)} for item in ports]
        elif version != LOWEST:
            body["networks"] = "none" if made.bench.servers.default_networks(ctx) is None else "auto"
        return body

    @needs("sets_passwords")
    def test_a_server_is_made_refuses_what_it_cannot_do_and_goes(
        self, made: Made, proxy: Any, alice: Context, version: str
    ) -> None:
        made.bench.require("servers.create", "servers.delete")
        wanted, ids = self.body(made, alice, version), made.cloud.ids
        server = proxy.create_server(**wanted)
        key = ids[Kind.SERVER].to_cloud(server.id)
        made.remove_later(SERVER, alice, key)
        seen = made.cloud.wait(
            lambda: proxy.get_server(server.id), lambda seen: seen.status in ("ACTIVE", "ERROR"), "the server is ACTIVE"
        )

        assert seen.status == "ACTIVE", seen.fault
        assert seen.name == wanted["name"]
        assert bool(server.admin_password) == made.bench.servers.sets_passwords(alice)
        if not made.cloud.lacks(["servers.start"]):
            with pytest.raises(exceptions.ConflictException):
                proxy.start_server(server.id)
        proxy.delete_server(server.id, ignore_missing=False)
        made.remove(SERVER, alice, key)
        with pytest.raises(exceptions.NotFoundException):
            proxy.get_server(server.id)
