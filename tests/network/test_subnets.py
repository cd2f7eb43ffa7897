"""Subnets over HTTP."""

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


def ask_subnet(cloud: Cloud, caller: str = "alice", **attributes: Any) -> Any:
    """Ask for a subnet on a new network of alice's."""
    attributes.setdefault("network_id", make(cloud, "alice", "network")["id"])
    return ask(cloud, caller, "subnet", **{"ip_version": 4, "cidr": "10.0.0.0/24", **attributes})


def test_a_new_subnet_has_neutrons_defaults(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice", "10.1.0.0/24", name="blue")
    network_id = subnet["network_id"]
    for name in ("id", "created_at", "updated_at"):
        subnet.pop(name)
    assert subnet == {
        "name": "blue",
        "tenant_id": DEMO,
        "project_id": DEMO,
        "network_id": network_id,
        "ip_version": 4,
        "subnetpool_id": None,
        "enable_dhcp": True,
        "ipv6_ra_mode": None,
        "ipv6_address_mode": None,
        "gateway_ip": "10.1.0.1",
        "cidr": "10.1.0.0/24",
        "allocation_pools": [{"start": "10.1.0.2", "end": "10.1.0.254"}],
        "host_routes": [],
        "dns_nameservers": [],
        "description": "",
        "router:external": False,
        "service_types": [],
        "dns_publish_fixed_ip": False,
        "tags": [],
        "revision_number": 1,
    }


def test_what_is_given_is_kept(cloud: Cloud) -> None:
    given: dict[str, Any] = {
        "name": "blue",
        "description": "sky",
        "gateway_ip": "10.0.0.254",
        "allocation_pools": [{"start": "10.0.0.10", "end": "10.0.0.20"}, {"start": "10.0.0.30", "end": "10.0.0.30"}],
        "dns_nameservers": ["9.9.9.9", "8.8.8.8"],
        "host_routes": [{"destination": "192.168.0.0/24", "nexthop": "10.0.0.9"}],
        "enable_dhcp": False,
        "dns_publish_fixed_ip": True,
    }
    subnet = make_subnet(cloud, "alice", **given)
    assert show(cloud, "alice", "subnet", subnet["id"]).items() >= given.items()


def test_the_network_knows_its_subnets(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice")
    network = show(cloud, "alice", "network", subnet["network_id"])
    assert (network["subnets"], network["availability_zones"]) == ([subnet["id"]], ["nova"])


def test_bits_behind_the_prefix_are_cleared(cloud: Cloud) -> None:
    assert make_subnet(cloud, "alice", "10.0.0.77/24")["cidr"] == "10.0.0.0/24"


@pytest.mark.parametrize(
    ("cidr", "gateway", "pools"),
    [
        ("10.0.0.0/30", "10.0.0.1", [("10.0.0.2", "10.0.0.2")]),
        ("2001:db8::/64", "2001:db8::1", [("2001:db8::2", "2001:db8::ffff:ffff:ffff:ffff")]),
    ],
)
def test_pools_are_all_but_the_gateway(cloud: Cloud, cidr: str, gateway: str, pools: list[tuple[str, str]]) -> None:
    subnet = make_subnet(cloud, "alice", cidr)
    assert subnet["gateway_ip"] == gateway
    assert subnet["allocation_pools"] == [{"start": start, "end": end} for start, end in pools]


def test_a_gateway_in_the_middle_splits_the_pool(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice", gateway_ip="10.0.0.100")
    assert subnet["allocation_pools"] == [
        {"start": "10.0.0.1", "end": "10.0.0.99"},
        {"start": "10.0.0.101", "end": "10.0.0.254"},
    ]


def test_a_subnet_without_a_gateway_serves_every_address(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice", gateway_ip=None)
    assert subnet["gateway_ip"] is None
    assert subnet["allocation_pools"] == [{"start": "10.0.0.1", "end": "10.0.0.254"}]


class TestRefused:
    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"cidr": "10.0.0.0/0"}, "0 is not allowed as CIDR prefix length"),
            ({"cidr": "10.0.0"}, "10.0.0 is not in a CIDR format"),
            ({"cidr": "2001:db8::/64"}, "cidr '2001:db8::/64' does not match the ip_version '4'"),
            (
                {"cidr": "10.0.0.0/31"},
                "Subnet has a prefix length that is incompatible with DHCP service enabled",
            ),
            ({"cidr": "224.0.0.0/24"}, "Multicast IP subnet is not supported if enable_dhcp is True"),
            ({"cidr": "127.0.0.0/24"}, "Loopback IP subnet is not supported if enable_dhcp is True"),
            ({"gateway_ip": "10.0.0.0"}, "Gateway is not valid on subnet"),
            ({"gateway_ip": "10.0.0.255"}, "Gateway is not valid on subnet"),
            ({"gateway_ip": "2001:db8::1"}, "gateway_ip '2001:db8::1' does not match the ip_version '4'"),
            ({"dns_nameservers": ["2001:db8::1"]}, "dns_nameserver '2001:db8::1' does not match the ip_version '4'"),
            ({"ipv6_ra_mode": "slaac"}, "ipv6_ra_mode is not valid when ip_version is 4"),
            ({"ipv6_address_mode": "slaac"}, "ipv6_address_mode is not valid when ip_version is 4"),
            ({"allocation_pools": [7]}, "Invalid data format for allocation pools"),
        ],
    )
    def test_input_that_cannot_be(self, cloud: Cloud, given: dict[str, Any], text: str) -> None:
        result = ask_subnet(cloud, **given)
        assert fault(result) == (400, "InvalidInput")
        assert message(result) == f"Invalid input for operation: {text}."

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"ip_version": 5}, "Invalid input for ip_version. Reason: 5 is not in valid_values."),
            ({"gateway_ip": "x"}, "Invalid input for gateway_ip. Reason: 'x' is not a valid IP address."),
            (
                {"gateway_ip": "10.0.0.01"},
                "Invalid input for gateway_ip. Reason: '10.0.0.01' is not an accepted IP address, '10.0.0.1' is "
                "recommended.",
            ),
            (
                {"dns_nameservers": ["9.9.9.9", "9.9.9.9"]},
                "Invalid input for dns_nameservers. Reason: Duplicate nameserver '9.9.9.9'.",
            ),
            (
                {"host_routes": [{"destination": "10.0.0.0/8", "nexthop": "x"}]},
                "Invalid input for host_routes. Reason: 'x' is not a valid IP address.",
            ),
            (
                {"host_routes": [{"destination": "10.0.0.1/8", "nexthop": "10.0.0.1"}]},
                "Invalid input for host_routes. Reason: '10.0.0.1/8' is not a valid CIDR.",
            ),
            (
                {"allocation_pools": [{"start": "10.0.0.1"}]},
                "Invalid input for allocation_pools. Reason: Validation of dictionary's keys failed. Expected keys: "
                "['end', 'start'] Provided keys: ['start'].",
            ),
        ],
    )
    def test_values_of_the_wrong_form(self, cloud: Cloud, given: dict[str, Any], text: str) -> None:
        result = ask_subnet(cloud, **given)
        assert fault(result) == (400, "HTTPBadRequest")
        assert message(result) == text

    @pytest.mark.parametrize("missing", ["network_id", "ip_version"])
    def test_what_must_be_given(self, cloud: Cloud, missing: str) -> None:
        given = {"network_id": UNKNOWN, "ip_version": 4, "cidr": "10.0.0.0/24"}
        del given[missing]
        result = ask(cloud, "alice", "subnet", **given)
        assert message(result) == f"Failed to parse request. Required attribute '{missing}' not specified"

    def test_a_prefix_must_come_from_somewhere(self, cloud: Cloud) -> None:
        result = ask(cloud, "alice", "subnet", network_id=make(cloud, "alice", "network")["id"], ip_version=4)
        assert fault(result) == (400, "BadRequest")
        assert message(result) == "Bad subnets request: a subnetpool must be specified in the absence of a cidr."

    @pytest.mark.parametrize(
        ("pools", "name", "status"),
        [
            ([("10.0.0.20", "10.0.0.10")], "InvalidAllocationPool", 400),
            ([("2001:db8::1", "2001:db8::2")], "InvalidAllocationPool", 400),
            ([("10.0.1.1", "10.0.1.2")], "OutOfBoundsAllocationPool", 400),
            ([("10.0.0.0", "10.0.0.9")], "OutOfBoundsAllocationPool", 400),
            ([("10.0.0.9", "10.0.0.255")], "OutOfBoundsAllocationPool", 400),
            ([("10.0.0.2", "10.0.0.9"), ("10.0.0.9", "10.0.0.12")], "OverlappingAllocationPools", 409),
            ([("10.0.0.1", "10.0.0.9")], "GatewayConflictWithAllocationPools", 409),
        ],
    )
    def test_pools_that_do_not_fit(self, cloud: Cloud, pools: list[tuple[str, str]], name: str, status: int) -> None:
        result = ask_subnet(cloud, allocation_pools=[{"start": start, "end": end} for start, end in pools])
        assert fault(result) == (status, name)

    def test_subnets_of_one_network_that_overlap(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        result = ask_subnet(cloud, network_id=subnet["network_id"], cidr="10.0.0.128/25")
        assert fault(result) == (400, "InvalidInput")
        assert message(result) == (
            f"Invalid input for operation: Requested subnet with cidr: 10.0.0.128/25 for network: "
            f"{subnet['network_id']} overlaps with another subnet."
        )

    def test_subnets_of_two_networks_may(self, cloud: Cloud) -> None:
        make_subnet(cloud, "alice")
        assert ask_subnet(cloud).status_code == 201

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"dns_nameservers": [f"9.9.9.{n}" for n in range(6)]}, "DNSNameServersExhausted"),
            (
                {"host_routes": [{"destination": f"10.{n}.0.0/16", "nexthop": "10.0.0.9"} for n in range(21)]},
                "HostRoutesExhausted",
            ),
        ],
    )
    def test_too_much_of_a_good_thing(self, cloud: Cloud, given: dict[str, Any], name: str) -> None:
        assert fault(ask_subnet(cloud, **given)) == (400, name)

    def test_a_network_that_there_is_not(self, cloud: Cloud) -> None:
        assert fault(ask_subnet(cloud, network_id=UNKNOWN)) == (404, "NetworkNotFound")

    def test_service_types_are_for_administrators(self, cloud: Cloud) -> None:
        result = ask_subnet(cloud, service_types=["compute:nova"])
        assert fault(result) == (403, "PolicyNotAuthorized")

    def test_a_service_type_that_is_none(self, cloud: Cloud) -> None:
        result = ask_subnet(cloud, "admin", service_types=["garden"])
        assert fault(result) == (400, "InvalidSubnetServiceType")


class TestIpv6:
    @pytest.mark.parametrize("mode", ["slaac", "dhcpv6-stateful", "dhcpv6-stateless"])
    def test_the_modes(self, cloud: Cloud, mode: str) -> None:
        subnet = make_subnet(cloud, "alice", "2001:db8::/64", ipv6_ra_mode=mode, ipv6_address_mode=mode)
        assert (subnet["ipv6_ra_mode"], subnet["ipv6_address_mode"]) == (mode, mode)

    @pytest.mark.parametrize(
        "given",
        [
            {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "dhcpv6-stateful"},
            {"ipv6_ra_mode": "slaac", "enable_dhcp": False},
            {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac", "cidr": "2001:db8::/80"},
            {"cidr": "::/64"},
        ],
    )
    def test_modes_that_contradict(self, cloud: Cloud, given: dict[str, Any]) -> None:
        result = ask_subnet(cloud, **{"ip_version": 6, "cidr": "2001:db8::/64", **given})
        assert fault(result) == (400, "InvalidInput")

    def test_a_new_subnet_gives_the_ports_that_are_there_their_own_addresses(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        port = make(cloud, "alice", "port", network_id=network["id"], mac_address="fa:16:3e:00:00:01")
        modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        make_subnet(cloud, "alice", "2001:db8::/64", network_id=network["id"], **modes)
        assert addresses(show(cloud, "alice", "port", port["id"])) == ["2001:db8::f816:3eff:fe00:1"]

    def test_such_a_subnet_takes_the_addresses_with_it(self, cloud: Cloud) -> None:
        modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        subnet = make_subnet(cloud, "alice", "2001:db8::/64", **modes)
        port = make(cloud, "alice", "port", network_id=subnet["network_id"])
        assert len(addresses(port)) == 1
        assert cloud.delete("alice", path("subnet", subnet["id"])).status_code == 204
        assert addresses(show(cloud, "alice", "port", port["id"])) == []

    def test_dhcp_stays_on_where_the_modes_need_it(self, cloud: Cloud) -> None:
        modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
        subnet = make_subnet(cloud, "alice", "2001:db8::/64", **modes)
        result = change(cloud, "alice", "subnet", subnet["id"], enable_dhcp=False)
        assert message(result) == "Invalid input for operation: Cannot disable enable_dhcp with ipv6 attributes set."


class TestUpdate:
    def test_what_can_be_changed(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        given = {
            "name": "green",
            "description": "grass",
            "gateway_ip": "10.0.0.254",
            "allocation_pools": [{"start": "10.0.0.10", "end": "10.0.0.20"}],
            "dns_nameservers": ["9.9.9.9"],
            "host_routes": [{"destination": "192.168.0.0/24", "nexthop": "10.0.0.9"}],
            "enable_dhcp": False,
        }
        result = change(cloud, "alice", "subnet", subnet["id"], **given)
        assert result.status_code == 200
        assert result.json["subnet"].items() >= given.items()
        assert result.json["subnet"]["revision_number"] == 2

    @pytest.mark.parametrize("name", ["cidr", "ip_version", "network_id", "ipv6_ra_mode", "project_id"])
    def test_what_cannot(self, cloud: Cloud, name: str) -> None:
        subnet = make_subnet(cloud, "alice")
        result = change(cloud, "alice", "subnet", subnet["id"], **{name: subnet[name]})
        assert message(result) == f"Cannot update read-only attribute {name}"

    def test_a_gateway_stays_out_of_the_pools(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        result = change(cloud, "alice", "subnet", subnet["id"], gateway_ip="10.0.0.9")
        assert fault(result) == (409, "GatewayConflictWithAllocationPools")
        assert message(result) == "Gateway ip 10.0.0.9 conflicts with allocation pool 10.0.0.2-10.0.0.254."

    def test_lists_can_be_emptied(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", dns_nameservers=["9.9.9.9"])
        changed = change(cloud, "alice", "subnet", subnet["id"], dns_nameservers=None, gateway_ip=None)
        assert (changed.json["subnet"]["dns_nameservers"], changed.json["subnet"]["gateway_ip"]) == ([], None)


class TestDelete:
    def test_a_subnet_without_ports_goes(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        assert cloud.delete("alice", path("subnet", subnet["id"])).status_code == 204
        assert show(cloud, "alice", "network", subnet["network_id"])["subnets"] == []

    def test_one_with_ports_stays(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        make(cloud, "alice", "port", network_id=subnet["network_id"])
        result = cloud.delete("alice", path("subnet", subnet["id"]))
        assert fault(result) == (409, "SubnetInUse")
        assert message(result) == (
            f"Unable to complete operation on subnet {subnet['id']}: One or more ports have an IP allocation from this "
            "subnet."
        )

    @pytest.mark.parametrize("resource_id", [UNKNOWN, "no-uuid"])
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_an_unknown_one_is_not_found(self, cloud: Cloud, method: str, resource_id: str) -> None:
        body = {"subnet": {"name": "x"}} if method == "PUT" else None
        result = cloud.request("alice", method, path("subnet", resource_id), body)
        assert fault(result) == (404, "SubnetNotFound")


class TestTenancy:
    def test_others_cannot_see_change_or_delete_a_subnet(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        assert subnet["id"] not in [item["id"] for item in found(cloud, "bob", "subnet")]
        assert fault(cloud.get("bob", path("subnet", subnet["id"]))) == (404, "SubnetNotFound")
        assert fault(change(cloud, "bob", "subnet", subnet["id"], name="mine")) == (404, "SubnetNotFound")
        assert fault(cloud.delete("bob", path("subnet", subnet["id"]))) == (404, "SubnetNotFound")

    def test_others_cannot_make_one_on_a_network_they_do_not_see(self, cloud: Cloud) -> None:
        assert fault(ask_subnet(cloud, "bob")) == (404, "NetworkNotFound")

    def test_nor_on_a_shared_one(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network", shared=True)
        assert fault(ask_subnet(cloud, "bob", network_id=network["id"])) == (403, "PolicyNotAuthorized")

    def test_the_subnets_of_a_shared_network_are_seen(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network", shared=True)
        subnet = make_subnet(cloud, "admin", network_id=network["id"])
        assert subnet["id"] in [item["id"] for item in found(cloud, "bob", "subnet")]
        assert fault(change(cloud, "bob", "subnet", subnet["id"], name="x")) == (403, "PolicyNotAuthorized")

    def test_a_networks_owner_sees_what_others_have_on_it(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        subnet = make_subnet(cloud, "admin", network_id=network["id"], project_id=OTHER)
        assert [item["id"] for item in found(cloud, "alice", "subnet", f"network_id={network['id']}")] == [subnet["id"]]
        assert [item["id"] for item in found(cloud, "bob", "subnet", f"network_id={network['id']}")] == [subnet["id"]]

    def test_a_reader_only_reads(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        assert show(cloud, "reader", "subnet", subnet["id"])["id"] == subnet["id"]
        assert fault(ask_subnet(cloud, "reader")) == (403, "PolicyNotAuthorized")
        assert fault(cloud.delete("reader", path("subnet", subnet["id"]))) == (403, "PolicyNotAuthorized")


def test_several_subnets_are_made_or_none(cloud: Cloud) -> None:
    network = make(cloud, "alice", "network")
    one = {"network_id": network["id"], "ip_version": 4}
    result = cloud.post(
        "alice", path("subnet"), {"subnets": [{**one, "cidr": "10.0.0.0/24"}, {**one, "cidr": "10.0.0.0/25"}]}
    )
    assert fault(result) == (400, "InvalidInput")
    assert show(cloud, "alice", "network", network["id"])["subnets"] == []
    result = cloud.post(
        "alice", path("subnet"), {"subnets": [{**one, "cidr": "10.0.0.0/24"}, {**one, "cidr": "10.0.1.0/24"}]}
    )
    assert [item["cidr"] for item in result.json["subnets"]] == ["10.0.0.0/24", "10.0.1.0/24"]
