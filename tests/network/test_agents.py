"""Agents, and what they serve."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import ROOT, UNKNOWN, addresses, ask, change, fault, found, make, make_subnet, message, path
from tests.support.cloud import Cloud


def agent_id(cloud: Cloud, agent_type: str = "DHCP agent") -> str:
    """Return the id of the agent that does a kind of work."""
    agents = cloud.get("admin", f"{ROOT}/agents?agent_type={agent_type.replace(' ', '%20')}").json["agents"]
    return str(agents[0]["id"])


def dhcp_ports(cloud: Cloud, network_id: str) -> list[dict[str, Any]]:
    """Return the DHCP agent's ports on a network."""
    return found(cloud, "alice", "port", f"network_id={network_id}&device_owner=network:dhcp")


class TestAgents:
    def test_an_agent_says_what_it_does(self, cloud: Cloud) -> None:
        agent = cloud.get("admin", f"{ROOT}/agents/{agent_id(cloud)}").json["agent"]
        for name in ("id", "created_at", "started_at", "heartbeat_timestamp"):
            assert agent.pop(name)
        assert agent == {
            "agent_type": "DHCP agent",
            "binary": "neutron-dhcp-agent",
            "topic": "dhcp_agent",
            "host": "embedded",
            "admin_state_up": True,
            "description": None,
            "resources_synced": None,
            "availability_zone": "nova",
            "alive": True,
            "configurations": {"dhcp_driver": "embedded"},
        }

    def test_they_are_filtered_and_sorted(self, cloud: Cloud) -> None:
        query = "alive=true&sort_key=agent_type&sort_dir=desc&fields=agent_type"
        assert [item["agent_type"] for item in cloud.get("admin", f"{ROOT}/agents?{query}").json["agents"]] == [
            "L3 agent",
            "DHCP agent",
        ]
        assert cloud.get("admin", f"{ROOT}/agents?alive=false").json == {"agents": []}
        assert len(cloud.get("admin", f"{ROOT}/agents?agent_type=dhcp%20AGENT").json["agents"]) == 1
        assert cloud.get("admin", f"{ROOT}/agents?host=elsewhere").json == {"agents": []}
        assert message(cloud.get("admin", f"{ROOT}/agents?colour=1")) == "['colour'] is invalid attribute for filtering"

    def test_a_description_is_kept(self, cloud: Cloud) -> None:
        where = f"{ROOT}/agents/{agent_id(cloud)}"
        assert cloud.put("admin", where, {"agent": {"description": "x"}}).json["agent"]["description"] == "x"
        assert cloud.get("admin", where).json["agent"]["description"] == "x"
        result = cloud.put("admin", where, {"agent": {"host": "y"}})
        assert message(result) == "Cannot update read-only attribute host"

    def test_they_are_the_administrators(self, cloud: Cloud) -> None:
        dhcp = agent_id(cloud)
        assert cloud.get("alice", f"{ROOT}/agents").json == {"agents": []}
        assert fault(cloud.get("alice", f"{ROOT}/agents/{dhcp}")) == (404, "HTTPNotFound")
        assert fault(cloud.put("alice", f"{ROOT}/agents/{dhcp}", {"agent": {}})) == (404, "HTTPNotFound")
        result = cloud.get("alice", f"{ROOT}/agents/{dhcp}/dhcp-networks")
        assert message(result) == "rule:get_dhcp-networks is disallowed by policy"
        assert fault(cloud.get("admin", f"{ROOT}/agents/{UNKNOWN}")) == (404, "AgentNotFound")
        assert fault(cloud.get("admin", f"{ROOT}/agents/x")) == (404, "AgentNotFound")

    def test_a_restart_leaves_them_as_they_are(self, cloud: Cloud) -> None:
        before = agent_id(cloud)
        cloud.app.prepare()
        assert agent_id(cloud) == before


class TestDhcp:
    def test_a_network_is_served_once_a_device_is_on_it(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        network_id = subnet["network_id"]
        agents = f"{ROOT}/networks/{network_id}/dhcp-agents"
        assert cloud.get("admin", agents).json == {"agents": []}
        make(cloud, "alice", "port", network_id=network_id)
        assert [item["id"] for item in cloud.get("admin", agents).json["agents"]] == [agent_id(cloud)]
        networks = cloud.get("admin", f"{ROOT}/agents/{agent_id(cloud)}/dhcp-networks").json["networks"]
        assert [item["id"] for item in networks] == [network_id]
        (port,) = dhcp_ports(cloud, network_id)
        assert (port["status"], port["security_groups"], port["port_security_enabled"]) == ("ACTIVE", [], False)
        assert port["device_id"].startswith("dhcp")
        assert port["device_id"].endswith(network_id)
        assert addresses(port) == ["10.0.0.3"]

    def test_it_has_an_address_on_each_subnet_with_dhcp(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        network_id = subnet["network_id"]
        make(cloud, "alice", "port", network_id=network_id)
        second = make_subnet(cloud, "alice", "10.0.1.0/24", network_id=network_id)
        make_subnet(cloud, "alice", "10.0.2.0/24", network_id=network_id, enable_dhcp=False)
        assert sorted(addresses(dhcp_ports(cloud, network_id)[0])) == ["10.0.0.3", "10.0.1.2"]
        change(cloud, "alice", "subnet", subnet["id"], enable_dhcp=False)
        assert addresses(dhcp_ports(cloud, network_id)[0]) == ["10.0.1.2"]
        assert cloud.delete("alice", path("subnet", second["id"])).status_code == 204
        assert dhcp_ports(cloud, network_id) == []

    def test_where_no_address_is_left_it_has_none(self, cloud: Cloud) -> None:
        pool = [{"start": "10.0.0.9", "end": "10.0.0.9"}]
        subnet = make_subnet(cloud, "alice", allocation_pools=pool)
        port = make(cloud, "alice", "port", network_id=subnet["network_id"])
        assert addresses(port) == ["10.0.0.9"]
        assert [addresses(item) for item in dhcp_ports(cloud, subnet["network_id"])] == [[]]

    def test_an_ipv6_subnet_of_automatic_addresses(self, cloud: Cloud) -> None:
        modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        subnet = make_subnet(cloud, "alice", "2001:db8::/64", **modes)
        make(cloud, "alice", "port", network_id=subnet["network_id"])
        (port,) = dhcp_ports(cloud, subnet["network_id"])
        assert addresses(port)[0].startswith("2001:db8::f816:3eff:fe")

    def test_a_network_is_given_and_taken(self, cloud: Cloud) -> None:
        network_id = make_subnet(cloud, "alice")["network_id"]
        networks = f"{ROOT}/agents/{agent_id(cloud)}/dhcp-networks"
        assert cloud.post("admin", networks, {"network_id": network_id}).status_code == 201
        assert len(dhcp_ports(cloud, network_id)) == 1
        again = cloud.post("admin", networks, {"network_id": network_id})
        assert fault(again) == (409, "NetworkHostedByDHCPAgent")
        assert cloud.delete("admin", f"{networks}/{network_id}").status_code == 204
        assert dhcp_ports(cloud, network_id) == []
        assert fault(cloud.delete("admin", f"{networks}/{network_id}")) == (409, "NetworkNotHostedByDhcpAgent")

    def test_what_cannot_be_given(self, cloud: Cloud) -> None:
        network_id = make(cloud, "alice", "network")["id"]
        networks = f"{ROOT}/agents/{agent_id(cloud)}/dhcp-networks"
        assert fault(cloud.post("admin", networks, {"network_id": UNKNOWN})) == (404, "NetworkNotFound")
        assert cloud.post("admin", networks, {}).status_code == 400
        other = f"{ROOT}/agents/{agent_id(cloud, 'L3 agent')}/dhcp-networks"
        assert fault(cloud.post("admin", other, {"network_id": network_id})) == (404, "InvalidDHCPAgent")
        assert fault(cloud.post("alice", networks, {"network_id": network_id})) == (403, "PolicyNotAuthorized")

    def test_an_agent_that_is_down_gets_nothing_new(self, cloud: Cloud) -> None:
        where = f"{ROOT}/agents/{agent_id(cloud)}"
        assert cloud.put("admin", where, {"agent": {"admin_state_up": False}}).status_code == 200
        network_id = make_subnet(cloud, "alice")["network_id"]
        make(cloud, "alice", "port", network_id=network_id)
        assert dhcp_ports(cloud, network_id) == []
        result = cloud.post("admin", f"{where}/dhcp-networks", {"network_id": network_id})
        assert fault(result) == (404, "InvalidDHCPAgent")

    def test_it_goes_with_the_network(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        port = make(cloud, "alice", "port", network_id=subnet["network_id"])
        assert cloud.delete("alice", path("port", port["id"])).status_code == 204
        assert cloud.delete("alice", path("network", subnet["network_id"])).status_code == 204
        assert cloud.get("admin", f"{ROOT}/agents/{agent_id(cloud)}/dhcp-networks").json == {"networks": []}


class TestRouters:
    def test_a_router_is_run_once_it_has_a_leg(self, cloud: Cloud) -> None:
        router = make(cloud, "alice", "router")
        agents = f"{ROOT}/routers/{router['id']}/l3-agents"
        assert cloud.get("admin", agents).json == {"agents": []}
        leg = {"subnet_id": make_subnet(cloud, "alice")["id"]}
        assert cloud.put("alice", path("router", router["id"], "add_router_interface"), leg).status_code == 200
        (agent,) = cloud.get("admin", agents).json["agents"]
        assert (agent["id"], agent["ha_state"]) == (agent_id(cloud, "L3 agent"), None)
        routers = cloud.get("admin", f"{ROOT}/agents/{agent['id']}/l3-routers").json["routers"]
        assert [(item["id"], item["availability_zones"]) for item in routers] == [(router["id"], ["nova"])]

    def test_a_router_is_given_and_taken(self, cloud: Cloud) -> None:
        router_id = make(cloud, "alice", "router")["id"]
        routers = f"{ROOT}/agents/{agent_id(cloud, 'L3 agent')}/l3-routers"
        for _ in range(2):
            assert cloud.post("admin", routers, {"router_id": router_id}).status_code == 201
        assert len(cloud.get("admin", routers).json["routers"]) == 1
        for _ in range(2):
            assert cloud.delete("admin", f"{routers}/{router_id}").status_code == 204
        assert cloud.get("admin", routers).json == {"routers": []}

    def test_what_cannot_be_given(self, cloud: Cloud) -> None:
        router_id = make(cloud, "alice", "router")["id"]
        routers = f"{ROOT}/agents/{agent_id(cloud)}/l3-routers"
        assert fault(cloud.post("admin", routers, {"router_id": router_id})) == (404, "InvalidL3Agent")
        assert fault(cloud.post("admin", routers, {"router_id": UNKNOWN})) == (404, "RouterNotFound")
        assert fault(cloud.get("admin", f"{ROOT}/routers/{UNKNOWN}/l3-agents")) == (404, "RouterNotFound")
        assert fault(cloud.get("alice", f"{ROOT}/routers/{router_id}/l3-agents")) == (403, "PolicyNotAuthorized")


class TestModes:
    @pytest.mark.parametrize("mode", ["distributed", "ha"])
    def test_how_a_router_runs_is_the_administrators_business(self, cloud: Cloud, mode: str) -> None:
        result = ask(cloud, "alice", "router", **{mode: True})
        assert message(result) == f"(rule:create_router and rule:create_router:{mode}) is disallowed by policy"
        router = make(cloud, "admin", "router", **{mode: True})
        assert router[mode] is True
        own = make(cloud, "alice", "router")
        assert mode not in own
        assert fault(change(cloud, "alice", "router", own["id"], **{mode: True})) == (403, "PolicyNotAuthorized")

    def test_a_router_changes_its_way_while_it_is_down(self, cloud: Cloud) -> None:
        router_id = make(cloud, "admin", "router")["id"]
        result = change(cloud, "admin", "router", router_id, distributed=True)
        assert message(result) == (
            "Bad router request: Cannot change the 'distributed' attribute of active routers. Please set router "
            "admin_state_up to False prior to upgrade."
        )
        changed = change(cloud, "admin", "router", router_id, distributed=True, ha=True, admin_state_up=False)
        assert (changed.json["router"]["distributed"], changed.json["router"]["ha"]) == (True, True)
