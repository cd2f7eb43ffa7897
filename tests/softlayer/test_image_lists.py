"""Lists of images as today's clients ask for them of the image service and, as in 2014, of the compute service."""

from __future__ import annotations

import pytest

from tests.softlayer.cloud import SoftLayerCloud
from tests.softlayer.test_guide_images import ROOT, make_image


def test_an_image_has_no_tasks_as_softlayer_has_none(cloud: SoftLayerCloud) -> None:
    image_id = make_image(cloud)

    assert cloud.get("alice", f"{ROOT}/images/{image_id}/tasks").json == {"tasks": []}
    assert cloud.get("bob", f"{ROOT}/images/{image_id}/tasks").status_code == 404
    assert cloud.get("alice", f"{ROOT}/tasks").status_code == 501


@pytest.fixture
def captured(cloud: SoftLayerCloud) -> list[str]:
    """Make two images of servers, the second an hour after the first; return their ids."""
    return [_capture(cloud, name) for name in ("first", "second")]


def _capture(cloud: SoftLayerCloud, name: str) -> str:
    server_id = cloud.running(name=f"web-{name}")
    image_id: str = cloud.act(server_id, "createImage", {"name": name}).json["image_id"]
    cloud.clock.advance(3600)
    return image_id


# The six below are what Tempest's ListImageFiltersTestJSON looks for, whose class uploads images first today.


def _listed(cloud: SoftLayerCloud, path: str, query: str) -> list[str]:
    answer = cloud.get("alice", f"/compute/v2.1/{path}?{query}")
    assert answer.status_code == 200, answer.text
    return [image["id"] for image in answer.json["images"]]


@pytest.mark.parametrize("path", ["images", "images/detail"])
def test_list_images_filter_by_name(cloud: SoftLayerCloud, captured: list[str], path: str) -> None:
    assert _listed(cloud, path, "name=first") == captured[:1]


@pytest.mark.parametrize("path", ["images", "images/detail"])
def test_list_images_limit_results(cloud: SoftLayerCloud, captured: list[str], path: str) -> None:
    assert len(_listed(cloud, path, "limit=1")) == 1
    assert set(captured) < set(_listed(cloud, path, ""))


@pytest.mark.parametrize("path", ["images", "images/detail"])
def test_list_images_filter_by_changes_since(cloud: SoftLayerCloud, captured: list[str], path: str) -> None:
    after = cloud.get("alice", f"/compute/v2.1/images/{captured[1]}").json["image"]["updated"]

    assert _listed(cloud, path, f"changes-since={after}") == captured[1:]


def test_an_images_id_over_35_characters_is_not_found(cloud: SoftLayerCloud) -> None:
    assert (
        cloud.delete("alice", f"/compute/v2.1/images/{'11a22b9-12a9-5555-cc11-00ab112223fa-3fac'}").status_code == 404
    )
