"""What the guest of a server on a real LXD is told: read in the guest."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lxd.servers import PROJECT, SERVERS, boot, remove, settled, show
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ6nJb0E1bX5q3P7Cw5r0Uo3m7fJ4mYQ0cFh0Q5yq1aZ alice@example"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKJp7mVWmJ0wP3sVwQW3qk2O1b1n0u0cCk8hJ3bq2eXy alice@elsewhere"
SCRIPT = "#!/bin/sh\necho hello\n"


@pytest.fixture(scope="module", autouse=True)
def keys(cloud: Cloud) -> Iterator[None]:
    for name, key in (("mine", KEY), ("other", OTHER)):
        body = {"keypair": {"name": name, "public_key": key}}
        assert cloud.post("alice", "/compute/v2.1/os-keypairs", body).status_code in (200, 201)
    yield
    for name in ("mine", "other"):
        cloud.delete("alice", f"/compute/v2.1/os-keypairs/{name}")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def inside(lxd: RunningLxd, *command: str) -> str:
    return lxd.lxc("exec", "told", *PROJECT, "--", *command)


def config(lxd: RunningLxd) -> dict[str, str]:
    found: dict[str, str] = json.loads(lxd.lxc("query", f"/1.0/instances/told?project=os-{DEMO}"))["config"]
    return found


def rebuild(cloud: Cloud, server_id: str, version: str, **wanted: Any) -> None:
    answer = cloud.post("alice", f"{SERVERS}/{server_id}/action", {"rebuild": wanted}, version=f"compute {version}")
    assert answer.status_code == 202, answer.text
    settled(cloud, server_id, "ACTIVE")


def test_the_guest_is_told_its_keys_user_data_and_metadata(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, image, "told", key_name="mine", user_data=encoded(SCRIPT), metadata={"role": "web"})
    assert inside(lxd, "cat", "/root/.ssh/authorized_keys").strip() == KEY
    assert inside(lxd, "stat", "-c", "%a", "/root/.ssh", "/root/.ssh/authorized_keys").split() == ["700", "600"]
    assert inside(lxd, "cat", "/openstack/latest/user_data") == SCRIPT
    told = json.loads(inside(lxd, "cat", "/openstack/latest/meta_data.json"))
    assert len(base64.b64decode(told.pop("random_seed"))) == 512
    assert told == {
        "uuid": server_id,
        "name": "told",
        "hostname": "told",
        "meta": {"role": "web"},
        "public_keys": {"mine": KEY},
        "keys": [{"name": "mine", "type": "ssh", "data": KEY}],
        "launch_index": 0,
        "availability_zone": "nova",
        "project_id": DEMO,
        "devices": [],
        "dedicated_cpus": [],
    }
    assert json.loads(inside(lxd, "cat", "/openstack/latest/vendor_data.json")) == {}
    assert set(json.loads(inside(lxd, "cat", "/openstack/latest/network_data.json"))) == {
        "links",
        "networks",
        "services",
    }
    assert config(lxd)["user.user-data"] == SCRIPT
    assert json.loads(config(lxd)["user.meta-data"]) == {"public-keys": [KEY]}
    assert "config-drive" not in inside(lxd, "ls", "/")
    remove(cloud, server_id)


def test_a_config_drive_has_all_of_it(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, image, "told", config_drive=True, user_data=encoded(SCRIPT))
    assert show(cloud, server_id)["config_drive"] == "True"
    files = inside(lxd, "ls", "/config-drive/openstack/latest").split()
    assert files == ["meta_data.json", "network_data.json", "user_data", "vendor_data.json"]
    told = json.loads(inside(lxd, "cat", "/config-drive/openstack/latest/meta_data.json"))
    assert told["uuid"] == server_id
    assert inside(lxd, "cat", "/config-drive/openstack/latest/user_data") == SCRIPT
    remove(cloud, server_id)


def test_files_are_put_into_the_guest_until_2_57(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    files = [{"path": "/etc/motd.d/one", "contents": encoded("hello")}]
    body = {"server": {"name": "told", "imageRef": image, "flavorRef": "42", "personality": files}}
    refused = cloud.post("alice", SERVERS, {"server": {**body["server"], "networks": "auto"}}, version="compute 2.57")
    assert refused.status_code == 400
    server_id = cloud.post("alice", SERVERS, body, version="compute 2.1").json["server"]["id"]
    settled(cloud, server_id, "ACTIVE")
    assert inside(lxd, "cat", "/etc/motd.d/one") == "hello"
    remove(cloud, server_id)


def test_a_rebuilt_guest_is_told_the_new_key_and_user_data(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, image, "told", key_name="mine", user_data=encoded(SCRIPT), config_drive=True)

    rebuild(cloud, server_id, "2.53", imageRef=image)
    assert inside(lxd, "cat", "/root/.ssh/authorized_keys").strip() == KEY
    assert inside(lxd, "cat", "/config-drive/openstack/latest/user_data") == SCRIPT

    rebuild(cloud, server_id, "2.57", imageRef=image, key_name="other", user_data=encoded("other"), name="renamed")
    assert inside(lxd, "cat", "/root/.ssh/authorized_keys").strip() == OTHER
    assert inside(lxd, "cat", "/openstack/latest/user_data") == "other"
    told = json.loads(inside(lxd, "cat", "/openstack/latest/meta_data.json"))
    assert (told["uuid"], told["name"], told["public_keys"]) == (server_id, "renamed", {"other": OTHER})
    assert config(lxd)["user.user-data"] == "other"
    assert show(cloud, server_id)["key_name"] == "other"

    rebuild(cloud, server_id, "2.57", imageRef=image, key_name=None, user_data=None)
    assert "authorized_keys" not in inside(lxd, "find", "/root")
    assert "user_data" not in inside(lxd, "ls", "/openstack/latest")
    assert "user.user-data" not in config(lxd)
    assert show(cloud, server_id)["key_name"] is None
    remove(cloud, server_id)
