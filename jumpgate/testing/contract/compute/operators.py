"""What compute owes to operators: quotas, zones, usage, hosts, aggregates and migrations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.listing import EVERYTHING, Query
from jumpgate.compute.models.operations import Aggregate
from jumpgate.testing.contract.collection import times
from jumpgate.testing.contract.compute.things import SERVER, larger_flavor
from jumpgate.testing.contract.suite import Bench, Contract, Made, Revisions, needs


class TestQuotas(Contract):
    """What projects may have of servers and what belongs to them."""

    resource = "quotas"

    @needs("get")
    def test_a_server_uses_its_projects_quota(self, made: Made, alice: Context) -> None:
        before = made.bench.quotas.get(alice, alice.project)["instances"].in_use
        made.make(SERVER)

        assert made.bench.quotas.get(alice, alice.project)["instances"].in_use == before + 1

    @needs("update", "get", "delete", "defaults")
    def test_a_project_has_limits_of_its_own_until_they_go(self, made: Made, admin: Context) -> None:
        quotas, project = made.bench.quotas, made.bench.name()
        made.later(lambda: quotas.delete(admin, project))
        default = quotas.defaults(admin)["instances"]
        quotas.update(admin, project, {"instances": 7})
        own = quotas.get(admin, project)
        quotas.delete(admin, project)

        assert own["instances"].limit == 7
        assert own["cores"].limit == quotas.defaults(admin)["cores"]
        assert quotas.get(admin, project)["instances"].limit == default

    @needs("update_class", "class_limits", "defaults", "get")
    def test_the_default_class_is_the_defaults(self, made: Made, admin: Context) -> None:
        quotas = made.bench.quotas
        before = quotas.class_limits(admin, "default")["instances"]
        made.later(lambda: quotas.update_class(admin, "default", {"instances": before}))
        quotas.update_class(admin, "default", {"instances": before + 5})

        assert quotas.class_limits(admin, "default")["instances"] == before + 5
        assert quotas.defaults(admin)["instances"] == before + 5
        assert quotas.get(admin, made.bench.name())["instances"].limit == before + 5


class TestAvailabilityZones(Contract):
    """The zones of compute."""

    resource = "availability_zones"

    @needs("find")
    def test_there_is_an_available_zone(self, bench: Bench, alice: Context) -> None:
        zones = list(bench.availability_zones.find(alice))

        assert any(zone.available for zone in zones)
        assert len({zone.name for zone in zones}) == len(zones)
        for where, time in times(zones, "availability_zones"):
            assert time.tzinfo is not None, f"{where} has no time zone"


class TestUsages(Contract):
    """How much servers were used."""

    resource = "usages"

    @needs("find")
    def test_a_servers_use_is_its_projects(self, made: Made, alice: Context, bob: Context) -> None:
        server = made.make(SERVER)
        start, end = _around(dt.datetime.now(dt.UTC))
        used = {usage.server_id: usage for usage in made.bench.usages.find(alice, alice.project, start, end)}

        assert used[server.id].project_id == alice.project
        assert used[server.id].ended_at is None
        assert server.id not in {item.server_id for item in made.bench.usages.find(bob, bob.project, start, end)}
        long_ago = list(made.bench.usages.find(alice, alice.project, *_around(dt.datetime(2001, 1, 1, tzinfo=dt.UTC))))
        assert long_ago == []
        for where, time in times(list(used.values()), "usages"):
            assert time.tzinfo is not None, f"{where} has no time zone"

    @needs("find")
    def test_a_deleted_server_was_used_until_then(self, made: Made, alice: Context, admin: Context) -> None:
        server = made.make(SERVER)
        made.remove(SERVER, alice, server.id)
        start, end = _around(dt.datetime.now(dt.UTC))

        (usage,) = (item for item in made.bench.usages.find(admin, None, start, end) if item.server_id == server.id)
        assert usage.ended_at is not None


def _around(time: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    return time - dt.timedelta(days=1), time + dt.timedelta(days=1)


class TestHosts(Contract):
    """The machines behind the cloud."""

    resource = "hosts"

    @needs("services", "hypervisors")
    def test_every_hypervisor_has_a_service(self, bench: Bench, admin: Context) -> None:
        services = {service.id: service for service in bench.hosts.services(admin)}
        hypervisors = list(bench.hosts.hypervisors(admin))
        if not hypervisors:
            pytest.skip("there is no hypervisor to look at")

        assert {hypervisor.service.id for hypervisor in hypervisors} <= set(services)
        assert all(service.binary and service.host for service in services.values())
        for where, time in times((list(services.values()), hypervisors), "hosts"):
            assert time.tzinfo is not None, f"{where} has no time zone"

    @needs("update_service", "services")
    def test_a_service_is_disabled_and_enabled(self, made: Made, admin: Context) -> None:
        hosts = made.bench.hosts
        service = next(item for item in hosts.services(admin) if item.binary == "nova-compute")
        made.later(lambda: hosts.update_service(admin, service.id, {"enabled": True, "disabled_reason": None}))
        off = hosts.update_service(admin, service.id, {"enabled": False, "disabled_reason": "contract"})
        seen = {item.id: item for item in hosts.services(admin)}[service.id]
        on = hosts.update_service(admin, service.id, {"enabled": True, "disabled_reason": None})

        assert (off.enabled, off.disabled_reason) == (False, "contract")
        assert not seen.enabled
        assert on.enabled
        with pytest.raises(NotFound):
            hosts.update_service(admin, self.watched.missing(service.id), {"enabled": True})

    @needs("delete_service", "services")
    def test_a_missing_service_is_not_forgotten(self, bench: Bench, admin: Context) -> None:
        (service, *_) = bench.hosts.services(admin)
        with pytest.raises(NotFound):
            bench.hosts.delete_service(admin, bench.missing(service.id))


class TestAggregates(Contract):
    """Groups of hosts."""

    resource = "aggregates"

    def make(self, made: Made, ctx: Context, *, zone: str | None = None) -> Aggregate:
        """Make an aggregate, which goes without its hosts."""
        aggregates = made.bench.aggregates
        aggregate: Aggregate = aggregates.create(ctx, made.bench.name(), zone)
        made.later(lambda: aggregates.delete(ctx, aggregate.number))
        made.later(lambda: self.empty(aggregates, ctx, aggregate.number))
        return aggregate

    @staticmethod
    def empty(aggregates: Any, ctx: Context, number: int) -> None:
        for host in aggregates.get(ctx, number).hosts:
            aggregates.remove_host(ctx, number, host)

    @needs("create", "find", "get", "delete")
    def test_an_aggregate_comes_and_goes(self, made: Made, admin: Context) -> None:
        aggregates, aggregate = made.bench.aggregates, self.make(made, admin)

        assert aggregates.get(admin, aggregate.number).name == aggregate.name
        assert [item.number for item in aggregates.find(admin)].count(aggregate.number) == 1
        with pytest.raises(Conflict):
            aggregates.create(admin, aggregate.name, None)
        aggregates.delete(admin, aggregate.number)
        for call in (aggregates.get, aggregates.delete):
            with pytest.raises(NotFound):
                call(admin, aggregate.number)
        for where, time in times(aggregate, "aggregates"):
            assert time.tzinfo is not None, f"{where} has no time zone"

    @needs("update", "merge_metadata", "get")
    def test_an_aggregate_is_changed(self, made: Made, admin: Context) -> None:
        aggregates, aggregate, name = made.bench.aggregates, self.make(made, admin), made.bench.name()
        aggregates.update(admin, aggregate.number, {"name": name})
        aggregates.merge_metadata(admin, aggregate.number, {"a": "1", "b": "2"})
        merged = aggregates.merge_metadata(admin, aggregate.number, {"a": None})

        assert aggregates.get(admin, aggregate.number).name == name
        assert (merged.metadata.get("a"), merged.metadata.get("b")) == (None, "2")
        with pytest.raises(Conflict):
            aggregates.update(admin, aggregate.number, {"name": self.make(made, admin).name})
        with pytest.raises(NotFound):
            aggregates.update(admin, made.bench.missing(aggregate.number), {"name": "x"})

    @needs("add_host", "remove_host", "delete")
    def test_hosts_come_and_go(self, made: Made, admin: Context) -> None:
        made.bench.require("hosts.hypervisors")
        aggregates, aggregate = made.bench.aggregates, self.make(made, admin)
        host = next(iter(made.bench.hosts.hypervisors(admin))).service.host
        assert aggregates.add_host(admin, aggregate.number, host).hosts == (host,)
        with pytest.raises(Conflict):
            aggregates.add_host(admin, aggregate.number, host)
        with pytest.raises(NotFound):
            aggregates.add_host(admin, aggregate.number, "no-such-host")
        with pytest.raises(BadRequest):
            aggregates.delete(admin, aggregate.number)
        assert aggregates.remove_host(admin, aggregate.number, host).hosts == ()
        with pytest.raises(NotFound):
            aggregates.remove_host(admin, aggregate.number, host)


class TestMigrations(Contract):
    """The moves of servers."""

    resource = "migrations"

    @needs("find", "servers.resize", "servers.confirm_resize")
    def test_a_resize_is_a_migration(self, made: Made, alice: Context, admin: Context) -> None:
        server, servers = made.make(SERVER), made.bench.servers
        servers.resize(alice, server.id, larger_flavor(made.bench, alice), disk_config=None)
        made.cloud.wait(
            lambda: servers.get(alice, server.id),
            lambda seen: seen.vm_state == "resized" and seen.task_state is None,
            "the server is resized",
        )
        (finished,) = self.of(made.bench.migrations.find(admin, Query(all_projects=True)), server.id)
        servers.confirm_resize(alice, server.id)
        made.cloud.wait(
            lambda: servers.get(alice, server.id),
            lambda seen: seen.vm_state == "active" and seen.task_state is None,
            "the resize is confirmed",
        )
        (confirmed,) = self.of(made.bench.migrations.find(admin, EVERYTHING), server.id)

        assert (finished.type, finished.status) == ("resize", "finished")
        assert confirmed.status == "confirmed"
        for where, time in times(confirmed, "migrations"):
            assert time.tzinfo is not None, f"{where} has no time zone"

    @staticmethod
    def of(found: Iterable[Any], server_id: str) -> list[Any]:
        return [migration for migration in found if migration.server_id == server_id]


class TestRevisions(Revisions):
    """Revisions of everything in compute."""
