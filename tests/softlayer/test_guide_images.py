"""Images: the rows of the published compatibility table, each a test of its own, named after it."""

from __future__ import annotations

from tests.softlayer.cloud import ACCOUNT, SoftLayerCloud

ROOT = "/image/v2"


def make_image(cloud: SoftLayerCloud, user: str = "alice", **more: object) -> str:
    """Return the id of a new private image."""
    wanted = {"name": "mine", "visibility": "private", "uri": "swift://account@dal05/disks/my.vhd", **more}
    answer = cloud.post(user, f"{ROOT}/images", wanted)
    assert answer.status_code == 201, answer.text
    image_id: str = answer.json["id"]
    return image_id


def test_get_v2_schemas_images(cloud: SoftLayerCloud) -> None:
    schema = cloud.get("alice", f"{ROOT}/schemas/images").json

    assert schema["name"] == "images"
    shown = cloud.get("alice", f"{ROOT}/images").json["images"][0]
    assert set(shown) - {"description"} <= set(schema["properties"]["images"]["items"]["properties"])


def test_get_v2_schemas_image(cloud: SoftLayerCloud) -> None:
    schema = cloud.get("alice", f"{ROOT}/schemas/image").json

    assert schema["name"] == "image"
    assert {"id", "name", "status", "visibility", "size"} <= set(schema["properties"])


def test_get_v2_images(cloud: SoftLayerCloud) -> None:
    private = make_image(cloud)

    def seen(user: str) -> dict[str, str]:
        return {image["name"]: image["visibility"] for image in cloud.get(user, f"{ROOT}/images").json["images"]}

    public = {"Ubuntu 22.04": "public", "Debian 12": "public"}
    assert seen("alice") == {**public, "mine": "private"}
    assert seen("bob") == public
    assert cloud.get("bob", f"{ROOT}/images/{private}").status_code == 404


def test_get_v2_images_image_id(cloud: SoftLayerCloud) -> None:
    image_id = make_image(cloud)
    assert cloud.get("alice", f"{ROOT}/images/{image_id}").json["status"] == "saving"

    cloud.settle()

    image = cloud.get("alice", f"{ROOT}/images/{image_id}").json
    assert (image["status"], image["owner"], image["size"]) == ("active", str(ACCOUNT), 2 * 1024**3)


def test_delete_v2_images_image_id(cloud: SoftLayerCloud) -> None:
    image_id = make_image(cloud)

    assert cloud.delete("bob", f"{ROOT}/images/{image_id}").status_code == 404
    assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 204
    assert cloud.get("alice", f"{ROOT}/images/{image_id}").status_code == 404
    assert cloud.delete("alice", f"{ROOT}/images/{cloud.image_id()}").status_code == 403
