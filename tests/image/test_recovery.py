"""What a crash leaves behind, and what the next start makes of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from jumpgate.image.drivers.embedded.files import Files, Incoming
from jumpgate.store.tables.image import images
from tests.image.glance import IMAGES, Glance


@pytest.fixture
def files(glance: Glance) -> Files:
    return Files(glance.files)


def crash(glance: Glance, image_id: str, *, status: str, suffix: str = ".part") -> str:
    """Leave an image as a server does that is killed while data comes in; return the file's name."""
    name = str(uuid.uuid4())
    (glance.files / f"{name}{suffix}").write_bytes(b"half")
    _set(glance, image_id, status, name)
    return name


def _set(glance: Glance, image_id: str, status: str, name: str) -> None:
    with glance.app.store.write("image") as connection:
        connection.execute(images.update().where(images.c.id == image_id).values(status=status, data=name))


def restart(glance: Glance) -> None:
    glance.app.prepare()


@pytest.mark.parametrize("status", ["saving", "uploading"])
@pytest.mark.parametrize("suffix", [".part", ""])
def test_a_half_image_is_queued_again_and_its_bytes_are_gone(glance: Glance, status: str, suffix: str) -> None:
    image_id = glance.make()
    crash(glance, image_id, status=status, suffix=suffix)

    restart(glance)

    assert glance.show(image_id)["status"] == "queued"
    assert glance.stored() == []
    assert glance.upload(image_id, b"whole").status_code == 204


def test_a_half_image_takes_a_new_upload_even_before_the_next_start(glance: Glance) -> None:
    image_id = glance.make()
    crash(glance, image_id, status="saving")

    assert glance.upload(image_id, b"whole").status_code == 204
    assert glance.download(image_id).content == b"whole"
    assert len(glance.stored()) == 1


def test_a_half_image_can_be_deleted(glance: Glance) -> None:
    image_id = glance.make()
    crash(glance, image_id, status="saving")

    assert glance.delete("alice", f"{IMAGES}/{image_id}").status_code == 204

    assert glance.stored() == []


def test_what_is_active_or_staged_stays(glance: Glance) -> None:
    active, staged = glance.make_active(b"active"), glance.make()
    glance.stage(staged, b"staged")

    restart(glance)

    assert glance.download(active).content == b"active"
    assert glance.show(staged)["status"] == "uploading"
    assert len(glance.stored()) == 2


def test_files_of_nobody_are_swept(glance: Glance) -> None:
    image_id = glance.make_active(b"data")
    for name in (str(uuid.uuid4()), f"{uuid.uuid4()}.part"):
        (glance.files / name).write_bytes(b"orphan")

    restart(glance)

    assert len(glance.stored()) == 1
    assert glance.download(image_id).content == b"data"


class TestALiveWriter:
    """Another worker, in the middle of an upload while this one starts."""

    @pytest.fixture
    def incoming(self, files: Files) -> Iterator[Incoming]:
        with files.receive() as incoming:
            incoming.write(b"so far")
            yield incoming

    def test_its_image_and_its_file_are_left_alone(self, glance: Glance, incoming: Incoming) -> None:
        image_id = glance.make()
        _set(glance, image_id, "saving", incoming.name)

        restart(glance)

        assert glance.show(image_id)["status"] == "saving"
        assert glance.stored() == [f"{incoming.name}.part"]
        assert glance.upload(image_id, b"other").status_code == 409

    def test_so_is_a_file_that_is_complete_but_not_yet_named_by_its_row(
        self, glance: Glance, incoming: Incoming
    ) -> None:
        incoming.keep()

        restart(glance)

        assert glance.stored() == [incoming.name]


def test_a_server_that_starts_for_the_first_time_makes_its_directory(tmp_path: Path) -> None:
    glance = Glance(tmp_path / "new")

    assert glance.stored() == []


def test_an_import_goes_on_after_a_crash(glance: Glance) -> None:
    image_id = glance.make()
    glance.stage(image_id, b"staged")
    glance.import_(image_id)

    restart(glance)
    glance.settle()

    assert glance.show(image_id)["status"] == "active"
    assert glance.download(image_id).content == b"staged"


def test_a_row_names_one_file_at_most(glance: Glance) -> None:
    image_id = glance.make_active(b"data")

    with glance.app.store.read() as connection:
        name = connection.execute(sa.select(images.c.data).where(images.c.id == image_id)).scalar_one()

    assert glance.stored() == [name]
