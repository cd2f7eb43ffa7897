"""Where a client puts new servers: on VLANs, and on subnets of them."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from falcon.testing import Result

from tests.fakes.softlayer import networks
from tests.fakes.softlayer.things import Thing
from tests.softlayer.cloud import ACCOUNT, SoftLayerCloud
from tests.softlayer.test_networks import ROOT, network, ports_of

SERVERS = "/compute/v2.1/servers"


def order(cloud: SoftLayerCloud, *subnets: str, **more: Any) -> Result:
    """Order a server, by the hint on some subnets."""
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(), **more}
    hints = {"os:scheduler_hints": {"subnet": list(subnets)}} if subnets else {}
    return cloud.post("alice", SERVERS, {"server": wanted, **hints}, version="compute 2.37")


def refused(answer: Result) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json["badRequest"]["message"])


def vlan(cloud: SoftLayerCloud, space: str) -> Thing:
    found = cloud.fake.world.table("vlans").things.values()
    return next(thing for thing in found if thing.account == ACCOUNT and thing.record["networkSpace"] == space)


def another_subnet(cloud: SoftLayerCloud, space: str, kind: str = "ADDITIONAL_PRIMARY") -> dict[str, Any]:
    """Give alice's VLAN a second subnet, and return it as clients see it."""
    made = networks.add_subnet(cloud.fake.world, vlan(cloud, space), kind).record
    cidr = f"{made['networkIdentifier']}/{made['cidr']}"
    (found,) = cloud.get("alice", f"{ROOT}/subnets?cidr={cidr}").json["subnets"]
    shown: dict[str, Any] = found
    return shown


def addresses(cloud: SoftLayerCloud, answer: Result) -> dict[str, str]:
    """Return the addresses of an ordered server, by network."""
    assert answer.status_code == 202, answer.text
    cloud.clock.advance(cloud.fake.world.provisioning_s)
    shown = cloud.server(answer.json["server"]["id"])["addresses"]
    return {name: items[0]["addr"] for name, items in shown.items()}


def test_a_server_is_on_the_public_and_the_private_network_that_are_named(cloud: SoftLayerCloud) -> None:
    public = network(cloud, "public")
    other = networks.add_vlan(cloud.fake.world, ACCOUNT, "PRIVATE")
    listed = cloud.get("alice", f"{ROOT}/networks").json["networks"]
    (private,) = (item["id"] for item in listed if item["name"] == f"private-{other.record['vlanNumber']}")

    answer = order(cloud, networks=[{"uuid": public}, {"uuid": private}])

    assert set(addresses(cloud, answer)) == {"private", "public"}
    assert {port["network_id"] for port in ports_of(cloud, answer.json["server"]["id"])} == {public, private}


@pytest.mark.parametrize("space", ["public", "private"])
def test_a_server_is_put_on_a_subnet(cloud: SoftLayerCloud, space: str) -> None:
    subnet = another_subnet(cloud, space.upper())

    found = addresses(cloud, order(cloud, subnet["id"], networks="auto"))

    assert ipaddress.ip_address(found[space]) in ipaddress.ip_network(subnet["cidr"])


def test_subnets_of_both_networks_are_named(cloud: SoftLayerCloud) -> None:
    subnets = {space: another_subnet(cloud, space.upper()) for space in ("public", "private")}
    named = [{"uuid": network(cloud, space)} for space in subnets]

    found = addresses(cloud, order(cloud, *(item["id"] for item in subnets.values()), networks=named))

    for space, subnet in subnets.items():
        assert ipaddress.ip_address(found[space]) in ipaddress.ip_network(subnet["cidr"])


def test_an_address_cannot_be_chosen_and_the_message_says_what_can(cloud: SoftLayerCloud) -> None:
    subnet = another_subnet(cloud, "PRIVATE")
    address = str(ipaddress.ip_network(subnet["cidr"])[77])

    message = refused(order(cloud, networks=[{"uuid": network(cloud, "private"), "fixed_ip": address}]))

    assert "leave fixed_ip out" in message
    assert f"subnet={subnet['id']} " in message
    assert addresses(cloud, order(cloud, subnet["id"], networks="auto"))["private"] != address


def test_an_address_of_no_subnet_is_refused(cloud: SoftLayerCloud) -> None:
    named = [{"uuid": network(cloud, "private"), "fixed_ip": "192.0.2.7"}]

    assert "no addresses like 192.0.2.7" in refused(order(cloud, networks=named))


def test_only_the_public_network_cannot_be_had(cloud: SoftLayerCloud) -> None:
    message = refused(order(cloud, networks=[{"uuid": network(cloud, "public")}]))

    assert "name a private network, too" in message
    assert "Virtual_Guest::createObjects" not in cloud.fake.names()


def test_a_subnet_has_to_be_on_the_named_network(cloud: SoftLayerCloud) -> None:
    subnet = another_subnet(cloud, "PUBLIC")

    message = refused(order(cloud, subnet["id"], networks=[{"uuid": network(cloud, "private")}]))

    assert "not on the networks" in message


def test_a_subnet_that_is_routed_gives_servers_no_addresses(cloud: SoftLayerCloud) -> None:
    subnet = another_subnet(cloud, "PRIVATE", "SECONDARY_ON_VLAN")

    assert "routed" in refused(order(cloud, subnet["id"], networks="auto"))


@pytest.mark.parametrize("subnet", ["no-such-thing", "00000000-0000-0000-0000-000000000000"])
def test_a_missing_subnet_is_refused(cloud: SoftLayerCloud, subnet: str) -> None:
    assert "could not be found" in refused(order(cloud, subnet, networks="auto"))


def test_another_accounts_subnet_is_refused(cloud: SoftLayerCloud) -> None:
    theirs = cloud.get("bob", f"{ROOT}/subnets").json["subnets"][0]["id"]

    assert "could not be found" in refused(order(cloud, theirs, networks="auto"))


def test_two_subnets_of_one_network_are_refused(cloud: SoftLayerCloud) -> None:
    subnets = [another_subnet(cloud, "PRIVATE")["id"] for _ in range(2)]

    assert "one public and one private subnet" in refused(order(cloud, *subnets, networks="auto"))


def test_a_port_is_made_with_its_server_only(cloud: SoftLayerCloud) -> None:
    port = ports_of(cloud, cloud.running())[0]

    taken = order(cloud, networks=[{"port": port["id"]}])
    missing = order(cloud, networks=[{"port": "00000000-0000-0000-0000-000000000000"}])
    made = cloud.post("alice", f"{ROOT}/ports", {"port": {"network_id": port["network_id"]}})

    assert (taken.status_code, missing.status_code, made.status_code) == (409, 400, 501)
    assert "still in use" in taken.json["conflictingRequest"]["message"]


def test_what_the_notes_have_no_room_for_is_refused_before_the_order(cloud: SoftLayerCloud) -> None:
    message = refused(order(cloud, metadata={f"key-{number}": "v" * 200 for number in range(6)}, networks="auto"))

    assert "1,000 characters" in message
    assert "Virtual_Guest::createObjects" not in cloud.fake.names()


def test_a_server_whose_notes_are_full_takes_no_more_metadata(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running(metadata={"a": "v" * 250})
    path = f"{SERVERS}/{server_id}/metadata"

    assert cloud.post("alice", path, {"metadata": {"b": "v" * 250}}).status_code == 200
    answer = cloud.post("alice", path, {"metadata": {"c": "v" * 250, "d": "v" * 250}})

    assert "use fewer or shorter" in refused(answer)
    assert set(cloud.server(server_id)["metadata"]) == {"a", "b"}
