"""Text that XML cannot carry, which clients may well send in JSON."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.softlayer.cloud import SoftLayerCloud
from tests.softlayer.test_networks import ROOT, make_group, network

COMPUTE = "/compute/v2.1"
BAD = "a\x01b"


def refusal(answer: Any) -> str:
    assert answer.status_code == 400, (answer.status_code, answer.text)
    (fault,) = answer.json.values()
    return str(fault["message"])


def test_user_data(cloud: SoftLayerCloud) -> None:
    data = base64.b64encode(BAD.encode()).decode()
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": cloud.image_id(), "user_data": data}

    assert "control characters" in refusal(cloud.post("alice", f"{COMPUTE}/servers", {"server": wanted}))


@pytest.mark.parametrize("key", ["description", "name"])
def test_what_is_said_of_a_server_is_kept_or_refused(cloud: SoftLayerCloud, key: str) -> None:
    path = f"{COMPUTE}/servers/{cloud.running()}"

    answer = cloud.put("alice", path, {"server": {key: BAD}}, version="compute 2.19")

    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 200:
        assert cloud.get("alice", path, version="compute 2.19").json["server"][key] == BAD


def test_metadata_is_kept(cloud: SoftLayerCloud) -> None:
    server_id = cloud.running()

    answer = cloud.post("alice", f"{COMPUTE}/servers/{server_id}/metadata", {"metadata": {"key": BAD}})

    assert answer.status_code == 200, answer.text
    assert cloud.server(server_id)["metadata"] == {"key": BAD}


def test_names_and_descriptions_of_groups_and_networks(cloud: SoftLayerCloud) -> None:
    group = f"{ROOT}/security-groups/{make_group(cloud)}"
    vlan = f"{ROOT}/networks/{network(cloud, 'private')}"

    for key in ("name", "description"):
        assert "control characters" in refusal(cloud.put("alice", group, {"security_group": {key: BAD}}))
        assert "x01" in repr(refusal(cloud.put("alice", vlan, {"network": {key: BAD}})))
    assert "control characters" in refusal(
        cloud.post("alice", f"{ROOT}/security-groups", {"security_group": {"name": BAD}})
    )


def test_filters(cloud: SoftLayerCloud) -> None:
    assert cloud.get("alice", f"{COMPUTE}/os-keypairs/a%01b").status_code in (400, 404)


def test_ids(cloud: SoftLayerCloud) -> None:
    assert cloud.get("alice", f"{COMPUTE}/servers/a%01b").status_code == 404


@pytest.mark.parametrize(("user", "key"), [(BAD, "k" * 64), ("alice", BAD)])
def test_user_names_and_keys(cloud: SoftLayerCloud, user: str, key: str) -> None:
    assert cloud.login(user, key).status_code == 401
