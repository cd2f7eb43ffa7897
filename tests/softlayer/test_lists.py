"""What lists cost, and that long ones are whole: however much there is, SoftLayer is asked as often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jumpgate.clouds.softlayer.session import Session
from tests.fakes.softlayer import Clock, FakeServer, dedicated, domains, global_ips, networks
from tests.softlayer.cloud import ACCOUNT, DRIVERS, KEYS, SoftLayerCloud, fake_world
from tests.softlayer.test_guide_compute import PUBLIC_KEY
from tests.softlayer.test_guide_images import make_image
from tests.softlayer.test_tenancy import LISTS as KINDS

COMPUTE, IMAGE, VOLUME, NETWORK, IDENTITY = (
    "/compute/v2.1",
    "/image/v2",
    "/volume/v3",
    "/network/v2.0",
    "/identity/v3",
)
_GUESTS, _GUEST, _VOLUMES = "Account::getVirtualGuests", "Virtual_Guest::getObject", "Account::getIscsiNetworkStorage"
_IMAGES = [
    "Account::getPrivateBlockDeviceTemplateGroups",
    "Virtual_Guest_Block_Device_Template_Group::getPublicImages",
]
_PRESETS = [
    "Product_Package::getAllObjects",
    "Product_Package::getActivePresets",
    "Product_Package::getAccountRestrictedActivePresets",
]
# Under which the lists of attachments are there, and compute still lists what the other services have.
VERSION = "volume 3.71"
_USAGE = "start=2026-01-01T00:00:00&end=2026-02-01T00:00:00"
# The calls that a list costs. Flavors and zones are remembered, and have been asked for.
LISTS = {
    f"{COMPUTE}/servers": [_GUESTS],
    f"{COMPUTE}/servers/detail": [_GUESTS],
    f"{COMPUTE}/servers/detail?name=node&status=ACTIVE": [_GUESTS],
    f"{COMPUTE}/flavors/detail": [],
    f"{COMPUTE}/images": _IMAGES,
    f"{COMPUTE}/os-keypairs": ["Account::getSshKeys"],
    f"{COMPUTE}/os-server-groups": ["Account::getPlacementGroups"],
    f"{COMPUTE}/os-availability-zone": [],
    f"{COMPUTE}/os-hypervisors": ["Account::getDedicatedHosts"],
    f"{COMPUTE}/os-hypervisors/detail": ["Account::getDedicatedHosts"],
    f"{COMPUTE}/os-services": ["Account::getDedicatedHosts"],
    f"{COMPUTE}/os-simple-tenant-usage/{ACCOUNT}?{_USAGE}": [_GUESTS],
    f"{COMPUTE}/os-simple-tenant-usage?{_USAGE}": [_GUESTS],
    f"{COMPUTE}/os-quota-sets/{ACCOUNT}": [_GUESTS, "Account::getObject"],
    f"{COMPUTE}/limits": [_GUESTS, "Account::getObject"],
    f"{COMPUTE}/os-floating-ip-dns": ["Account::getDomains"],
    f"{COMPUTE}/os-volumes": [_VOLUMES],
    f"{COMPUTE}/os-volumes/detail": [_VOLUMES],
    f"{COMPUTE}/os-snapshots": [_VOLUMES],
    f"{COMPUTE}/os-networks": ["Account::getNetworkVlans"],
    f"{COMPUTE}/os-tenant-networks": ["Account::getNetworkVlans"],
    f"{COMPUTE}/os-security-groups": ["Network_SecurityGroup::getAllObjects"],
    f"{COMPUTE}/os-floating-ips": ["Account::getGlobalIpRecords", "Account::getNetworkVlans"],
    f"{COMPUTE}/servers/SERVER/os-interface": [_GUEST, _GUEST],
    f"{COMPUTE}/servers/SERVER/os-volume_attachments": [_GUEST, _GUEST],
    f"{COMPUTE}/servers/SERVER/os-security-groups": [_GUEST, _GUESTS, "Network_SecurityGroup::getAllObjects"],
    f"{COMPUTE}/servers/SERVER/os-instance-actions": [_GUEST, _GUEST, "Event_Log::getAllObjects"],
    f"{IMAGE}/images": _IMAGES,
    f"{VOLUME}/volumes": [_VOLUMES],
    f"{VOLUME}/volumes/detail": [_VOLUMES],
    f"{VOLUME}/snapshots": [_VOLUMES],
    f"{VOLUME}/attachments": [_VOLUMES],
    f"{VOLUME}/types": [],
    f"{NETWORK}/networks": ["Account::getNetworkVlans"],
    f"{NETWORK}/subnets": ["Account::getSubnets"],
    f"{NETWORK}/ports": [_GUESTS],
    f"{NETWORK}/ports?device_id=SERVER": [_GUESTS],
    f"{NETWORK}/security-groups": ["Network_SecurityGroup::getAllObjects"],
    f"{NETWORK}/security-group-rules": ["Network_SecurityGroup::getAllObjects"],
    f"{NETWORK}/floatingips": ["Account::getGlobalIpRecords"],
    f"{IDENTITY}/users": ["Account::getUsers"],
    f"{IDENTITY}/projects": [],
}
# What is asked for once in a while.
REMEMBERED = {
    f"{COMPUTE}/flavors/detail": _PRESETS,
    f"{COMPUTE}/os-availability-zone": ["Location_Datacenter::getDatacenters"],
}
_COUNTED = [path for path in LISTS if path.endswith(("limits", str(ACCOUNT))) or "usage" in path]


def filled(cloud: SoftLayerCloud, count: int) -> str:
    """Give alice `count` of everything, and return the id of a server that has all that a server can have."""
    for number in range(count):
        _fill(cloud, number)
    groups = [{"name": f"group-{number}"} for number in range(count)]
    body = {"name": "node", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(), "security_groups": groups}
    more = {"min_count": count, "key_name": "key-0", "tags": ["web", "blue"], "networks": "auto"}
    server_id = str(_made(cloud, f"{COMPUTE}/servers", {"server": body | more})["server"]["id"])
    cloud.clock.advance(cloud.fake.world.provisioning_s)
    for volume in cloud.get("alice", f"{VOLUME}/volumes").json["volumes"]:
        _made(cloud, f"{VOLUME}/snapshots", {"snapshot": {"volume_id": volume["id"]}})
        attached = {"volumeAttachment": {"volumeId": volume["id"]}}
        _made(cloud, f"{COMPUTE}/servers/{server_id}/os-volume_attachments", attached)
        assert cloud.act(server_id, "reboot", {"type": "HARD"}).status_code == 202
        cloud.settle()
    return server_id


def _fill(cloud: SoftLayerCloud, number: int) -> None:
    world = cloud.fake.world
    key = {"name": f"key-{number}", "public_key": f"{PUBLIC_KEY}-{number}"}
    _made(cloud, f"{COMPUTE}/os-keypairs", {"keypair": key})
    group = {"name": f"apart-{number}", "policy": "anti-affinity"}
    _made(cloud, f"{COMPUTE}/os-server-groups", {"server_group": group})
    _made(cloud, f"{NETWORK}/security-groups", {"security_group": {"name": f"group-{number}"}})
    _made(cloud, f"{VOLUME}/volumes", {"volume": {"size": 20}})
    make_image(cloud, name=f"image-{number}")
    cloud.settle()
    networks.add_vlan(world, ACCOUNT, "PRIVATE")
    global_ips.order(world, world.users["alice"])
    domains.add(world, ACCOUNT, f"example-{number}.com")
    dedicated.add(world, ACCOUNT, f"host-{number}")
    world.add_user(f"user-{number}", KEYS["carol"], ACCOUNT, is_master=False)


def _made(cloud: SoftLayerCloud, path: str, body: Any) -> Any:
    answer = cloud.post("alice", path, body, version="compute 2.87, volume 3.71")
    assert answer.status_code < 300, answer.text
    return answer.json


@pytest.fixture(scope="module", params=[1, 4], ids=["one", "four"])
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, str]]:
    """A cloud with one or four of everything, for tests that only read, and the id of a server in it."""
    clock = Clock()
    with FakeServer(fake_world(clock)) as fake:
        # A key counts for as long as a slow machine needs.
        extra = "snapshot_space = 10\naccounts_lifetime = 3600\n"
        cloud = SoftLayerCloud(tmp_path_factory.mktemp("lists"), fake, clock, drivers=DRIVERS, extra=extra)
        server_id = filled(cloud, request.param)
        for path in REMEMBERED:
            assert cloud.get("alice", path).status_code == 200
        yield cloud, server_id


def test_every_kind_of_list_is_counted() -> None:
    assert {path.partition("?")[0] for path, _, _ in KINDS.values()} <= {path.partition("?")[0] for path in LISTS} | {
        f"{COMPUTE}/os-simple-tenant-usage"
    }


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_as_many_calls_however_long_it_is(crowd: tuple[SoftLayerCloud, str], path: str) -> None:
    cloud, server_id = crowd

    assert cloud.calls_of("alice", path.replace("SERVER", server_id), version=VERSION) == LISTS[path]


@pytest.mark.parametrize("path", REMEMBERED)
def test_what_seldom_changes_is_asked_for_once_and_whole(cloud: SoftLayerCloud, path: str) -> None:
    cloud.fake.largest_page = 1
    calls = cloud.calls_of("alice", path)
    assert set(calls) == set(REMEMBERED[path])
    assert len(calls) > len(REMEMBERED[path])

    assert cloud.calls_of("alice", path) == []
    assert len(things(cloud.get("alice", path).json)) > 2


def things(answer: Any) -> list[str]:
    """Return what is in a list, in an order of its own."""
    (items,) = (value for name, value in answer.items() if isinstance(value, list) and not name.endswith("_links"))
    return sorted(map(repr, items))


@pytest.mark.parametrize("path", [path for path, calls in LISTS.items() if calls and path not in _COUNTED])
def test_a_list_that_comes_in_pages_is_whole(
    crowd: tuple[SoftLayerCloud, str], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    cloud, server_id = crowd
    at_once = cloud.get("alice", path.replace("SERVER", server_id), version=VERSION).json

    monkeypatch.setattr(cloud.fake, "largest_page", 1)
    cloud.fake.calls.clear()
    in_pages = cloud.get("alice", path.replace("SERVER", server_id), version=VERSION).json

    assert things(in_pages) == things(at_once)
    assert things(at_once)
    assert len(cloud.fake.calls) >= len(LISTS[path])


@pytest.mark.parametrize("tells_how_many", [True, False])
def test_more_than_a_page_is_read_to_its_end(
    cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch, *, tells_how_many: bool
) -> None:
    """With and without the header that tells how many there are in all."""
    for number in range(5):
        networks.add_vlan(cloud.fake.world, ACCOUNT, "PRIVATE").record["name"] = f"extra-{number}"
    expected = things(cloud.get("alice", f"{NETWORK}/networks").json)
    monkeypatch.setattr(Session.pages, "__kwdefaults__", {**(Session.pages.__kwdefaults__ or {}), "size": 2})
    if not tells_how_many:
        answer = cloud.fake.answer
        monkeypatch.setattr(cloud.fake, "answer", lambda call, key: (answer(call, key)[0], None))

    calls = cloud.calls_of("alice", f"{NETWORK}/networks")

    assert things(cloud.get("alice", f"{NETWORK}/networks").json) == expected
    # Seven VLANs in pages of two; without the header a page that is not full is the last.
    assert calls == ["Account::getNetworkVlans"] * 4


def test_what_is_counted_over_pages_is_counted_once(cloud: SoftLayerCloud) -> None:
    cloud.running(min_count=3, name="node")
    cloud.fake.largest_page = 1

    absolute = cloud.get("alice", f"{COMPUTE}/limits").json["limits"]["absolute"]
    usage = cloud.get("alice", f"{COMPUTE}/os-simple-tenant-usage/{ACCOUNT}?detailed=1").json["tenant_usage"]

    assert (absolute["totalInstancesUsed"], absolute["totalCoresUsed"]) == (3, 6)
    assert sorted(item["name"] for item in usage["server_usages"]) == ["node-1", "node-2", "node-3"]


def test_clients_read_a_long_list_page_by_page(cloud: SoftLayerCloud) -> None:
    cloud.running(min_count=5, name="node")
    cloud.fake.largest_page = 2
    seen: list[str] = []
    url = "/servers?limit=2&sort_key=created_at"
    while url:
        answer = cloud.get("alice", f"{COMPUTE}{url}").json
        seen += [item["id"] for item in answer["servers"]]
        links = [link["href"] for link in answer.get("servers_links", ()) if link["rel"] == "next"]
        url = links[0].partition("/v2.1")[2] if links else ""

    assert len(seen) == len(set(seen)) == 5
