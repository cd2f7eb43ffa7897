"""Images that wait for their data, and the import of it from object storage (Glance's web-download)."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from falcon.testing import Result
from SoftLayer import BaseClient, FixtureTransport, ImageManager
from SoftLayer.testing import MockableTransport

from jumpgate.clouds.softlayer.properties import write_properties
from jumpgate.common.format import utcnow
from jumpgate.image.drivers.softlayer.imports import os_code
from jumpgate.store.tables.image import waiting_images
from tests.fakes.softlayer import FakeServer
from tests.fakes.softlayer.faults import Refusal, invalid
from tests.fakes.softlayer.server import Call
from tests.softlayer.cloud import ACCOUNT, DRIVERS, KEYS, OTHER, SoftLayerCloud
from tests.softlayer.test_guide_images import ROOT
from tests.softlayer.test_images import asked, change, shown

COS = "cos://us-south/disks/my.vhd"
SAID: dict[str, Any] = {"name": "mine", "min_disk": 25, "protected": False, "visibility": "private", "role": "db"}


def queued(cloud: SoftLayerCloud, user: str = "alice", **more: Any) -> str:
    """Return the id of an image that waits for its data."""
    answer = cloud.post(
        user, f"{ROOT}/images", {**SAID, "disk_format": "vhd", "container_format": "bare", "tags": ["blue"], **more}
    )
    assert answer.status_code == 201, answer.text
    assert (answer.json["status"], answer.json["size"]) == ("queued", None)
    image_id: str = answer.json["id"]
    return image_id


def fetch(cloud: SoftLayerCloud, image_id: str, uri: str = COS, user: str = "alice") -> Result:
    """Begin to import an image."""
    body = {"method": {"name": "web-download", "uri": uri}}
    return cloud.post(user, f"{ROOT}/images/{image_id}/import", body)


def listed(cloud: SoftLayerCloud, query: str = "visibility=private", user: str = "alice") -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = cloud.get(user, f"{ROOT}/images?{query}").json["images"]
    return images


def methods(fake: FakeServer) -> dict[Any, Any]:
    return fake.world.methods


def template(cloud: SoftLayerCloud) -> Any:
    """Return the one template of a customer's."""
    (thing,) = [item for item in cloud.fake.world.table("templates").things.values() if item.account != 1]
    return thing


def rows(cloud: SoftLayerCloud) -> int:
    with cloud.app.store.read() as connection:
        return len(connection.execute(sa.select(waiting_images)).all())


def long_ago(cloud: SoftLayerCloud) -> None:
    """Let every attempt have been silent for an hour."""
    with cloud.app.store.write("image") as connection:
        connection.execute(sa.update(waiting_images).values(updated_at=utcnow() - dt.timedelta(hours=1)))


def test_an_image_without_data_is_queued_and_none_of_softlayers(cloud: SoftLayerCloud, tmp_path: Path) -> None:
    cloud.fake.calls.clear()
    image_id = queued(cloud)

    assert cloud.calls_of("alice", f"{ROOT}/images/{image_id}") == []
    again = SoftLayerCloud(tmp_path, cloud.fake, cloud.clock, drivers=DRIVERS)
    for image in (shown(cloud, image_id), *listed(cloud), shown(again, image_id)):
        assert {name: image[name] for name in SAID} == SAID
        assert (image["id"], image["status"], image["tags"], image["owner"]) == (
            image_id,
            "queued",
            ["blue"],
            str(ACCOUNT),
        )
    assert listed(cloud, "name=other") == listed(cloud, "visibility=shared") == []
    usage = cloud.get("alice", f"{ROOT}/info/usage").json["usage"]
    assert (usage["image_count_total"]["usage"], usage["image_count_uploading"]["usage"]) == (1, 0)


def test_it_is_nobody_elses(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud)
    path = f"{ROOT}/images/{image_id}"

    for answer in (
        cloud.get("bob", path),
        cloud.get("bob", f"{path}/members"),
        change(cloud, image_id, "bob", name="his"),
        cloud.put("bob", f"{path}/tags/his"),
        cloud.delete("bob", f"{path}/tags/blue"),
        fetch(cloud, image_id, user="bob"),
        cloud.delete("bob", path),
    ):
        assert answer.status_code == 404
    assert listed(cloud, user="bob") == []
    assert shown(cloud, image_id, "carol")["name"] == "mine"


def test_it_is_changed_tagged_and_deleted(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud)
    path = f"{ROOT}/images/{image_id}"

    assert change(cloud, image_id, name="better", role="web", protected=True).status_code == 200
    assert cloud.put("alice", f"{path}/tags/green").status_code == 204
    assert cloud.delete("alice", f"{path}/tags/blue").status_code == 204
    assert cloud.delete("alice", f"{path}/tags/blue").status_code == 404
    assert cloud.put("alice", f"{path}/tags/a,b").status_code == 400
    image = shown(cloud, image_id)
    assert (image["name"], image["role"], image["min_disk"], image["tags"]) == ("better", "web", 25, ["green"])
    assert cloud.delete("alice", path).status_code == 403
    assert change(cloud, image_id, protected=False).status_code == 200
    assert cloud.delete("alice", path).status_code == 204
    assert cloud.get("alice", path).status_code == 404
    assert rows(cloud) == 0


@pytest.mark.parametrize(
    ("wanted", "status"),
    [({"visibility": "public"}, 403), ({"disk_format": "qcow2"}, 400), ({"export_uri": COS}, 409)],
    ids=["public", "format", "export"],
)
def test_what_softlayer_cannot_make_of_it_is_refused(
    cloud: SoftLayerCloud, wanted: dict[str, str], status: int
) -> None:
    image_id = queued(cloud, user="carol")

    assert change(cloud, image_id, "carol", **wanted).status_code == status


def test_a_key_of_ibm_clouds_is_not_kept(cloud: SoftLayerCloud) -> None:
    wanted = {"name": "mine", "ibm_api_key": "very secret"}

    answer = cloud.post("alice", f"{ROOT}/images", wanted)

    assert (answer.status_code, "uri" in answer.text, "very secret" in answer.text) == (400, True, False)
    assert change(cloud, queued(cloud), ibm_api_key="very secret").status_code == 400


def test_it_is_shared_once_it_has_data(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud, visibility="shared")
    members = f"{ROOT}/images/{image_id}/members"
    assert cloud.get("alice", members).json["members"] == []
    assert cloud.post("alice", members, {"member": str(OTHER)}).status_code == 409
    fetch(cloud, image_id)
    cloud.settle()

    assert cloud.post("alice", members, {"member": str(OTHER)}).json["image_id"] == image_id

    assert shown(cloud, image_id, "bob")["id"] == image_id
    assert image_id in [image["id"] for image in listed(cloud, "visibility=shared", "bob")]
    assert cloud.delete("bob", f"{ROOT}/images/{image_id}").status_code == 403
    assert cloud.delete("alice", f"{members}/{OTHER}").status_code == 204
    assert cloud.get("bob", f"{ROOT}/images/{image_id}").status_code == 404


def test_web_download_is_offered(cloud: SoftLayerCloud) -> None:
    assert cloud.get("alice", f"{ROOT}/info/import").json["import-methods"]["value"] == ["web-download"]


def test_an_import_keeps_the_id_and_all_that_was_said(cloud: SoftLayerCloud, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    image_id = queued(cloud, description="of the shop", os_distro="ubuntu", os_version="22.04")
    created_at = shown(cloud, image_id)["created_at"]

    assert fetch(cloud, image_id).status_code == 202

    (given,) = asked(cloud, "createFromIcos")
    assert (given["name"], given["uri"], given["ibmApiKey"]) == ("mine", COS, KEYS["alice"])
    assert given["operatingSystemReferenceCode"] == "UBUNTU_22_64"
    assert given["note"].startswith("of the shop\n")
    assert shown(cloud, image_id)["status"] == "saving"
    cloud.settle()
    for image in (shown(cloud, image_id), *listed(cloud), *listed(cloud, f"id={image_id}")):
        assert {name: image[name] for name in SAID} == SAID
        assert (image["id"], image["status"], image["size"]) == (image_id, "active", 2 * 1024**3)
        assert (image["tags"], image["disk_format"], image["created_at"]) == (["blue"], "vhd", created_at)
    assert len(listed(cloud)) == 1
    assert rows(cloud) == 0
    assert KEYS["alice"] not in caplog.text
    cloud.fake.calls.clear()
    assert shown(cloud, image_id)["status"] == "active"
    assert cloud.fake.names() == ["Account::getPrivateBlockDeviceTemplateGroups"]


def test_an_imported_image_is_changed_exported_and_deleted_under_its_id(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud)
    fetch(cloud, image_id)
    cloud.settle()

    assert change(cloud, image_id, name="better", role="web", export_uri=COS).json["id"] == image_id
    assert cloud.put("alice", f"{ROOT}/images/{image_id}/tags/green").status_code == 204

    image = shown(cloud, image_id)
    assert (image["id"], image["name"], image["role"]) == (image_id, "better", "web")
    assert (image["tags"], image["status"]) == (["blue", "green"], "active")
    (call,) = [call for call in cloud.fake.calls if call.method == "copyToIcos"]
    assert call.id == template(cloud).uuid
    assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 204
    assert cloud.get("alice", f"{ROOT}/images/{image_id}").status_code == 404
    assert listed(cloud) == []


def test_a_server_is_made_of_an_imported_image(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud)
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": image_id}
    assert cloud.post("alice", "/compute/v2.1/servers", {"server": wanted}).status_code == 400
    fetch(cloud, image_id)
    cloud.settle()

    server_id = cloud.running(imageRef=image_id)

    assert cloud.server(server_id)["image"]["id"] == image_id
    assert cloud.act(server_id, "rebuild", {"imageRef": image_id}).status_code == 202
    (reload,) = [call for call in cloud.fake.calls if call.method == "reloadOperatingSystem"]
    assert reload.arguments[1]["imageTemplateId"] == template(cloud).number
    cloud.settle()
    assert cloud.server(server_id)["image"]["id"] == image_id


@pytest.mark.parametrize(
    "uri",
    [
        "http://example.com/my.vhd",
        "file:///etc/passwd",
        "cos://us-south/disks",
        "cos://a@b/c/d",
        "swift://disks/my.vhd",
    ],
)
def test_from_elsewhere_nothing_is_imported(cloud: SoftLayerCloud, uri: str) -> None:
    image_id = queued(cloud)

    answer = fetch(cloud, image_id, uri)

    assert (answer.status_code, "cos://REGION/BUCKET/OBJECT" in answer.text) == (400, True)
    assert shown(cloud, image_id)["status"] == "queued"


def test_an_image_is_imported_once(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud)
    assert fetch(cloud, image_id, "swift://account@dal05/disks/my.vhd").status_code == 202

    assert fetch(cloud, image_id).status_code == 409
    cloud.settle()
    assert fetch(cloud, image_id).status_code == 409
    assert fetch(cloud, cloud.image_id()).status_code in (403, 409)
    assert len(asked(cloud, "createFromExternalSource")) == 1


def test_an_image_whose_format_is_not_told_is_not_imported(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud, disk_format=None)

    answer = fetch(cloud, image_id)

    assert (answer.status_code, "disk_format" in answer.text) == (409, True)


def test_what_softlayer_refuses_waits_again(cloud: SoftLayerCloud) -> None:
    cloud.fake.world.objects = lambda uri, key: None
    image_id = queued(cloud)

    answer = fetch(cloud, image_id)

    assert (answer.status_code, "API key does not open it" in answer.text) == (400, True)
    assert shown(cloud, image_id)["status"] == "queued"
    cloud.fake.world.objects = None
    assert fetch(cloud, image_id).status_code == 202


def test_a_file_that_is_no_disk_ends_in_an_image_that_says_so(cloud: SoftLayerCloud) -> None:
    cloud.fake.world.objects = lambda uri, key: b"no disk"
    image_id = queued(cloud)
    assert fetch(cloud, image_id).status_code == 202
    assert shown(cloud, image_id)["status"] == "saving"

    cloud.settle()

    for image in (shown(cloud, image_id), *listed(cloud)):
        assert (image["status"], image["import_failure"]) == ("killed", "SoftLayer says of the template: Failed.")
    wanted = {"name": "web", "flavorRef": "B1_2X8X100", "imageRef": image_id}
    assert cloud.post("alice", "/compute/v2.1/servers", {"server": wanted}).status_code == 400
    assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 204


def test_a_template_that_softlayer_drops_ends_in_an_image_that_says_so(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud)
    fetch(cloud, image_id)
    del cloud.fake.world.table("templates").things[template(cloud).number]

    for image in (shown(cloud, image_id), *listed(cloud)):
        assert (image["status"], "dropped the template" in image["import_failure"]) == ("killed", True)
    assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 204
    assert listed(cloud) == []


def test_when_softlayers_answer_is_lost_its_template_is_found(
    cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = cloud.fake.world.methods["Virtual_Guest_Block_Device_Template_Group", "createFromIcos"]

    def fail(*arguments: Any) -> Any:
        create(*arguments)
        raise Refusal("Server", "An internal error has occurred.")

    monkeypatch.setitem(methods(cloud.fake), ("Virtual_Guest_Block_Device_Template_Group", "createFromIcos"), fail)
    image_id = queued(cloud)
    assert fetch(cloud, image_id).status_code == 502
    long_ago(cloud)

    assert fetch(cloud, image_id).status_code == 409
    for image in (shown(cloud, image_id), *listed(cloud)):
        assert (image["id"], image["status"]) == (image_id, "saving")
    cloud.settle()
    assert shown(cloud, image_id)["status"] == "active"
    assert rows(cloud) == 0


def test_an_import_that_never_reached_softlayer_waits_again(
    cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise Refusal("Server", "An internal error has occurred.")

    image_id = queued(cloud)
    with monkeypatch.context() as patched:
        patched.setitem(methods(cloud.fake), ("Virtual_Guest_Block_Device_Template_Group", "createFromIcos"), fail)
        assert fetch(cloud, image_id).status_code == 502
    assert (shown(cloud, image_id)["status"], fetch(cloud, image_id).status_code) == ("importing", 409)
    assert change(cloud, image_id, name="other").status_code == 409
    assert cloud.put("alice", f"{ROOT}/images/{image_id}/tags/other").status_code == 409

    long_ago(cloud)

    assert shown(cloud, image_id)["status"] == "queued"
    assert change(cloud, image_id, name="better").status_code == 200
    assert fetch(cloud, image_id).status_code == 202


def test_two_do_not_give_an_image_data_at_once(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(fetch(cloud, image_id).status_code)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [202, 409, 409, 409]
    assert len(asked(cloud, "createFromIcos")) == 1


def test_an_image_that_is_deleted_while_softlayer_is_asked_leaves_no_template(
    cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = cloud.fake.world.methods["Virtual_Guest_Block_Device_Template_Group", "createFromIcos"]

    def delete_meanwhile(world: Any, user: Any, call: Call) -> Any:
        with cloud.app.store.write("image") as connection:
            connection.execute(sa.delete(waiting_images))
        return create(world, user, call)

    monkeypatch.setitem(
        methods(cloud.fake), ("Virtual_Guest_Block_Device_Template_Group", "createFromIcos"), delete_meanwhile
    )

    assert fetch(cloud, queued(cloud)).status_code == 410
    assert listed(cloud) == []


def test_nobody_passes_a_template_off_as_anothers_image(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud)
    note = write_properties("", {}, {"id": image_id, "visibility": "shared"})
    world = cloud.fake.world
    forged = cloud.post("bob", f"{ROOT}/images", {"name": "forged", "uri": COS, "visibility": "shared"}).json["id"]
    world.table("templates").get(forged).record["note"] = note
    cloud.settle()
    assert cloud.post("bob", f"{ROOT}/images/{forged}/members", {"member": str(ACCOUNT)}).status_code == 200

    assert shown(cloud, image_id)["name"] == "mine"
    assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 204
    assert cloud.get("alice", f"{ROOT}/images/{image_id}").status_code == 404
    assert forged in [image["id"] for image in listed(cloud, "visibility=shared")]


def test_an_id_that_was_never_given_is_not_found(cloud: SoftLayerCloud) -> None:
    image_id = queued(cloud)
    assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 204

    for missing in (image_id, str(uuid.uuid4())):
        assert cloud.get("alice", f"{ROOT}/images/{missing}").status_code == 404
        assert fetch(cloud, missing).status_code == 404


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"os_code": "WIN_2022-STD_64", "os_distro": "ubuntu", "os_version": "22.04"}, "WIN_2022-STD_64"),
        ({"os_distro": "Debian", "os_version": "12"}, "DEBIAN_12_64"),
        ({"os_distro": "rhel", "os_version": "9.4"}, "REDHAT_9_64"),
        ({"os_distro": "ubuntu"}, ""),
        ({"os_distro": "arch", "os_version": "1"}, ""),
        ({"os_distro": "debian", "os_version": "sid"}, ""),
    ],
)
def test_the_operating_system_is_told_in_glances_words_or_softlayers(properties: dict[str, str], code: str) -> None:
    assert os_code(properties) == code


def test_a_code_that_softlayer_does_not_know_is_refused(cloud: SoftLayerCloud) -> None:
    answer = fetch(cloud, queued(cloud, os_code="Ubuntu"))

    assert (answer.status_code, "operating system" in answer.text) == (400, True)


@pytest.mark.parametrize("uri", [COS, "swift://account@dal05/disks/my.vhd"])
def test_softlayer_is_asked_as_its_sdk_asks(cloud: SoftLayerCloud, uri: str) -> None:
    """The SDK's own manager against its recorded fixtures: the same method, and parameters that it has, too."""
    transport = MockableTransport(FixtureTransport())
    manager = ImageManager(BaseClient(transport=transport))
    manager.import_image_from_uri("mine", uri, os_code="UBUNTU_22_64", note="", ibm_api_key="k")
    (recorded,) = transport.calls
    image_id = queued(cloud)
    cloud.fake.calls.clear()
    fetch(cloud, image_id, uri)

    (call,) = [call for call in cloud.fake.calls if call.method.startswith("createFrom")]

    assert (call.service, call.method) == (recorded.service, recorded.method)
    assert set(call.arguments[0]) <= set(recorded.args[0])
    needed = {"name", "uri", "note", "operatingSystemReferenceCode"} | ({"ibmApiKey"} if uri == COS else set())
    assert set(call.arguments[0]) == needed


def test_a_refusal_of_softlayers_is_passed_on(cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise invalid("You have reached the maximum number of image templates.")

    monkeypatch.setitem(methods(cloud.fake), ("Virtual_Guest_Block_Device_Template_Group", "createFromIcos"), refuse)
    image_id = queued(cloud)

    assert fetch(cloud, image_id).status_code == 403
    assert shown(cloud, image_id)["status"] == "queued"
