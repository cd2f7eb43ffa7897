"""The passwords that SoftLayer makes for its guests, and its own rescue system."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.softlayer.cloud import SoftLayerCloud

ROOT = "/compute/v2.1"


def make_key(cloud: SoftLayerCloud, **more: str) -> str:
    """Make the keypair called mine, and return its private part, "" where the client has brought the public one."""
    answer = cloud.post("alice", f"{ROOT}/os-keypairs", {"keypair": {"name": "mine", **more}})
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json["keypair"].get("private_key", ""))


def encrypted(cloud: SoftLayerCloud, server_id: str) -> str:
    answer = cloud.get("alice", f"{ROOT}/servers/{server_id}/os-server-password")
    assert answer.status_code == 200, answer.text
    return str(answer.json["password"])


def decrypted(text: str, private_key: str) -> str:
    """Return a password as ``nova get-password`` shows it."""
    key = load_pem_private_key(private_key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.decrypt(base64.b64decode(text), padding.PKCS1v15()).decode()


def fake_guest(cloud: SoftLayerCloud, server_id: str) -> dict[str, Any]:
    fake: dict[str, Any] = cloud.fake.world.table("guests").get(server_id).record["fake"]
    return fake


def test_an_answer_invents_no_password(cloud: SoftLayerCloud) -> None:
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(), "adminPass": "of my own"}

    made = cloud.post("alice", f"{ROOT}/servers", {"server": wanted})
    cloud.clock.advance(cloud.fake.world.provisioning_s)
    rebuilt = cloud.act(made.json["server"]["id"], "rebuild", {"imageRef": cloud.image_id()})

    assert (made.status_code, rebuilt.status_code) == (202, 202)
    assert "adminPass" not in made.json["server"]
    assert "adminPass" not in rebuilt.json["server"]


def test_the_guests_password_is_shown_encrypted_with_its_key(cloud: SoftLayerCloud) -> None:
    private_key = make_key(cloud)
    server_id = cloud.running(key_name="mine")

    shown = encrypted(cloud, server_id)

    assert decrypted(shown, private_key) == fake_guest(cloud, server_id)["password"]
    assert fake_guest(cloud, server_id)["password"] not in cloud.get("alice", f"{ROOT}/servers/{server_id}").text


def test_a_guest_that_is_being_made_has_no_password_yet(cloud: SoftLayerCloud) -> None:
    make_key(cloud)
    server_id = cloud.boot(key_name="mine")

    assert cloud.server(server_id)["status"] == "BUILD"
    assert encrypted(cloud, server_id) == ""


def test_a_guest_whose_password_nobody_knows_runs_without_one(cloud: SoftLayerCloud) -> None:
    make_key(cloud)
    server_id = cloud.running(key_name="mine")
    fake_guest(cloud, server_id)["password"] = None

    assert cloud.server(server_id)["status"] == "ACTIVE"
    assert encrypted(cloud, server_id) == ""


@pytest.mark.parametrize("has_key", [True, False])
def test_without_an_rsa_key_no_password_is_shown(cloud: SoftLayerCloud, *, has_key: bool) -> None:
    if has_key:
        make_key(cloud, public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBSpRzTBQmB1UmG5JmKRCu9XkNyxqUqPHWFqpFV0cRzM a")
    server_id = cloud.running(**({"key_name": "mine"} if has_key else {}))

    assert encrypted(cloud, server_id) == ""


def test_a_cleared_password_is_not_shown_until_there_is_a_new_one(cloud: SoftLayerCloud) -> None:
    private_key = make_key(cloud)
    server_id = cloud.running(key_name="mine")
    before = fake_guest(cloud, server_id)["password"]

    assert cloud.delete("alice", f"{ROOT}/servers/{server_id}/os-server-password").status_code == 204

    assert encrypted(cloud, server_id) == ""
    cloud.act(server_id, "rebuild", {"imageRef": cloud.image_id()})
    cloud.settle()
    after = decrypted(encrypted(cloud, server_id), private_key)
    assert after == fake_guest(cloud, server_id)["password"] != before


def test_a_password_is_its_accounts_own(cloud: SoftLayerCloud) -> None:
    path = f"{ROOT}/servers/{cloud.running()}/os-server-password"

    assert cloud.get("bob", path).status_code == 404
    assert cloud.delete("bob", path).status_code == 404


def test_a_server_is_rescued_by_softlayers_own_system(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()

    answer = cloud.act(server_id, "rescue", {"adminPass": "of my own"})

    assert (answer.status_code, answer.json) == (200, {})
    assert cloud.server(server_id)["OS-EXT-STS:task_state"] == "rescuing"
    cloud.settle()
    assert cloud.server(server_id)["status"] == "RESCUE"
    assert cloud.act(server_id, "pause").status_code == 409
    assert cloud.act(server_id, "unrescue").status_code == 202
    assert cloud.server(server_id)["status"] == "ACTIVE"
    assert cloud.fake.names().count("Virtual_Guest::rebootHard") == 1


def test_a_rescue_image_cannot_be_chosen(cloud: SoftLayerCloud) -> None:
    answer = cloud.act(cloud.running(), "rescue", {"rescue_image_ref": cloud.image_id()})

    assert answer.status_code == 400
    assert "leave rescue_image_ref out" in answer.json["badRequest"]["message"]
