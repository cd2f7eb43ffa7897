"""Resizing and rebuilding servers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import MICRO, SMALL, ComputeCloud
from tests.compute.whole import NANO
from tests.support.cloud import DEMO


def flavor(cloud: ComputeCloud, server_id: str) -> str:
    identifier: str = cloud.server(server_id)["flavor"]["id"]
    return identifier


def used(cloud: ComputeCloud) -> tuple[int, int]:
    """Return how many cores and how much memory the quota counts."""
    quota = cloud.call("alice", "GET", f"/os-quota-sets/{DEMO}/detail").json["quota_set"]
    return quota["cores"]["in_use"], quota["ram"]["in_use"]


@pytest.mark.parametrize("stopped", [False, True])
def test_a_resize_is_confirmed(cloud: ComputeCloud, stopped: bool) -> None:
    server_id = cloud.boot()
    if stopped:
        cloud.act(server_id, "os-stop")
    before = cloud.server(server_id)["status"]

    assert cloud.act(server_id, "resize", {"flavorRef": MICRO}).status_code == 202
    assert (cloud.server(server_id)["status"], flavor(cloud, server_id)) == ("VERIFY_RESIZE", MICRO)

    assert cloud.act(server_id, "confirmResize").status_code == 204
    assert (cloud.server(server_id)["status"], flavor(cloud, server_id)) == (before, MICRO)
    assert used(cloud) == (1, 192)


def test_a_resize_is_reverted(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "resize", {"flavorRef": SMALL, "OS-DCF:diskConfig": "AUTO"})
    assert cloud.server(server_id)["OS-DCF:diskConfig"] == "AUTO"

    assert cloud.act(server_id, "revertResize").status_code == 202

    assert (cloud.server(server_id)["status"], flavor(cloud, server_id)) == ("ACTIVE", NANO)
    assert used(cloud) == (1, 128)


def test_a_revert_under_way_shows(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "resize", {"flavorRef": MICRO})
    cloud.call("alice", "POST", f"/servers/{server_id}/action", {"revertResize": None})

    assert cloud.server(server_id)["status"] == "REVERT_RESIZE"


def test_until_it_is_settled_the_quota_counts_the_larger_flavor(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(flavorRef=SMALL)

    cloud.act(server_id, "resize", {"flavorRef": MICRO})
    assert used(cloud) == (1, 2048)
    cloud.act(server_id, "confirmResize")
    assert used(cloud) == (1, 192)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("nope", "Flavor nope could not be found."),
        (NANO, "When resizing, instances must change flavor!"),
        ("z", "Server disk was unable to be resized because: Resize to zero disk flavor is not allowed."),
    ],
)
def test_a_flavor_that_will_not_do(cloud: ComputeCloud, reference: str, message: str) -> None:
    cloud.call("admin", "POST", "/flavors", {"flavor": {"name": "z", "id": "z", "ram": 64, "vcpus": 1, "disk": 0}})

    answer = cloud.act(cloud.boot(), "resize", {"flavorRef": reference})

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == message


def test_a_flavor_must_still_fit_the_image(cloud: ComputeCloud) -> None:
    image = cloud.imaging.images.add(min_ram_mib=1000)
    server_id = cloud.boot(flavorRef=SMALL, imageRef=image.id)

    answer = cloud.act(server_id, "resize", {"flavorRef": MICRO})

    assert answer.status_code == 400
    assert "memory is too small" in answer.json["badRequest"]["message"]


def test_an_image_that_is_gone_hinders_no_resize(cloud: ComputeCloud) -> None:
    image = cloud.imaging.images.add()
    server_id = cloud.boot(imageRef=image.id)
    del cloud.imaging.images.shelf.things[image.id]

    assert cloud.act(server_id, "resize", {"flavorRef": MICRO}).status_code == 202


def test_a_resize_over_quota_is_refused(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {"ram": 150}})

    answer = cloud.act(server_id, "resize", {"flavorRef": MICRO})

    assert answer.status_code == 403
    message = "Quota exceeded for ram: Requested 64, but already used 128 of 150 ram"
    assert answer.json["forbidden"]["message"] == message
    assert cloud.server(server_id)["status"] == "ACTIVE"


def test_a_rebuild_gives_another_image(cloud: ComputeCloud) -> None:
    server_id, image = cloud.boot(), cloud.imaging.images.add("other")
    address = cloud.server(server_id)["addresses"]
    wanted = {
        "imageRef": image.id,
        "name": "rebuilt",
        "metadata": {"a": "b"},
        "adminPass": "x",
        "accessIPv4": "1.1.1.1",
        "accessIPv6": "::1",
        "OS-DCF:diskConfig": "AUTO",
        "preserve_ephemeral": False,
        "personality": [{"path": "/a", "contents": "aGk="}],
    }

    answer = cloud.act(server_id, "rebuild", wanted)

    assert answer.status_code == 202
    assert answer.json["server"]["adminPass"] == "x"
    assert answer.headers["Location"].endswith(f"/servers/{server_id}")
    server = cloud.server(server_id)
    assert (server["status"], server["name"], server["image"]["id"]) == ("ACTIVE", "rebuilt", image.id)
    assert (server["metadata"], server["accessIPv4"], server["accessIPv6"]) == ({"a": "b"}, "1.1.1.1", "::1")
    assert server["addresses"] == address


@pytest.mark.parametrize(
    ("at", "more", "shown"),
    [
        ("2.19", {"description": "d"}, {"description": "d"}),
        ("2.54", {"key_name": "k"}, {"key_name": "k"}),
        ("2.54", {"key_name": None}, {"key_name": None}),
        ("2.57", {"user_data": "aGk="}, {"user_data": "aGk="}),
        ("2.63", {"trusted_image_certificates": ["c"]}, {"trusted_image_certificates": ["c"]}),
        ("2.90", {"hostname": "host"}, {"OS-EXT-SRV-ATTR:hostname": "host"}),
    ],
)
def test_what_a_rebuild_can_change_grew(
    cloud: ComputeCloud, at: str, more: dict[str, Any], shown: dict[str, Any]
) -> None:
    cloud.call("alice", "POST", "/os-keypairs", {"keypair": {"name": "k"}})
    server_id = cloud.boot(key_name="k")
    wanted = {"imageRef": cloud.imaging.cirros.id, **more}
    major, minor = at.split(".")

    assert cloud.act(server_id, "rebuild", wanted, at=f"{major}.{int(minor) - 1}").status_code == 400
    answer = cloud.act(server_id, "rebuild", wanted, at=at)

    assert answer.status_code == 202
    assert answer.json["server"].items() >= shown.items()


def test_a_stopped_server_stays_stopped(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "os-stop")

    cloud.act(server_id, "rebuild", {"imageRef": cloud.imaging.cirros.id})

    assert cloud.server(server_id)["status"] == "SHUTOFF"


def test_a_server_in_error_is_mended(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "os-resetState", {"state": "error"}, "admin")

    cloud.act(server_id, "rebuild", {"imageRef": cloud.imaging.cirros.id})

    assert cloud.server(server_id)["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"imageRef": "11111111-1111-1111-1111-111111111111"}, "Cannot find image for rebuild"),
        ({"key_name": "nope"}, "Invalid key_name provided."),
    ],
)
def test_a_rebuild_needs_what_it_names(cloud: ComputeCloud, more: dict[str, str], message: str) -> None:
    wanted = {"imageRef": cloud.imaging.cirros.id, **more}

    answer = cloud.act(cloud.boot(), "rebuild", wanted, at="2.54")

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == message


def test_a_paused_server_is_not_rebuilt(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "pause")

    assert cloud.act(server_id, "rebuild", {"imageRef": cloud.imaging.cirros.id}).status_code == 409
