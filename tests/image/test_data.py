"""Images' data: upload, download, ranges, and what remains of an upload that fails."""

from __future__ import annotations

import errno
import hashlib
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from jumpgate.common.context import service_context
from jumpgate.common.errors import BadRequest, Conflict, Gone, TooLarge
from jumpgate.image.contract import Images
from jumpgate.image.models import ImageSpec
from tests.image.glance import IMAGES, Glance, refusal
from tests.support.cloud import CALLERS, DEMO

MIB = 1024 * 1024


class Endless:
    """A stream of so many bytes that notes how much was asked of it at once, and may break or do something midway."""

    def __init__(self, size: int, *, breaks_at: int | None = None, midway: Any = None) -> None:
        self.left = size
        self.largest_read = 0
        self._breaks_at = breaks_at
        self._midway = midway

    def read(self, size: int = -1, /) -> bytes:
        assert size >= 0, "all of it was asked for"
        self.largest_read = max(self.largest_read, size)
        if self._breaks_at is not None and self.left <= self._breaks_at:
            raise ConnectionResetError("the client went away")
        if self._midway is not None:
            act, self._midway = self._midway, None
            act()
        chunk = bytes(min(size, self.left))
        self.left -= len(chunk)
        return chunk


@pytest.fixture
def images(glance: Glance) -> Images:
    """The contract, as the siblings see it."""
    contract: Images = glance.app.siblings("RegionOne")["image"].images
    return contract


def test_an_upload_makes_the_image_active(glance: Glance) -> None:
    image_id = glance.make()

    result = glance.upload(image_id, b"some data")

    view = glance.show(image_id)
    assert (result.status_code, result.text) == (204, "")
    assert view["status"] == "active"
    assert view["size"] == view["virtual_size"] == 9
    assert view["checksum"] == hashlib.md5(b"some data").hexdigest()
    assert (view["os_hash_algo"], view["os_hash_value"]) == ("sha512", hashlib.sha512(b"some data").hexdigest())
    assert view["stores"] == "local"


def test_what_was_uploaded_comes_back(glance: Glance) -> None:
    data = bytes(range(256)) * 5000

    image_id = glance.make_active(data)

    result = glance.download(image_id)
    assert result.status_code == 200
    assert result.content == data
    assert result.headers["Content-Type"] == "application/octet-stream"
    assert result.headers["Content-Length"] == str(len(data))
    assert result.headers["Content-MD5"] == hashlib.md5(data).hexdigest()


def test_zeros_take_no_space(glance: Glance) -> None:
    data = b"head" + bytes(4 * MIB) + b"middle" + bytes(4 * MIB)

    image_id = glance.make_active(data)

    (stored,) = (glance.files / name for name in glance.stored())
    assert stored.stat().st_size == len(data)
    assert stored.stat().st_blocks * 512 < 3 * MIB
    assert glance.download(image_id).content == data
    assert glance.show(image_id)["checksum"] == hashlib.md5(data).hexdigest()


def test_an_image_may_be_empty(glance: Glance) -> None:
    image_id = glance.make_active(b"")

    view = glance.show(image_id)
    result = glance.download(image_id)
    assert (view["status"], view["size"], view["virtual_size"]) == ("active", 0, None)
    assert (result.status_code, result.content) == (200, b"")


def test_a_queued_image_has_nothing_to_download(glance: Glance) -> None:
    result = glance.download(glance.make())

    assert (result.status_code, result.text) == (204, "")


@pytest.mark.parametrize("media_type", [None, "text/plain", "application/json"])
@pytest.mark.parametrize("where", ["file", "stage"])
def test_only_plain_bytes_are_taken(glance: Glance, media_type: str | None, where: str) -> None:
    image_id = glance.make()
    headers = {"Content-Type": media_type} if media_type else {}

    result = glance.put("alice", f"{IMAGES}/{image_id}/{where}", b"data", headers=headers)

    assert result.status_code == 415
    assert glance.show(image_id)["status"] == "queued"


def test_data_is_uploaded_once(glance: Glance) -> None:
    image_id = glance.make_active(b"first")

    result = glance.upload(image_id, b"second")

    assert refusal(result) == (409, "Image status transition from active to saving is not allowed")
    assert glance.download(image_id).content == b"first"
    assert len(glance.stored()) == 1


@pytest.mark.parametrize(
    ("formats", "message"),
    [
        ({"disk_format": ...}, "Property disk_format must be set prior to saving data."),
        ({"container_format": ...}, "Property container_format must be set prior to saving data."),
        (
            {"disk_format": ..., "container_format": ...},
            "Properties disk_format, container_format must be set prior to saving data.",
        ),
    ],
)
def test_the_formats_must_be_known_first(glance: Glance, formats: Any, message: str) -> None:
    image_id = glance.make(**formats)

    assert refusal(glance.upload(image_id, b"data")) == (400, message)
    assert glance.show(image_id)["status"] == "queued"
    assert glance.stored() == []


def test_a_reader_may_not_upload(glance: Glance) -> None:
    image_id = glance.make()

    result = glance.upload(image_id, b"data", "reader")

    assert refusal(result) == (403, f"Not allowed to upload image data for image {image_id}")


def test_a_reader_may_not_download(glance: Glance) -> None:
    assert glance.download(glance.make_active(), "reader").status_code == 403


def test_a_missing_image_takes_nothing(glance: Glance) -> None:
    missing = "0f3c2a52-16b4-4f0d-8f0f-9c5a4f2d1b11"

    assert glance.upload(missing, b"data").status_code == 404
    assert glance.stage(missing, b"data").status_code == 404
    assert glance.download(missing).status_code == 404


@pytest.mark.parametrize("size", ["x", "-1", "1.5", ""])
def test_an_announced_size_must_be_a_number(glance: Glance, size: str) -> None:
    result = glance.upload(glance.make(), b"data", X_OpenStack_Image_Size=size)

    assert refusal(result) == (400, "Invalid or missing image size in request headers.")


def test_an_announced_size_must_be_the_bodys(glance: Glance) -> None:
    image_id = glance.make()

    assert glance.upload(image_id, b"data", X_OpenStack_Image_Size="5").status_code == 400
    assert glance.show(image_id)["status"] == "queued"
    assert glance.upload(image_id, b"data", X_OpenStack_Image_Size="4").status_code == 204


def test_an_unknown_store_is_refused(glance: Glance) -> None:
    image_id = glance.make()

    assert glance.upload(image_id, b"data", X_Image_Meta_Store="moon").status_code == 400
    assert glance.upload(image_id, b"data", X_Image_Meta_Store="local").status_code == 204


class TestRange:
    """Part of ten bytes."""

    @pytest.fixture
    def image_id(self, glance: Glance) -> str:
        return glance.make_active(b"0123456789")

    @pytest.mark.parametrize(
        ("asked", "data", "said"),
        [
            ("bytes=0-4", b"01234", "bytes 0-4/10"),
            ("bytes=5-", b"56789", "bytes 5-9/10"),
            ("bytes=9-9", b"9", "bytes 9-9/10"),
            ("bytes=-3", b"789", "bytes 7-9/10"),
            ("bytes=-99", b"0123456789", "bytes 0-9/10"),
            ("bytes=8-99", b"89", "bytes 8-9/10"),
        ],
    )
    def test_a_range_comes_alone(self, glance: Glance, image_id: str, asked: str, data: bytes, said: str) -> None:
        result = glance.download(image_id, Range=asked)

        assert (result.status_code, result.content) == (206, data)
        assert result.headers["Content-Range"] == said
        assert result.headers["Content-Length"] == str(len(data))

    @pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=5-3", "lines=1-2", "bytes=x-"])
    def test_what_lies_outside_cannot_be_had(self, glance: Glance, image_id: str, asked: str) -> None:
        assert glance.download(image_id, Range=asked).status_code == 416

    def test_one_range_at_a_time(self, glance: Glance, image_id: str) -> None:
        assert glance.download(image_id, Range="bytes=0-1,4-5").status_code == 400

    def test_old_clients_ask_by_content_range(self, glance: Glance, image_id: str) -> None:
        result = glance.download(image_id, Content_Range="bytes 2-4/*")

        assert (result.status_code, result.content) == (206, b"234")
        assert result.headers["Content-Range"] == "bytes 2-4/10"

    @pytest.mark.parametrize("asked", ["bytes 2-10/*", "bytes 4-2/10", "bytes */10", "2-4"])
    def test_a_content_range_outside_cannot_be_had(self, glance: Glance, image_id: str, asked: str) -> None:
        assert glance.download(image_id, Content_Range=asked).status_code == 416

    def test_an_empty_image_has_no_range(self, glance: Glance) -> None:
        assert glance.download(glance.make_active(b""), Range="bytes=0-0").status_code == 416


class TestPreferredStore:
    def test_a_store_that_is_there_may_be_preferred(self, glance: Glance) -> None:
        image_id = glance.make_active()

        assert glance.get("alice", f"{IMAGES}/{image_id}/file?prefer=local").content == b"data"

    def test_a_store_that_is_not_there_is_refused(self, glance: Glance) -> None:
        image_id = glance.make_active()

        result = glance.get("alice", f"{IMAGES}/{image_id}/file?prefer=local,moon")

        assert refusal(result) == (400, "Store 'moon' is not configured.")


class TestTooMuch:
    @pytest.fixture
    def glance(self, tmp_path: Path) -> Glance:
        return Glance(tmp_path, "image_size_cap = 100")

    def test_an_image_that_is_too_large_is_refused(self, glance: Glance) -> None:
        image_id = glance.make()

        result = glance.upload(image_id, b"x" * 101)

        assert refusal(result) == (413, "The incoming image is too large: The provided image is too large.")
        assert glance.show(image_id)["status"] == "queued"
        assert glance.stored() == []
        assert glance.upload(image_id, b"x" * 100).status_code == 204

    def test_so_is_one_that_does_not_say_how_large_it_is(self, glance: Glance, images: Images) -> None:
        image_id = glance.make()

        with pytest.raises(TooLarge):
            images.upload(CALLERS["alice"], image_id, Endless(10**15))

        assert glance.show(image_id)["status"] == "queued"
        assert glance.stored() == []


def test_memory_stays_small_while_much_goes_in_and_out(glance: Glance, images: Images) -> None:
    image_id = glance.make()
    stream = Endless(64 * MIB)

    tracemalloc.start()
    images.upload(CALLERS["alice"], image_id, stream, size_bytes=64 * MIB)
    download = images.download(CALLERS["alice"], image_id)
    assert download is not None
    largest = max(map(len, download.chunks))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert stream.largest_read <= MIB
    assert largest <= MIB
    assert peak < 8 * MIB
    assert glance.show(image_id)["size"] == 64 * MIB


@pytest.mark.parametrize("take", ["upload", "stage"])
def test_a_broken_connection_leaves_a_queued_image_and_no_bytes(glance: Glance, images: Images, take: str) -> None:
    image_id = glance.make()

    with pytest.raises(BadRequest):
        getattr(images, take)(CALLERS["alice"], image_id, Endless(10 * MIB, breaks_at=MIB))

    assert glance.show(image_id)["status"] == "queued"
    assert glance.show(image_id)["size"] is None
    assert glance.stored() == []
    assert glance.upload(image_id, b"again").status_code == 204


@pytest.mark.parametrize("take", ["upload", "stage"])
def test_data_that_ends_early_is_not_taken(glance: Glance, images: Images, take: str) -> None:
    image_id = glance.make()

    with pytest.raises(BadRequest, match="ended after 5 of 6 bytes"):
        getattr(images, take)(CALLERS["alice"], image_id, Endless(5), size_bytes=6)

    assert glance.show(image_id)["status"] == "queued"
    assert glance.stored() == []


def test_an_image_is_saving_while_its_data_comes(glance: Glance, images: Images) -> None:
    image_id = glance.make()
    seen: list[Any] = []

    def look() -> None:
        view = glance.show(image_id)
        seen.extend([view["status"], view["size"], glance.download(image_id).status_code])

    images.upload(CALLERS["alice"], image_id, Endless(10, midway=look))

    assert seen == ["saving", None, 204]


def test_two_uploads_do_not_meet(glance: Glance, images: Images) -> None:
    image_id = glance.make()
    refused: list[Any] = []

    def upload_too() -> None:
        with pytest.raises(Conflict) as caught:
            images.upload(CALLERS["alice"], image_id, Endless(3))
        refused.append(caught.value.message)

    images.upload(CALLERS["alice"], image_id, Endless(10, midway=upload_too))

    assert refused == ["Image status transition from saving to saving is not allowed"]
    assert glance.show(image_id)["size"] == 10
    assert len(glance.stored()) == 1


def test_an_image_that_is_deleted_while_its_data_comes_leaves_nothing(glance: Glance, images: Images) -> None:
    image_id = glance.make()

    with pytest.raises(Gone, match="could not be found after upload"):
        images.upload(
            CALLERS["alice"],
            image_id,
            Endless(10, midway=lambda: glance.delete("alice", f"{IMAGES}/{image_id}")),
        )

    assert glance.stored() == []


def test_an_image_may_be_read_to_its_end_after_it_was_deleted(glance: Glance, images: Images) -> None:
    image_id = glance.make_active(b"data")
    download = images.download(CALLERS["alice"], image_id)
    assert download is not None

    glance.delete("alice", f"{IMAGES}/{image_id}")

    assert b"".join(download.chunks) == b"data"


def test_a_full_disk_is_said(glance: Glance, monkeypatch: pytest.MonkeyPatch) -> None:
    image_id = glance.make()
    monkeypatch.setattr(os, "fsync", _no_space)

    result = glance.upload(image_id, b"data")

    assert refusal(result) == (413, "Image storage media is full: No space left on device")
    assert glance.show(image_id)["status"] == "queued"
    assert glance.stored() == []


def _no_space(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


class TestDeactivated:
    @pytest.fixture
    def image_id(self, glance: Glance) -> str:
        image_id = glance.make_active(b"data")
        assert glance.post("alice", f"{IMAGES}/{image_id}/actions/deactivate").status_code == 204
        return image_id

    def test_its_data_is_kept_from_all_but_administrators(self, glance: Glance, image_id: str) -> None:
        assert refusal(glance.download(image_id)) == (
            403,
            "The requested image has been deactivated. Image data download is forbidden.",
        )
        assert glance.download(image_id, "admin").content == b"data"

    def test_it_can_be_reactivated(self, glance: Glance, image_id: str) -> None:
        assert glance.show(image_id)["status"] == "deactivated"
        assert glance.post("alice", f"{IMAGES}/{image_id}/actions/reactivate").status_code == 204
        assert glance.show(image_id)["status"] == "active"
        assert glance.download(image_id).content == b"data"


def test_a_sibling_makes_an_image_on_a_projects_behalf(glance: Glance, images: Images, tmp_path: Path) -> None:
    ctx = service_context(DEMO)
    disk = tmp_path / "disk"
    disk.write_bytes(b"snapshot")

    image = images.create(ctx, ImageSpec(name="snapshot", disk_format="raw", container_format="bare"))
    with disk.open("rb") as file:
        images.upload(ctx, image.id, file)

    assert images.get(CALLERS["alice"], image.id).size_bytes == 8
    assert glance.download(image.id).content == b"snapshot"
    assert glance.get("bob", f"{IMAGES}/{image.id}").status_code == 404
    download = images.download(ctx, image.id)
    assert download is not None
    assert (download.size_bytes, b"".join(download.chunks)) == (8, b"snapshot")
    images.delete(ctx, image.id)
    assert glance.stored() == []
