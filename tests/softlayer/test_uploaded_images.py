"""Images' data by way of a bucket: uploaded to it, imported from it by SoftLayer, downloaded from it."""

from __future__ import annotations

import hashlib
import logging
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from falcon.testing import Result

from jumpgate.clouds.softlayer.bucket import BucketSettings
from jumpgate.common.config import Config
from jumpgate.common.digests import known_of
from jumpgate.common.errors import BadRequest, CloudError, CloudUnreachable, ConfigError
from jumpgate.image.drivers.softlayer import bucket as buckets
from jumpgate.image.drivers.softlayer.bucket import PART_BYTES, Bucket
from jumpgate.store.tables.image import waiting_images
from jumpgate.testing.contract.image.images import Bytes
from tests.fakes.softlayer import Clock, FakeServer
from tests.fakes.softlayer.faults import Refusal, invalid
from tests.softlayer.cloud import ACCOUNT, DRIVERS, OTHER, SoftLayerCloud
from tests.softlayer.test_guide_images import ROOT
from tests.softlayer.test_images import asked, change, shown
from tests.softlayer.test_waiting_images import fetch, listed, long_ago, methods, queued, rows, template
from tests.support.object_storage import API_KEY, SECRET, ObjectStorage, new_bucket, object_storage

OCTETS = {"Content-Type": "application/octet-stream"}
DATA = bytes(range(256)) * 64
VHD = b"x" * 512 + b"conectix" + bytes(504)


@pytest.fixture(scope="module")
def served() -> Iterator[ObjectStorage]:
    with object_storage() as storage:
        yield storage


@pytest.fixture
def storage(served: ObjectStorage) -> ObjectStorage:
    return new_bucket(served.url)


@pytest.fixture
def cloud(tmp_path: Path, fake: FakeServer, clock: Clock, storage: ObjectStorage) -> SoftLayerCloud:
    fake.world.objects = storage.read
    return SoftLayerCloud(tmp_path, fake, clock, drivers=DRIVERS, extra=storage.options())


def send(cloud: SoftLayerCloud, image_id: str, data: bytes = DATA, user: str = "alice", **headers: str) -> Result:
    return cloud.upload(user, f"{ROOT}/images/{image_id}/file", data, {**OCTETS, **headers})


def raw(cloud: SoftLayerCloud, **more: Any) -> str:
    return queued(cloud, disk_format="raw", **more)


def read(cloud: SoftLayerCloud, image_id: str, user: str = "alice", **headers: str) -> Result:
    return cloud.get(user, f"{ROOT}/images/{image_id}/file", headers=headers)


def test_data_goes_into_the_bucket_and_to_softlayer_and_comes_back(
    cloud: SoftLayerCloud, storage: ObjectStorage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    image_id = raw(cloud, os_distro="debian", os_version="12")
    assert read(cloud, image_id).status_code == 204

    assert send(cloud, image_id).status_code == 204

    (given,) = asked(cloud, "createFromIcos")
    (key,) = storage.keys()
    assert given["uri"] == f"cos://us-south/{storage.bucket}/{key}"
    assert key.startswith(f"{image_id}/")
    assert key.endswith(".raw")
    assert (given["ibmApiKey"], given["operatingSystemReferenceCode"]) == (API_KEY, "DEBIAN_12_64")
    known = {
        "size": len(DATA),
        "virtual_size": len(DATA),
        "checksum": hashlib.md5(DATA, usedforsecurity=False).hexdigest(),
        "os_hash_algo": "sha512",
        "os_hash_value": hashlib.sha512(DATA).hexdigest(),
    }
    for status in ("saving", "active"):
        for image in (shown(cloud, image_id), *listed(cloud)):
            assert {name: image[name] for name in known} == known
            assert (image["id"], image["status"], image["tags"]) == (image_id, status, ["blue"])
        answer = read(cloud, image_id)
        assert (answer.status_code, answer.content) == (200, DATA)
        assert answer.headers["Content-MD5"] == known["checksum"]
        cloud.settle()
    assert rows(cloud) == 0
    assert not [secret for secret in (API_KEY, SECRET) if secret in caplog.text]
    server_id = cloud.running(imageRef=image_id)
    assert cloud.server(server_id)["image"]["id"] == image_id


def test_a_range_is_downloaded(cloud: SoftLayerCloud) -> None:
    image_id = raw(cloud)
    send(cloud, image_id)

    part = read(cloud, image_id, Range="bytes=100-199")

    assert (part.status_code, part.content) == (206, DATA[100:200])
    assert read(cloud, image_id, Range=f"bytes={len(DATA)}-").status_code == 416


def test_data_is_its_accounts_and_of_whom_it_is_shared_with(cloud: SoftLayerCloud) -> None:
    image_id = raw(cloud, visibility="shared")
    assert send(cloud, image_id, user="bob").status_code == 404
    assert send(cloud, image_id).status_code == 204
    assert read(cloud, image_id, "bob").status_code == 404
    cloud.settle()

    assert cloud.post("alice", f"{ROOT}/images/{image_id}/members", {"member": str(OTHER)}).status_code == 200

    assert read(cloud, image_id, "bob").content == DATA
    assert cloud.delete("bob", f"{ROOT}/images/{image_id}").status_code == 403
    assert read(cloud, image_id).content == DATA


def test_an_image_gets_data_once(cloud: SoftLayerCloud, storage: ObjectStorage) -> None:
    image_id = raw(cloud)
    send(cloud, image_id)

    assert send(cloud, image_id, b"other").status_code == 409
    assert fetch(cloud, image_id).status_code == 409
    cloud.settle()
    assert send(cloud, image_id, b"other").status_code == 409
    assert send(cloud, cloud.image_id(), b"other").status_code in (403, 409)
    assert read(cloud, image_id).content == DATA
    assert len(storage.keys()) == 1


def test_a_deleted_image_leaves_nothing_in_the_bucket(cloud: SoftLayerCloud, storage: ObjectStorage) -> None:
    other, image_id = raw(cloud), raw(cloud)
    for each in (other, image_id):
        send(cloud, each)
    cloud.settle()

    assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 204

    (key,) = storage.keys()
    assert key.startswith(other)
    assert read(cloud, image_id).status_code == 404


def test_of_data_that_ends_early_nothing_is_kept(cloud: SoftLayerCloud, storage: ObjectStorage) -> None:
    image_id = raw(cloud)
    images = cloud.app.siblings("RegionOne")["image"].images
    ctx = cloud.context("alice")

    for stream, size_bytes in ((Bytes(DATA, breaks=True), None), (Bytes(DATA), len(DATA) + 1), (Bytes(b""), None)):
        with pytest.raises(BadRequest):
            images.upload(ctx, image_id, stream, size_bytes=size_bytes)
        assert shown(cloud, image_id)["status"] == "queued"
        assert (storage.keys(), storage.uploads()) == ([], [])
    assert send(cloud, image_id).status_code == 204


def test_what_softlayer_refuses_waits_again_and_leaves_the_bucket(
    cloud: SoftLayerCloud, storage: ObjectStorage
) -> None:
    cloud.fake.world.objects = lambda uri, key: None
    image_id = raw(cloud)

    answer = send(cloud, image_id)

    assert (answer.status_code, "API key" in answer.text) == (400, True)
    assert (shown(cloud, image_id)["status"], storage.keys()) == ("queued", [])
    cloud.fake.world.objects = storage.read
    assert send(cloud, image_id).status_code == 204


def test_data_that_is_no_disk_of_its_format_kills_the_image(cloud: SoftLayerCloud) -> None:
    good, bad = queued(cloud), queued(cloud)
    assert (send(cloud, good, VHD).status_code, send(cloud, bad, DATA).status_code) == (204, 204)

    cloud.settle()

    assert shown(cloud, good)["status"] == "active"
    assert (shown(cloud, bad)["status"], shown(cloud, bad)["import_failure"][:15]) == ("killed", "SoftLayer says ")


def test_when_softlayers_answer_is_lost_the_data_stays_for_its_template(
    cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = ("Virtual_Guest_Block_Device_Template_Group", "createFromIcos")
    create = cloud.fake.world.methods[name]

    def fail(*arguments: Any) -> Any:
        create(*arguments)
        raise Refusal("Server", "An internal error has occurred.")

    monkeypatch.setitem(methods(cloud.fake), name, fail)
    image_id = raw(cloud)
    assert send(cloud, image_id).status_code == 502
    cloud.settle()

    assert shown(cloud, image_id)["status"] == "active"
    assert read(cloud, image_id).content == DATA


def test_an_upload_whose_process_died_is_begun_again(cloud: SoftLayerCloud, storage: ObjectStorage) -> None:
    image_id = raw(cloud)
    storage.client.create_multipart_upload(Bucket=storage.bucket, Key=f"{image_id}/dead.raw")
    storage.client.put_object(Bucket=storage.bucket, Key=f"{image_id}/older.raw", Body=b"old")
    with cloud.app.store.write("image") as connection:
        connection.execute(sa.update(waiting_images).values(status="saving", writer="dead"))
    assert (shown(cloud, image_id)["status"], send(cloud, image_id).status_code) == ("saving", 409)

    long_ago(cloud)

    assert shown(cloud, image_id)["status"] == "queued"
    assert send(cloud, image_id).status_code == 204
    assert read(cloud, image_id).content == DATA
    assert (len(storage.keys()), storage.uploads()) == (1, [])


def test_an_image_that_is_deleted_meanwhile_leaves_nothing(
    cloud: SoftLayerCloud, storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_id = raw(cloud)

    def delete_meanwhile(*formats: Any, **named: Any) -> Any:
        assert cloud.delete("alice", f"{ROOT}/images/{image_id}").status_code == 204
        return known_of(*formats, **named)

    monkeypatch.setattr("jumpgate.image.drivers.softlayer.uploads.known_of", delete_meanwhile)

    assert send(cloud, image_id).status_code == 410
    assert (storage.keys(), asked(cloud, "createFromIcos"), listed(cloud)) == ([], [], [])


def test_an_image_whose_format_is_not_told_gets_no_data(cloud: SoftLayerCloud) -> None:
    answer = send(cloud, queued(cloud, disk_format=None))

    assert (answer.status_code, "disk_format" in answer.text) == (400, True)


def test_what_never_was_in_the_bucket_is_not_downloaded(cloud: SoftLayerCloud) -> None:
    answer = read(cloud, cloud.image_id())

    assert (answer.status_code, "export_uri" in answer.text) == (501, True)


def test_an_image_is_changed_while_its_template_is_made(cloud: SoftLayerCloud) -> None:
    image_id = raw(cloud)
    send(cloud, image_id)

    assert change(cloud, image_id, name="better", role="web").status_code == 200

    cloud.settle()
    image = shown(cloud, image_id)
    assert (image["name"], image["role"], image["size"], image["id"]) == ("better", "web", len(DATA), image_id)
    assert template(cloud).record["name"] == "better"


def test_tags_that_softlayer_refuses_do_not_cost_the_data(
    cloud: SoftLayerCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> Any:
        raise invalid("Invalid tag.")

    image_id = raw(cloud)
    with monkeypatch.context() as patched:
        patched.setitem(methods(cloud.fake), ("Virtual_Guest_Block_Device_Template_Group", "setTags"), refuse)
        assert send(cloud, image_id).status_code == 400
    cloud.settle()

    assert (shown(cloud, image_id)["status"], shown(cloud, image_id)["tags"]) == ("active", [])
    assert read(cloud, image_id).content == DATA


# The bucket itself.


class Zeros:
    """Many bytes, none of which is kept."""

    def __init__(self, size_bytes: int) -> None:
        self._left = size_bytes

    def read(self, size: int, /) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return bytes(size)


def bucket_of(storage: ObjectStorage, **more: str) -> Bucket:
    options = storage.options() + "".join(f"{name} = {value}\n" for name, value in more.items())
    text = "\n".join({line.partition(" ")[0]: line for line in options.splitlines()}.values())
    settings = BucketSettings.of(Config.from_text(f"[softlayer]\n{text}\n"))
    assert settings is not None
    return Bucket(settings)


def test_data_is_sent_in_parts_and_none_is_kept_in_memory(
    storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of what S3 takes at least, so that many fit into a short test; what is kept is what a part has."""
    monkeypatch.setattr(buckets, "PART_BYTES", 5 * 2**20)
    bucket, sent = bucket_of(storage), []
    client = bucket._client
    upload_part = client.upload_part

    def drop(**given: Any) -> Any:
        """Send the bytes no further than here: the storage keeps its own in this process's memory."""
        sent.append(len(given["Body"]))
        return {"ETag": "x"} if len(sent) > 1 else upload_part(**given)

    monkeypatch.setattr(client, "upload_part", drop)
    monkeypatch.setattr(client, "complete_multipart_upload", lambda **given: None)
    size_bytes = 60 * 2**20 + 7
    tracemalloc.start()
    read = bucket.put("big", Zeros(size_bytes), size_bytes=size_bytes, alive=lambda: None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (read.size_bytes, sum(sent), max(sent)) == (size_bytes, size_bytes, 5 * 2**20)
    assert peak < 40 * 2**20


def test_an_object_of_several_parts_is_whole(storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "PART_BYTES", 5 * 2**20)
    bucket, data = bucket_of(storage), DATA * 700
    beats: list[None] = []

    bucket.put("an/object", Bytes(data), size_bytes=len(data), alive=lambda: beats.append(None))

    found = bucket.find("an/")
    assert found is not None
    assert found.size_bytes == len(data)
    assert b"".join(bucket.open(found, 7, len(data) - 9)) == data[7:-9]
    assert len(beats) > 10
    assert storage.uploads() == []


def test_broken_off_between_parts_it_leaves_nothing(storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "PART_BYTES", 5 * 2**20)
    bucket = bucket_of(storage)

    with pytest.raises(BadRequest):
        bucket.put("an/object", Bytes(DATA * 700, breaks=True), size_bytes=None, alive=lambda: None)

    assert (storage.keys(), storage.uploads()) == ([], [])
    assert PART_BYTES * 10_000 > 300 * 2**30


def test_nobody_elses_configuration_has_a_say(
    storage: ObjectStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "config"
    foreign.write_text("[default]\nendpoint_url = http://127.0.0.1:9\ns3 =\n  addressing_style = virtual\n")
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(foreign))

    bucket_of(storage).put("an/object", Bytes(DATA), size_bytes=None, alive=lambda: None)

    assert storage.keys() == ["an/object"]


def test_a_bucket_that_is_not_there_is_the_clouds_fault(storage: ObjectStorage) -> None:
    with pytest.raises(CloudError, match="NoSuchBucket"):
        bucket_of(storage, bucket="none").put("x", Bytes(b"x"), size_bytes=None, alive=lambda: None)


def test_a_storage_that_does_not_answer_is_said_to_be_so(storage: ObjectStorage) -> None:
    with pytest.raises(CloudUnreachable, match="does not answer"):
        bucket_of(storage, bucket_url="http://127.0.0.1:9").find("x")


def test_half_of_a_bucket_is_refused_at_the_start(storage: ObjectStorage) -> None:
    config = Config.from_text("[softlayer]\nbucket = images\nbucket_secret_access_key = very secret\n")

    with pytest.raises(ConfigError, match=r"bucket_url.*bucket_api_key") as raised:
        BucketSettings.of(config)

    assert "very secret" not in str(raised.value)
    settings = BucketSettings.of(Config.from_text(f"[softlayer]\n{storage.options()}"))
    assert SECRET not in repr(settings)
    assert API_KEY not in repr(settings)


def test_without_a_bucket_nothing_is_uploaded(tmp_path: Path, fake: FakeServer, clock: Clock) -> None:
    cloud = SoftLayerCloud(tmp_path, fake, clock, drivers=DRIVERS)
    image_id = raw(cloud)

    assert (send(cloud, image_id).status_code, read(cloud, image_id).status_code) == (501, 501)
    assert shown(cloud, image_id)["owner"] == str(ACCOUNT)
