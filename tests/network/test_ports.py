"""Ports over HTTP: addresses, MAC addresses, groups, bindings."""

from __future__ import annotations

import re
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

SLAAC = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}


def default_group(cloud: Cloud, caller: str) -> str:
    """Return the id of the default group of a caller's project."""
    group_id: str = found(cloud, caller, "security_group", "name=default")[0]["id"]
    return group_id


def test_a_new_port_has_neutrons_defaults(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice")
    port = make(cloud, "alice", "port", network_id=subnet["network_id"])
    for name in ("id", "created_at", "updated_at"):
        port.pop(name)
    assert re.fullmatch("fa:16:3e(:[0-9a-f]{2}){3}", port.pop("mac_address"))
    assert port == {
        "name": "",
        "network_id": subnet["network_id"],
        "tenant_id": DEMO,
        "project_id": DEMO,
        "admin_state_up": True,
        "status": "DOWN",
        "device_id": "",
        "device_owner": "",
        "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": "10.0.0.2"}],
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "security_groups": [default_group(cloud, "alice")],
        "description": "",
        "binding:vnic_type": "normal",
        "port_security_enabled": True,
        "dns_name": "",
        "dns_domain": "",
        "dns_assignment": [
            {"ip_address": "10.0.0.2", "hostname": "host-10-0-0-2", "fqdn": "host-10-0-0-2.openstacklocal."}
        ],
        "qos_policy_id": None,
        "ip_allocation": "immediate",
        "tags": [],
        "revision_number": 1,
    }


def test_administrators_see_and_set_the_binding(cloud: Cloud) -> None:
    network = make(cloud, "alice", "network")
    port = make(cloud, "admin", "port", network_id=network["id"], **{"binding:host_id": "host-1"})
    bound = {name: value for name, value in port.items() if name.startswith("binding:")}
    assert bound == {
        "binding:vnic_type": "normal",
        "binding:host_id": "host-1",
        "binding:profile": {},
        "binding:vif_type": "other",
        "binding:vif_details": {},
    }
    result = ask(cloud, "alice", "port", network_id=network["id"], **{"binding:host_id": "host-1"})
    assert fault(result) == (403, "PolicyNotAuthorized")


def test_what_is_given_is_kept(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice")
    given: dict[str, Any] = {
        "name": "blue",
        "description": "sky",
        "admin_state_up": False,
        "device_id": "thing",
        "device_owner": "garden:gnome",
        "mac_address": "aa:bb:cc:00:00:01",
        "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": "10.0.0.77"}],
        "allowed_address_pairs": [{"ip_address": "10.0.0.0/24", "mac_address": "aa:bb:cc:00:00:02"}],
        "extra_dhcp_opts": [{"opt_name": "bootfile-name", "opt_value": "pxe", "ip_version": 4}],
        "security_groups": [],
        "binding:vnic_type": "direct",
        "dns_name": "gnome",
        "dns_domain": "example.org.",
        "tags": ["red"],
    }
    port = make(cloud, "alice", "port", network_id=subnet["network_id"], **given)
    seen = show(cloud, "alice", "port", port["id"])
    assert seen.items() >= given.items()
    assert seen["dns_assignment"] == [{"ip_address": "10.0.0.77", "hostname": "gnome", "fqdn": "gnome.example.org."}]


class TestAddresses:
    def test_a_port_gets_one_of_each_ip_version(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        for cidr in ("10.0.0.0/24", "10.0.1.0/24", "2001:db8::/64", "2001:db8:1::/64"):
            make_subnet(cloud, "alice", cidr, network_id=network["id"])
        port = make(cloud, "alice", "port", network_id=network["id"])
        assert addresses(port) == ["10.0.0.2", "2001:db8::2"]

    def test_and_what_it_makes_for_itself(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        make_subnet(cloud, "alice", "10.0.0.0/24", network_id=network["id"])
        make_subnet(cloud, "alice", "2001:db8::/64", network_id=network["id"], **SLAAC)
        port = make(cloud, "alice", "port", network_id=network["id"], mac_address="fa:16:3e:00:00:01")
        assert addresses(port) == ["10.0.0.2", "2001:db8::f816:3eff:fe00:1"]

    def test_a_port_without_subnets_has_none(self, cloud: Cloud) -> None:
        port = make(cloud, "alice", "port", network_id=make(cloud, "alice", "network")["id"])
        assert (port["fixed_ips"], port["ip_allocation"]) == ([], "immediate")

    def test_nor_has_one_that_wants_none(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        port = make(cloud, "alice", "port", network_id=subnet["network_id"], fixed_ips=[])
        assert (port["fixed_ips"], port["ip_allocation"]) == ([], "none")

    def test_several_can_be_asked_for(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        wanted = [{"subnet_id": subnet["id"]}, {"ip_address": "10.0.0.2"}, {"subnet_id": subnet["id"]}]
        port = make(cloud, "alice", "port", network_id=subnet["network_id"], fixed_ips=wanted)
        assert addresses(port) == ["10.0.0.3", "10.0.0.2", "10.0.0.4"]

    def test_addresses_outside_the_pools_can_be_asked_for(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", allocation_pools=[{"start": "10.0.0.10", "end": "10.0.0.20"}])
        wanted = [{"ip_address": "10.0.0.200"}]
        assert addresses(make(cloud, "alice", "port", network_id=subnet["network_id"], fixed_ips=wanted)) == [
            "10.0.0.200"
        ]

    def test_they_come_from_the_pools_in_turn(self, cloud: Cloud) -> None:
        pools = [{"start": "10.0.0.20", "end": "10.0.0.21"}, {"start": "10.0.0.10", "end": "10.0.0.10"}]
        subnet = make_subnet(cloud, "alice", allocation_pools=pools, enable_dhcp=False)
        ports = [make(cloud, "alice", "port", network_id=subnet["network_id"]) for _ in range(3)]
        assert [addresses(port) for port in ports] == [["10.0.0.10"], ["10.0.0.20"], ["10.0.0.21"]]

    def test_an_empty_pool_is_an_error(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", allocation_pools=[{"start": "10.0.0.9", "end": "10.0.0.9"}])
        make(cloud, "alice", "port", network_id=subnet["network_id"])
        result = ask(cloud, "alice", "port", network_id=subnet["network_id"])
        assert fault(result) == (409, "IpAddressGenerationFailure")
        assert message(result) == f"No more IP addresses available on network {subnet['network_id']}."

    def test_a_second_subnet_helps_out(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", "10.0.0.0/30", enable_dhcp=False)
        make_subnet(cloud, "alice", "10.0.1.0/24", network_id=subnet["network_id"], enable_dhcp=False)
        ports = [make(cloud, "alice", "port", network_id=subnet["network_id"]) for _ in range(2)]
        assert [addresses(port) for port in ports] == [["10.0.0.2"], ["10.0.1.2"]]

    def test_a_freed_address_serves_again(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", "10.0.0.0/29", enable_dhcp=False)
        ports = [make(cloud, "alice", "port", network_id=subnet["network_id"]) for _ in range(5)]
        assert cloud.delete("alice", path("port", ports[1]["id"])).status_code == 204
        assert addresses(make(cloud, "alice", "port", network_id=subnet["network_id"])) == addresses(ports[1])

    def test_an_address_has_one_port(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        make(cloud, "alice", "port", network_id=subnet["network_id"], fixed_ips=[{"ip_address": "10.0.0.9"}])
        result = ask(cloud, "alice", "port", network_id=subnet["network_id"], fixed_ips=[{"ip_address": "10.0.0.9"}])
        assert fault(result) == (409, "IpAddressAlreadyAllocated")
        assert message(result) == f"IP address 10.0.0.9 already allocated in subnet {subnet['id']}"

    @pytest.mark.parametrize(
        ("wanted", "name"),
        [
            ({"ip_address": "192.168.0.1"}, "InvalidIpForNetwork"),
            ({"ip_address": "10.0.0.255"}, "InvalidIpForNetwork"),
            ({"ip_address": "10.0.0.0"}, "InvalidIpForNetwork"),
            ({"ip_address": "192.168.0.1", "subnet_id": "it"}, "InvalidIpForSubnet"),
            ({"subnet_id": UNKNOWN}, "InvalidInput"),
            ({}, "InvalidInput"),
            ({"ip_address": "x"}, "HTTPBadRequest"),
            ({"subnet_id": "x"}, "HTTPBadRequest"),
        ],
    )
    def test_an_address_that_cannot_be(self, cloud: Cloud, wanted: dict[str, str], name: str) -> None:
        subnet = make_subnet(cloud, "alice")
        entry = {**wanted, **({"subnet_id": subnet["id"]} if wanted.get("subnet_id") == "it" else {})}
        result = ask(cloud, "alice", "port", network_id=subnet["network_id"], fixed_ips=[entry])
        assert fault(result) == (400, name)

    def test_an_address_of_its_own_making_cannot_be_chosen(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", "2001:db8::/64", **SLAAC)
        wanted = [{"ip_address": "2001:db8::9"}]
        result = ask(cloud, "alice", "port", network_id=subnet["network_id"], fixed_ips=wanted)
        assert fault(result) == (400, "AllocationOnAutoAddressSubnet")

    def test_service_types_choose_the_subnet(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        for cidr, owner in (("10.0.0.0/24", "compute:nova"), ("10.0.1.0/24", "compute:other")):
            make_subnet(cloud, "admin", cidr, network_id=network["id"], service_types=[owner])
        port = make(cloud, "alice", "port", network_id=network["id"], device_owner="compute:other")
        assert addresses(port) == ["10.0.1.2"]
        result = ask(cloud, "alice", "port", network_id=network["id"], device_owner="garden:gnome")
        assert fault(result) == (409, "IpAddressGenerationFailureNoMatchingSubnet")


class TestMacAddresses:
    @pytest.mark.parametrize("written", ["AA-BB-CC-00-00-01", "aabbcc000001", "aabb.cc00.0001"])
    def test_they_are_kept_in_one_form(self, cloud: Cloud, written: str) -> None:
        network = make(cloud, "alice", "network")
        port = make(cloud, "alice", "port", network_id=network["id"], mac_address=written)
        assert port["mac_address"] == "aa:bb:cc:00:00:01"

    def test_one_is_used_once_on_a_network(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        make(cloud, "alice", "port", network_id=network["id"], mac_address="aa:bb:cc:00:00:01")
        result = ask(cloud, "alice", "port", network_id=network["id"], mac_address="aa:bb:cc:00:00:01")
        assert fault(result) == (409, "MacAddressInUse")
        assert message(result) == (
            f"Unable to complete operation for network {network['id']}. The mac address aa:bb:cc:00:00:01 is in use."
        )

    @pytest.mark.parametrize("mac", ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "x", "aa:bb:cc:00:00", 5])
    def test_some_are_none(self, cloud: Cloud, mac: object) -> None:
        result = ask(cloud, "alice", "port", network_id=UNKNOWN, mac_address=mac)
        assert message(result) == f"Invalid input for mac_address. Reason: '{mac}' is not a valid MAC address."


class TestStatus:
    @pytest.mark.parametrize(
        ("owner", "up", "status"),
        [("compute:nova", True, "ACTIVE"), ("compute:nova", False, "DOWN"), ("garden:gnome", True, "DOWN")],
    )
    def test_a_port_is_active_once_compute_has_it(self, cloud: Cloud, owner: str, up: bool, status: str) -> None:
        network = make(cloud, "alice", "network")
        port = make(cloud, "alice", "port", network_id=network["id"])
        given = {"device_owner": owner, "device_id": UNKNOWN, "admin_state_up": up}
        assert change(cloud, "alice", "port", port["id"], **given).json["port"]["status"] == status

    def test_and_down_when_it_is_let_go(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        port = make(cloud, "alice", "port", network_id=network["id"], device_owner="compute:nova")
        changed = change(cloud, "alice", "port", port["id"], device_owner="", device_id="").json["port"]
        assert (port["status"], changed["status"]) == ("ACTIVE", "DOWN")


class TestUpdate:
    def test_addresses_can_be_exchanged(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        port = make(cloud, "alice", "port", network_id=subnet["network_id"])
        changed = change(cloud, "alice", "port", port["id"], fixed_ips=[{"ip_address": "10.0.0.50"}])
        assert addresses(changed.json["port"]) == ["10.0.0.50"]
        other = make(cloud, "alice", "port", network_id=subnet["network_id"], fixed_ips=[{"ip_address": "10.0.0.2"}])
        assert addresses(other) == ["10.0.0.2"]

    def test_what_is_asked_for_again_stays(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", enable_dhcp=False)
        port = make(cloud, "alice", "port", network_id=subnet["network_id"])
        wanted = [{"subnet_id": subnet["id"]}, {"subnet_id": subnet["id"]}]
        changed = change(cloud, "alice", "port", port["id"], fixed_ips=wanted).json["port"]
        assert addresses(changed) == ["10.0.0.2", "10.0.0.3"]

    def test_all_can_be_taken_away(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        port = make(cloud, "alice", "port", network_id=subnet["network_id"])
        changed = change(cloud, "alice", "port", port["id"], fixed_ips=[]).json["port"]
        assert (changed["fixed_ips"], changed["ip_allocation"]) == ([], "none")

    def test_but_not_those_of_its_own_making(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", "2001:db8::/64", **SLAAC)
        port = make(cloud, "alice", "port", network_id=subnet["network_id"])
        changed = change(cloud, "alice", "port", port["id"], fixed_ips=[]).json["port"]
        assert addresses(changed) == addresses(port)

    def test_a_wrong_address_leaves_everything_as_it_was(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        port = make(cloud, "alice", "port", network_id=subnet["network_id"])
        result = change(cloud, "alice", "port", port["id"], name="x", fixed_ips=[{"ip_address": "192.168.0.1"}])
        assert fault(result) == (400, "InvalidIpForNetwork")
        assert show(cloud, "alice", "port", port["id"]) == port

    def test_a_new_mac_address_changes_what_is_made_of_it(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", "2001:db8::/64", **SLAAC)
        port = make(cloud, "alice", "port", network_id=subnet["network_id"], mac_address="fa:16:3e:00:00:01")
        changed = change(cloud, "admin", "port", port["id"], mac_address="fa:16:3e:00:00:02").json["port"]
        assert addresses(changed) == ["2001:db8::f816:3eff:fe00:2"]

    def test_a_bound_port_keeps_its_mac_address(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        port = make(cloud, "admin", "port", network_id=network["id"], **{"binding:host_id": "host-1"})
        result = change(cloud, "admin", "port", port["id"], mac_address="fa:16:3e:00:00:02")
        assert fault(result) == (409, "PortBound")

    def test_dhcp_options_are_laid_over_those_that_are_there(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        first = [{"opt_name": "a", "opt_value": "1"}, {"opt_name": "b", "opt_value": "2"}]
        port = make(cloud, "alice", "port", network_id=network["id"], extra_dhcp_opts=first)
        second = [{"opt_name": "a", "opt_value": None}, {"opt_name": "c", "opt_value": "3"}]
        changed = change(cloud, "alice", "port", port["id"], extra_dhcp_opts=second).json["port"]
        assert {item["opt_name"]: item["opt_value"] for item in changed["extra_dhcp_opts"]} == {"b": "2", "c": "3"}

    @pytest.mark.parametrize("name", ["network_id", "status", "tags", "binding:vif_type"])
    def test_some_attributes_stay(self, cloud: Cloud, name: str) -> None:
        port = make(cloud, "alice", "port", network_id=make(cloud, "alice", "network")["id"])
        result = change(cloud, "alice", "port", port["id"], **{name: "x"})
        assert message(result) == f"Cannot update read-only attribute {name}"


class TestSecurity:
    def test_groups_are_given_and_changed(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        groups = [make(cloud, "alice", "security_group", name=name)["id"] for name in "ab"]
        port = make(cloud, "alice", "port", network_id=network["id"], security_groups=groups)
        assert port["security_groups"] == sorted(groups)
        changed = change(cloud, "alice", "port", port["id"], security_groups=groups[:1]).json["port"]
        assert changed["security_groups"] == groups[:1]

    @pytest.mark.parametrize("empty", [[], None])
    def test_a_port_may_have_none(self, cloud: Cloud, empty: object) -> None:
        port = make(cloud, "alice", "port", network_id=make(cloud, "alice", "network")["id"], security_groups=empty)
        assert port["security_groups"] == []

    def test_a_group_must_be_there_and_ones_own(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        for group_id in (UNKNOWN, default_group(cloud, "bob")):
            result = ask(cloud, "alice", "port", network_id=network["id"], security_groups=[group_id])
            assert fault(result) == (404, "SecurityGroupNotFound")
            assert message(result) == f"Security group {group_id} does not exist"

    def test_stateful_and_stateless_groups_do_not_mix(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        groups = [make(cloud, "alice", "security_group", name="x", stateful=flag)["id"] for flag in (True, False)]
        result = ask(cloud, "alice", "port", network_id=network["id"], security_groups=groups)
        assert fault(result) == (409, "SecurityGroupConflict")

    def test_a_port_follows_its_networks_port_security(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network", port_security_enabled=False)
        port = make(cloud, "alice", "port", network_id=network["id"])
        assert (port["port_security_enabled"], port["security_groups"]) == (False, [])

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({"security_groups": "default"}, (400, "PortSecurityAndIPRequiredForSecurityGroups")),
            ({"allowed_address_pairs": [{"ip_address": "10.0.0.9"}]}, (409, "AddressPairAndPortSecurityRequired")),
        ],
    )
    def test_without_it_there_is_nothing_to_filter(
        self, cloud: Cloud, given: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        network = make(cloud, "alice", "network")
        attributes = {"security_groups": [default_group(cloud, "alice")]} if "security_groups" in given else given
        result = ask(cloud, "alice", "port", network_id=network["id"], port_security_enabled=False, **attributes)
        assert fault(result) == expected

    def test_it_is_switched_off_after_the_groups_are_gone(self, cloud: Cloud) -> None:
        port = make(cloud, "alice", "port", network_id=make(cloud, "alice", "network")["id"])
        result = change(cloud, "alice", "port", port["id"], port_security_enabled=False)
        assert fault(result) == (409, "PortSecurityPortHasSecurityGroup")
        result = change(cloud, "alice", "port", port["id"], port_security_enabled=False, security_groups=[])
        assert result.json["port"]["port_security_enabled"] is False


class TestAddressPairs:
    def test_the_mac_address_is_the_ports_where_none_is_given(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        port = make(
            cloud, "alice", "port", network_id=network["id"], allowed_address_pairs=[{"ip_address": "10.0.0.9"}]
        )
        assert port["allowed_address_pairs"] == [{"ip_address": "10.0.0.9", "mac_address": port["mac_address"]}]

    def test_null_is_none(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        port = make(
            cloud, "alice", "port", network_id=network["id"], allowed_address_pairs=[{"ip_address": "10.0.0.9"}]
        )
        changed = change(cloud, "alice", "port", port["id"], allowed_address_pairs=None).json["port"]
        assert changed["allowed_address_pairs"] == []

    @pytest.mark.parametrize(
        ("pairs", "name"),
        [
            ([{}], "AllowedAddressPairsMissingIP"),
            ([{"ip_address": "10.0.0.9"}, {"ip_address": "10.0.0.9"}], "DuplicateAddressPairInRequest"),
            ([{"ip_address": f"10.0.0.{n}"} for n in range(11)], "AllowedAddressPairExhausted"),
            ([{"ip_address": "x"}], "HTTPBadRequest"),
            ([{"ip_address": "10.0.0.0/40"}], "HTTPBadRequest"),
            ([{"ip_address": "224.0.0.1"}], "HTTPBadRequest"),
            ([{"ip_address": "224.0.0.0/8"}], "HTTPBadRequest"),
            ([{"ip_address": "10.0.0.9", "mac_address": "x"}], "HTTPBadRequest"),
            ([{"ip_address": "10.0.0.9", "mac_address": "01:00:00:00:00:01"}], "HTTPBadRequest"),
            ([{"ip_address": "10.0.0.9", "colour": "blue"}], "HTTPBadRequest"),
            ([7], "HTTPBadRequest"),
            ("10.0.0.9", "HTTPBadRequest"),
        ],
    )
    def test_pairs_that_cannot_be(self, cloud: Cloud, pairs: object, name: str) -> None:
        result = ask(cloud, "alice", "port", network_id=UNKNOWN, allowed_address_pairs=pairs)
        assert fault(result) == (400, name)


@pytest.mark.parametrize(
    "options",
    [
        [{"opt_name": "a"}],
        [{"opt_name": "", "opt_value": "x"}],
        [{"opt_name": "a", "opt_value": "x", "colour": "blue"}],
        [{"opt_name": "a", "opt_value": "x\ny"}],
        [{"opt_name": "a", "opt_value": "x", "ip_version": 5}],
        [{"opt_name": "a", "opt_value": "x"}, {"opt_name": "a", "opt_value": "x"}],
        "a=x",
    ],
)
def test_dhcp_options_that_cannot_be(cloud: Cloud, options: object) -> None:
    result = ask(cloud, "alice", "port", network_id=UNKNOWN, extra_dhcp_opts=options)
    assert fault(result) == (400, "InvalidInput")


class TestTenancy:
    def test_others_cannot_see_change_or_delete_a_port(self, cloud: Cloud) -> None:
        port = make(cloud, "alice", "port", network_id=make(cloud, "alice", "network")["id"])
        assert found(cloud, "bob", "port") == []
        assert fault(cloud.get("bob", path("port", port["id"]))) == (404, "PortNotFound")
        assert fault(change(cloud, "bob", "port", port["id"], name="mine")) == (404, "PortNotFound")
        assert fault(cloud.delete("bob", path("port", port["id"]))) == (404, "PortNotFound")

    def test_nobody_plugs_into_a_network_he_does_not_see(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        assert fault(ask(cloud, "bob", "port", network_id=network["id"])) == (404, "NetworkNotFound")

    def test_everybody_plugs_into_a_shared_one(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network", shared=True)
        port = make(cloud, "bob", "port", network_id=network["id"])
        assert port["project_id"] == OTHER
        assert found(cloud, "alice", "port") == []

    def test_nobody_but_its_owner_into_an_external_one(self, cloud: Cloud) -> None:
        network = found(cloud, "alice", "network", "router:external=true")[0]
        assert fault(ask(cloud, "alice", "port", network_id=network["id"])) == (403, "PolicyNotAuthorized")

    def test_a_guest_on_a_shared_network_takes_what_he_gets(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network", shared=True)
        subnet = make_subnet(cloud, "admin", network_id=network["id"])
        allowed = ask(cloud, "bob", "port", network_id=network["id"], fixed_ips=[{"subnet_id": subnet["id"]}])
        assert allowed.status_code == 201
        for given in (
            {"fixed_ips": [{"ip_address": "10.0.0.9"}]},
            {"mac_address": "aa:bb:cc:00:00:01"},
            {"port_security_enabled": False},
            {"device_owner": "network:dhcp"},
        ):
            assert fault(ask(cloud, "bob", "port", network_id=network["id"], **given)) == (403, "PolicyNotAuthorized")

    def test_the_refusal_names_the_rules(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network", shared=True)
        result = ask(cloud, "bob", "port", network_id=network["id"], fixed_ips=[{"ip_address": "10.0.0.9"}])
        assert message(result) == (
            "(rule:create_port and (rule:create_port:fixed_ips and (rule:create_port:fixed_ips:ip_address))) is "
            "disallowed by policy"
        )

    def test_a_networks_owner_sees_the_ports_of_guests(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        port = make(cloud, "admin", "port", network_id=network["id"], project_id=OTHER)
        assert [item["id"] for item in found(cloud, "alice", "port")] == [port["id"]]
        assert show(cloud, "alice", "port", port["id"])["project_id"] == OTHER
        assert fault(change(cloud, "alice", "port", port["id"], name="x")) == (403, "PolicyNotAuthorized")

    def test_a_servers_port_is_not_deleted_by_hand(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        port = make(cloud, "alice", "port", network_id=network["id"], device_owner="compute:nova")
        assert fault(cloud.delete("alice", path("port", port["id"]))) == (403, "PolicyNotAuthorized")
        assert cloud.delete("admin", path("port", port["id"])).status_code == 204


@pytest.mark.parametrize("resource_id", [UNKNOWN, "no-uuid"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_port_is_not_found(cloud: Cloud, method: str, resource_id: str) -> None:
    body = {"port": {"name": "x"}} if method == "PUT" else None
    result = cloud.request("alice", method, path("port", resource_id), body)
    assert fault(result) == (404, "PortNotFound")


def test_several_ports_are_made_or_none(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice", "10.0.0.0/29", enable_dhcp=False)
    one = {"network_id": subnet["network_id"]}
    assert fault(cloud.post("alice", path("port"), {"ports": [one] * 6})) == (409, "IpAddressGenerationFailure")
    assert found(cloud, "alice", "port") == []
    result = cloud.post("alice", path("port"), {"ports": [one] * 5})
    assert len({address for port in result.json["ports"] for address in addresses(port)}) == 5


def test_a_deleted_port_is_gone(cloud: Cloud) -> None:
    port = make(cloud, "alice", "port", network_id=make(cloud, "alice", "network")["id"])
    assert cloud.delete("alice", path("port", port["id"])).status_code == 204
    assert fault(cloud.get("alice", path("port", port["id"]))) == (404, "PortNotFound")
