"""Global IPs as floating IPs: ordered, routed and given back."""

from __future__ import annotations

from typing import Any

import pytest

from jumpgate.clouds.softlayer.session import KEY, USER, Session
from jumpgate.common.context import Context
from jumpgate.common.errors import CloudTimeout
from jumpgate.network.drivers.softlayer.floating_ips import SoftLayerFloatingIps
from jumpgate.network.drivers.softlayer.networks import GLOBAL
from jumpgate.network.drivers.softlayer.ports import SoftLayerPorts
from jumpgate.network.models import FloatingIpSpec
from tests.fakes.softlayer import Clock, FakeServer, global_ips
from tests.fakes.softlayer.faults import invalid
from tests.softlayer.cloud import ACCOUNT, KEYS, SoftLayerCloud, settings
from tests.softlayer.test_interfaces import port_on
from tests.softlayer.test_networks import ROOT

ALICE = Context(user_id="alice", project_id=str(ACCOUNT), secrets={USER: "alice", KEY: KEYS["alice"]})
SPEC = FloatingIpSpec(floating_network_id=GLOBAL)


def pool(cloud: SoftLayerCloud) -> str:
    (found,) = cloud.get("alice", f"{ROOT}/networks?router:external=true").json["networks"]
    return str(found["id"])


def order(cloud: SoftLayerCloud, **more: Any) -> Any:
    return cloud.post("alice", f"{ROOT}/floatingips", {"floatingip": {"floating_network_id": pool(cloud), **more}})


def test_a_global_ip_is_routed_where_it_is_wanted_at_once(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()
    port = port_on(cloud, server_id, "public")

    made = order(cloud, port_id=port["id"])

    assert made.status_code == 201, made.text
    shown = made.json["floatingip"]
    assert (shown["status"], shown["port_id"]) == ("ACTIVE", port["id"])
    assert shown["fixed_ip_address"] == port["fixed_ips"][0]["ip_address"]


def test_the_address_is_the_one_that_was_ordered(cloud: SoftLayerCloud) -> None:
    """Somebody else's order may be there earlier."""
    world = cloud.fake.world
    place = world.methods[("Product_Order", "placeOrder")]

    def crowded(world: Any, user: Any, call: Any) -> Any:
        answer = place(world, user, call)
        global_ips.order(world, user)
        return answer

    world.methods[("Product_Order", "placeOrder")] = crowded

    made = order(cloud).json["floatingip"]

    first = min(world.table("global").of(world.users["alice"]), key=lambda thing: thing.number)
    assert made["floating_ip_address"] == first.record["ipAddress"]["ipAddress"]


def test_an_order_is_waited_for(fake: FakeServer, clock: Clock) -> None:
    fake.world.ordering_s = 5
    session = Session(settings(fake.url))

    made = SoftLayerFloatingIps(session, SoftLayerPorts(session), clock.advance).create(ALICE, SPEC)

    assert made.floating_ip_address.startswith("198.51.")
    assert fake.names().count("Account::getGlobalIpRecords") == 4


def test_an_order_that_takes_too_long_is_a_timeout(fake: FakeServer, clock: Clock) -> None:
    fake.world.ordering_s = 600
    session = Session(settings(fake.url, timeout_s=10))

    with pytest.raises(CloudTimeout, match="soon be in the list"):
        SoftLayerFloatingIps(session, SoftLayerPorts(session), clock.advance).create(ALICE, SPEC)


def test_one_that_cannot_be_routed_is_given_back(cloud: SoftLayerCloud) -> None:
    port = port_on(cloud, cloud.running(), "private")

    def refuse(world: Any, user: Any, call: Any) -> Any:
        raise invalid("The address to route to is not on the public network.")

    cloud.fake.world.methods[("Network_Subnet_IpAddress_Global", "route")] = refuse
    answer = order(cloud, port_id=port["id"])

    assert answer.status_code == 400
    assert "public network" in answer.json["NeutronError"]["message"]
    assert cloud.get("alice", f"{ROOT}/floatingips").json["floatingips"] == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"floating_ip_address": "198.51.100.7"}, "chooses the address"),
        ({"port_id": "00000000-0000-0000-0000-000000000000"}, "port"),
    ],
)
def test_what_softlayer_cannot_give_is_refused_before_the_order(
    cloud: SoftLayerCloud, more: dict[str, str], message: str
) -> None:
    answer = order(cloud, **more)

    assert answer.status_code in (400, 403, 404), answer.text
    assert message in answer.text.lower()
    assert "Product_Order::placeOrder" not in cloud.fake.names()


def test_floating_ips_come_from_the_network_called_global_only(cloud: SoftLayerCloud) -> None:
    networks = cloud.get("alice", f"{ROOT}/networks").json["networks"]
    private = next(item["id"] for item in networks if not item["router:external"])

    answer = cloud.post("alice", f"{ROOT}/floatingips", {"floatingip": {"floating_network_id": private}})

    assert answer.status_code == 400


def test_a_port_without_an_address_yet_cannot_be_routed_to(cloud: SoftLayerCloud) -> None:
    port = port_on(cloud, cloud.boot(), "public")

    answer = order(cloud, port_id=port["id"])

    assert answer.status_code == 400
    assert "no such address" in answer.json["NeutronError"]["message"]
