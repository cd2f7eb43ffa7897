"""What images owe: their records, their data, and who may see them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, NotFound, RangeNotSatisfiable
from jumpgate.common.ids import Kind
from jumpgate.common.listing import EVERYTHING, Filter, Query
from jumpgate.image.models import Image, ImageQuery, ImageSpec
from jumpgate.testing.contract.collection import Stock, times
from jumpgate.testing.contract.model import Thing
from jumpgate.testing.contract.suite import Bench, Contract, Made, needs
from jumpgate.testing.contract.traits import Arguments, Identified, OfAllProjects, OwnedAndChangeable, OwnedIds, Uniform

DATA = bytes(range(256)) * 64


class Bytes:
    """Bytes that come in once, or break off."""

    def __init__(self, data: bytes, *, breaks: bool = False) -> None:
        self._data = data
        self._breaks = breaks

    def read(self, size: int = -1, /) -> bytes:
        if not self._data and self._breaks:
            raise OSError("the sender has gone away")
        part = self._data[:size]
        self._data = self._data[len(part) :]
        return part


class ImageThing(Thing):
    """An image that waits for its data."""

    resource = "images"
    kind = Kind.IMAGE
    filters = ("id", "name", "status", "visibility", "owner", "disk_format", "container_format", "protected", "hidden")
    sorts = ("created_at", "name", "status", "disk_format", "id")
    changes: ClassVar[Mapping[str, Any]] = {"name": "contract-renamed", "min_disk_gib": 2}

    def spec(self, made: Made, ctx: Context, name: str, **more: Any) -> ImageSpec:
        wanted = {"disk_format": "raw", "container_format": "bare"}
        properties = {**made.cloud.given.image_properties, **more.pop("properties", {"suite": "contract"})}
        return ImageSpec(**{"name": name, **wanted, "properties": properties, **more})

    def find(self, contract: Any, ctx: Context, query: Query) -> Iterable[Any]:
        asked = {field.name: getattr(query, field.name) for field in dataclasses.fields(query)}
        found: Iterable[Any] = contract.find(ctx, ImageQuery(**asked))
        return found


IMAGE = ImageThing()


class TestImages(OfAllProjects, OwnedAndChangeable, OwnedIds, Identified, Uniform):
    """Images as records."""

    resource = "images"
    thing = IMAGE
    arguments: ClassVar[Arguments] = {
        "get": ((), {}),
        "update": (({"name": "x"},), {}),
        "delete": ((), {}),
        "upload": ((Bytes(b"x"),), {}),
        "download": ((), {}),
        "deactivate": ((), {}),
        "reactivate": ((), {}),
        "add_tag": (("x",), {}),
        "remove_tag": (("x",), {}),
        "stage": ((Bytes(b"x"),), {}),
        "import_staged": ((), {}),
        "import_from": (("http://192.0.2.1/image",), {}),
    }

    @needs("update", "get")
    def test_properties_are_merged(self, made: Made, alice: Context) -> None:
        image = made.make(IMAGE, properties={"a": "1", "b": "2"})
        self.contract.update(alice, image.id, {"properties": {"a": None, "c": "3"}})

        wanted = {**made.cloud.given.image_properties, "b": "2", "c": "3"}
        assert dict(self.contract.get(alice, image.id).properties) == wanted

    @needs("update", "delete")
    def test_a_protected_image_stays(self, made: Made, alice: Context) -> None:
        image = made.make(IMAGE, protected=True)
        made.later(lambda: self.contract.update(alice, image.id, {"protected": False}))
        with pytest.raises(Forbidden):
            self.contract.delete(alice, image.id)
        self.contract.update(alice, image.id, {"protected": False})

    @needs("create")
    def test_a_taken_id_is_a_conflict(self, stock: Stock, made: Made) -> None:
        with pytest.raises(Conflict):
            self.contract.create(stock.ctx, IMAGE.spec(made, stock.ctx, "x", id=stock.one.id))

    @needs("add_tag", "remove_tag", "get", "find")
    def test_tags_come_and_go(self, made: Made, alice: Context) -> None:
        image = made.make(IMAGE)
        for tag in ("a", "b", "b"):
            self.contract.add_tag(alice, image.id, tag)
        self.contract.remove_tag(alice, image.id, "a")
        query = Query(filters=(Filter("tags", ("b",), "has"),))

        assert list(self.contract.get(alice, image.id).tags) == ["b"]
        assert sorted(self.keys(alice, query)) == sorted(self.refiltered(alice, query))
        with pytest.raises(NotFound):
            self.contract.remove_tag(alice, image.id, "a")

    @needs("find", "get")
    def test_a_public_image_is_everybodys_and_a_community_one_whose_id_is_known(
        self, made: Made, admin: Context, bob: Context
    ) -> None:
        public, community = made.make(IMAGE, admin, visibility="public"), made.make(IMAGE, visibility="community")
        private, mine = made.make(IMAGE, visibility="private"), self.keys(bob)

        assert public.id in mine
        assert community.id not in mine
        assert community.id in self.keys(bob, Query(filters=(Filter("visibility", ("community",)),)))
        assert self.contract.get(bob, community.id).id == community.id
        with pytest.raises(NotFound):
            self.contract.get(bob, private.id)


class TestImageData(Contract):
    """Images' data."""

    resource = "images"

    @pytest.fixture
    def queued(self, made: Made) -> Image:
        """An image that waits for its data."""
        image: Image = made.make(IMAGE)
        return image

    @pytest.fixture
    def active(self, queued: Image, bench: Bench, alice: Context) -> Image:
        """An image with data."""
        bench.require("images.upload")
        bench.images.upload(alice, queued.id, Bytes(DATA), size_bytes=len(DATA))
        image: Image = bench.cloud.wait(
            lambda: bench.images.get(alice, queued.id), lambda seen: seen.status == "active", "the image is active"
        )
        return image

    def read(self, ctx: Context, image_id: str, **part: int) -> bytes:
        download = self.watched.images.download(ctx, image_id, **part)
        assert download.size_bytes == len(DATA)
        return b"".join(download.chunks)

    @needs("upload", "download", "get")
    def test_what_was_uploaded_is_downloaded(self, queued: Image, alice: Context) -> None:
        assert self.watched.images.download(alice, queued.id) is None
        self.watched.images.upload(alice, queued.id, Bytes(DATA))
        got = self.watched.cloud.wait(
            lambda: self.watched.images.get(alice, queued.id), lambda seen: seen.status == "active", "it is active"
        )

        assert self.read(alice, queued.id) == DATA
        assert got.size_bytes == len(DATA)
        assert got.checksum in (None, hashlib.md5(DATA, usedforsecurity=False).hexdigest())
        assert got.hash_algorithm is None or got.hash_value == hashlib.new(got.hash_algorithm, DATA).hexdigest()

    @needs("download")
    def test_a_part_of_it_is_downloaded(self, active: Image, alice: Context) -> None:
        assert self.read(alice, active.id, offset=100) == DATA[100:]
        assert self.read(alice, active.id, offset=100, length=50) == DATA[100:150]
        with pytest.raises(RangeNotSatisfiable):
            self.watched.images.download(alice, active.id, offset=len(DATA) + 1)

    @needs("upload")
    def test_data_comes_once(self, active: Image, alice: Context) -> None:
        with pytest.raises(Conflict):
            self.watched.images.upload(alice, active.id, Bytes(b"other"))
        assert self.read(alice, active.id) == DATA

    @needs("upload", "get", "download")
    def test_of_data_that_breaks_off_nothing_is_kept(self, queued: Image, alice: Context) -> None:
        for stream, size_bytes in ((Bytes(DATA, breaks=True), None), (Bytes(DATA), len(DATA) + 1)):
            with pytest.raises(BadRequest):
                self.watched.images.upload(alice, queued.id, stream, size_bytes=size_bytes)
            assert self.watched.images.get(alice, queued.id).status == "queued"
            assert self.watched.images.download(alice, queued.id) is None

    @needs("deactivate", "reactivate", "download", "get")
    def test_a_deactivated_image_is_for_administrators(self, active: Image, alice: Context, admin: Context) -> None:
        images = self.watched.images
        images.deactivate(admin, active.id)
        images.deactivate(admin, active.id)
        with pytest.raises(Forbidden):
            images.download(alice, active.id)
        assert self.read(admin, active.id) == DATA
        assert images.get(alice, active.id).status == "deactivated"
        images.reactivate(admin, active.id)
        images.reactivate(admin, active.id)
        assert self.read(alice, active.id) == DATA

    @needs("deactivate", "reactivate")
    def test_an_image_without_data_is_not_deactivated(self, queued: Image, admin: Context) -> None:
        for switch in (self.watched.images.deactivate, self.watched.images.reactivate):
            with pytest.raises(Forbidden):
                switch(admin, queued.id)

    @needs("stage", "import_staged", "get")
    def test_staged_data_is_taken_in(self, queued: Image, alice: Context) -> None:
        images = self.watched.images
        with pytest.raises(Conflict):
            images.import_staged(alice, queued.id)
        images.stage(alice, queued.id, Bytes(DATA), size_bytes=len(DATA))
        assert images.get(alice, queued.id).status == "uploading"
        task = images.import_staged(alice, queued.id)
        assert task.image_id == queued.id
        self.watched.cloud.wait(lambda: images.get(alice, queued.id), lambda seen: seen.status == "active", "it is in")
        assert self.read(alice, queued.id) == DATA

    @needs("import_from")
    def test_from_where_nothing_is_fetched_is_refused(self, queued: Image, active: Image, alice: Context) -> None:
        for url in ("file:///etc/passwd", "no url"):
            with pytest.raises((BadRequest, Conflict)):
                self.watched.images.import_from(alice, queued.id, url)

    @needs("import_from")
    def test_an_image_with_data_imports_no_other(self, active: Image, alice: Context) -> None:
        with pytest.raises((BadRequest, Conflict)):
            self.watched.images.import_from(alice, active.id, "http://192.0.2.1/image")


class TestMembers(Contract):
    """With whom an image is shared."""

    resource = "members"

    @pytest.fixture
    def image(self, made: Made) -> Image:
        """A shared image of alice's."""
        image: Image = made.make(IMAGE)
        return image

    @needs("create", "find", "get", "update", "delete")
    def test_an_image_is_offered_accepted_and_taken_back(self, image: Image, alice: Context, bob: Context) -> None:
        members, images = self.watched.members, self.watched.images
        offered = members.create(alice, image.id, bob.project)
        with pytest.raises(Conflict):
            members.create(alice, image.id, bob.project)
        pending = [found.id for found in images.find(bob, ImageQuery())]
        members.update(bob, image.id, bob.project, "accepted")
        accepted = [found.id for found in images.find(bob, ImageQuery())]

        assert offered.status == "pending"
        assert image.id not in pending
        assert image.id in accepted
        assert members.get(bob, image.id, bob.project).status == "accepted"
        assert [member.id for member in members.find(alice, image.id)] == [bob.project]
        for where, time in times(offered, "members"):
            assert time.tzinfo is not None, f"{where} has no time zone"
        members.delete(alice, image.id, bob.project)
        with pytest.raises(NotFound):
            images.get(bob, image.id)
        with pytest.raises(NotFound):
            members.delete(alice, image.id, bob.project)

    @needs("find", "get", "create", "update", "delete")
    def test_for_others_the_image_does_not_exist(self, image: Image, alice: Context, bob: Context) -> None:
        members = self.watched.members
        for call in (
            lambda: list(members.find(bob, image.id)),
            lambda: members.get(bob, image.id, alice.project),
            lambda: members.create(bob, image.id, bob.project),
            lambda: members.update(bob, image.id, bob.project, "accepted"),
            lambda: members.delete(bob, image.id, alice.project),
        ):
            with pytest.raises(NotFound):
                call()


class TestTasks(Contract):
    """The imports of a project's images."""

    resource = "tasks"

    @needs("find", "get", "images.stage", "images.import_staged")
    def test_an_import_is_a_task_of_its_project(self, made: Made, alice: Context, bob: Context) -> None:
        image, images = made.make(IMAGE), made.bench.images
        images.stage(alice, image.id, Bytes(DATA))
        task = images.import_staged(alice, image.id)
        ended = made.cloud.wait(
            lambda: made.bench.tasks.get(alice, task.id), lambda seen: seen.status == "success", "the task ends"
        )

        assert (ended.image_id, ended.owner) == (image.id, alice.project)
        assert task.id in [item.id for item in made.bench.tasks.find(alice, EVERYTHING)]
        assert task.id not in [item.id for item in made.bench.tasks.find(bob, EVERYTHING)]
        for ctx, key in ((bob, task.id), (alice, made.bench.missing(task.id))):
            with pytest.raises(NotFound):
                made.bench.tasks.get(ctx, key)
        for where, time in times(ended, "tasks"):
            assert time.tzinfo is not None, f"{where} has no time zone"


class TestStores(Contract):
    """Where images' data is kept."""

    resource = "stores"

    @needs("find")
    def test_one_store_is_the_default(self, bench: Bench, alice: Context) -> None:
        assert sum(store.is_default for store in bench.stores.find(alice)) == 1


class TestUsages(Contract):
    """How much a project uses."""

    resource = "usages"

    @needs("find")
    def test_an_image_counts_for_its_project(self, made: Made, alice: Context, bob: Context) -> None:
        def count(ctx: Context) -> int:
            return int({usage.resource: usage.used for usage in made.bench.usages.find(ctx)}["image_count_total"])

        mine, theirs = count(alice), count(bob)
        made.make(IMAGE)

        assert (count(alice), count(bob)) == (mine + 1, theirs)
