"""Networks over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.network.neutron import (
    ROOT,
    UNKNOWN,
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
from tests.support.cloud import ADMIN, DEMO, OTHER, Cloud


def test_a_new_network_has_neutrons_defaults(cloud: Cloud) -> None:
    network = make(cloud, "alice", "network", name="blue")
    for name in ("id", "created_at", "updated_at"):
        network.pop(name)
    assert network == {
        "name": "blue",
        "tenant_id": DEMO,
        "project_id": DEMO,
        "admin_state_up": True,
        "mtu": 1450,
        "status": "ACTIVE",
        "subnets": [],
        "shared": False,
        "availability_zone_hints": [],
        "availability_zones": [],
        "ipv4_address_scope": None,
        "ipv6_address_scope": None,
        "router:external": False,
        "is_default": False,
        "description": "",
        "port_security_enabled": True,
        "dns_domain": "",
        "qos_policy_id": None,
        "l2_adjacency": True,
        "tags": [],
        "revision_number": 1,
    }


def test_what_is_given_is_kept(cloud: Cloud) -> None:
    given = {
        "name": "blue",
        "description": "sky",
        "admin_state_up": False,
        "mtu": 1400,
        "port_security_enabled": False,
        "dns_domain": "example.org.",
        "availability_zone_hints": ["nova"],
    }
    network = make(cloud, "alice", "network", **given)
    assert show(cloud, "alice", "network", network["id"]).items() >= given.items()


def test_only_administrators_see_how_a_network_is_made(cloud: Cloud) -> None:
    network = make(cloud, "alice", "network")
    assert not [name for name in network if name.startswith("provider:")]
    seen = show(cloud, "admin", "network", network["id"])
    assert (seen["provider:network_type"], seen["provider:physical_network"]) == ("vxlan", None)


def test_tenant_networks_have_segments_of_their_own(cloud: Cloud) -> None:
    ids = [make(cloud, "alice", "network")["id"] for _ in range(3)]
    segments = {show(cloud, "admin", "network", item)["provider:segmentation_id"] for item in ids}
    assert len(segments) == 3


def test_an_update_changes_what_it_names_and_moves_the_revision(cloud: Cloud) -> None:
    network = make(cloud, "alice", "network", name="blue", description="sky")
    changed = change(cloud, "alice", "network", network["id"], name="green").json["network"]
    assert (changed["name"], changed["description"], changed["revision_number"]) == ("green", "sky", 2)


def test_a_deleted_network_is_gone(cloud: Cloud) -> None:
    network = make(cloud, "alice", "network")
    result = cloud.delete("alice", path("network", network["id"]))
    assert (result.status_code, result.content) == (204, b"")
    assert fault(cloud.get("alice", path("network", network["id"]))) == (404, "NetworkNotFound")


def test_a_network_takes_its_subnets_with_it(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice")
    assert cloud.delete("alice", path("network", subnet["network_id"])).status_code == 204
    assert fault(cloud.get("alice", path("subnet", subnet["id"]))) == (404, "SubnetNotFound")


def test_a_network_with_ports_is_in_use(cloud: Cloud) -> None:
    network = make(cloud, "alice", "network")
    port = make(cloud, "alice", "port", network_id=network["id"])
    result = cloud.delete("alice", path("network", network["id"]))
    assert fault(result) == (409, "NetworkInUse")
    assert message(result) == (
        f"Unable to complete operation on network {network['id']}. There are one or more ports still in use on the "
        f"network, id for these ports is: {port['id']}."
    )


@pytest.mark.parametrize("resource_id", [UNKNOWN, "no-uuid"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_network_is_not_found(cloud: Cloud, method: str, resource_id: str) -> None:
    body = {"network": {"name": "x"}} if method == "PUT" else None
    result = cloud.request("alice", method, path("network", resource_id), body)
    assert fault(result) == (404, "NetworkNotFound")
    assert message(result) == f"Network {resource_id} could not be found."


class TestTenancy:
    def test_others_cannot_see_change_or_delete_a_network(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        assert network["id"] not in [item["id"] for item in found(cloud, "bob", "network")]
        assert fault(cloud.get("bob", path("network", network["id"]))) == (404, "NetworkNotFound")
        assert fault(change(cloud, "bob", "network", network["id"], name="mine")) == (404, "NetworkNotFound")
        assert fault(cloud.delete("bob", path("network", network["id"]))) == (404, "NetworkNotFound")
        assert show(cloud, "alice", "network", network["id"])["name"] == ""

    @pytest.mark.parametrize("mark", ["shared", "router:external"])
    def test_everybody_sees_a_public_network_that_only_its_owner_changes(self, cloud: Cloud, mark: str) -> None:
        network = make(cloud, "admin", "network", **{mark: True})
        assert network["id"] in [item["id"] for item in found(cloud, "bob", "network")]
        assert show(cloud, "bob", "network", network["id"])[mark] is True
        result = change(cloud, "bob", "network", network["id"], name="mine")
        assert fault(result) == (403, "PolicyNotAuthorized")
        assert message(result) == "rule:update_network is disallowed by policy"
        assert cloud.delete("bob", path("network", network["id"])).status_code == 403

    def test_an_administrator_sees_and_changes_everything(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        assert network["id"] in [item["id"] for item in found(cloud, "admin", "network")]
        assert change(cloud, "admin", "network", network["id"], shared=True).json["network"]["shared"] is True
        assert cloud.delete("admin", path("network", network["id"])).status_code == 204

    def test_a_reader_only_reads(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        assert show(cloud, "reader", "network", network["id"])["id"] == network["id"]
        assert fault(ask(cloud, "reader", "network")) == (403, "PolicyNotAuthorized")
        assert fault(change(cloud, "reader", "network", network["id"], name="x")) == (403, "PolicyNotAuthorized")
        assert fault(cloud.delete("reader", path("network", network["id"]))) == (403, "PolicyNotAuthorized")

    def test_nobody_enters_without_a_token(self, cloud: Cloud) -> None:
        assert cloud.get(None, path("network")).status_code == 401

    @pytest.mark.parametrize("key", ["project_id", "tenant_id"])
    def test_an_administrator_makes_networks_for_others(self, cloud: Cloud, key: str) -> None:
        network = make(cloud, "admin", "network", **{key: OTHER})
        assert (network["project_id"], network["tenant_id"]) == (OTHER, OTHER)
        assert show(cloud, "bob", "network", network["id"])["id"] == network["id"]

    def test_nobody_else_does(self, cloud: Cloud) -> None:
        result = ask(cloud, "alice", "network", project_id=OTHER)
        assert fault(result) == (400, "HTTPBadRequest")
        assert message(result).startswith("Specifying 'project_id' other than the authenticated project")

    def test_two_names_for_the_project_must_agree(self, cloud: Cloud) -> None:
        result = ask(cloud, "admin", "network", project_id=OTHER, tenant_id=DEMO)
        assert message(result) == "'project_id' and 'tenant_id' do not match"


class TestRefusedBodies:
    @pytest.mark.parametrize(
        ("attributes", "text"),
        [
            ({"colour": "blue"}, "Unrecognized attribute(s) 'colour'"),
            ({"id": UNKNOWN}, "Attribute 'id' not allowed in POST"),
            ({"tags": ["a"]}, "Attribute 'tags' not allowed in POST"),
            ({"name": 5}, "Invalid input for name. Reason: '5' is not a valid string."),
            ({"name": " x"}, "Invalid input for name. Reason: ' x' is not a valid string."),
            (
                {"description": "x" * 256},
                f"Invalid input for description. Reason: '{'x' * 256}' exceeds maximum length of 255.",
            ),
            ({"mtu": -1}, "Invalid input for mtu. Reason: '-1' should be non-negative."),
            ({"dns_domain": "example"}, "Invalid input for dns_domain. Reason: 'example' is not a FQDN."),
        ],
    )
    def test_an_attribute_that_is_wrong(self, cloud: Cloud, attributes: dict[str, Any], text: str) -> None:
        result = ask(cloud, "alice", "network", **attributes)
        assert fault(result) == (400, "HTTPBadRequest")
        assert message(result) == text

    @pytest.mark.parametrize(
        ("attributes", "text"),
        [
            ({"admin_state_up": "perhaps"}, "'perhaps' cannot be converted to boolean"),
            ({"mtu": "many"}, "'many' is not an integer"),
            ({"mtu": 9000}, "Requested MTU is too big, maximum is 1450"),
        ],
    )
    def test_a_value_that_cannot_be_converted(self, cloud: Cloud, attributes: dict[str, Any], text: str) -> None:
        result = ask(cloud, "alice", "network", **attributes)
        assert fault(result) == (400, "InvalidInput")
        assert message(result) == f"Invalid input for operation: {text}."

    @pytest.mark.parametrize(
        ("body", "text"),
        [
            (b"{", "Body contains invalid data"),
            (b"[]", "Body contains invalid data"),
            ({}, "Unable to find 'network' in request body"),
            ({"net": {}}, "Unable to find 'network' in request body"),
            ({"network": []}, "Object 'network' contains invalid data"),
            ({"networks": []}, "Resources required"),
        ],
    )
    def test_a_body_that_is_no_network(self, cloud: Cloud, body: object, text: str) -> None:
        result = cloud.post("alice", path("network"), body)
        assert fault(result) == (400, "HTTPBadRequest")
        assert message(result) == text

    def test_an_attribute_that_cannot_be_changed(self, cloud: Cloud) -> None:
        network = make(cloud, "alice", "network")
        result = change(cloud, "alice", "network", network["id"], status="DOWN")
        assert message(result) == "Cannot update read-only attribute status"

    def test_a_zone_that_there_is_not(self, cloud: Cloud) -> None:
        result = ask(cloud, "alice", "network", availability_zone_hints=["mars"])
        assert fault(result) == (404, "AvailabilityZoneNotFound")

    @pytest.mark.parametrize(
        "attributes",
        [{"shared": True}, {"router:external": True}, {"is_default": True}, {"provider:network_type": "vxlan"}],
    )
    def test_what_only_administrators_may_give(self, cloud: Cloud, attributes: dict[str, Any]) -> None:
        result = ask(cloud, "alice", "network", **attributes)
        assert fault(result) == (403, "PolicyNotAuthorized")
        assert message(result) == (
            f"(rule:create_network and rule:create_network:{next(iter(attributes))}) is disallowed by policy"
        )

    def test_the_default_of_such_an_attribute_may_be_given_by_anybody(self, cloud: Cloud) -> None:
        assert make(cloud, "alice", "network", **{"shared": False, "router:external": False})["shared"] is False


class TestProviderNetworks:
    @pytest.mark.parametrize(
        ("kind", "physical", "segment", "mtu"),
        [
            ("flat", "wire", None, 1500),
            ("vlan", "wire", 7, 1500),
            ("vxlan", None, 9000, 1450),
            ("local", None, None, 1500),
        ],
    )
    def test_an_administrator_chooses(
        self, cloud: Cloud, kind: str, physical: str | None, segment: int | None, mtu: int
    ) -> None:
        given = {"network_type": kind, "physical_network": physical, "segmentation_id": segment}
        attributes = {f"provider:{name}": value for name, value in given.items() if value is not None}
        network = make(cloud, "admin", "network", **attributes)
        assert {name: network[f"provider:{name}"] for name in given} == given
        assert network["mtu"] == mtu

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"network_type": "token-ring"}, "network_type value 'token-ring' not supported"),
            ({"network_type": "flat"}, "physical_network required for flat provider network"),
            ({"physical_network": "wire"}, "network_type required"),
            (
                {"network_type": "vxlan", "physical_network": "wire"},
                "provider:physical_network specified for vxlan network",
            ),
            (
                {"network_type": "vlan", "physical_network": "wire", "segmentation_id": 5000},
                "segmentation_id out of range (1 through 4094)",
            ),
            (
                {"network_type": "flat", "physical_network": "wire", "segmentation_id": 5},
                "segmentation_id prohibited for flat provider network",
            ),
        ],
    )
    def test_some_choices_make_no_sense(self, cloud: Cloud, given: dict[str, Any], text: str) -> None:
        result = ask(cloud, "admin", "network", **{f"provider:{name}": value for name, value in given.items()})
        assert fault(result) == (400, "InvalidInput")
        assert message(result) == f"Invalid input for operation: {text}."

    @pytest.mark.parametrize(
        ("given", "name"),
        [
            ({"network_type": "vlan", "physical_network": "wire", "segmentation_id": 5}, "VlanIdInUse"),
            ({"network_type": "vxlan", "segmentation_id": 5}, "TunnelIdInUse"),
            ({"network_type": "flat", "physical_network": "wire"}, "FlatNetworkInUse"),
        ],
    )
    def test_a_segment_serves_one_network(self, cloud: Cloud, given: dict[str, Any], name: str) -> None:
        attributes = {f"provider:{key}": value for key, value in given.items()}
        make(cloud, "admin", "network", **attributes)
        assert fault(ask(cloud, "admin", "network", **attributes)) == (409, name)

    def test_how_a_network_is_made_stays(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network")
        attributes = {"provider:network_type": "flat"}
        assert fault(change(cloud, "admin", "network", network["id"], **attributes)) == (400, "InvalidInput")


class TestSharing:
    def test_a_network_that_others_use_stays_shared(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network", name="all", shared=True)
        make(cloud, "bob", "port", network_id=network["id"])
        result = change(cloud, "admin", "network", network["id"], shared=False)
        assert fault(result) == (409, "InvalidSharedSetting")

    def test_one_that_nobody_else_uses_does_not(self, cloud: Cloud) -> None:
        network = make(cloud, "admin", "network", shared=True)
        make(cloud, "admin", "port", network_id=network["id"])
        assert change(cloud, "admin", "network", network["id"], shared=False).status_code == 200
        assert cloud.get("bob", path("network", network["id"])).status_code == 404

    def test_there_is_one_default_external_network(self, cloud: Cloud) -> None:
        result = ask(cloud, "admin", "network", **{"router:external": True, "is_default": True})
        assert fault(result) == (409, "DefaultExternalNetworkExists")

    def test_an_mtu_must_suit_the_subnets(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", "2001:db8::/64")
        result = change(cloud, "alice", "network", subnet["network_id"], mtu=1000)
        assert fault(result) == (409, "NetworkMTUSubnetConflict")


class TestBulk:
    def test_several_networks_are_made_with_one_request(self, cloud: Cloud) -> None:
        result = cloud.post("alice", path("network"), {"networks": [{"name": "a"}, {"network": {"name": "b"}}]})
        assert result.status_code == 201
        assert [item["name"] for item in result.json["networks"]] == ["a", "b"]

    def test_a_wrong_one_keeps_all_of_them_away(self, cloud: Cloud) -> None:
        before = len(found(cloud, "alice", "network"))
        result = cloud.post("alice", path("network"), {"networks": [{"name": "a"}, {"mtu": 9000}]})
        assert fault(result) == (400, "InvalidInput")
        assert len(found(cloud, "alice", "network")) == before


class TestFirstStart:
    def test_there_is_an_external_network_with_addresses(self, cloud: Cloud) -> None:
        network = next(item for item in found(cloud, "alice", "network", "router:external=true"))
        assert (network["name"], network["is_default"], network["project_id"]) == ("public", True, "admin")
        subnet = show(cloud, "alice", "subnet", network["subnets"][0])
        assert (subnet["name"], subnet["cidr"], subnet["gateway_ip"], subnet["enable_dhcp"]) == (
            "public-subnet",
            "172.24.4.0/24",
            "172.24.4.1",
            False,
        )
        assert subnet["allocation_pools"] == [{"start": "172.24.4.2", "end": "172.24.4.254"}]

    def test_it_is_made_once(self, tmp_path: Path) -> None:
        first = found(Cloud(tmp_path, "network"), "alice", "network")
        assert found(Cloud(tmp_path, "network"), "alice", "network") == first

    def test_it_does_not_come_back(self, tmp_path: Path) -> None:
        cloud = Cloud(tmp_path, "network")
        assert cloud.delete("admin", path("network", found(cloud, "admin", "network")[0]["id"])).status_code == 204
        assert found(Cloud(tmp_path, "network"), "alice", "network") == []

    def test_it_belongs_to_the_administrators_project(self, tmp_path: Path) -> None:
        cloud = Cloud(tmp_path, "identity", "network")
        projects = cloud.app.siblings("RegionOne")["identity"].projects
        from jumpgate.common.context import service_context
        from jumpgate.common.listing import EVERYTHING

        ctx = service_context("")
        network = next(iter(cloud.app.siblings("RegionOne")["network"].networks.find(ctx, EVERYTHING)))
        assert projects.get(ctx, network.project_id).name == "admin"


def test_the_older_root_serves_the_same(cloud: Cloud) -> None:
    network = cloud.post("alice", f"/network/v1/{DEMO}/networks", {"network": {"name": "old"}}).json["network"]
    assert cloud.get("alice", f"/network/v1/{DEMO}/networks/{network['id']}").json == {
        "network": show(cloud, "alice", "network", network["id"])
    }


def test_a_path_may_name_the_format(cloud: Cloud) -> None:
    assert cloud.get("alice", f"{ROOT}/networks.json").json == cloud.get("alice", f"{ROOT}/networks").json


def test_the_callers_are_who_the_tests_think(cloud: Cloud) -> None:
    owners = {caller: make(cloud, caller, "network")["project_id"] for caller in ("alice", "bob", "admin")}
    assert owners == {"alice": DEMO, "bob": OTHER, "admin": ADMIN}
