"""Routers over HTTP: legs, gateways, routes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import (
    UNKNOWN,
    addresses,
    ask,
    change,
    fault,
    found,
    make,
    make_subnet,
    message,
    path,
    show,
)
from tests.support.cloud import DEMO, OTHER, Cloud


@pytest.fixture
def router_id(cloud: Cloud) -> str:
    """A router of alice's."""
    return str(make(cloud, "alice", "router", name="r")["id"])


def public(cloud: Cloud) -> dict[str, Any]:
    """Return the external network."""
    return found(cloud, "alice", "network", "router:external=true")[0]


def act(cloud: Cloud, action: str, router_id: str, caller: str = "alice", **body: Any) -> Any:
    """Ask a router to do something."""
    return cloud.put(caller, path("router", router_id, action), body)


def join(cloud: Cloud, router_id: str, subnet: dict[str, Any]) -> Any:
    """Give a router a leg on a subnet."""
    return act(cloud, "add_router_interface", router_id, subnet_id=subnet["id"])


def leave(cloud: Cloud, router_id: str, subnet: dict[str, Any]) -> Any:
    """Take the leg away."""
    return act(cloud, "remove_router_interface", router_id, subnet_id=subnet["id"])


def set_gateway(cloud: Cloud, router_id: str, caller: str = "alice", **info: Any) -> Any:
    """Ask for a gateway on the external network."""
    info.setdefault("network_id", public(cloud)["id"])
    return change(cloud, caller, "router", router_id, external_gateway_info=info)


class TestRouters:
    def test_a_new_router_has_neutrons_defaults(self, cloud: Cloud) -> None:
        router = make(cloud, "alice", "router", name="r", description="d")
        for name in ("id", "created_at", "updated_at"):
            router.pop(name)
        assert router == {
            "name": "r",
            "description": "d",
            "tenant_id": DEMO,
            "project_id": DEMO,
            "admin_state_up": True,
            "status": "ACTIVE",
            "external_gateway_info": None,
            "availability_zone_hints": [],
            "availability_zones": [],
            "routes": [],
            "tags": [],
            "revision_number": 1,
        }

    def test_it_is_changed_and_deleted(self, cloud: Cloud, router_id: str) -> None:
        changed = change(cloud, "alice", "router", router_id, name="x", admin_state_up=False).json["router"]
        assert (changed["name"], changed["admin_state_up"]) == ("x", False)
        assert cloud.delete("alice", path("router", router_id)).status_code == 204
        assert fault(cloud.get("alice", path("router", router_id))) == (404, "RouterNotFound")

    def test_it_is_listed(self, cloud: Cloud, router_id: str) -> None:
        assert [item["id"] for item in found(cloud, "alice", "router", "name=r")] == [router_id]

    @pytest.mark.parametrize("resource_id", [UNKNOWN, "no-uuid"])
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_an_unknown_one_is_not_found(self, cloud: Cloud, method: str, resource_id: str) -> None:
        body = {"router": {"name": "x"}} if method == "PUT" else None
        result = cloud.request("alice", method, path("router", resource_id), body)
        assert fault(result) == (404, "RouterNotFound")
        assert message(result) == f"Router {resource_id} could not be found"

    def test_others_cannot_see_change_use_or_delete_it(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "bob")
        assert found(cloud, "bob", "router") == []
        assert cloud.get("bob", path("router", router_id)).status_code == 404
        assert change(cloud, "bob", "router", router_id, name="mine").status_code == 404
        assert act(cloud, "add_router_interface", router_id, "bob", subnet_id=subnet["id"]).status_code == 404
        assert act(cloud, "remove_router_interface", router_id, "bob", subnet_id=subnet["id"]).status_code == 404
        assert cloud.delete("bob", path("router", router_id)).status_code == 404

    def test_a_reader_only_reads(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        assert show(cloud, "reader", "router", router_id)["name"] == "r"
        assert ask(cloud, "reader", "router").status_code == 403
        result = act(cloud, "add_router_interface", router_id, "reader", subnet_id=subnet["id"])
        assert fault(result) == (403, "PolicyNotAuthorized")

    def test_there_is_a_quota(self, cloud: Cloud) -> None:
        cloud.put("admin", f"/network/v2.0/quotas/{DEMO}", {"quota": {"router": 0}})
        assert fault(ask(cloud, "alice", "router")) == (409, "OverQuota")

    def test_it_has_tags(self, cloud: Cloud, router_id: str) -> None:
        cloud.put("alice", path("router", router_id, "tags", "red"))
        assert found(cloud, "alice", "router", "tags=red")[0]["tags"] == ["red"]


class TestLegs:
    def test_a_leg_has_the_gateways_address(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        made = join(cloud, router_id, subnet).json
        port = show(cloud, "alice", "port", made["port_id"])
        assert made == {
            "id": router_id,
            "tenant_id": DEMO,
            "project_id": DEMO,
            "port_id": port["id"],
            "network_id": subnet["network_id"],
            "subnet_id": subnet["id"],
            "subnet_ids": [subnet["id"]],
        }
        assert (port["device_owner"], port["device_id"], port["status"], port["security_groups"]) == (
            "network:router_interface",
            router_id,
            "ACTIVE",
            [],
        )
        assert addresses(port) == ["10.0.0.1"]

    def test_it_is_taken_away(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        port_id = join(cloud, router_id, subnet).json["port_id"]
        result = leave(cloud, router_id, subnet)
        assert (result.status_code, result.json["port_id"]) == (200, port_id)
        assert cloud.get("alice", path("port", port_id)).status_code == 404
        assert fault(leave(cloud, router_id, subnet)) == (404, "RouterInterfaceNotFoundForSubnet")

    def test_a_port_is_taken_over(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        port = make(cloud, "alice", "port", network_id=subnet["network_id"])
        assert act(cloud, "add_router_interface", router_id, port_id=port["id"]).status_code == 200
        assert show(cloud, "alice", "port", port["id"])["device_owner"] == "network:router_interface"
        result = act(cloud, "remove_router_interface", router_id, port_id=port["id"])
        assert result.json["subnet_ids"] == [subnet["id"]]
        result = act(cloud, "remove_router_interface", router_id, port_id=port["id"])
        assert fault(result) == (404, "RouterInterfaceNotFound")

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            ({}, "Either subnet_id or port_id must be specified"),
            ({"subnet_id": "x"}, "'x' is not a valid UUID"),
            ({"subnet_id": UNKNOWN, "port_id": UNKNOWN}, "Cannot specify both subnet-id and port-id"),
        ],
    )
    def test_a_leg_needs_one_place(self, cloud: Cloud, router_id: str, body: dict[str, Any], text: str) -> None:
        result = act(cloud, "add_router_interface", router_id, **body)
        assert fault(result) == (400, "BadRequest")
        assert message(result) == f"Bad router request: {text}."

    def test_a_subnet_without_a_gateway_cannot_be_joined(self, cloud: Cloud, router_id: str) -> None:
        result = join(cloud, router_id, make_subnet(cloud, "alice", gateway_ip=None))
        assert message(result) == "Bad router request: Subnet for router interface must have a gateway IP."

    def test_nor_one_twice(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        join(cloud, router_id, subnet)
        result = join(cloud, router_id, subnet)
        assert message(result) == f"Bad router request: Router already has a port on subnet {subnet['id']}."

    def test_nor_two_that_overlap(self, cloud: Cloud, router_id: str) -> None:
        one, other = make_subnet(cloud, "alice"), make_subnet(cloud, "alice", "10.0.0.0/25")
        join(cloud, router_id, one)
        result = join(cloud, router_id, other)
        assert fault(result) == (400, "BadRequest")
        assert "overlaps with cidr 10.0.0.0/24" in message(result)

    def test_nor_with_an_address_that_is_taken(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        make(cloud, "alice", "port", network_id=subnet["network_id"], fixed_ips=[{"ip_address": "10.0.0.1"}])
        assert fault(join(cloud, router_id, subnet)) == (409, "IpAddressAlreadyAllocated")

    def test_nor_what_one_does_not_see(self, cloud: Cloud, router_id: str) -> None:
        assert fault(join(cloud, router_id, make_subnet(cloud, "bob"))) == (404, "SubnetNotFound")

    def test_nor_what_is_only_shared(self, cloud: Cloud, router_id: str) -> None:
        network = make(cloud, "admin", "network", shared=True)
        subnet = make_subnet(cloud, "admin", network_id=network["id"])
        assert "is not owned by project making the request" in message(join(cloud, router_id, subnet))

    def test_a_port_in_use_is_not_taken_over(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        port = make(cloud, "alice", "port", network_id=subnet["network_id"], device_id="thing")
        assert fault(act(cloud, "add_router_interface", router_id, port_id=port["id"])) == (409, "PortInUse")

    @pytest.mark.parametrize(
        ("wanted", "text"),
        [
            ([], "Router port must have at least one fixed IP"),
            (["10.0.0.0/24", "10.0.1.0/24"], "Cannot have multiple IPv4 subnets on router port"),
        ],
    )
    def test_a_port_needs_an_address_and_not_two(
        self, cloud: Cloud, router_id: str, wanted: list[str], text: str
    ) -> None:
        network = make(cloud, "alice", "network")
        subnets = [make_subnet(cloud, "alice", cidr, network_id=network["id"]) for cidr in wanted]
        given = [{"subnet_id": subnet["id"]} for subnet in subnets]
        port = make(cloud, "alice", "port", network_id=network["id"], fixed_ips=given)
        result = act(cloud, "add_router_interface", router_id, port_id=port["id"])
        assert message(result) == f"Bad router request: {text}."

    def test_a_router_with_legs_stays(self, cloud: Cloud, router_id: str) -> None:
        port_id = join(cloud, router_id, make_subnet(cloud, "alice")).json["port_id"]
        result = cloud.delete("alice", path("router", router_id))
        assert fault(result) == (409, "RouterInUse")
        assert message(result) == f"Router {router_id} has ports still attached: {port_id}"

    def test_and_so_do_its_ports_subnets_and_networks(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        port_id = join(cloud, router_id, subnet).json["port_id"]
        result = cloud.delete("alice", path("port", port_id))
        assert fault(result) == (409, "ServicePortInUse")
        assert message(result) == (
            f"Port {port_id} cannot be deleted directly via the port API: has device owner network:router_interface."
        )
        assert fault(cloud.delete("alice", path("subnet", subnet["id"]))) == (409, "SubnetInUse")
        assert fault(cloud.delete("alice", path("network", subnet["network_id"]))) == (409, "NetworkInUse")
        result = change(cloud, "alice", "subnet", subnet["id"], gateway_ip="10.0.0.254")
        assert fault(result) == (409, "GatewayIpInUse")

    def test_ipv6_subnets_of_a_network_share_a_leg(self, cloud: Cloud, router_id: str) -> None:
        network = make(cloud, "alice", "network")
        subnets = [make_subnet(cloud, "alice", f"2001:db8:{n}::/64", network_id=network["id"]) for n in range(2)]
        first, second = (join(cloud, router_id, subnet).json for subnet in subnets)
        assert first["port_id"] == second["port_id"]
        assert addresses(show(cloud, "alice", "port", first["port_id"])) == ["2001:db8::1", "2001:db8:1::1"]
        assert leave(cloud, router_id, subnets[0]).status_code == 200
        assert addresses(show(cloud, "alice", "port", first["port_id"])) == ["2001:db8:1::1"]

    def test_a_leg_on_a_subnet_with_automatic_addresses(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice", "2001:db8::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
        port_id = join(cloud, router_id, subnet).json["port_id"]
        assert addresses(show(cloud, "alice", "port", port_id)) == ["2001:db8::1"]

    def test_the_port_and_the_subnet_of_a_leg_must_agree(self, cloud: Cloud, router_id: str) -> None:
        port_id = join(cloud, router_id, make_subnet(cloud, "alice")).json["port_id"]
        result = act(cloud, "remove_router_interface", router_id, port_id=port_id, subnet_id=UNKNOWN)
        assert fault(result) == (400, "SubnetMismatchForPort")

    def test_nobody_pretends_to_be_anothers_router(self, cloud: Cloud, router_id: str) -> None:
        network = make(cloud, "bob", "network")
        given = {"device_owner": "network:router_interface", "device_id": router_id}
        assert fault(ask(cloud, "bob", "port", network_id=network["id"], **given)) == (409, "DeviceIDNotOwnedByTenant")


class TestGateways:
    def test_a_gateway_takes_an_external_address(self, cloud: Cloud, router_id: str) -> None:
        info = set_gateway(cloud, router_id).json["router"]["external_gateway_info"]
        assert (info["network_id"], info["enable_snat"]) == (public(cloud)["id"], True)
        address = info["external_fixed_ips"][0]["ip_address"]
        assert address.startswith("172.24.4.")
        port = found(cloud, "admin", "port", f"device_id={router_id}")[0]
        assert (port["device_owner"], port["project_id"], addresses(port)) == ("network:router_gateway", "", [address])

    def test_a_router_is_made_with_one(self, cloud: Cloud) -> None:
        router = make(cloud, "alice", "router", external_gateway_info={"network_id": public(cloud)["id"]})
        assert router["external_gateway_info"]["network_id"] == public(cloud)["id"]

    @pytest.mark.parametrize("nothing", [None, {}])
    def test_it_is_taken_away(self, cloud: Cloud, router_id: str, nothing: object) -> None:
        set_gateway(cloud, router_id)
        changed = change(cloud, "alice", "router", router_id, external_gateway_info=nothing)
        assert changed.json["router"]["external_gateway_info"] is None
        assert found(cloud, "admin", "port", f"device_id={router_id}") == []

    def test_it_goes_with_the_router(self, cloud: Cloud, router_id: str) -> None:
        set_gateway(cloud, router_id)
        assert cloud.delete("alice", path("router", router_id)).status_code == 204
        assert found(cloud, "admin", "port", "device_owner=network:router_gateway") == []

    def test_an_update_without_it_leaves_it(self, cloud: Cloud, router_id: str) -> None:
        info = set_gateway(cloud, router_id).json["router"]["external_gateway_info"]
        assert change(cloud, "alice", "router", router_id, name="x").json["router"]["external_gateway_info"] == info
        assert set_gateway(cloud, router_id).json["router"]["external_gateway_info"] == info

    def test_administrators_choose_the_address_and_the_translation(self, cloud: Cloud, router_id: str) -> None:
        wanted: dict[str, Any] = {"external_fixed_ips": [{"ip_address": "172.24.4.77"}], "enable_snat": False}
        result = set_gateway(cloud, router_id, **wanted)
        assert fault(result) == (403, "PolicyNotAuthorized")
        assert "update_router:external_gateway_info:enable_snat" in message(result)
        info = set_gateway(cloud, router_id, "admin", **wanted).json["router"]["external_gateway_info"]
        assert (info["external_fixed_ips"][0]["ip_address"], info["enable_snat"]) == ("172.24.4.77", False)
        moved = set_gateway(cloud, router_id, "admin", external_fixed_ips=[{"ip_address": "172.24.4.78"}])
        info = moved.json["router"]["external_gateway_info"]
        assert ([item["ip_address"] for item in info["external_fixed_ips"]], info["enable_snat"]) == (
            ["172.24.4.78"],
            True,
        )

    def test_an_address_is_taken_once(self, cloud: Cloud, router_id: str) -> None:
        wanted = [{"ip_address": "172.24.4.77"}]
        set_gateway(cloud, router_id, "admin", external_fixed_ips=wanted)
        other = make(cloud, "alice", "router")["id"]
        result = set_gateway(cloud, other, "admin", external_fixed_ips=wanted)
        assert fault(result) == (409, "IpAddressAlreadyAllocated")

    def test_it_is_not_the_gateways_own(self, cloud: Cloud, router_id: str) -> None:
        result = set_gateway(cloud, router_id, "admin", external_fixed_ips=[{"ip_address": "172.24.4.1"}])
        assert message(result) == "Bad router request: External IP 172.24.4.1 is the same as the gateway IP."

    def test_the_network_must_be_external(self, cloud: Cloud, router_id: str) -> None:
        network = make(cloud, "alice", "network")
        result = set_gateway(cloud, router_id, network_id=network["id"])
        assert fault(result) == (400, "BadRequest")
        assert message(result) == f"Bad router request: Network {network['id']} is not an external network."

    def test_and_there(self, cloud: Cloud, router_id: str) -> None:
        assert fault(set_gateway(cloud, router_id, network_id=UNKNOWN)) == (404, "NetworkNotFound")

    @pytest.mark.parametrize(
        "info",
        [
            "x",
            {"enable_snat": True},
            {"network_id": "x"},
            {"network_id": UNKNOWN, "colour": "blue"},
            {"network_id": UNKNOWN, "external_fixed_ips": "x"},
        ],
    )
    def test_a_gateway_of_the_wrong_form(self, cloud: Cloud, router_id: str, info: object) -> None:
        result = change(cloud, "alice", "router", router_id, external_gateway_info=info)
        assert fault(result) == (400, "HTTPBadRequest")
        assert message(result).startswith("Invalid input for external_gateway_info. Reason: ")

    def test_an_external_network_with_gateways_stays_external(self, cloud: Cloud, router_id: str) -> None:
        set_gateway(cloud, router_id)
        result = change(cloud, "admin", "network", public(cloud)["id"], **{"router:external": False})
        assert fault(result) == (409, "ExternalNetworkInUse")
        assert fault(cloud.delete("admin", path("network", public(cloud)["id"]))) == (409, "NetworkInUse")


ROUTE = {"destination": "192.168.0.0/24", "nexthop": "10.0.0.9"}


class TestRoutes:
    def test_routes_are_set_and_cleared(self, cloud: Cloud, router_id: str) -> None:
        join(cloud, router_id, make_subnet(cloud, "alice"))
        assert change(cloud, "alice", "router", router_id, routes=[ROUTE]).json["router"]["routes"] == [ROUTE]
        assert change(cloud, "alice", "router", router_id, routes=None).json["router"]["routes"] == []

    def test_they_are_added_and_removed_one_by_one(self, cloud: Cloud, router_id: str) -> None:
        join(cloud, router_id, make_subnet(cloud, "alice"))
        other = {"destination": "192.168.1.0/24", "nexthop": "10.0.0.9"}
        for routes in ([ROUTE], [ROUTE, other]):
            result = act(cloud, "add_extraroutes", router_id, router={"routes": routes})
        assert result.json["router"]["routes"] == [ROUTE, other]
        for _ in range(2):
            result = act(cloud, "remove_extraroutes", router_id, router={"routes": [ROUTE]})
        assert result.json["router"]["routes"] == [other]

    @pytest.mark.parametrize(
        ("nexthop", "text"),
        [("10.9.9.9", "the nexthop is not connected with router"), ("10.0.0.1", "the nexthop is used by router")],
    )
    def test_the_next_hop_must_be_near(self, cloud: Cloud, router_id: str, nexthop: str, text: str) -> None:
        join(cloud, router_id, make_subnet(cloud, "alice"))
        route = {"destination": "192.168.0.0/24", "nexthop": nexthop}
        result = change(cloud, "alice", "router", router_id, routes=[route])
        assert fault(result) == (400, "InvalidRoutes")
        assert message(result) == f"Invalid format for routes: {[route]}, {text}"

    def test_a_leg_that_a_route_needs_stays(self, cloud: Cloud, router_id: str) -> None:
        subnet = make_subnet(cloud, "alice")
        join(cloud, router_id, subnet)
        change(cloud, "alice", "router", router_id, routes=[ROUTE])
        assert fault(leave(cloud, router_id, subnet)) == (409, "RouterInterfaceInUseByRoute")

    def test_routes_come_later(self, cloud: Cloud) -> None:
        result = ask(cloud, "alice", "router", routes=[])
        assert message(result) == "Attribute 'routes' not allowed in POST"

    @pytest.mark.parametrize("body", [{}, {"router": {}}, {"router": {"routes": [{"destination": "x"}]}}])
    def test_a_body_without_routes(self, cloud: Cloud, router_id: str, body: dict[str, Any]) -> None:
        assert act(cloud, "add_extraroutes", router_id, **body).status_code == 400


def test_an_administrator_makes_routers_for_others(cloud: Cloud) -> None:
    assert make(cloud, "admin", "router", project_id=OTHER)["project_id"] == OTHER
