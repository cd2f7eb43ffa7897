"""Compute: the rows of the published compatibility table, each a test of its own, named after it."""

from __future__ import annotations

import pytest

from tests.fakes.softlayer import domains
from tests.softlayer.cloud import ACCOUNT, SoftLayerCloud
from tests.softlayer.test_guide_block_storage import make_volume

# As published, and as Nova's clients have it.
ROOTS = (f"/compute/v2/{ACCOUNT}", "/compute/v2.1")
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBSpRzTBQmB1UmG5JmKRCu9XkNyxqUqPHWFqpFV0cRzM alice@example.com"


@pytest.fixture(params=ROOTS)
def root(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_get_root(cloud: SoftLayerCloud) -> None:
    answer = cloud.get(None, "/compute/")

    assert answer.status_code in (200, 300)
    assert {version["id"] for version in answer.json["versions"]} == {"v2.0", "v2.1"}


def test_get_v2(cloud: SoftLayerCloud) -> None:
    assert cloud.get(None, "/compute/v2").json["version"]["id"] == "v2.0"
    assert cloud.get(None, "/compute/v2.1").json["version"]["id"] == "v2.1"


def test_get_v2_tenant_id_extensions(cloud: SoftLayerCloud, root: str) -> None:
    aliases = {extension["alias"] for extension in cloud.get("alice", f"{root}/extensions").json["extensions"]}

    assert {"os-keypairs", "os-instance-actions", "os-availability-zone"} <= aliases
    assert not {"os-console-output", "os-admin-password", "os-shelve"} & aliases


def test_get_v2_tenant_id_extensions_alias(cloud: SoftLayerCloud, root: str) -> None:
    assert cloud.get("alice", f"{root}/extensions/os-keypairs").json["extension"]["alias"] == "os-keypairs"


def test_get_v2_tenant_id_limits(cloud: SoftLayerCloud, root: str) -> None:
    cloud.boot(min_count=2)

    absolute = cloud.get("alice", f"{root}/limits").json["limits"]["absolute"]

    assert (absolute["totalInstancesUsed"], absolute["totalCoresUsed"], absolute["totalRAMUsed"]) == (2, 4, 16384)


def test_get_v2_tenant_id_servers(cloud: SoftLayerCloud, root: str) -> None:
    server_id = cloud.boot(name="web")

    assert [(item["id"], item["name"]) for item in cloud.get("alice", f"{root}/servers").json["servers"]] == [
        (server_id, "web")
    ]


def test_post_v2_tenant_id_servers(cloud: SoftLayerCloud, root: str) -> None:
    wanted = {"name": "web", "flavorRef": "B1_1X2X25", "imageRef": cloud.image_id(), "availability_zone": "dal09"}

    answer = cloud.post("alice", f"{root}/servers", {"server": wanted})

    assert answer.status_code == 202
    guest = cloud.fake.world.table("guests").get(answer.json["server"]["id"]).record
    assert (guest["hostname"], guest["maxCpu"], guest["fake"]["zone"]) == ("web", 1, "dal09")


def test_get_v2_tenant_id_servers_detail(cloud: SoftLayerCloud, root: str) -> None:
    cloud.running()

    (server,) = cloud.get("alice", f"{root}/servers/detail").json["servers"]

    assert (server["status"], server["flavor"]["id"]) == ("ACTIVE", "B1_2X8X100")
    assert server["OS-EXT-AZ:availability_zone"] == "dal10"


def test_get_v2_tenant_id_servers_server_id(cloud: SoftLayerCloud, root: str) -> None:
    server_id = cloud.running()

    assert cloud.get("alice", f"{root}/servers/{server_id}").json["server"]["status"] == "ACTIVE"


def test_put_v2_tenant_id_servers_server_id(cloud: SoftLayerCloud, root: str) -> None:
    server_id = cloud.running()

    answer = cloud.put("alice", f"{root}/servers/{server_id}", {"server": {"name": "new"}})

    assert (answer.status_code, answer.json["server"]["name"]) == (200, "new")


def test_delete_v2_tenant_id_servers_server_id(cloud: SoftLayerCloud, root: str) -> None:
    server_id = cloud.running()

    assert cloud.delete("alice", f"{root}/servers/{server_id}").status_code == 204

    cloud.settle()
    assert cloud.get("alice", f"{root}/servers/{server_id}").status_code == 404


def test_get_v2_tenant_id_servers_server_id_ips(cloud: SoftLayerCloud, root: str) -> None:
    addresses = cloud.get("alice", f"{root}/servers/{cloud.running()}/ips").json["addresses"]

    assert {label: len(items) for label, items in addresses.items()} == {"public": 1, "private": 1}


def test_get_v2_tenant_id_servers_server_id_ips_network_label(cloud: SoftLayerCloud, root: str) -> None:
    server_id = cloud.running()

    answer = cloud.get("alice", f"{root}/servers/{server_id}/ips/public")

    assert answer.json["public"][0]["addr"].startswith("169.")
    assert cloud.get("alice", f"{root}/servers/{server_id}/ips/other").status_code == 404


def test_post_v2_tenant_id_servers_server_id_action(cloud: SoftLayerCloud, root: str) -> None:
    server_id = cloud.running()

    assert cloud.post("alice", f"{root}/servers/{server_id}/action", {"os-stop": None}).status_code == 202

    assert cloud.server(server_id)["status"] == "SHUTOFF"


def test_get_v2_tenant_id_servers_server_id_os_instance_actions(cloud: SoftLayerCloud, root: str) -> None:
    server_id = cloud.running()
    cloud.clock.advance(1)
    cloud.act(server_id, "os-stop")

    actions = cloud.get("alice", f"{root}/servers/{server_id}/os-instance-actions").json["instanceActions"]

    assert [(action["action"], action["user_id"]) for action in actions] == [("stop", "alice"), ("create", "alice")]


def test_get_v2_tenant_id_servers_server_id_os_instance_actions_action_id(cloud: SoftLayerCloud, root: str) -> None:
    server_id = cloud.running()
    path = f"{root}/servers/{server_id}/os-instance-actions"
    (listed,) = cloud.get("alice", path).json["instanceActions"]

    shown = cloud.get("alice", f"{path}/{listed['request_id']}").json["instanceAction"]

    assert (shown["action"], shown["events"][0]["result"]) == ("create", "Success")
    assert cloud.get("alice", f"{path}/nothing").status_code == 404


def test_get_v2_tenant_id_images(cloud: SoftLayerCloud, root: str) -> None:
    assert {image["name"] for image in cloud.get("alice", f"{root}/images").json["images"]} == {
        "Ubuntu 22.04",
        "Debian 12",
    }


@pytest.mark.parametrize("uri", ["swift://account@dal05/disks/my.vhd", "cos://us-south/disks/my.vhd"])
def test_post_v2_tenant_id_images(cloud: SoftLayerCloud, root: str, uri: str) -> None:
    answer = cloud.post("alice", f"{root}/images", {"image": {"name": "mine", "uri": uri, "os_code": "DEBIAN_12_64"}})

    assert answer.status_code == 202, answer.text
    assert answer.json["image"]["status"] == "SAVING"
    cloud.settle()
    image = cloud.get("alice", f"{root}/images/{answer.json['image']['id']}").json["image"]
    assert (image["name"], image["status"]) == ("mine", "ACTIVE")
    assert image["metadata"]["uri"] == uri


def test_post_v2_tenant_id_images_takes_object_storage_only(cloud: SoftLayerCloud, root: str) -> None:
    answer = cloud.post("alice", f"{root}/images", {"image": {"name": "mine", "uri": "http://example.com/disk"}})

    assert answer.status_code == 400
    assert "swift://" in answer.text


def test_get_v2_tenant_id_images_detail(cloud: SoftLayerCloud, root: str) -> None:
    images = cloud.get("alice", f"{root}/images/detail").json["images"]

    assert {image["status"] for image in images} == {"ACTIVE"}


def test_head_v2_tenant_id_images_image_id(cloud: SoftLayerCloud, root: str) -> None:
    assert cloud.request("alice", "HEAD", f"{root}/images/{cloud.image_id()}").status_code == 200


def test_get_v2_tenant_id_images_image_id(cloud: SoftLayerCloud, root: str) -> None:
    image_id = cloud.image_id()

    assert cloud.get("alice", f"{root}/images/{image_id}").json["image"]["id"] == image_id
    assert cloud.get("alice", f"{root}/images/00000000-0000-4000-8000-000000000000").status_code == 404


def test_delete_v2_tenant_id_images_image_id(cloud: SoftLayerCloud, root: str) -> None:
    wanted = {"image": {"name": "mine", "uri": "swift://account@dal05/disks/my.vhd"}}
    image_id = cloud.post("alice", f"{root}/images", wanted).json["image"]["id"]

    assert cloud.delete("bob", f"/compute/v2.1/images/{image_id}").status_code == 404
    assert cloud.delete("alice", f"{root}/images/{image_id}").status_code == 204
    assert cloud.get("alice", f"{root}/images/{image_id}").status_code == 404


def test_get_v2_tenant_id_flavors(cloud: SoftLayerCloud, root: str) -> None:
    assert "B1_2X8X100" in {flavor["name"] for flavor in cloud.get("alice", f"{root}/flavors").json["flavors"]}


def test_get_v2_tenant_id_flavors_detail(cloud: SoftLayerCloud, root: str) -> None:
    flavors = {flavor["id"]: flavor for flavor in cloud.get("alice", f"{root}/flavors/detail").json["flavors"]}

    flavor = flavors["M1_2X16X100"]
    assert (flavor["vcpus"], flavor["ram"], flavor["disk"]) == (2, 16384, 100)
    assert not [name for name in flavors if "TRANSIENT" in name]


def test_get_v2_tenant_id_flavors_flavor_id(cloud: SoftLayerCloud, root: str) -> None:
    assert cloud.get("alice", f"{root}/flavors/B1_1X2X25").json["flavor"]["disk"] == 25
    assert cloud.get("alice", f"{root}/flavors/m1.tiny").status_code == 404


def test_get_v2_tenant_id_flavors_flavor_id_os_extra_specs(cloud: SoftLayerCloud, root: str) -> None:
    specs = cloud.get("alice", f"{root}/flavors/B1_1X2X25/os-extra_specs").json["extra_specs"]

    assert specs == {"softlayer:family": "B1", "softlayer:preset": "767"}


def test_get_v2_tenant_id_flavors_flavor_id_os_extra_specs_key_id(cloud: SoftLayerCloud, root: str) -> None:
    path = f"{root}/flavors/B1_1X2X25/os-extra_specs"

    assert cloud.get("alice", f"{path}/softlayer:family").json == {"softlayer:family": "B1"}
    assert cloud.get("alice", f"{path}/nothing").status_code == 404


def test_get_v2_tenant_id_os_availability_zone(cloud: SoftLayerCloud, root: str) -> None:
    zones = cloud.get("alice", f"{root}/os-availability-zone").json["availabilityZoneInfo"]

    assert {zone["zoneName"] for zone in zones} == {"dal09", "dal10", "ams01"}


def test_get_v2_tenant_id_os_availability_zone_detail(cloud: SoftLayerCloud, root: str) -> None:
    zones = cloud.get("alice", f"{root}/os-availability-zone/detail").json["availabilityZoneInfo"]

    assert [zone["zoneState"]["available"] for zone in zones] == [True] * 3


@pytest.fixture
def dns(root: str) -> str:
    """Return the path of the domains, which was published with one letter more than Nova's has."""
    return f"{root}/os-floating-ip-dns" if root.endswith("v2.1") else f"{root}/os-floating-ips-dns"


@pytest.fixture
def zone(cloud: SoftLayerCloud, dns: str) -> str:
    """Return the path of a zone of alice's account with the host www in it."""
    domains.add(cloud.fake.world, ACCOUNT, "example.com")
    path = f"{dns}/example.com/entries"
    assert cloud.put("alice", f"{path}/www", {"dns_entry": {"ip": "192.0.2.5", "dns_type": "A"}}).status_code == 200
    return path


def test_get_v2_tenant_id_os_floating_ips_dns(cloud: SoftLayerCloud, dns: str, zone: str) -> None:
    assert [item["domain"] for item in cloud.get("alice", dns).json["domain_entries"]] == ["example.com"]
    assert cloud.get("bob", "/compute/v2.1/os-floating-ip-dns").json["domain_entries"] == []


def test_get_v2_tenant_id_os_floating_ips_dns_domain_entries_entry(cloud: SoftLayerCloud, dns: str, zone: str) -> None:
    entry = cloud.get("alice", f"{zone}/www").json["dns_entry"]

    assert (entry["ip"], entry["type"], entry["domain"]) == ("192.0.2.5", "A", "example.com")
    assert [item["name"] for item in cloud.get("alice", f"{zone}/192.0.2.5").json["dns_entries"]] == ["www"]
    assert cloud.get("alice", f"{dns}/example.org/entries/www").status_code == 404


def test_put_v2_tenant_id_os_floating_ips_dns_domain_entries_entry(cloud: SoftLayerCloud, zone: str) -> None:
    answer = cloud.put("alice", f"{zone}/www", {"dns_entry": {"ip": "192.0.2.6"}})

    assert answer.json["dns_entry"]["ip"] == "192.0.2.6"
    assert len(cloud.fake.world.table("records").things) == 1
    assert cloud.put("alice", f"{zone}/www", {"dns_entry": {"ip": "nowhere"}}).status_code == 400


def test_delete_v2_tenant_id_os_floating_ips_dns_domain_entries_entry(cloud: SoftLayerCloud, zone: str) -> None:
    assert cloud.delete("alice", f"{zone}/www").status_code == 202

    assert cloud.get("alice", f"{zone}/www").json["dns_entry"]["ip"] is None
    assert cloud.delete("alice", f"{zone}/www").status_code == 404


def test_get_v2_tenant_id_os_keypairs(cloud: SoftLayerCloud, root: str) -> None:
    cloud.post("alice", f"{root}/os-keypairs", {"keypair": {"name": "mine", "public_key": PUBLIC_KEY}})

    assert [item["keypair"]["name"] for item in cloud.get("alice", f"{root}/os-keypairs").json["keypairs"]] == ["mine"]
    assert cloud.get("bob", "/compute/v2.1/os-keypairs").json["keypairs"] == []


def test_post_v2_tenant_id_os_keypairs(cloud: SoftLayerCloud, root: str) -> None:
    answer = cloud.post("alice", f"{root}/os-keypairs", {"keypair": {"name": "made"}})

    assert "PRIVATE KEY" in answer.json["keypair"]["private_key"]
    (kept,) = cloud.fake.world.table("keys").things.values()
    assert kept.record["key"] == answer.json["keypair"]["public_key"]
    assert "PRIVATE" not in str(kept.record)
    assert cloud.post("alice", f"{root}/os-keypairs", {"keypair": {"name": "made"}}).status_code == 409


def test_get_v2_tenant_id_os_keypairs_keypair_name(cloud: SoftLayerCloud, root: str) -> None:
    cloud.post("alice", f"{root}/os-keypairs", {"keypair": {"name": "mine", "public_key": PUBLIC_KEY}})

    assert cloud.get("alice", f"{root}/os-keypairs/mine").json["keypair"]["public_key"] == PUBLIC_KEY
    assert cloud.get("alice", f"{root}/os-keypairs/other").status_code == 404
    assert cloud.get("bob", "/compute/v2.1/os-keypairs/mine").status_code == 404


def test_post_v2_tenant_id_os_keypairs_keypair_name(cloud: SoftLayerCloud, root: str) -> None:
    answer = cloud.post("alice", f"{root}/os-keypairs/named", {"keypair": {"public_key": PUBLIC_KEY}})

    assert (answer.status_code, answer.json["keypair"]["name"]) == (200, "named")
    assert cloud.delete("alice", f"{root}/os-keypairs/named").status_code == 202
    assert cloud.get("alice", f"{root}/os-keypairs/named").status_code == 404


def test_get_v2_tenant_id_os_simple_tenant_usage_target_id(cloud: SoftLayerCloud, root: str) -> None:
    cloud.running()
    cloud.clock.advance(3600)

    answer = cloud.get(
        "alice",
        f"{root}/os-simple-tenant-usage/{ACCOUNT}?start=2026-01-01T00:00:00&end=2026-01-01T13:02:00&detailed=1",
    )

    (server,) = answer.json["tenant_usage"]["server_usages"]
    assert (server["vcpus"], server["memory_mb"], server["hours"]) == (2, 8192, 1.0)


def _private(cloud: SoftLayerCloud) -> str:
    networks = cloud.get("alice", "/network/v2.0/networks").json["networks"]
    return str(next(item["id"] for item in networks if item["name"].startswith("private")))


def test_get_v2_tenant_id_os_tenant_networks(cloud: SoftLayerCloud, root: str) -> None:
    networks = cloud.get("alice", f"{root}/os-tenant-networks").json["networks"]

    assert _private(cloud) in {network["id"] for network in networks}


def test_get_v2_tenant_id_os_tenant_networks_network_id(cloud: SoftLayerCloud, root: str) -> None:
    network = cloud.get("alice", f"{root}/os-tenant-networks/{_private(cloud)}").json["network"]

    assert network["label"].startswith("private-")
    assert cloud.get("alice", f"{root}/os-tenant-networks/nothing").status_code == 404


def test_get_v2_tenant_id_os_networks(cloud: SoftLayerCloud, root: str) -> None:
    networks = cloud.get("alice", f"{root}/os-networks").json["networks"]

    assert {network["label"].partition("-")[0] for network in networks} == {"global", "private", "public"}


def test_get_v2_tenant_id_os_networks_network_id(cloud: SoftLayerCloud, root: str) -> None:
    network_id = _private(cloud)

    assert cloud.get("alice", f"{root}/os-networks/{network_id}").json["network"]["id"] == network_id
    assert cloud.get("bob", f"/compute/v2.1/os-networks/{network_id}").status_code == 404


@pytest.fixture
def attached(cloud: SoftLayerCloud, root: str) -> tuple[str, str]:
    """Return the path of a server's attachments and the id of the volume at it."""
    path = f"{root}/servers/{cloud.running()}/os-volume_attachments"
    volume_id = make_volume(cloud)
    cloud.settle()
    assert cloud.post("alice", path, {"volumeAttachment": {"volumeId": volume_id}}).status_code == 200
    return path, volume_id


def test_get_v2_tenant_id_servers_insance_id_os_volume_attachments_volume_id(
    cloud: SoftLayerCloud, attached: tuple[str, str]
) -> None:
    path, volume_id = attached

    assert cloud.get("alice", f"{path}/{volume_id}").json["volumeAttachment"]["volumeId"] == volume_id


def test_delete_v2_tenant_id_servers_insance_id_os_volume_attachments_volume_id(
    cloud: SoftLayerCloud, attached: tuple[str, str]
) -> None:
    path, volume_id = attached

    assert cloud.delete("alice", f"{path}/{volume_id}").status_code == 202

    assert cloud.get("alice", f"{path}/{volume_id}").status_code == 404
    assert cloud.get("alice", path).json["volumeAttachments"] == []
