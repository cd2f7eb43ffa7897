"""What every cloud's volumes owe."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from jumpgate.block_storage.models import AttachSpec, ImageUploadSpec, StatusChanges, Volume
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, JumpgateError, NotFound, OverQuota
from jumpgate.common.listing import EVERYTHING, Filter, Query, page
from jumpgate.image.models import ImageSpec
from jumpgate.testing.contract.block_storage.things import SERVER_ID, SNAPSHOT, VOLUME, VOLUME_TYPE
from jumpgate.testing.contract.collection import Stock
from jumpgate.testing.contract.suite import Contract, Made, needs
from jumpgate.testing.contract.traits import Arguments, Identified, OfAllProjects, OwnedAndChangeable, OwnedIds, Uniform

CONNECTOR = {"host": "contract", "initiator": "iqn.1994-05.com.example:contract", "ip": "192.0.2.9"}
REFUSED = (BadRequest, Conflict)


class TestVolumes(OfAllProjects, OwnedAndChangeable, OwnedIds, Identified, Uniform):
    """Volumes as things: found, got, created, changed and deleted."""

    resource = "volumes"
    thing = VOLUME
    arguments: ClassVar[Arguments] = {
        "get": ((), {}),
        "update": (({"name": "x"},), {}),
        "delete": ((), {}),
        "set_metadata": (({"a": "b"},), {}),
        "delete_metadata": (("a",), {}),
        "set_image_metadata": (({"a": "b"},), {}),
        "delete_image_metadata": (("a",), {}),
        "reserve": ((), {}),
        "unreserve": ((), {}),
        "begin_detaching": ((), {}),
        "roll_detaching": ((), {}),
        "attach": ((AttachSpec(server_id=SERVER_ID, mountpoint="/dev/vdb"),), {}),
        "detach": ((None,), {}),
        "force_detach": ((None,), {}),
        "initialize_connection": ((CONNECTOR,), {}),
        "terminate_connection": ((CONNECTOR,), {}),
        "extend": ((2,), {}),
        "finish_extending": ((), {"failed": False}),
        "set_bootable": ((True,), {}),
        "set_read_only": ((True,), {}),
        "reset_status": ((StatusChanges(status="error"),), {}),
        "upload": ((ImageUploadSpec(image_name="x"),), {}),
        "revert": ((SERVER_ID,), {}),
    }

    @needs("count", "find")
    def test_the_count_is_that_of_the_list(self, stock: Stock) -> None:
        for query in (EVERYTHING, Query(filters=(Filter("name", (stock.one.name,)),))):
            counted = self.contract.count(stock.ctx, query)
            assert counted in (None, len(self.refiltered(stock.ctx, query)))

    @needs("summarize", "find", as_made=True)
    def test_the_summary_is_that_of_the_list(self, stock: Stock) -> None:
        query = Query(filters=(Filter("name", (stock.one.name,)),))
        for asked in (EVERYTHING, query):
            told = self.contract.summarize(stock.ctx, asked)
            if told is None:
                pytest.skip("the cloud has no summary of its own")
            listed: list[Volume] = page(list(self.contract.find(stock.ctx, EVERYTHING)), asked)
            assert (told.count, told.size_gib) == (len(listed), sum(volume.size_gib for volume in listed))
            assert "contract" in told.metadata["suite"]

    @needs("find")
    def test_volumes_are_found_by_metadata(self, stock: Stock) -> None:
        query = Query(filters=(Filter("metadata.suite", ("contract",)),))

        assert sorted(self.keys(stock.ctx, query)) == sorted(self.refiltered(stock.ctx, query))

    @needs("set_metadata", "delete_metadata", "get")
    def test_metadata_is_added_replaced_and_removed(self, made: Made, alice: Context) -> None:
        volume = made.make(VOLUME, metadata={"a": "1"})
        added = self.contract.set_metadata(alice, volume.id, {"b": "2"})
        replaced = self.contract.set_metadata(alice, volume.id, {"c": "3", "d": "4"}, replace=True)
        self.contract.delete_metadata(alice, volume.id, "c")

        assert dict(added) == {"a": "1", "b": "2"}
        assert dict(replaced) == {"c": "3", "d": "4"}
        assert dict(self.contract.get(alice, volume.id).metadata) == {"d": "4"}
        with pytest.raises(NotFound):
            self.contract.delete_metadata(alice, volume.id, "c")

    @needs("set_image_metadata", "delete_image_metadata", "get")
    def test_image_metadata_is_added_and_removed(self, made: Made, alice: Context) -> None:
        volume = made.make(VOLUME)
        self.contract.set_image_metadata(alice, volume.id, {"os_type": "linux", "arch": "x"})
        self.contract.delete_image_metadata(alice, volume.id, "arch")
        got = self.contract.get(alice, volume.id).image_metadata

        assert got.get("os_type") == "linux"
        assert "arch" not in got
        with pytest.raises(NotFound):
            self.contract.delete_image_metadata(alice, volume.id, "arch")

    @needs("set_bootable", "set_read_only", "get")
    def test_a_volume_is_made_bootable_and_read_only(self, made: Made, alice: Context) -> None:
        volume = made.make(VOLUME)
        self.contract.set_bootable(alice, volume.id, True)
        self.contract.set_read_only(alice, volume.id, True)
        got = self.contract.get(alice, volume.id)

        assert got.bootable
        assert got.is_read_only

    @needs("create")
    def test_too_large_a_volume_is_over_quota(self, made: Made, alice: Context) -> None:
        self.watched.require("quota_sets.get")
        limit = self.watched.cloud.offers.quota_sets.get(alice, alice.project).limits.get("gigabytes", -1)
        if limit < 0:
            pytest.skip("the cloud does not limit how much there is")
        with pytest.raises(OverQuota):
            self.contract.create(alice, VOLUME.spec(made, alice, "large", size_gib=limit + 1))


class TestVolumeStates(Contract):
    """A volume's way through its states, and what it refuses in them."""

    resource = "volumes"

    @pytest.fixture
    def volume(self, made: Made) -> Volume:
        """An available volume of alice's."""
        volume: Volume = made.make(VOLUME)
        return volume

    def status(self, ctx: Context, volume_id: str) -> str:
        return str(self.watched.volumes.get(ctx, volume_id).status)

    def becomes(self, ctx: Context, volume_id: str, status: str) -> Volume:
        """Wait for a state."""
        volume: Volume = self.watched.cloud.wait(
            lambda: self.watched.volumes.get(ctx, volume_id), lambda seen: seen.status == status, f"it is {status}"
        )
        return volume

    def refuses(self, call: Callable[[], Any], why: str) -> None:
        """Insist on BadRequest, or the Conflict that some operations have."""
        try:
            call()
        except REFUSED:
            return
        except JumpgateError as error:
            pytest.fail(f"{why} raises {error!r}: that is a BadRequest")
        pytest.fail(f"{why} is allowed")

    @needs("reserve", "unreserve", "get")
    def test_a_volume_is_reserved_and_given_up(self, volume: Volume, alice: Context) -> None:
        volumes = self.watched.volumes
        volumes.reserve(alice, volume.id)
        assert self.status(alice, volume.id) == "attaching"
        self.refuses(lambda: volumes.reserve(alice, volume.id), "reserving a reserved volume")
        self.refuses(lambda: volumes.delete(alice, volume.id), "deleting a reserved volume")
        volumes.unreserve(alice, volume.id)
        assert self.status(alice, volume.id) == "available"

    @needs("attach", "begin_detaching", "roll_detaching", "detach", "get", "delete", "extend")
    def test_a_volume_is_attached_and_detached(self, volume: Volume, alice: Context) -> None:
        volumes, spec = self.watched.volumes, AttachSpec(server_id=SERVER_ID, mountpoint="/dev/vdb")
        self.refuses(lambda: volumes.begin_detaching(alice, volume.id), "detaching an available volume")
        volumes.attach(alice, volume.id, spec)
        (attachment,) = self.becomes(alice, volume.id, "in-use").attachments
        assert (attachment.server_id, attachment.mountpoint) == (SERVER_ID, "/dev/vdb")
        self.refuses(lambda: volumes.delete(alice, volume.id), "deleting a volume in use")
        self.refuses(lambda: volumes.extend(alice, volume.id, 2), "extending a volume in use")
        volumes.begin_detaching(alice, volume.id)
        assert self.status(alice, volume.id) == "detaching"
        volumes.roll_detaching(alice, volume.id)
        assert self.status(alice, volume.id) == "in-use"
        volumes.detach(alice, volume.id, attachment.id)
        assert self.becomes(alice, volume.id, "available").attachments == ()

    @needs("attach", "force_detach", "get")
    def test_an_attachment_is_ended_by_force(self, volume: Volume, alice: Context, admin: Context) -> None:
        self.watched.volumes.attach(alice, volume.id, AttachSpec(server_id=SERVER_ID, mountpoint="/dev/vdb"))
        self.becomes(alice, volume.id, "in-use")
        self.watched.volumes.force_detach(admin, volume.id, None)
        self.becomes(alice, volume.id, "available")

    @needs("attach")
    def test_an_attached_volume_is_not_attached_elsewhere(self, made: Made, volume: Volume, alice: Context) -> None:
        volumes = self.watched.volumes
        volumes.attach(alice, volume.id, AttachSpec(server_id=SERVER_ID, mountpoint="/dev/vdb"))
        made.later(lambda: volumes.force_detach(alice, volume.id, None))
        other = AttachSpec(server_id=made.bench.missing(SERVER_ID), mountpoint="/dev/vdb")
        self.refuses(lambda: volumes.attach(alice, volume.id, other), "attaching an attached volume")

    @needs("initialize_connection", "terminate_connection", "get")
    def test_a_host_is_told_how_to_reach_a_volume(self, volume: Volume, alice: Context) -> None:
        told = self.watched.volumes.initialize_connection(alice, volume.id, CONNECTOR)
        self.watched.volumes.terminate_connection(alice, volume.id, CONNECTOR)

        assert told["driver_volume_type"]
        assert isinstance(told["data"], dict)
        assert self.status(alice, volume.id) == "available"

    @needs("extend", "get")
    def test_a_volume_grows_and_never_shrinks(self, volume: Volume, alice: Context) -> None:
        self.watched.volumes.extend(alice, volume.id, 2)
        grown = self.becomes(alice, volume.id, "available")

        assert grown.size_gib == 2
        for size_gib in (1, 2):
            shrink = functools.partial(self.watched.volumes.extend, alice, volume.id, size_gib)
            self.refuses(shrink, f"extending to {size_gib} GiB")

    @needs("finish_extending")
    def test_an_extension_that_nobody_waits_for_does_not_end(self, volume: Volume, alice: Context) -> None:
        for failed in (False, True):
            finish = functools.partial(self.watched.volumes.finish_extending, alice, volume.id, failed=failed)
            self.refuses(finish, "ending what did not begin")

    @needs("retype", "get")
    def test_a_volume_gets_another_type(self, made: Made, volume: Volume, alice: Context) -> None:
        volumes, kind = self.watched.volumes, made.make(VOLUME_TYPE)
        fresh = made.make(VOLUME)
        volumes.retype(alice, fresh.id, kind.name, "never")
        retyped = self.becomes(alice, fresh.id, "available")

        assert retyped.volume_type_id == kind.id
        self.refuses(lambda: volumes.retype(alice, fresh.id, kind.name, "never"), "retyping to the same type")
        with pytest.raises((NotFound, BadRequest)):
            volumes.retype(alice, volume.id, "no-such-type", "never")

    @needs("reset_status", "get")
    def test_an_administrator_sets_the_state(self, volume: Volume, alice: Context, admin: Context) -> None:
        self.watched.volumes.reset_status(admin, volume.id, StatusChanges(status="error"))
        assert self.status(alice, volume.id) == "error"
        self.watched.volumes.reset_status(admin, volume.id, StatusChanges(status="available"))
        assert self.status(alice, volume.id) == "available"

    @needs("delete")
    def test_a_volume_with_snapshots_goes_only_with_them(self, made: Made, volume: Volume, alice: Context) -> None:
        snapshot = made.make(SNAPSHOT, volume_id=volume.id)
        self.refuses(lambda: self.watched.volumes.delete(alice, volume.id), "deleting a volume with snapshots")
        self.watched.volumes.delete(alice, volume.id, cascade=True)
        made.cloud.wait(lambda: _is_there(self.watched.volumes, alice, volume.id), lambda there: not there, "it goes")
        assert not _is_there(self.watched.snapshots, alice, snapshot.id)

    @needs("create", "get")
    def test_a_volume_of_a_volume_is_as_large(self, made: Made, volume: Volume, alice: Context) -> None:
        copy = self.watched.volumes.get(alice, made.make(VOLUME, source_volume_id=volume.id, size_gib=None).id)

        assert (copy.source_volume_id, copy.size_gib) == (volume.id, volume.size_gib)

    @needs("create", "get")
    def test_a_volume_of_a_snapshot_is_as_large(self, made: Made, volume: Volume, alice: Context) -> None:
        snapshot = made.make(SNAPSHOT, volume_id=volume.id)
        copy = self.watched.volumes.get(alice, made.make(VOLUME, snapshot_id=snapshot.id, size_gib=None).id)

        assert (copy.snapshot_id, copy.size_gib) == (snapshot.id, volume.size_gib)

    @needs("revert", "get")
    def test_a_volume_is_reverted_to_its_newest_snapshot(self, made: Made, volume: Volume, alice: Context) -> None:
        older = made.make(SNAPSHOT, volume_id=volume.id)
        newer = made.make(SNAPSHOT, volume_id=volume.id)
        self.refuses(lambda: self.watched.volumes.revert(alice, volume.id, older.id), "reverting to an older one")
        self.watched.volumes.revert(alice, volume.id, newer.id)
        self.becomes(alice, volume.id, "available")

    @needs("upload", "get")
    def test_a_volume_becomes_an_image(self, made: Made, volume: Volume, alice: Context) -> None:
        images, name = made.bench.sibling("image").images, made.bench.name()
        upload = self.watched.volumes.upload(alice, volume.id, ImageUploadSpec(image_name=name))
        made.later(lambda: images.delete(alice, upload.image_id))
        self.becomes(alice, volume.id, "available")
        image = made.cloud.wait(
            lambda: images.get(alice, upload.image_id), lambda image: image.status == "active", "the image is active"
        )

        assert (upload.image_name, image.name) == (name, name)

    @needs("create", "reimage", "get")
    def test_a_volume_holds_an_image(self, made: Made, volume: Volume, alice: Context) -> None:
        image_id = self.image(made, alice)
        bootable = made.make(VOLUME, image_id=image_id)
        self.watched.volumes.reimage(alice, volume.id, image_id)
        again = self.becomes(alice, volume.id, "available")

        assert bootable.bootable
        assert bootable.image_metadata["image_id"] == image_id
        assert again.image_metadata["image_id"] == image_id

    @staticmethod
    def image(made: Made, ctx: Context) -> str:
        images = made.bench.sibling("image").images
        if made.cloud.given.image_id is not None:
            return made.cloud.given.image_id
        image = images.create(ctx, ImageSpec(name=made.bench.name(), disk_format="raw", container_format="bare"))
        made.later(lambda: images.delete(ctx, image.id))
        identifier: str = image.id
        return identifier


def _is_there(contract: Any, ctx: Context, key: str) -> bool:
    try:
        contract.get(ctx, key)
    except NotFound:
        return False
    return True
