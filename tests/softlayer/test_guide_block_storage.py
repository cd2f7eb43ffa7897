"""Block storage: the rows of the published compatibility table, each a test of its own, named after it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.softlayer.cloud import ACCOUNT, SoftLayerCloud

# As published, and as Cinder's clients have it.
ROOTS = (f"/volume/v1/{ACCOUNT}", f"/volume/v3/{ACCOUNT}")


def make_volume(cloud: SoftLayerCloud, root: str = ROOTS[1], **more: Any) -> str:
    """Order a volume and return its id; it is still being made."""
    answer = cloud.post("alice", f"{root}/volumes", {"volume": {"size": 20, **more}})
    assert answer.status_code in (200, 202), answer.text
    return str(answer.json["volume"]["id"])


@pytest.mark.parametrize("root", ROOTS)
def test_get_v1_tenant_id_types(cloud: SoftLayerCloud, root: str) -> None:
    types = cloud.get("alice", f"{root}/types").json["volume_types"]

    assert {item["name"] for item in types} == {"endurance-0.25", "endurance-2", "endurance-4", "endurance-10"}


@pytest.mark.parametrize("root", ROOTS)
def test_get_v1_tenant_id_volumes(cloud: SoftLayerCloud, root: str) -> None:
    volume_id = make_volume(cloud, root)
    cloud.settle()

    assert [item["id"] for item in cloud.get("alice", f"{root}/volumes").json["volumes"]] == [volume_id]
    assert cloud.get("bob", "/volume/v3/volumes").json["volumes"] == []


@pytest.mark.parametrize("root", ROOTS)
def test_post_v1_tenant_id_volumes(cloud: SoftLayerCloud, root: str) -> None:
    answer = cloud.post("alice", f"{root}/volumes", {"volume": {"size": 40, "volume_type": "endurance-4"}})

    volume = answer.json["volume"]
    assert (volume["status"], volume["size"], volume["volume_type"]) == ("creating", 40, "endurance-4")
    cloud.settle()
    shown = cloud.get("alice", f"{root}/volumes/{volume['id']}").json["volume"]
    assert (shown["status"], shown["size"], shown["volume_type"]) == ("available", 40, "endurance-4")


@pytest.mark.parametrize("root", ROOTS)
def test_get_v1_tenant_id_volumes_volume_id(cloud: SoftLayerCloud, root: str) -> None:
    volume_id = make_volume(cloud, root)
    assert cloud.get("alice", f"{root}/volumes/{volume_id}").json["volume"]["status"] == "creating"

    cloud.settle()

    volume = cloud.get("alice", f"{root}/volumes/{volume_id}").json["volume"]
    assert (volume["status"], volume["availability_zone"]) == ("available", "dal10")
    assert cloud.get("bob", f"/volume/v3/volumes/{volume_id}").status_code == 404


@pytest.mark.parametrize("root", ROOTS)
def test_delete_v1_tenant_id_volumes_volume_id(cloud: SoftLayerCloud, root: str) -> None:
    volume_id = make_volume(cloud, root)
    cloud.settle()

    assert cloud.delete("bob", f"/volume/v3/volumes/{volume_id}").status_code == 404
    assert cloud.delete("alice", f"{root}/volumes/{volume_id}").status_code == 202
    assert cloud.get("alice", f"{root}/volumes/{volume_id}").status_code == 404


@pytest.mark.parametrize("root", ROOTS)
def test_get_v1_tenant_id_volumes_detail(cloud: SoftLayerCloud, root: str) -> None:
    make_volume(cloud, root)
    cloud.settle()

    (volume,) = cloud.get("alice", f"{root}/volumes/detail").json["volumes"]

    assert (volume["status"], volume["size"]) == ("available", 20)
