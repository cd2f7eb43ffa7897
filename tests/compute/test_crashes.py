"""The process may die anywhere: what was promised is kept when it starts again, and nothing is left over.

A crash is tried at every point of a piece of work: before each transaction, before each call to a sibling and right
after a sibling has done what it was asked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud


class Crash(BaseException):
    """The end of the process; no handler of errors sees it."""


class Countdown:
    """Ends the process at the point of a number, and counts the points otherwise."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.passed = 0

    def point(self) -> None:
        self.passed += 1
        self.left -= 1
        if self.left == 0:
            raise Crash


class Between(Countdown):
    """Does something else at the point of a number."""

    def __init__(self, number: int, call: Callable[[], object]) -> None:
        super().__init__(number)
        self._call = call

    def point(self) -> None:
        self.passed += 1
        self.left -= 1
        if self.left == 0:
            self._call()


@contextlib.contextmanager
def armed(cloud: ComputeCloud, countdown: Countdown) -> Iterator[None]:
    """Let every transaction and every call to a sibling be a point of a countdown."""
    network, storage = cloud.network, cloud.storage
    shelves = (network.ports.shelf, storage.volumes.shelf, storage.attachments.shelf, cloud.imaging.images.shelf)
    write = cloud.app.store.write

    @contextlib.contextmanager
    def counted(*topics: str) -> Iterator[Any]:
        countdown.point()
        with write(*topics) as connection:
            yield connection

    def nothing() -> None:
        pass

    cloud.app.store.write = counted  # type: ignore[method-assign]
    for shelf in shelves:
        shelf.point = countdown.point
    try:
        yield
    finally:
        cloud.app.store.write = write  # type: ignore[method-assign]
        for shelf in shelves:
            shelf.point = nothing


def crash_everywhere(
    path: Path, prepare: Callable[[ComputeCloud], Any], work: Callable[[ComputeCloud, Any], None]
) -> Iterator[tuple[ComputeCloud, Any]]:
    """Yield the cloud after a crash at each point of its tasks and a new start, until the work ends without one."""
    for number in range(1, 200):
        cloud = ComputeCloud(path / str(number))
        prepared = prepare(cloud)
        work(cloud, prepared)
        countdown = Countdown(number)
        with armed(cloud, countdown):
            try:
                cloud.settle()
                crashed = False
            except Crash:
                crashed = True
        cloud = cloud.reopen()
        cloud.settle()
        yield cloud, prepared
        cloud.app.store.close()
        if not crashed:
            assert countdown.passed > 2, "There was nothing to crash in."
            return
    raise AssertionError("The work never ended.")


def nothing_is_left(cloud: ComputeCloud, *server_ids: str) -> None:
    """Every port and attachment belongs to a server that exists, and none is missing or there twice."""
    alive = set(server_ids)
    assert {port.device_id for port in cloud.network.ports.shelf.things.values()} <= alive
    assert {item.server_id for item in cloud.storage.attachments.shelf.things.values()} <= alive


def wants_everything(cloud: ComputeCloud) -> dict[str, Any]:
    """Return a create with two interfaces and a volume that has to be made."""
    image_root = {
        "source_type": "image",
        "destination_type": "volume",
        "uuid": cloud.imaging.cirros.id,
        "boot_index": 0,
        "volume_size": 1,
        "delete_on_termination": True,
    }
    network = {"uuid": cloud.network.private.id}
    port = {"port": cloud.network.add_port().id}
    return cloud.wanted(imageRef=None, networks=[network, network, port], block_device_mapping_v2=[image_root])


def test_a_build_goes_on_where_it_was(tmp_path: Path) -> None:
    def create(cloud: ComputeCloud, _: Any) -> None:
        answer = cloud.call("alice", "POST", "/servers", wants_everything(cloud))
        assert answer.status_code == 202, answer.text

    for cloud, _ in crash_everywhere(tmp_path, lambda cloud: None, create):
        (server,) = cloud.call("alice", "GET", "/servers/detail").json["servers"]
        assert server["status"] == "ACTIVE"
        assert len(cloud.network.ports_of(server["id"])) == 3
        assert len(cloud.network.ports.shelf.things) == 3
        assert len(cloud.storage.volumes.shelf.things) == 1
        assert len(cloud.storage.attachments.of(server["id"])) == 1
        actions = cloud.call("alice", "GET", f"/servers/{server['id']}/os-instance-actions").json["instanceActions"]
        assert [action["action"] for action in actions] == ["create"]


def test_a_delete_goes_on_where_it_was(tmp_path: Path) -> None:
    def boot(cloud: ComputeCloud) -> str:
        answer = cloud.call("alice", "POST", "/servers", wants_everything(cloud))
        cloud.settle()
        server_id: str = answer.json["server"]["id"]
        return server_id

    def delete(cloud: ComputeCloud, server_id: str) -> None:
        assert cloud.call("alice", "DELETE", f"/servers/{server_id}").status_code == 204

    for cloud, server_id in crash_everywhere(tmp_path, boot, delete):
        assert cloud.call("alice", "GET", f"/servers/{server_id}").status_code == 404
        nothing_is_left(cloud, "")
        assert len(cloud.network.ports.shelf.things) == 1
        assert cloud.storage.volumes.shelf.things == {}


def test_a_server_deleted_while_it_is_built_leaves_nothing(tmp_path: Path) -> None:
    def create_and_delete(cloud: ComputeCloud, _: Any) -> None:
        server_id = cloud.call("alice", "POST", "/servers", wants_everything(cloud)).json["server"]["id"]
        cloud.call("alice", "DELETE", f"/servers/{server_id}")

    for cloud, _ in crash_everywhere(tmp_path, lambda cloud: None, create_and_delete):
        assert cloud.call("alice", "GET", "/servers").json["servers"] == []
        nothing_is_left(cloud, "")
        assert cloud.storage.volumes.shelf.things == {}


def test_a_failed_build_gives_back_what_it_made(tmp_path: Path) -> None:
    def create(cloud: ComputeCloud, _: Any) -> None:
        wanted = wants_everything(cloud)
        free = cloud.network.ports.free[cloud.network.private.id]
        del free[1:]
        assert cloud.call("alice", "POST", "/servers", wanted).status_code == 202

    for cloud, _ in crash_everywhere(tmp_path, lambda cloud: None, create):
        (server,) = cloud.call("alice", "GET", "/servers/detail").json["servers"]
        assert server["status"] == "ERROR"
        nothing_is_left(cloud, "")


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ({"os-stop": None}, "SHUTOFF"),
        ({"reboot": {"type": "HARD"}}, "ACTIVE"),
        ({"resize": {"flavorRef": "84"}}, "VERIFY_RESIZE"),
        ({"createImage": {"name": "snap"}}, "ACTIVE"),
        ({"shelve": None}, "SHELVED_OFFLOADED"),
    ],
)
def test_an_action_goes_on_where_it_was(tmp_path: Path, action: dict[str, Any], status: str) -> None:
    def act(cloud: ComputeCloud, server_id: str) -> None:
        assert cloud.call("alice", "POST", f"/servers/{server_id}/action", action).status_code == 202

    for cloud, server_id in crash_everywhere(tmp_path, lambda cloud: cloud.boot(), act):
        server = cloud.server(server_id)
        assert (server["status"], server["OS-EXT-STS:task_state"]) == (status, None)
        made = [image for image in cloud.imaging.images.shelf.things.values() if image.name != "cirros"]
        assert [image.status for image in made] == ["active"] * len(made)
        assert len(made) == (1 if {"createImage", "shelve"} & set(action) else 0)


def test_a_root_volume_is_filled_anew_and_attached_once(tmp_path: Path) -> None:
    def boot(cloud: ComputeCloud) -> str:
        cloud.call("alice", "POST", "/servers", wants_everything(cloud))
        cloud.settle()
        server_id: str = cloud.call("alice", "GET", "/servers").json["servers"][0]["id"]
        return server_id

    def rebuild(cloud: ComputeCloud, server_id: str) -> None:
        image = cloud.imaging.images.add(name="other")
        body = {"rebuild": {"imageRef": image.id}}
        assert cloud.call("alice", "POST", f"/servers/{server_id}/action", body, at="2.93").status_code == 202

    for cloud, server_id in crash_everywhere(tmp_path, boot, rebuild):
        assert cloud.server(server_id)["status"] == "ACTIVE"
        (volume,) = cloud.storage.volumes.shelf.things.values()
        assert volume.status == "in-use"
        assert cloud.imaging.images.shelf.things[volume.image_metadata["image_id"]].name == "other"
        assert len(cloud.storage.attachments.of(server_id)) == 1


def test_a_crash_in_the_middle_of_a_detach_is_looked_after(tmp_path: Path) -> None:
    for number in range(1, 20):
        cloud = ComputeCloud(tmp_path / str(number))
        volume, server_id = cloud.storage.volumes.add(), cloud.boot()
        path, body = f"/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume.id}}
        cloud.call("alice", "POST", path, body)
        countdown = Countdown(number)
        accepted = False
        with armed(cloud, countdown), contextlib.suppress(Crash):
            accepted = cloud.call("alice", "DELETE", f"{path}/{volume.id}").status_code == 202
        crashed = countdown.left <= 0

        cloud = cloud.reopen()
        cloud.make_due("compute.detach")
        cloud.settle()

        shown = cloud.call("alice", "GET", path).json["volumeAttachments"]
        states = (
            len(shown),
            len(cloud.storage.attachments.of(server_id)),
            cloud.storage.volumes.shelf.things[volume.id].status,
        )
        assert states in ((0, 0, "available"), *(() if accepted else ((1, 1, "in-use"),)))
        cloud.app.store.close()
        if not crashed:
            assert countdown.passed > 2, "There was nothing to crash in."
            return
    raise AssertionError("The detach never ended.")


def test_a_crash_in_the_middle_of_an_attach_is_looked_after(tmp_path: Path) -> None:
    for number in range(1, 20):
        cloud = ComputeCloud(tmp_path / str(number))
        volume, server_id = cloud.storage.volumes.add(), cloud.boot()
        countdown = Countdown(number)
        body = {"volumeAttachment": {"volumeId": volume.id}}
        with armed(cloud, countdown), contextlib.suppress(Crash):
            cloud.call("alice", "POST", f"/servers/{server_id}/os-volume_attachments", body)
        crashed = countdown.left <= 0

        cloud = cloud.reopen()
        cloud.make_due("compute.attach")
        cloud.settle()

        shown = cloud.call("alice", "GET", f"/servers/{server_id}/os-volume_attachments").json["volumeAttachments"]
        states = (
            len(shown),
            len(cloud.storage.attachments.of(server_id)),
            cloud.storage.volumes.shelf.things[volume.id].status,
        )
        assert states in ((0, 0, "available"), (1, 1, "in-use"))
        cloud.app.store.close()
        if not crashed:
            return
    raise AssertionError("The attach never ended.")


def test_an_attach_is_looked_after_in_the_middle_of_a_detach(tmp_path: Path) -> None:
    for number in range(1, 20):
        cloud = ComputeCloud(tmp_path / str(number))
        volume, server_id = cloud.storage.volumes.add(), cloud.boot()
        path, body = f"/servers/{server_id}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume.id}}
        cloud.call("alice", "POST", path, body)
        cloud.make_due("compute.attach")
        between = Between(number, cloud.settle)
        with armed(cloud, between):
            assert cloud.call("alice", "DELETE", f"{path}/{volume.id}").status_code == 202
        cloud.make_due("compute.detach")
        cloud.settle()

        assert cloud.call("alice", "GET", path).json["volumeAttachments"] == []
        assert cloud.storage.attachments.of(server_id) == []
        assert cloud.storage.volumes.shelf.things[volume.id].status == "available"
        cloud.app.store.close()
        if between.left > 0:
            assert between.passed > 2, "There was nothing to come between."
            return
    raise AssertionError("The detach never ended.")


def test_a_create_is_all_or_nothing(tmp_path: Path) -> None:
    for number in range(1, 20):
        cloud = ComputeCloud(tmp_path / str(number))
        countdown = Countdown(number)
        with armed(cloud, countdown), contextlib.suppress(Crash):
            cloud.call("alice", "POST", "/servers", cloud.wanted(max_count=2))
        crashed = countdown.left <= 0

        cloud = cloud.reopen()
        cloud.settle()

        statuses = [server["status"] for server in cloud.call("alice", "GET", "/servers/detail").json["servers"]]
        assert statuses in ([], ["ACTIVE", "ACTIVE"])
        cloud.app.store.close()
        if not crashed:
            assert len(statuses) == 2
            return
    raise AssertionError("The create never ended.")


def test_what_was_plugged_in_behind_a_delete_is_swept_up(tmp_path: Path) -> None:
    cloud = ComputeCloud(tmp_path)
    server_id = cloud.boot()
    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()
    late = cloud.network.add_port()
    cloud.network.ports.shelf.change(late.id, {"device_id": server_id})

    cloud.make_due("compute.sweep")
    cloud.settle()

    assert cloud.network.ports.shelf.things == {}
