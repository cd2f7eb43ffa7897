"""Floating IPs over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import UNKNOWN, ask, change, fault, found, make, make_subnet, message, path, show
from tests.support.cloud import DEMO, OTHER, Cloud


@pytest.fixture
def public_id(cloud: Cloud) -> str:
    """The external network's id."""
    return str(found(cloud, "alice", "network", "router:external=true")[0]["id"])


@pytest.fixture
def behind(cloud: Cloud, public_id: str) -> dict[str, Any]:
    """A subnet of alice's behind a router with a gateway; ``router_id`` says which."""
    subnet = make_subnet(cloud, "alice")
    router = make(cloud, "alice", "router", external_gateway_info={"network_id": public_id})
    joined = cloud.put("alice", path("router", router["id"], "add_router_interface"), {"subnet_id": subnet["id"]})
    assert joined.status_code == 200
    return {**subnet, "router_id": router["id"]}


def plug(cloud: Cloud, subnet: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    """Make a port of alice's on a subnet's network."""
    return make(cloud, "alice", "port", network_id=subnet["network_id"], **attributes)


def test_a_floating_ip_takes_an_external_address(cloud: Cloud, public_id: str) -> None:
    floating = make(cloud, "alice", "floatingip", floating_network_id=public_id, description="d")
    address = floating.pop("floating_ip_address")
    assert address.startswith("172.24.4.")
    for name in ("id", "created_at", "updated_at"):
        floating.pop(name)
    assert floating == {
        "tenant_id": DEMO,
        "project_id": DEMO,
        "status": "DOWN",
        "floating_network_id": public_id,
        "port_id": None,
        "fixed_ip_address": None,
        "router_id": None,
        "description": "d",
        "dns_name": "",
        "dns_domain": "",
        "qos_policy_id": None,
        "port_details": None,
        "tags": [],
        "revision_number": 1,
    }
    port = found(cloud, "admin", "port", f"fixed_ips=ip_address={address}")[0]
    assert (port["device_owner"], port["status"], port["project_id"]) == ("network:floatingip", "N/A", "")


def test_it_stands_for_a_port(cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
    port = plug(cloud, behind, name="p")
    floating = make(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
    assert (floating["port_id"], floating["fixed_ip_address"], floating["router_id"], floating["status"]) == (
        port["id"],
        "10.0.0.2",
        behind["router_id"],
        "ACTIVE",
    )
    assert floating["port_details"] == {
        "name": "p",
        "network_id": behind["network_id"],
        "mac_address": port["mac_address"],
        "admin_state_up": True,
        "status": "DOWN",
        "device_id": "",
        "device_owner": "",
    }
    assert [item["id"] for item in found(cloud, "alice", "floatingip", f"port_id={port['id']}")] == [floating["id"]]


class TestAssociation:
    def test_it_comes_and_goes(self, cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
        floating = make(cloud, "alice", "floatingip", floating_network_id=public_id)
        port = plug(cloud, behind)
        changed = change(cloud, "alice", "floatingip", floating["id"], port_id=port["id"]).json["floatingip"]
        assert (changed["status"], changed["router_id"]) == ("ACTIVE", behind["router_id"])
        changed = change(cloud, "alice", "floatingip", floating["id"], description="x").json["floatingip"]
        assert changed["port_id"] == port["id"]
        changed = change(cloud, "alice", "floatingip", floating["id"], port_id=None).json["floatingip"]
        assert (changed["port_id"], changed["fixed_ip_address"], changed["router_id"], changed["status"]) == (
            None,
            None,
            None,
            "DOWN",
        )

    def test_it_ends_with_the_port(self, cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
        port = plug(cloud, behind)
        floating = make(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
        assert cloud.delete("alice", path("port", port["id"])).status_code == 204
        seen = show(cloud, "alice", "floatingip", floating["id"])
        assert (seen["port_id"], seen["status"]) == (None, "DOWN")

    def test_it_needs_a_way_out(self, cloud: Cloud, public_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        port = plug(cloud, subnet)
        result = ask(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
        assert fault(result) == (404, "ExternalGatewayForFloatingIPNotFound")
        assert message(result) == (
            f"External network {public_id} is not reachable from subnet {subnet['id']}.  Therefore, cannot associate "
            f"Port {port['id']} with a Floating IP."
        )
        assert found(cloud, "alice", "floatingip") == []

    def test_an_address_has_one_floating_ip(self, cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
        port = plug(cloud, behind)
        make(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
        result = ask(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
        assert fault(result) == (409, "FloatingIPPortAlreadyAssociated")

    def test_of_several_addresses_one_is_named(self, cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
        port = plug(cloud, behind, fixed_ips=[{"ip_address": "10.0.0.8"}, {"ip_address": "10.0.0.9"}])
        result = ask(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
        assert "has multiple fixed IPv4 addresses" in message(result)
        given = {"floating_network_id": public_id, "port_id": port["id"], "fixed_ip_address": "10.0.0.9"}
        assert make(cloud, "alice", "floatingip", **given)["fixed_ip_address"] == "10.0.0.9"

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"fixed_ip_address": "10.0.0.77"}, "does not have fixed ip 10.0.0.77"),
            ({"fixed_ip_address": "2001:db8::1"}, "since that is not an IPv4 address"),
            (
                {"fixed_ip_address": "10.0.0.2", "port_id": None},
                "fixed_ip_address cannot be specified without a port_id",
            ),
        ],
    )
    def test_an_address_that_is_not_the_ports(
        self, cloud: Cloud, public_id: str, behind: dict[str, Any], given: dict[str, Any], text: str
    ) -> None:
        attributes = {"port_id": plug(cloud, behind)["id"], **given}
        result = ask(cloud, "alice", "floatingip", floating_network_id=public_id, **attributes)
        assert fault(result) == (400, "BadRequest")
        assert text in message(result)

    def test_a_port_without_addresses(self, cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
        port = plug(cloud, behind, fixed_ips=[])
        result = ask(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
        assert "that has no fixed IPv4 addresses" in message(result)

    def test_a_port_that_there_is_not(self, cloud: Cloud, public_id: str) -> None:
        result = ask(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=UNKNOWN)
        assert fault(result) == (404, "PortNotFound")

    def test_the_port_keeps_the_address(self, cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
        port = plug(cloud, behind)
        make(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
        result = change(cloud, "alice", "port", port["id"], fixed_ips=[{"ip_address": "10.0.0.99"}])
        assert fault(result) == (400, "BadRequest")
        assert "its original fixed_ip has been associated to a floating ip" in message(result)

    def test_the_router_keeps_its_leg_and_gateway(self, cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
        port = plug(cloud, behind)
        make(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
        action = path("router", behind["router_id"], "remove_router_interface")
        result = cloud.put("alice", action, {"subnet_id": behind["id"]})
        assert fault(result) == (409, "RouterInterfaceInUseByFloatingIP")
        result = change(cloud, "alice", "router", behind["router_id"], external_gateway_info=None)
        assert fault(result) == (409, "RouterExternalGatewayInUseByFloatingIp")

    def test_the_router_at_the_subnets_gateway_comes_first(
        self, cloud: Cloud, public_id: str, behind: dict[str, Any]
    ) -> None:
        leg = plug(cloud, behind)
        for _ in range(3):
            other = make(cloud, "alice", "router", external_gateway_info={"network_id": public_id})["id"]
            leg = plug(cloud, behind)
            cloud.put("alice", path("router", other, "add_router_interface"), {"port_id": leg["id"]})
        given = {"floating_network_id": public_id, "port_id": plug(cloud, behind)["id"]}
        assert make(cloud, "alice", "floatingip", **given)["router_id"] == behind["router_id"]


class TestAddresses:
    def test_managers_and_administrators_choose_one(self, cloud: Cloud, public_id: str) -> None:
        wanted = {"floating_network_id": public_id, "floating_ip_address": "172.24.4.99"}
        assert fault(ask(cloud, "alice", "floatingip", **wanted)) == (403, "PolicyNotAuthorized")
        assert make(cloud, "admin", "floatingip", **wanted)["floating_ip_address"] == "172.24.4.99"
        assert fault(ask(cloud, "admin", "floatingip", **wanted)) == (409, "IpAddressAlreadyAllocated")

    def test_anybody_chooses_the_subnet(self, cloud: Cloud, public_id: str) -> None:
        network = make(cloud, "admin", "network", **{"router:external": True})
        for cidr in ("198.51.100.0/24", "203.0.113.0/24"):
            subnet = make_subnet(cloud, "admin", cidr, network_id=network["id"])
        given = {"floating_network_id": network["id"], "subnet_id": subnet["id"]}
        assert make(cloud, "alice", "floatingip", **given)["floating_ip_address"] == "203.0.113.2"

    def test_they_run_out(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network", **{"router:external": True})
        make_subnet(cloud, "admin", "198.51.100.0/30", network_id=network["id"])
        make(cloud, "alice", "floatingip", floating_network_id=network["id"])
        result = ask(cloud, "alice", "floatingip", floating_network_id=network["id"])
        assert fault(result) == (409, "IpAddressGenerationFailure")

    def test_a_deleted_one_gives_its_address_back(self, cloud: Cloud, public_id: str) -> None:
        wanted = {"floating_network_id": public_id, "floating_ip_address": "172.24.4.99"}
        floating = make(cloud, "admin", "floatingip", **wanted)
        assert cloud.delete("admin", path("floatingip", floating["id"])).status_code == 204
        assert found(cloud, "admin", "port", "device_owner=network:floatingip") == []
        assert ask(cloud, "admin", "floatingip", **wanted).status_code == 201

    def test_the_network_must_be_external(self, cloud: Cloud) -> None:
        network_id = make_subnet(cloud, "alice")["network_id"]
        result = ask(cloud, "alice", "floatingip", floating_network_id=network_id)
        assert message(result) == f"Bad floatingip request: Network {network_id} is not a valid external network."

    def test_and_have_ipv4_addresses(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network", **{"router:external": True})
        result = ask(cloud, "alice", "floatingip", floating_network_id=network["id"])
        assert message(result).endswith("does not contain any IPv4 subnet.")

    def test_an_external_network_takes_those_that_stand_for_nothing_with_it(self, cloud: Cloud, public_id: str) -> None:
        floating = make(cloud, "alice", "floatingip", floating_network_id=public_id)
        assert cloud.delete("admin", path("network", public_id)).status_code == 204
        assert fault(cloud.get("alice", path("floatingip", floating["id"]))) == (404, "FloatingIPNotFound")


class TestTenancy:
    def test_others_cannot_see_change_or_delete_one(self, cloud: Cloud, public_id: str) -> None:
        floating = make(cloud, "alice", "floatingip", floating_network_id=public_id)
        assert found(cloud, "bob", "floatingip") == []
        assert fault(cloud.get("bob", path("floatingip", floating["id"]))) == (404, "FloatingIPNotFound")
        assert change(cloud, "bob", "floatingip", floating["id"], description="mine").status_code == 404
        assert cloud.delete("bob", path("floatingip", floating["id"])).status_code == 404

    def test_nobody_stands_for_anothers_port(self, cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
        port = plug(cloud, behind)
        result = ask(cloud, "bob", "floatingip", floating_network_id=public_id, port_id=port["id"])
        assert fault(result) == (404, "PortNotFound")

    def test_not_even_a_guests(self, cloud: Cloud, public_id: str, behind: dict[str, Any]) -> None:
        port = make(cloud, "admin", "port", network_id=behind["network_id"], project_id=OTHER)
        result = ask(cloud, "alice", "floatingip", floating_network_id=public_id, port_id=port["id"])
        assert "is owned by a different project" in message(result)

    def test_a_reader_only_reads(self, cloud: Cloud, public_id: str) -> None:
        floating = make(cloud, "alice", "floatingip", floating_network_id=public_id)
        assert show(cloud, "reader", "floatingip", floating["id"])["id"] == floating["id"]
        assert ask(cloud, "reader", "floatingip", floating_network_id=public_id).status_code == 403

    def test_the_ports_of_floating_ips_are_not_deleted_by_hand(self, cloud: Cloud, public_id: str) -> None:
        make(cloud, "alice", "floatingip", floating_network_id=public_id)
        port = found(cloud, "admin", "port", "device_owner=network:floatingip")[0]
        assert fault(cloud.delete("admin", path("port", port["id"]))) == (409, "ServicePortInUse")


@pytest.mark.parametrize("resource_id", [UNKNOWN, "no-uuid"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_one_is_not_found(cloud: Cloud, method: str, resource_id: str) -> None:
    body = {"floatingip": {"description": "x"}} if method == "PUT" else None
    result = cloud.request("alice", method, path("floatingip", resource_id), body)
    assert fault(result) == (404, "FloatingIPNotFound")


def test_there_is_a_quota(cloud: Cloud, public_id: str) -> None:
    cloud.put("admin", f"/network/v2.0/quotas/{DEMO}", {"quota": {"floatingip": 1}})
    make(cloud, "alice", "floatingip", floating_network_id=public_id)
    assert fault(ask(cloud, "alice", "floatingip", floating_network_id=public_id)) == (409, "OverQuota")


def test_what_must_be_given(cloud: Cloud) -> None:
    result = ask(cloud, "alice", "floatingip")
    assert message(result) == "Failed to parse request. Required attribute 'floating_network_id' not specified"


def test_they_have_tags(cloud: Cloud, public_id: str) -> None:
    floating = make(cloud, "alice", "floatingip", floating_network_id=public_id)
    cloud.put("alice", path("floatingip", floating["id"], "tags", "red"))
    assert [item["id"] for item in found(cloud, "alice", "floatingip", "tags=red")] == [floating["id"]]
