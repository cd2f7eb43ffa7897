"""One account never sees another's: every kind of thing of every service, by its list, by its id and by reference."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from jumpgate.common.typed import TypedService
from tests.fakes.softlayer import Clock, FakeServer, dedicated, domains
from tests.softlayer.cloud import ACCOUNT, DRIVERS, KEYS, OTHER, SoftLayerCloud, fake_world
from tests.softlayer.test_guide_images import make_image

COMPUTE, IMAGE, VOLUME, NETWORK = "/compute/v2.1", "/image/v2", "/volume/v3", "/network/v2.0"
IDENTITY = "/identity/v3"
SINCE, UNTIL = "2026-01-01T00:00:00", "2026-02-01T00:00:00"
NEWEST, OLDEST = "compute 2.87, volume 3.71", "compute 2.1"
# What compute handed on to the other services, until 2.35.
PROXIES = tuple(f"{COMPUTE}/{name}" for name in ("images", "os-volumes", "os-snapshots", "os-floating-ip-dns"))
# The list of each kind, its key and the member's; {server} and others are alice's ids, and a member's path ends in one.
LISTS: Mapping[str, tuple[str, str, str]] = {
    "server": (f"{COMPUTE}/servers", "servers", "id"),
    "server in detail": (f"{COMPUTE}/servers/detail", "servers", "id"),
    "keypair": (f"{COMPUTE}/os-keypairs", "keypairs", "name"),
    "server group": (f"{COMPUTE}/os-server-groups", "server_groups", "id"),
    "hypervisor": (f"{COMPUTE}/os-hypervisors", "hypervisors", "id"),
    "service": (f"{COMPUTE}/os-services", "services", "id"),
    "usage": (f"{COMPUTE}/os-simple-tenant-usage?start={SINCE}&end={UNTIL}", "tenant_usages", "tenant_id"),
    "image": (f"{IMAGE}/images", "images", "id"),
    "image of compute": (f"{COMPUTE}/images", "images", "id"),
    "volume": (f"{VOLUME}/volumes", "volumes", "id"),
    "volume in detail": (f"{VOLUME}/volumes/detail", "volumes", "id"),
    "volume of compute": (f"{COMPUTE}/os-volumes", "volumes", "id"),
    "snapshot": (f"{VOLUME}/snapshots", "snapshots", "id"),
    "snapshot of compute": (f"{COMPUTE}/os-snapshots", "snapshots", "id"),
    "attachment": (f"{VOLUME}/attachments", "attachments", "id"),
    "network": (f"{NETWORK}/networks", "networks", "id"),
    "subnet": (f"{NETWORK}/subnets", "subnets", "id"),
    "port": (f"{NETWORK}/ports", "ports", "id"),
    "security group": (f"{NETWORK}/security-groups", "security_groups", "id"),
    "security group rule": (f"{NETWORK}/security-group-rules", "security_group_rules", "id"),
    "floating IP": (f"{NETWORK}/floatingips", "floatingips", "id"),
    "domain": (f"{COMPUTE}/os-floating-ip-dns", "domain_entries", "domain"),
    "user": (f"{IDENTITY}/users", "users", "id"),
    "project": (f"{IDENTITY}/projects", "projects", "id"),
}
BY_NAME = {"keypair": "keypair", "domain": "os-floating-ip-dns"}
# Kinds whose things nobody asks for by the id in the list, and lists that only an administrator may ask for elsewhere.
NO_MEMBER = {"service", "usage", "domain", "server in detail", "volume in detail"}
# What the parts of the five compositions are covered by; what is everybody's holds nothing of an account's.
COVERED: Mapping[str, str] = {
    "servers": "server",
    "keypairs": "keypair",
    "volume_attachments": "below the server",
    "interfaces": "below the server",
    "instance_actions": "below the server",
    "server_groups": "server group",
    "quotas": "quotas",
    "usages": "usage",
    "hosts": "hypervisor",
    "images": "image",
    "members": "below the image",
    "volumes": "volume",
    "snapshots": "snapshot",
    "attachments": "attachment",
    "quota_sets": "quotas",
    "networks": "network",
    "subnets": "subnet",
    "ports": "port",
    "security_groups": "security group",
    "security_group_rules": "security group rule",
    "floating_ips": "floating IP",
    "users": "user",
    "projects": "project",
    "role_assignments": "test_role_assignments_are_the_accounts_own",
    "authentication": "tests/softlayer/test_login.py",
    "revocations": "tests/softlayer/test_login.py",
    **dict.fromkeys(("flavors", "availability_zones", "volume_types", "domains", "roles"), "everybody's"),
}
CHANGES: tuple[tuple[str, str, Any], ...] = (
    ("PUT", f"{COMPUTE}/servers/{{server}}", {"server": {"name": "taken"}}),
    ("POST", f"{COMPUTE}/servers/{{server}}/action", {"os-stop": None}),
    ("POST", f"{COMPUTE}/servers/{{server}}/action", {"createImage": {"name": "taken"}}),
    ("POST", f"{COMPUTE}/servers/{{server}}/metadata", {"metadata": {"a": "b"}}),
    ("PUT", f"{COMPUTE}/servers/{{server}}/tags", {"tags": ["taken"]}),
    ("GET", f"{COMPUTE}/servers/{{server}}/ips", None),
    ("GET", f"{COMPUTE}/servers/{{server}}/metadata", None),
    ("GET", f"{COMPUTE}/servers/{{server}}/tags", None),
    ("GET", f"{COMPUTE}/servers/{{server}}/os-interface", None),
    ("GET", f"{COMPUTE}/servers/{{server}}/os-instance-actions", None),
    ("GET", f"{COMPUTE}/servers/{{server}}/os-volume_attachments", None),
    ("GET", f"{COMPUTE}/servers/{{server}}/os-security-groups", None),
    ("GET", f"{COMPUTE}/servers/{{server}}/os-server-password", None),
    ("DELETE", f"{COMPUTE}/servers/{{server}}/os-volume_attachments/{{volume}}", None),
    ("POST", f"{COMPUTE}/servers/{{server}}/os-volume_attachments", {"volumeAttachment": {"volumeId": "{theirs}"}}),
    ("GET", f"{COMPUTE}/os-floating-ip-dns/example.com/entries/www", None),
    ("PATCH", f"{IMAGE}/images/{{image}}", [{"op": "replace", "path": "/name", "value": "taken"}]),
    ("GET", f"{IMAGE}/images/{{image}}/members", None),
    ("POST", f"{IMAGE}/images/{{image}}/members", {"member": str(OTHER)}),
    ("PUT", f"{VOLUME}/volumes/{{volume}}", {"volume": {"name": "taken"}}),
    ("GET", f"{VOLUME}/volumes/{{volume}}/metadata", None),
    ("POST", f"{VOLUME}/volumes/{{volume}}/action", {"os-extend": {"new_size": 40}}),
    ("PUT", f"{VOLUME}/snapshots/{{snapshot}}", {"snapshot": {"name": "taken"}}),
    ("PUT", f"{NETWORK}/networks/{{network}}", {"network": {"name": "taken"}}),
    ("PUT", f"{NETWORK}/subnets/{{subnet}}", {"subnet": {"description": "taken"}}),
    ("PUT", f"{NETWORK}/ports/{{port}}", {"port": {"security_groups": []}}),
    ("PUT", f"{NETWORK}/security-groups/{{security group}}", {"security_group": {"name": "taken"}}),
    ("PUT", f"{NETWORK}/floatingips/{{floating IP}}", {"floatingip": {"port_id": None}}),
)
# Things of bob's that would use one of alice's.
USES = (
    (f"{COMPUTE}/servers", {"server": {"imageRef": "{image}"}}),
    (f"{COMPUTE}/servers", {"server": {"key_name": "mine"}}),
    (f"{COMPUTE}/servers", {"server": {"networks": [{"uuid": "{network}"}]}}),
    (f"{COMPUTE}/servers", {"server": {"security_groups": [{"name": "{security group}"}]}}),
    (f"{COMPUTE}/servers", {"server": {}, "os:scheduler_hints": {"group": "{server group}"}}),
    (f"{COMPUTE}/servers/{{his}}/os-volume_attachments", {"volumeAttachment": {"volumeId": "{volume}"}}),
    (f"{COMPUTE}/servers/{{his}}/action", {"rebuild": {"imageRef": "{image}"}}),
    (f"{COMPUTE}/servers/{{his}}/action", {"addSecurityGroup": {"name": "{security group}"}}),
    (f"{VOLUME}/snapshots", {"snapshot": {"volume_id": "{volume}"}}),
    (f"{VOLUME}/volumes", {"volume": {"size": 20, "source_volid": "{volume}"}}),
    (f"{VOLUME}/volumes", {"volume": {"size": 20, "snapshot_id": "{snapshot}"}}),
    (
        f"{NETWORK}/security-group-rules",
        {"security_group_rule": {"security_group_id": "{security group}", "direction": "ingress"}},
    ),
    (f"{NETWORK}/floatingips", {"floatingip": {"floating_network_id": "{global}", "port_id": "{port}"}}),
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftLayerCloud]:
    """One cloud for all: the tests here change nothing in it, or fail."""
    clock = Clock()
    with FakeServer(fake_world(clock)) as fake:
        state = tmp_path_factory.mktemp("tenancy")
        yield SoftLayerCloud(state, fake, clock, drivers=DRIVERS, extra="snapshot_space = 10\n")


@pytest.fixture(scope="module")
def things(cloud: SoftLayerCloud) -> Mapping[str, str]:
    """One of each kind in alice's account, by the keys of LISTS; `his` and `theirs` are bob's server and volume."""
    world = cloud.fake.world
    dedicated.add(world, ACCOUNT, "host")
    domains.add(world, ACCOUNT, "example.com")
    _made(cloud, "PUT", f"{COMPUTE}/os-floating-ip-dns/example.com/entries/www", dns_entry={"ip": "192.0.2.5"})
    _made(cloud, "POST", f"{COMPUTE}/os-keypairs", keypair={"name": "mine", "public_key": KEY})
    _made(cloud, "POST", f"{COMPUTE}/os-server-groups", server_group={"name": "apart", "policy": "anti-affinity"})
    group = _made(cloud, "POST", f"{NETWORK}/security-groups", security_group={"name": "web"})["security_group"]["id"]
    make_image(cloud)
    server_id = cloud.running(security_groups=[{"name": "web"}])
    volume_id = _volume(cloud, "alice")
    _made(cloud, "POST", f"{VOLUME}/snapshots", snapshot={"volume_id": volume_id, "name": "before"})
    attachments = f"{COMPUTE}/servers/{server_id}/os-volume_attachments"
    _made(cloud, "POST", attachments, volumeAttachment={"volumeId": volume_id})
    (outside,) = cloud.get("alice", f"{NETWORK}/networks?router:external=true").json["networks"]
    _made(cloud, "POST", f"{NETWORK}/floatingips", floatingip={"floating_network_id": outside["id"]})
    his, theirs = cloud.running("bob"), _volume(cloud, "bob")
    # The global network is everybody's.
    found = {kind: next(iter(set(_ids(cloud, "alice", kind)) - {outside["id"]})) for kind in LISTS}
    return {**found, "security group": group, "his": his, "theirs": theirs, "global": outside["id"]}


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBSpRzTBQmB1UmG5JmKRCu9XkNyxqUqPHWFqpFV0cRzM alice@example.com"


def _version(path: str) -> str:
    return OLDEST if path.startswith(PROXIES) else NEWEST


def _made(cloud: SoftLayerCloud, method: str, path: str, **body: Any) -> Any:
    answer = cloud.request("alice", method, path, body, version=_version(path))
    assert answer.status_code < 300, answer.text
    return answer.json


def _volume(cloud: SoftLayerCloud, user: str) -> str:
    made = cloud.post(user, f"{VOLUME}/volumes", {"volume": {"size": 20}})
    cloud.settle()
    return str(made.json["volume"]["id"])


def _ids(cloud: SoftLayerCloud, user: str, kind: str) -> list[str]:
    """Return what identifies the things that a list shows.

    Without what is nobody's: public images, and the default group, which stands for what passes without any.
    """
    path, key, identifier = LISTS[kind]
    answer = cloud.get(user, path, version=_version(path))
    assert answer.status_code == 200, answer.text
    items = [item.get(BY_NAME.get(kind, ""), item) for item in answer.json[key]]
    public = {item["id"] for item in cloud.get(user, f"{IMAGE}/images?visibility=public").json["images"]}
    own = (item for item in items if item.get("name") != "default" and not item.get("belongs_to_default_sg"))
    return [item[identifier] for item in own if item[identifier] not in public]


def _filled(value: Any, things: Mapping[str, str]) -> Any:
    """Return a body or path with the ids of things in it."""
    if isinstance(value, dict):
        return {name: _filled(item, things) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, things) for item in value]
    return value.format(**things) if isinstance(value, str) else value


def test_every_part_of_the_drivers_is_covered(cloud: SoftLayerCloud) -> None:
    offered = set()
    for service in DRIVERS:
        typed = cloud.app.get_dispatcher(service).typed
        assert isinstance(typed, TypedService)
        offered |= {item.name for item in dataclasses.fields(typed.cloud) if getattr(typed.cloud, item.name)}

    assert offered == set(COVERED)


@pytest.mark.parametrize("kind", LISTS)
def test_another_accounts_list_lacks_it(cloud: SoftLayerCloud, things: Mapping[str, str], kind: str) -> None:
    assert things[kind] in _ids(cloud, "alice", kind)
    assert not set(_ids(cloud, "alice", kind)) & (set(_ids(cloud, "bob", kind)) - {things["global"]})


@pytest.mark.parametrize("kind", sorted(LISTS.keys() - NO_MEMBER))
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_another_account_does_not_find_it(
    cloud: SoftLayerCloud, things: Mapping[str, str], kind: str, method: str
) -> None:
    path = f"{LISTS[kind][0]}/{things[kind]}"
    before = cloud.get("alice", path, version=_version(path))
    assert before.status_code == 200, before.text

    refused = cloud.request("bob", method, path, version=_version(path))

    assert refused.status_code in ((404,) if method == "GET" else (403, 404, 405, 501)), refused.text
    assert things[kind] not in _ids(cloud, "bob", kind)
    assert cloud.get("alice", path, version=_version(path)).json == before.json


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_another_account_neither_reads_nor_changes_what_is_below_it(
    cloud: SoftLayerCloud, things: Mapping[str, str], method: str, path: str, body: Any
) -> None:
    place = _filled(path, things)
    cloud.fake.calls.clear()

    headers = {"Content-Type": "application/openstack-images-v2.1-json-patch"} if method == "PATCH" else None
    answer = cloud.request("bob", method, place, _filled(body, things), version=_version(place), headers=headers)

    assert answer.status_code == 404, answer.text
    changing = ("create", "delete", "edit", "add", "remove", "set", "power", "place")
    assert not [call.name for call in cloud.fake.calls if call.method.startswith(changing)]


@pytest.mark.parametrize(("path", "body"), USES)
def test_another_accounts_things_cannot_be_used(
    cloud: SoftLayerCloud, things: Mapping[str, str], path: str, body: dict[str, Any]
) -> None:
    wanted = _filled(body, things)
    if path.endswith("/servers"):
        ours = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id("bob"), "networks": "auto"}
        wanted = {**wanted, "server": {**ours, **wanted["server"]}}
    mine = {kind: _ids(cloud, "bob", kind) for kind in ("server", "volume", "snapshot", "floating IP")}

    answer = cloud.post("bob", _filled(path, things), wanted, version=NEWEST)

    assert answer.status_code in (400, 404), answer.text
    assert {kind: _ids(cloud, "bob", kind) for kind in mine} == mine


def test_quotas_of_another_account_are_not_told(cloud: SoftLayerCloud, things: Mapping[str, str]) -> None:
    of_compute = cloud.get("bob", f"{COMPUTE}/os-quota-sets/{ACCOUNT}")
    of_volumes = cloud.get("bob", f"{VOLUME}/os-quota-sets/{ACCOUNT}?usage=true").json["quota_set"]
    absolute = cloud.get("bob", f"{COMPUTE}/limits").json["limits"]["absolute"]

    assert of_compute.status_code == 400, "there is no such project for bob"
    assert {item["in_use"] for name, item in of_volumes.items() if name != "id"} == {0}
    assert absolute["totalInstancesUsed"] == len(_ids(cloud, "bob", "server"))


def test_the_usage_of_another_account_is_not_told(cloud: SoftLayerCloud, things: Mapping[str, str]) -> None:
    answer = cloud.get("bob", f"{COMPUTE}/os-simple-tenant-usage/{ACCOUNT}")

    assert answer.status_code in (403, 404) or answer.json["tenant_usage"] == {}


def test_role_assignments_are_the_accounts_own(cloud: SoftLayerCloud) -> None:
    found = cloud.get("bob", f"{IDENTITY}/role_assignments").json["role_assignments"]

    assert {(item["user"]["id"], item["scope"]["project"]["id"]) for item in found} == {("bob", str(OTHER))}


def test_a_path_with_another_accounts_number_is_refused(cloud: SoftLayerCloud) -> None:
    for path in (f"/compute/v2.1/{ACCOUNT}/servers", f"/volume/v3/{ACCOUNT}/volumes"):
        assert cloud.get("bob", path).status_code == 400


def test_every_call_was_made_with_the_key_of_who_asked(cloud: SoftLayerCloud, things: Mapping[str, str]) -> None:
    cloud.fake.calls.clear()

    for kind in LISTS:
        _ids(cloud, "bob", kind)

    assert {call.user for call in cloud.fake.calls} == {"bob"}
    assert KEYS["bob"] != KEYS["alice"]


@pytest.mark.parametrize("kind", ["volume", "snapshot", "attachment", "network", "subnet", "port", "floating IP"])
def test_a_refusal_names_a_thing_as_the_client_did(cloud: SoftLayerCloud, things: Mapping[str, str], kind: str) -> None:
    answer = cloud.get("bob", f"{LISTS[kind][0]}/{things[kind]}", version=NEWEST)

    assert things[kind] in answer.text
