"""What the network service owes to operators: quotas, zones, availability, metering and agents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, JumpgateError, NotFound
from jumpgate.common.listing import EVERYTHING, Filter, Query, page
from jumpgate.network.models.agents import DHCP_AGENT, L3_AGENT, Agent, AgentSpec
from jumpgate.testing.contract.collection import times
from jumpgate.testing.contract.network.things import (
    METERING_LABEL,
    METERING_LABEL_RULE,
    NETWORK,
    PORT,
    ROUTER,
    SUBNET,
)
from jumpgate.testing.contract.suite import Bench, Contract, Made, Revisions, needs
from jumpgate.testing.contract.traits import Changeable, Uniform

MISSING = "4b4a3f2e-9c57-4d0e-8a57-3f3a0a0c1a77"


class TestQuotas(Contract):
    """What projects may have of networks."""

    resource = "quotas"

    @needs("get")
    def test_a_network_uses_its_projects_quota(self, made: Made, alice: Context) -> None:
        before = made.bench.quotas.get(alice, alice.project).used.get("network", 0)
        made.make(NETWORK)

        assert made.bench.quotas.get(alice, alice.project).used["network"] == before + 1

    @needs("update", "get", "delete", "defaults", "find")
    def test_a_project_has_limits_of_its_own_until_they_go(self, made: Made, admin: Context) -> None:
        quotas, project = made.bench.quotas, made.bench.name()
        made.later(lambda: quotas.delete(admin, project))
        quotas.update(admin, project, {"network": 7})
        own, listed = quotas.get(admin, project).limits, [item.project_id for item in quotas.find(admin)]
        quotas.delete(admin, project)
        defaults = quotas.defaults(admin)

        assert own["network"] == 7
        assert own["port"] == defaults["port"]
        assert listed.count(project) == 1
        assert quotas.get(admin, project).limits["network"] == defaults["network"]
        assert project not in [item.project_id for item in quotas.find(admin)]
        with pytest.raises(NotFound):
            quotas.delete(admin, project)


class TestAvailabilityZones(Contract):
    """The zones of networks and routers."""

    resource = "availability_zones"

    @needs("find")
    def test_zones_say_what_they_are_for(self, bench: Bench, alice: Context) -> None:
        zones = list(bench.availability_zones.find(alice, EVERYTHING))

        assert zones
        assert {zone.resource for zone in zones} <= {"network", "router"}


class TestNetworkAvailabilities(Contract):
    """How full networks are."""

    resource = "network_availabilities"

    @needs("find", "get")
    def test_a_port_takes_an_address(self, made: Made, admin: Context) -> None:
        subnet = made.make(SUBNET)
        before = made.bench.network_availabilities.get(admin, subnet.network_id)
        made.make(PORT, network_id=subnet.network_id)
        after = made.bench.network_availabilities.get(admin, subnet.network_id)
        query = Query(filters=(Filter("id", (subnet.network_id,)),), all_projects=True)
        listed = page(made.bench.network_availabilities.find(admin, query), query)

        assert after.used_ips > before.used_ips
        assert [item.used_ips for item in listed] == [after.used_ips]
        assert [item.subnet_id for item in after.subnets] == [subnet.id]
        with pytest.raises(NotFound):
            made.bench.network_availabilities.get(admin, made.bench.missing(subnet.network_id))


class TestMeteringLabels(Changeable, Uniform):
    """Labels of counted traffic."""

    resource = "metering_labels"
    thing = METERING_LABEL

    @needs("delete")
    def test_its_rules_go_with_a_label(self, made: Made, admin: Context) -> None:
        rule = made.make(METERING_LABEL_RULE)
        self.contract.delete(admin, rule.metering_label_id)
        with pytest.raises(NotFound):
            self.watched.metering_label_rules.get(admin, rule.id)


class TestMeteringLabelRules(Changeable, Uniform):
    """Which traffic is counted."""

    resource = "metering_label_rules"
    thing = METERING_LABEL_RULE

    @needs("create")
    def test_prefixes_of_a_label_do_not_overlap(self, made: Made, admin: Context) -> None:
        rule = made.make(METERING_LABEL_RULE)
        spec = METERING_LABEL_RULE.spec(made, admin, "x", metering_label_id=rule.metering_label_id)
        with pytest.raises(Conflict):
            self.contract.create(admin, spec)


class TestAgents(Contract):
    """The programs that serve networks and routers."""

    resource = "agents"

    def of_type(self, bench: Bench, ctx: Context, kind: str) -> Agent:
        found: list[Agent] = [agent for agent in bench.agents.find(ctx, EVERYTHING) if agent.agent_type == kind]
        if not found:
            pytest.skip(f"the cloud has no {kind}")
        return found[0]

    @needs("find", "get")
    def test_agents_are_found_and_got(self, bench: Bench, admin: Context) -> None:
        agents = list(bench.agents.find(admin, EVERYTHING))

        for agent in agents:
            assert bench.agents.get(admin, agent.id).host == agent.host
        for where, time in times(agents, "agents"):
            assert time.tzinfo is not None, f"{where} has no time zone"
        with pytest.raises(NotFound):
            bench.agents.get(admin, MISSING)

    @needs("find", "update", "get")
    def test_an_agent_is_switched_off_and_on(self, made: Made, admin: Context) -> None:
        agent = self.of_type(made.bench, admin, L3_AGENT)
        made.later(lambda: made.bench.agents.update(admin, agent.id, {"admin_state_up": True}))
        made.bench.agents.update(admin, agent.id, {"admin_state_up": False})
        off = made.bench.agents.get(admin, agent.id)
        made.bench.agents.update(admin, agent.id, {"admin_state_up": True})

        assert not off.admin_state_up
        assert made.bench.agents.get(admin, agent.id).admin_state_up
        with pytest.raises(NotFound):
            made.bench.agents.update(admin, MISSING, {"admin_state_up": True})

    @needs("create")
    def test_agents_are_not_made_by_clients(self, bench: Bench, admin: Context) -> None:
        with pytest.raises(JumpgateError):
            bench.agents.create(admin, AgentSpec())

    @needs("create_many")
    def test_no_agents_are_many_made_or_none(self, bench: Bench, admin: Context) -> None:
        assert bench.agents.create_many(admin, ()) == []

    @needs("delete")
    def test_a_missing_agent_is_not_forgotten(self, bench: Bench, admin: Context) -> None:
        with pytest.raises(NotFound):
            bench.agents.delete(admin, MISSING)

    @needs("networks", "add_network", "remove_network", "of_network", "find")
    def test_an_agent_serves_networks(self, made: Made, admin: Context) -> None:
        agents, agent = made.bench.agents, self.of_type(made.bench, admin, DHCP_AGENT)
        network_id = made.make(SUBNET).network_id
        if agent.id in self.ids(agents.of_network(admin, network_id)):
            agents.remove_network(admin, agent.id, network_id)
        agents.add_network(admin, agent.id, network_id)

        assert network_id in self.ids(agents.networks(admin, agent.id))
        assert agent.id in self.ids(agents.of_network(admin, network_id))
        with pytest.raises(Conflict):
            agents.add_network(admin, agent.id, network_id)
        agents.remove_network(admin, agent.id, network_id)
        assert network_id not in self.ids(agents.networks(admin, agent.id))
        with pytest.raises(Conflict):
            agents.remove_network(admin, agent.id, network_id)

    @needs("routers", "add_router", "remove_router", "of_router", "find")
    def test_an_agent_runs_routers(self, made: Made, admin: Context) -> None:
        agents, agent, router = made.bench.agents, self.of_type(made.bench, admin, L3_AGENT), made.make(ROUTER)
        agents.add_router(admin, agent.id, router.id)
        agents.add_router(admin, agent.id, router.id)

        assert router.id in self.ids(agents.routers(admin, agent.id))
        assert agent.id in self.ids(agents.of_router(admin, router.id))
        agents.remove_router(admin, agent.id, router.id)
        assert router.id not in self.ids(agents.routers(admin, agent.id))
        with pytest.raises(NotFound):
            list(agents.of_router(admin, made.bench.missing(router.id)))

    @staticmethod
    def ids(found: Iterable[Any]) -> list[str]:
        return [item.id for item in found]


class TestAutoAllocatedTopologies(Contract):
    """The network that a project gets which asks for whatever there is."""

    resource = "auto_allocated_topologies"

    @needs("check", "get", "delete")
    def test_a_project_gets_one_network_or_is_told_why_not(self, made: Made, alice: Context, admin: Context) -> None:
        topologies = made.bench.auto_allocated_topologies
        made.later(lambda: topologies.delete(admin, alice.project))
        try:
            topologies.check(alice)
        except Conflict:
            with pytest.raises(Conflict):
                topologies.get(alice, alice.project)
        else:
            first, second = topologies.get(alice, alice.project), topologies.get(alice, alice.project)
            assert first.network_id == second.network_id
        topologies.delete(admin, alice.project)
        topologies.delete(admin, alice.project)


class TestRevisions(Revisions):
    """Revisions of everything in network."""
