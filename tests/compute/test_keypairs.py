"""Keypairs: imported, made, listed and deleted, each user's own."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import CALLERS, DEMO


def public_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    text = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return f"{text.decode()} me@home"


def create(cloud: ComputeCloud, caller: str = "alice", at: str | None = None, **wanted: Any) -> Any:
    return cloud.call(caller, "POST", "/os-keypairs", {"keypair": {"name": "mine", **wanted}}, at=at)


def names(cloud: ComputeCloud, query: str = "", caller: str = "alice", at: str | None = None) -> list[str]:
    answer = cloud.call(caller, "GET", f"/os-keypairs{query}", at=at)
    assert answer.status_code == 200, answer.text
    return [item["keypair"]["name"] for item in answer.json["keypairs"]]


def test_a_key_is_brought_along(cloud: ComputeCloud) -> None:
    key = public_key()

    answer = create(cloud, public_key=key)

    assert answer.status_code == 200
    digest = hashlib.md5(base64.b64decode(key.split()[1])).hexdigest()
    assert answer.json["keypair"] == {
        "name": "mine",
        "public_key": key,
        "fingerprint": ":".join(digest[index : index + 2] for index in range(0, 32, 2)),
        "user_id": CALLERS["alice"].user_id,
    }


def test_a_key_is_made(cloud: ComputeCloud) -> None:
    keypair = create(cloud).json["keypair"]

    private = serialization.load_pem_private_key(keypair["private_key"].encode(), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert private.key_size == 2048
    public = serialization.load_ssh_public_key(keypair["public_key"].encode())
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.public_numbers() == private.public_key().public_numbers()
    assert keypair["public_key"].startswith("ssh-rsa ")
    assert "private_key" not in cloud.call("alice", "GET", "/os-keypairs/mine").json["keypair"]


def test_a_certificate_is_made(cloud: ComputeCloud) -> None:
    keypair = create(cloud, at="2.2", type="x509").json["keypair"]

    assert keypair["type"] == "x509"
    certificate = x509.load_pem_x509_certificate(keypair["public_key"].encode())
    key, bundled, _ = pkcs12.load_key_and_certificates(base64.b64decode(keypair["private_key"]), None)
    assert key is not None
    assert bundled == certificate
    assert len(keypair["fingerprint"].split(":")) == 20
    brought = create(cloud, at="2.2", name="again", type="x509", public_key=keypair["public_key"])
    assert brought.json["keypair"]["fingerprint"] == keypair["fingerprint"]


def test_the_answer_changed_in_2_2(cloud: ComputeCloud) -> None:
    answer = create(cloud, at="2.2", public_key=public_key())

    assert answer.status_code == 201
    assert answer.json["keypair"]["type"] == "ssh"


def test_keys_are_brought_only_since_2_92(cloud: ComputeCloud) -> None:
    assert create(cloud, at="2.92").status_code == 400
    assert create(cloud, at="2.92", name="me@home.example", public_key=public_key()).status_code == 201
    assert create(cloud, at="2.91", name="me@home.example", public_key=public_key()).status_code == 400


def test_a_keypair_is_shown(cloud: ComputeCloud) -> None:
    create(cloud, public_key=public_key())

    keypair = cloud.call("alice", "GET", "/os-keypairs/mine").json["keypair"]

    assert set(keypair) == {
        "name",
        "public_key",
        "fingerprint",
        "user_id",
        "created_at",
        "deleted",
        "deleted_at",
        "updated_at",
        "id",
    }
    assert (keypair["deleted"], keypair["deleted_at"], keypair["updated_at"]) == (False, None, None)
    assert isinstance(keypair["id"], int)


@pytest.mark.parametrize(
    "wanted",
    [
        {"public_key": "garbage"},
        {"public_key": "ssh-rsa AAAA"},
        {"public_key": "ssh-rsa"},
        {"public_key": ""},
        {"public_key": "ssh-rsa " + "A" * 2048},
        {"type": "x509", "public_key": "garbage"},
    ],
)
def test_garbage_is_no_key(cloud: ComputeCloud, wanted: dict[str, str]) -> None:
    answer = create(cloud, at="2.2", **wanted)

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"].startswith("Keypair data is invalid: failed to generate ")


@pytest.mark.parametrize("name", ["", "x" * 256, "key/", "a.b", " x", 1, None])
def test_what_is_no_name_is_refused(cloud: ComputeCloud, name: Any) -> None:
    assert create(cloud, name=name).status_code == 400


def test_the_legacy_api_takes_more_names(cloud: ComputeCloud) -> None:
    body = {"keypair": {"name": " a.b ", "public_key": public_key(), "more": 1}}

    answer = cloud.post("alice", "/compute/v2/os-keypairs", body)

    assert (answer.status_code, answer.json["keypair"]["name"]) == (200, "a.b")


def test_a_name_is_taken_once_by_each_user(cloud: ComputeCloud) -> None:
    create(cloud)

    again = create(cloud)

    assert again.status_code == 409
    assert again.json["conflictingRequest"]["message"] == "Key pair 'mine' already exists."
    assert create(cloud, "bob").status_code == 200


def test_a_keypair_is_deleted(cloud: ComputeCloud) -> None:
    create(cloud)
    assert cloud.call("alice", "DELETE", "/os-keypairs/mine").status_code == 202
    create(cloud)
    assert cloud.call("alice", "DELETE", "/os-keypairs/mine", at="2.2").status_code == 204
    for method in ("GET", "DELETE"):
        missing = cloud.call("alice", method, "/os-keypairs/mine")
        assert missing.status_code == 404
        message = f"Keypair mine not found for user {CALLERS['alice'].user_id}"
        assert missing.json["itemNotFound"]["message"] == message


def test_lists_have_pages_since_2_35(cloud: ComputeCloud) -> None:
    for name in ("c", "a", "b"):
        create(cloud, name=name, public_key=public_key())

    assert names(cloud) == ["a", "b", "c"]
    assert names(cloud, "?limit=1") == ["a", "b", "c"]
    assert names(cloud, "?limit=2", at="2.35") == ["a", "b"]
    assert names(cloud, "?limit=2&marker=b", at="2.35") == ["c"]
    first = cloud.call("alice", "GET", "/os-keypairs?limit=1", at="2.35").json
    assert "marker=a" in first["keypairs_links"][0]["href"]
    assert set(first["keypairs"][0]["keypair"]) == {"name", "public_key", "fingerprint", "type"}
    assert cloud.call("alice", "GET", "/os-keypairs?marker=nope", at="2.35").status_code == 400
    assert cloud.call("alice", "GET", "/os-keypairs?unknown=1", at="2.75").status_code == 400


def test_keypairs_are_their_user_s(cloud: ComputeCloud) -> None:
    create(cloud)

    assert names(cloud, caller="bob") == []
    for method in ("GET", "DELETE"):
        assert cloud.call("bob", method, "/os-keypairs/mine").status_code == 404
    alice = CALLERS["alice"].user_id
    for path in (f"/os-keypairs?user_id={alice}", f"/os-keypairs/mine?user_id={alice}"):
        assert cloud.call("bob", "GET", path, at="2.10").status_code == 403
    assert create(cloud, "bob", at="2.10", user_id=alice, name="planted").status_code == 403


def test_administrators_reach_every_user_s_since_2_10(cloud: ComputeCloud) -> None:
    create(cloud)
    alice = CALLERS["alice"].user_id

    assert names(cloud, f"?user_id={alice}", "admin") == []
    assert names(cloud, f"?user_id={alice}", "admin", at="2.10") == ["mine"]
    made = create(cloud, "admin", at="2.10", user_id=alice, name="second", public_key=public_key())
    assert made.json["keypair"]["user_id"] == alice
    path = f"/os-keypairs/mine?user_id={alice}"
    assert cloud.call("admin", "GET", path, at="2.10").status_code == 200
    assert cloud.call("admin", "DELETE", path, at="2.10").status_code == 204
    assert names(cloud) == ["second"]


def test_keypairs_have_a_quota(cloud: ComputeCloud) -> None:
    cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {"key_pairs": 1}})
    create(cloud, public_key=public_key())

    answer = create(cloud, name="second", public_key=public_key())

    assert answer.status_code == 403
    assert answer.json["forbidden"]["message"] == "Quota exceeded, too many key pairs."


def test_a_server_keeps_the_name_of_a_key_that_is_gone(cloud: ComputeCloud) -> None:
    create(cloud)
    server_id = cloud.boot(key_name="mine")
    cloud.call("alice", "DELETE", "/os-keypairs/mine")

    assert cloud.server(server_id)["key_name"] == "mine"
