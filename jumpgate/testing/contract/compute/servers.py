"""What every cloud's servers owe, beside their states."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound, OverQuota
from jumpgate.common.listing import EVERYTHING, Filter, Query
from jumpgate.compute.models import Flavor, RebuildSpec, Server
from jumpgate.testing.contract.collection import Stock
from jumpgate.testing.contract.compute.things import (
    SERVER,
    new_network,
    new_security_group,
    on_networks,
)
from jumpgate.testing.contract.suite import Contract, Made, needs
from jumpgate.testing.contract.traits import Identified, OfAllProjects, OwnedAndChangeable, Revised


class TestServers(OfAllProjects, OwnedAndChangeable, Identified, Revised):
    """Servers as things: found, got, created, changed and deleted."""

    resource = "servers"
    thing = SERVER

    @needs("detailed", "find")
    def test_detailed_returns_the_same_servers_in_order(self, stock: Stock) -> None:
        servers = self.found(stock.ctx)
        detailed = self.contract.detailed(stock.ctx, servers)

        assert [server.id for server in detailed] == [server.id for server in servers]
        assert [server.vm_state for server in detailed] == [server.vm_state for server in servers]
        assert list(self.contract.detailed(stock.ctx, ())) == []

    @needs("detailed", "find")
    def test_a_list_is_narrowed_by_the_address_that_a_detailed_server_has(self, stock: Stock) -> None:
        servers = self.contract.detailed(stock.ctx, self.found(stock.ctx))
        for address in {address for server in servers for address in server.ipv4}:
            wanted = Filter("ipv4", (address,), "part")
            found = {server.id for server in self.found(stock.ctx, Query(filters=(wanted,)))}
            assert {server.id for server in servers if any(address in text for text in server.ipv4)} <= found
            assert not {server.id for server in servers if not server.ipv4} & found

    @needs("find")
    def test_servers_are_found_by_what_changed_since(self, stock: Stock) -> None:
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        for query in (
            Query(filters=(Filter("updated_at", (stock.one.created_at,), "gte"),)),
            Query(filters=(Filter("created_at", (later,), "lt"),)),
            Query(filters=(Filter("created_at", (later,), "gte"),)),
            Query(filters=(Filter("name", (stock.one.name[3:],), "regex"),)),
        ):
            assert sorted(self.keys(stock.ctx, query)) == sorted(self.refiltered(stock.ctx, query)), query

    @needs("get", as_made=True)
    def test_a_server_says_whose_it_is_and_what_of(self, stock: Stock) -> None:
        got = self.contract.get(stock.ctx, stock.one.id)

        assert got.project_id == stock.ctx.project
        assert got.flavor.vcpus >= 1
        assert got.flavor.ram_mib >= 1
        assert got.launched_at is not None, "An ACTIVE server was launched at some time"
        assert got.created_at <= got.updated_at

    @needs("create")
    def test_several_servers_are_made_at_once(self, made: Made, alice: Context) -> None:
        spec = SERVER.spec(made, alice, self.watched.name(), min_count=2, max_count=2)
        servers = self.contract.create(alice, spec)
        for server in servers:
            made.remove_later(SERVER, alice, server.id)

        assert len({server.id for server in servers}) == 2
        assert all(made.ready(SERVER, alice, server) for server in servers)

    @needs("default_networks", "create")
    def test_a_server_can_be_put_where_servers_are_by_default(self, made: Made, alice: Context) -> None:
        networks = self.contract.default_networks(alice)
        if networks is None:
            networks = SERVER.spec(made, alice, "x").networks
        spec = SERVER.spec(made, alice, self.watched.name(), networks=tuple(networks))
        server = SERVER.create(self.contract, alice, spec)
        made.remove_later(SERVER, alice, server.id)

        assert made.ready(SERVER, alice, server).id == server.id

    @needs("create", "delete")
    def test_a_server_that_is_building_can_be_deleted(self, made: Made, alice: Context) -> None:
        server = made.make(SERVER, waits=False)

        made.remove(SERVER, alice, server.id)
        with pytest.raises(NotFound):
            _alive(self.contract.get(alice, server.id))

    @needs("merge_metadata", "get")
    def test_metadata_is_merged(self, made: Made, alice: Context) -> None:
        server = made.make(SERVER, metadata={"kept": "1", "changed": "1", "removed": "1"})
        merged = self.contract.merge_metadata(alice, server.id, {"changed": "2", "removed": None, "new": "3"})

        assert dict(merged) == {"kept": "1", "changed": "2", "new": "3"}
        assert dict(self.contract.get(alice, server.id).metadata) == dict(merged)

    @needs("merge_tags", "get")
    def test_tags_are_added_and_removed(self, made: Made, alice: Context) -> None:
        server = made.make(SERVER)
        self.contract.merge_tags(alice, server.id, add=("one", "two"))
        self.contract.merge_tags(alice, server.id, add=("one",), remove=("two",))

        assert list(self.contract.get(alice, server.id).tags) == ["one"]
        with pytest.raises(NotFound):
            self.contract.merge_tags(alice, server.id, remove=("two",))
        with pytest.raises(BadRequest):
            self.contract.merge_tags(alice, server.id, add=[f"tag-{number}" for number in range(51)])

    @needs("merge_tags", "find")
    def test_servers_are_found_by_tags(self, stock: Stock) -> None:
        self.contract.merge_tags(stock.ctx, stock.one.id, add=("contract-mark",))
        query = Query(filters=(Filter("tags", ("contract-mark",), "has"),))

        assert self.keys(stock.ctx, query) == [stock.one.id]

    @needs("create")
    def test_too_many_servers_are_over_quota(self, made: Made, alice: Context) -> None:
        self.watched.require("quotas.get")
        limits = self.watched.cloud.offers.quotas.get(alice, alice.project)
        if "instances" not in limits or limits["instances"].limit < 0:
            pytest.skip("the cloud does not limit how many servers there are")
        count = limits["instances"].limit + 1
        with pytest.raises(OverQuota):
            self.contract.create(alice, SERVER.spec(made, alice, "many", min_count=count, max_count=count))


def _alive(server: Server) -> Server:
    if SERVER.is_gone(server):
        raise NotFound(f"Server {server.id} is gone.")
    return server


class TestServerDetails(Contract):
    """What can be read and changed of one running server."""

    resource = "servers"

    @needs("lock", "unlock", "get")
    def test_a_lock_holds_until_it_is_taken_away(self, made: Made, shelf: Made, alice: Context) -> None:
        servers, server = made.bench.servers, shelf.once(SERVER)
        servers.lock(alice, server.id, "because")
        locked = servers.get(alice, server.id)
        servers.unlock(alice, server.id)

        assert locked.locked
        assert locked.locked_reason == "because"
        assert not servers.get(alice, server.id).locked

    @needs("console_output")
    def test_the_console_gives_the_last_lines(self, made: Made, shelf: Made, alice: Context) -> None:
        servers, server = made.bench.servers, shelf.once(SERVER)
        # In this order: a guest may go on writing.
        last, whole = servers.console_output(alice, server.id, 1), servers.console_output(alice, server.id, None)

        assert len(last.splitlines()) <= 1
        assert last.strip() in whole

    @needs("serial_console")
    def test_the_serial_console_is_answered_and_ends_when_it_is_closed(
        self, made: Made, shelf: Made, alice: Context
    ) -> None:
        servers, server = made.bench.servers, shelf.once(SERVER)
        stream = servers.serial_console(alice, server.id)
        heard: list[bytes] = []
        reader = threading.Thread(target=lambda: heard.extend(iter(stream.read, b"")), daemon=True)
        reader.start()
        try:
            stream.write(b"\r")
            made.cloud.wait(lambda: bool(heard), lambda answered: answered, "the guest answers at its console")
        finally:
            stream.close()
            stream.close()
        reader.join(made.cloud.timeout_s)

        assert not reader.is_alive()

    @needs("diagnostics")
    def test_diagnostics_tell_how_it_does(self, made: Made, shelf: Made, alice: Context) -> None:
        servers, server = made.bench.servers, shelf.once(SERVER)
        told = servers.diagnostics(alice, server.id)

        assert told.state == "running"
        assert told.memory_mib >= 1
        assert told.driver

    @needs("inject_network_info")
    def test_network_info_can_be_injected(self, made: Made, shelf: Made, admin: Context) -> None:
        servers, server = made.bench.servers, shelf.once(SERVER)
        assert servers.inject_network_info(admin, server.id) is None

    @needs("notice")
    def test_other_services_may_tell_of_a_server(self, made: Made, shelf: Made, admin: Context) -> None:
        servers, server = made.bench.servers, shelf.once(SERVER)
        assert servers.notice(admin, server.id, "network-changed", tag=None, status="completed") is None

    @needs("reset_state", "get")
    def test_an_operator_sets_the_state(self, made: Made, shelf: Made, admin: Context, alice: Context) -> None:
        servers, server = made.bench.servers, shelf.once(SERVER)
        servers.reset_state(admin, server.id, "error")
        broken = servers.get(alice, server.id)
        servers.reset_state(admin, server.id, "active")

        assert broken.vm_state == "error"
        assert servers.get(alice, server.id).vm_state == "active"

    @needs("add_fixed_ip", "remove_fixed_ip", "detailed", "create")
    def test_addresses_come_and_go(self, made: Made, alice: Context) -> None:
        servers = made.bench.servers
        network_id = new_network(made, alice)
        spec = on_networks(SERVER.spec(made, alice, made.bench.name()), network_id)
        server = SERVER.create(servers, alice, spec)
        made.remove_later(SERVER, alice, server.id)
        made.ready(SERVER, alice, server)

        def addresses() -> list[str]:
            (seen,) = servers.detailed(alice, (servers.get(alice, server.id),))
            return [address.address for address in seen.addresses]

        (first,) = addresses()
        servers.add_fixed_ip(alice, server.id, network_id)
        made.cloud.wait(addresses, lambda seen: len(seen) == 2, "the second address is there")
        servers.remove_fixed_ip(alice, server.id, first)
        left = made.cloud.wait(addresses, lambda seen: len(seen) == 1, "the first address is gone")
        assert first not in left
        with pytest.raises(BadRequest):
            servers.remove_fixed_ip(alice, server.id, first)
        with pytest.raises(NotFound):
            servers.add_fixed_ip(alice, server.id, new_network(made, alice, cidr="10.78.0.0/24"))

    @needs("add_security_group", "remove_security_group", "detailed", "create")
    def test_security_groups_come_and_go(self, made: Made, alice: Context) -> None:
        servers = made.bench.servers
        network_id, group_id = new_network(made, alice), new_security_group(made, alice)
        spec = on_networks(SERVER.spec(made, alice, made.bench.name()), network_id)
        server = SERVER.create(servers, alice, spec)
        made.remove_later(SERVER, alice, server.id)
        made.ready(SERVER, alice, server)

        def groups() -> int:
            (seen,) = servers.detailed(alice, (servers.get(alice, server.id),))
            return len(seen.security_groups)

        before = groups()
        servers.add_security_group(alice, server.id, group_id)
        made.cloud.wait(groups, lambda seen: seen == before + 1, "the server is in the group")
        servers.remove_security_group(alice, server.id, group_id)
        made.cloud.wait(groups, lambda seen: seen == before, "the server is out of the group")
        with pytest.raises(NotFound):
            servers.remove_security_group(alice, server.id, group_id)

    @needs("find", "get")
    def test_a_list_is_read_while_servers_come_and_go(self, made: Made, alice: Context) -> None:
        servers = made.bench.servers
        found = servers.find(alice, EVERYTHING)
        server = made.make(SERVER, waits=False)

        assert len(list(found)) >= 0
        assert servers.get(alice, server.id).id == server.id


# What each method that takes a server's id is given beside it.
ARGUMENTS: dict[str, tuple[tuple[object, ...], dict[str, object]]] = {
    "get": ((), {}),
    "delete": ((), {}),
    "update": (({"name": "x"},), {}),
    "merge_metadata": (({"a": "b"},), {}),
    "merge_tags": ((), {"add": ("a",)}),
    "start": ((), {}),
    "stop": ((), {}),
    "reboot": ((), {"hard": False}),
    "pause": ((), {}),
    "unpause": ((), {}),
    "suspend": ((), {}),
    "resume": ((), {}),
    "lock": ((None,), {}),
    "unlock": ((), {}),
    "confirm_resize": ((), {}),
    "revert_resize": ((), {}),
    "rescue": ((), {"image_id": None, "admin_password": "x"}),
    "unrescue": ((), {}),
    "shelve": ((), {}),
    "shelve_offload": ((), {}),
    "unshelve": ((), {"zone": None, "unpin": False}),
    "change_password": (("x",), {}),
    "create_image": (("x", {}), {}),
    "create_backup": (("x",), {"kind": "daily", "rotation": 1, "properties": {}}),
    "console_output": ((None,), {}),
    "serial_console": ((), {}),
    "diagnostics": ((), {}),
    "reset_state": (("active",), {}),
    "migrate": ((None,), {}),
    "live_migrate": ((None,), {"copies_disk": None}),
    "evacuate": ((None, "x"), {}),
    "rebuild": ((RebuildSpec(image_id="b2b6a4b5-bd9c-4bb2-9e63-0a0a35a4b1b4"),), {}),
    "resize": ((Flavor(id="x", name="x", vcpus=1, ram_mib=64, disk_gib=1),), {"disk_config": None}),
    "restore": ((), {}),
    "inject_network_info": ((), {}),
    "notice": (("network-changed",), {"tag": None, "status": "completed"}),
    "add_fixed_ip": (("b2b6a4b5-bd9c-4bb2-9e63-0a0a35a4b1b4",), {}),
    "remove_fixed_ip": (("192.0.2.1",), {}),
    "add_security_group": (("b2b6a4b5-bd9c-4bb2-9e63-0a0a35a4b1b4",), {}),
    "remove_security_group": (("b2b6a4b5-bd9c-4bb2-9e63-0a0a35a4b1b4",), {}),
}
