"""What fails in the middle: LXD, Jumpgate, a full pool, an image that goes. Nothing is left that nobody knows of."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from jumpgate.block_storage.drivers.lxd.reverting import Reverting
from jumpgate.block_storage.drivers.lxd.work import Work
from jumpgate.certify.target import connect
from jumpgate.clouds.lxd.aliases import Aliases
from jumpgate.clouds.lxd.session import Session
from jumpgate.common.errors import CloudUnreachable
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.creation import Creation
from jumpgate.compute.drivers.lxd.region import Region
from tests.lxd.cloud import DRIVERS, configuration, running_cloud, settings
from tests.lxd.servers import PROJECT, SERVERS, ask, boot, remove, settled, show, upload
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd, build_image
from tests.support.served import Served
from tests.support.waiting import wait_until

FILLING_MIB = 160
VOLUME = f"/volume/v3/{DEMO}"


@pytest.fixture(scope="module")
def big_tarball(tmp_path_factory: pytest.TempPathFactory, lxd: RunningLxd) -> Path:
    """An image that takes LXD a while to unpack."""
    folder = tmp_path_factory.mktemp("big")
    build_image(folder)
    (folder / "rootfs" / "filling").write_bytes(os.urandom(FILLING_MIB * 2**20))
    tarball = folder / "big.tar"
    owners = ["--numeric-owner", "--owner=0", "--group=0"]
    subprocess.run(["tar", *owners, "-cf", tarball, "-C", folder, "metadata.yaml", "rootfs"], check=True)
    return tarball


@pytest.fixture(scope="module")
def big(cloud: Cloud, big_tarball: Path) -> Iterator[str]:
    image_id = upload(cloud, "big", big_tarball.read_bytes())
    yield image_id
    cloud.delete("alice", f"/image/v2/images/{image_id}")


def instances(lxd: RunningLxd) -> list[str]:
    """Return the names of all instances."""
    return sorted(item["name"] for item in json.loads(lxd.lxc("list", "--all-projects", "--format", "json")))


def volumes(lxd: RunningLxd, pool: str = "default") -> list[str]:
    """Return the volumes of a pool, the instances' root disks among them."""
    records = json.loads(lxd.lxc("query", f"/1.0/storage-pools/{pool}/volumes?recursion=1&all-projects=true"))
    return sorted(f"{item['type']} {item['project']} {item['name']}" for item in records)


def operations(lxd: RunningLxd) -> list[str]:
    """Return the paths of the operations that LXD still knows."""
    known = json.loads(lxd.lxc("query", "/1.0/operations?all-projects=true") or "{}")
    return [path for paths in known.values() for path in paths]


def works(lxd: RunningLxd, project: str) -> list[str]:
    """Return the kinds of the work that is noted of a project's bootable volumes."""
    found = Session(settings(lxd)).find("instances", project=project)
    noted = [json.loads(item["config"].get("user.openstack.volume", "{}")).get("work") for item in found]
    return sorted(work["kind"] for work in noted if work)


def fate(cloud: Cloud, server_id: str) -> str:
    """Return a server's status, or GONE."""
    answer = cloud.get("alice", f"{SERVERS}/{server_id}")
    return "GONE" if answer.status_code == 404 else str(answer.json["server"]["status"])


def test_an_lxd_that_dies_while_it_makes_a_server_leaves_no_orphan(cloud: Cloud, big: str, lxd: RunningLxd) -> None:
    before = instances(lxd), volumes(lxd)
    server_id = ask(cloud, big, "halved").json["server"]["id"]
    lxd.kill()
    assert cloud.get("alice", SERVERS).status_code == 503
    lxd.begin()

    assert wait_until(lambda: fate(cloud, server_id) in ("ERROR", "GONE"), timeout_s=60), show(cloud, server_id)
    if fate(cloud, server_id) == "ERROR":
        assert "LXD was restarted" in show(cloud, server_id)["fault"]["message"]
        remove(cloud, server_id)
    assert (instances(lxd), volumes(lxd)) == before


def test_an_lxd_that_dies_while_it_deletes_servers_goes_on_with_it(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    before = instances(lxd), volumes(lxd)
    ids = [boot(cloud, image, f"doomed-{number}") for number in range(3)]
    for server_id in ids:
        assert cloud.delete("alice", f"{SERVERS}/{server_id}").status_code == 204
    lxd.kill()
    lxd.begin()

    assert wait_until(lambda: [fate(cloud, item) for item in ids] == ["GONE"] * 3, timeout_s=60), instances(lxd)
    assert (instances(lxd), volumes(lxd)) == before


@pytest.mark.parametrize("stays_away", [False, True])
def test_a_jumpgate_that_dies_while_it_makes_a_server_goes_on_with_it(
    lxd: RunningLxd, big_tarball: Path, tmp_path: Path, serve: Callable[..., Served], free_port: int, stays_away: bool
) -> None:
    conf, state = tmp_path / "jumpgate.conf", tmp_path / "state"
    conf.write_text(configuration(lxd, DRIVERS))
    served = serve("--config", str(conf), state=state, port=free_port)
    before = instances(lxd)
    client = connect("jumpgate", state / "clouds.yaml").connection
    formats = {"disk_format": "raw", "container_format": "bare"}
    image = client.image.create_image(name="big", data=big_tarball.read_bytes(), **formats)
    server = client.compute.create_server(name="survivor", image_id=image.id, flavor_id="42", networks="auto")

    served.kill()
    # LXD forgets an operation some seconds after its end.
    assert not stays_away or wait_until(lambda: operations(lxd) == [], timeout_s=60)
    serve("--config", str(conf), state=state, port=free_port)
    client.compute.wait_for_server(server, wait=60, interval=0.2)
    assert [name for name in instances(lxd) if name not in before] == ["survivor"]
    client.compute.delete_server(server)
    client.compute.wait_for_delete(server, wait=30, interval=0.2)
    client.image.delete_image(image)
    assert instances(lxd) == before


def test_a_server_whose_task_is_lost_is_shown_in_error_and_can_be_deleted(
    cloud: Cloud, image: str, lxd: RunningLxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = instances(lxd)
    with monkeypatch.context() as patch:
        # The process ends after LXD has begun, and before the promise is in the database.
        patch.setattr(Region, "promise", lambda *_, **__: None)
        server_id = ask(cloud, image, "forgotten").json["server"]["id"]
    assert show(cloud, server_id)["status"] == "BUILD"
    monkeypatch.setattr(notes, "TASK_LIFETIME", dt.timedelta(0))
    lost = show(cloud, server_id)
    assert (lost["status"], lost["OS-EXT-STS:task_state"]) == ("ERROR", None)
    assert "interrupted" in lost["fault"]["message"]
    remove(cloud, server_id)
    assert instances(lxd) == before


def test_a_full_pool_puts_the_server_in_error_with_lxds_words(
    lxd: RunningLxd, big_tarball: Path, tmp_path: Path
) -> None:
    try:
        lxd.lxc("storage", "create", "narrow", "btrfs", f"size={FILLING_MIB}MiB")
    except AssertionError as error:
        pytest.skip(f"no btrfs pool here, so none that is full: {error}")
    with running_cloud(tmp_path, lxd, more="pool = narrow\n") as narrow:
        image_id = upload(narrow, "big", big_tarball.read_bytes())
        server_id = ask(narrow, image_id, "squeezed").json["server"]["id"]
        assert wait_until(lambda: fate(narrow, server_id) == "ERROR", timeout_s=60), show(narrow, server_id)
        assert "No space left on device" in show(narrow, server_id)["fault"]["message"]
        remove(narrow, server_id)
        narrow.delete("alice", f"/image/v2/images/{image_id}")
    assert volumes(lxd, "narrow") == []
    lxd.lxc("storage", "delete", "narrow")


def test_an_image_that_goes_while_a_server_is_made_is_the_servers_fault(
    cloud: Cloud, tarball: Path, lxd: RunningLxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = instances(lxd)
    image_id = upload(cloud, "fleeting", tarball.read_bytes() + b"\0" * 512)
    source = Creation.source

    def then_gone(self: Creation, wanted: str, kind: str) -> dict[str, str]:
        found = source(self, wanted, kind)
        lxd.lxc("image", "delete", found["fingerprint"])
        return found

    monkeypatch.setattr(Creation, "source", then_gone)
    server_id = ask(cloud, image_id, "homeless").json["server"]["id"]
    assert wait_until(lambda: fate(cloud, server_id) == "ERROR", timeout_s=30), show(cloud, server_id)
    assert "image" in show(cloud, server_id)["fault"]["message"].lower()
    remove(cloud, server_id)
    assert instances(lxd) == before


def test_an_image_of_a_server_is_finished_when_an_attempt_was_cut_off(
    cloud: Cloud, image: str, lxd: RunningLxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_id = boot(cloud, image, "pictured")
    post, delete = Session.post, Session.delete
    left: list[str] = []

    def cut_off(self: Session, *path: str, **given: Any) -> Any:
        if path == ("images",) and not left:
            left.append("a snapshot")
            raise CloudUnreachable("Cut off.")
        return post(self, *path, **given)

    def nor_cleaned_up(self: Session, *path: str, **given: Any) -> None:
        if "snapshots" in path and left == ["a snapshot"]:
            left.append("and nobody")
            raise CloudUnreachable("Cut off.")
        delete(self, *path, **given)

    monkeypatch.setattr(Session, "post", cut_off)
    monkeypatch.setattr(Session, "delete", nor_cleaned_up)
    made = cloud.post("alice", f"{SERVERS}/{server_id}/action", {"createImage": {"name": "picture"}})
    image_id = made.headers["Location"].rpartition("/")[2]
    url = f"/image/v2/images/{image_id}"
    assert wait_until(lambda: cloud.get("alice", url).json["status"] == "active", timeout_s=30), cloud.get("alice", url)
    assert left == ["a snapshot", "and nobody"]
    settled(cloud, server_id, "ACTIVE")
    assert json.loads(lxd.lxc("query", f"/1.0/instances/pictured/snapshots?project={PROJECT[1]}")) == []
    remove(cloud, server_id)
    cloud.delete("alice", url)


def test_what_a_killed_upload_left_in_lxd_is_removed_at_a_start(
    cloud: Cloud, image: str, tarball: Path, lxd: RunningLxd, tmp_path: Path
) -> None:
    def fingerprints() -> list[str]:
        return [path.rpartition("/")[2] for path in json.loads(lxd.lxc("query", "/1.0/images"))]

    before = fingerprints()
    orphan = tmp_path / "orphan.tar.gz"
    orphan.write_bytes(tarball.read_bytes() + b"\0" * 4096)
    lxd.lxc("image", "import", str(orphan), "openstack=yes")
    aliases = Aliases(cloud_session(lxd))
    aliases.sweep("2001-01-01T00:00:00+00:00")
    assert len(fingerprints()) == len(before) + 1
    aliases.sweep("2101-01-01T00:00:00+00:00")
    assert fingerprints() == before
    assert cloud.get("alice", f"/image/v2/images/{image}/file").content == tarball.read_bytes()


def cloud_session(lxd: RunningLxd) -> Session:
    return Session(settings(lxd))


def test_a_slow_lxd_is_503_with_a_time_to_try_again(lxd: RunningLxd, tmp_path: Path) -> None:
    with running_cloud(tmp_path, lxd, more="timeout = 1\n") as hasty:
        assert hasty.get("alice", SERVERS).status_code == 200
        os.kill(lxd.process.pid, signal.SIGSTOP)
        try:
            answers = [hasty.get("alice", path) for path in (SERVERS, "/image/v2/images", "/compute/v2.1/flavors")]
            answers.append(ask(hasty, "11111111-2222-3333-4444-555555555555", "late"))
        finally:
            os.kill(lxd.process.pid, signal.SIGCONT)
        assert [(item.status_code, item.headers.get("Retry-After")) for item in answers] == [(503, "5")] * 4
        assert hasty.get("alice", SERVERS).status_code == 200


def test_what_lxd_refuses_to_do_is_in_the_servers_fault(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, image, "stubborn")
    cloud.post("alice", f"{SERVERS}/{server_id}/action", {"os-stop": None})
    settled(cloud, server_id, "SHUTOFF")
    lxd.lxc("config", "set", "stubborn", *PROJECT, "raw.lxc=lxc.init.cmd=/no/such/init")
    cloud.post("alice", f"{SERVERS}/{server_id}/action", {"os-start": None})
    settled(cloud, server_id, "SHUTOFF")
    actions = cloud.get("admin", f"{SERVERS}/{server_id}/os-instance-actions", version="compute 2.84").json
    request_id = actions["instanceActions"][0]["request_id"]
    told = cloud.get("admin", f"{SERVERS}/{server_id}/os-instance-actions/{request_id}", version="compute 2.84").json
    (event,) = told["instanceAction"]["events"]
    assert event["result"] == "Error"
    assert "Failed to run" in event["details"]
    config = json.loads(lxd.lxc("query", f"/1.0/instances/stubborn{'?project=' + PROJECT[1]}"))["config"]
    assert "Failed to run" in json.loads(config["user.openstack.fault"])["message"]
    remove(cloud, server_id)


def test_a_jumpgate_that_dies_while_it_makes_backs_up_and_restores_volumes_goes_on_with_all(
    lxd: RunningLxd, big_tarball: Path, tmp_path: Path, serve: Callable[..., Served], free_port: int
) -> None:
    conf, state = tmp_path / "jumpgate.conf", tmp_path / "state"
    conf.write_text(configuration(lxd, DRIVERS))
    served = serve("--config", str(conf), state=state, port=free_port)
    before = instances(lxd), volumes(lxd)
    client = connect("jumpgate", state / "clouds.yaml").connection
    storage, project, session = client.block_storage, f"os-{client.current_project_id}", Session(settings(lxd))
    formats = {"disk_format": "raw", "container_format": "bare"}
    image = client.image.create_image(name="big", data=big_tarball.read_bytes(), **formats)

    def available(thing: Any) -> Any:
        return storage.wait_for_status(thing, "available", wait=60, interval=0.2)

    def ask_for_one_more() -> None:
        # Its answer may not come any more.
        with contextlib.suppress(Exception):
            storage.create_volume(size=1, image_id=image.id, name="new")

    first = available(storage.create_volume(size=1, image_id=image.id, name="first"))
    backup = available(storage.create_backup(volume_id=first.id))
    restored = backup.restore(storage, name="restored").volume_id
    second = storage.create_backup(volume_id=first.id)
    asking = threading.Thread(target=ask_for_one_more)
    asking.start()
    assert wait_until(lambda: len(session.get("instances", project=project)) > 2, timeout_s=30, interval_s=0.005)
    # LXD stands still, so that nothing ends before the end.
    os.kill(lxd.process.pid, signal.SIGSTOP)
    served.kill()
    os.kill(lxd.process.pid, signal.SIGCONT)
    asking.join()
    assert "creation" in works(lxd, project)

    serve("--config", str(conf), state=state, port=free_port)
    made = {item.name: item for item in storage.volumes()}
    ids = [available(made[name]).id for name in ("first", "new", "restored")]
    available(second)
    assert (ids[0], ids[2], works(lxd, project)) == (first.id, restored, [])
    assert [name for name in instances(lxd) if name not in before[0]] == sorted(f"volume-{item}" for item in ids)
    kept = session.find("instances", f"volume-{first.id}", "backups", project=project)
    assert sorted(item["name"].rpartition("/")[2] for item in kept) == sorted((backup.id, second.id))
    for item in (backup, second):
        storage.delete_backup(item)
    for item in ids:
        storage.delete_volume(item)
    client.image.delete_image(image)
    assert (instances(lxd), volumes(lxd)) == before


def volume(cloud: Cloud, volume_id: str) -> dict[str, Any]:
    """Return a volume, or that it is gone."""
    answer = cloud.get("alice", f"{VOLUME}/volumes/{volume_id}")
    shown: dict[str, Any] = answer.json["volume"] if answer.status_code == 200 else {"status": "gone"}
    return shown


def told(cloud: Cloud, thing_id: str) -> list[str]:
    """Return what the messages say of a thing of block storage."""
    answer = cloud.get("alice", f"{VOLUME}/messages?resource_uuid={thing_id}", version="volume 3.5")
    return [item["user_message"] for item in answer.json["messages"]]


def test_work_on_a_volume_that_only_lxd_knows_of_is_gone_on_with_at_a_start(
    cloud: Cloud, big: str, lxd: RunningLxd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is lost while a volume is made, and while one is backed up."""
    before = instances(lxd), volumes(lxd)
    made = {"volume": {"size": 1, "imageRef": big}}
    first = cloud.post("alice", f"{VOLUME}/volumes", made).json["volume"]["id"]
    assert wait_until(lambda: bool(volume(cloud, first)["status"] == "available"), timeout_s=60)
    with monkeypatch.context() as patch:
        patch.setattr(Work, "promise", lambda *_, **__: None)
        begun = cloud.post("alice", f"{VOLUME}/volumes", made).json["volume"]
        answer = cloud.post("alice", f"{VOLUME}/backups", {"backup": {"volume_id": first}})
    assert [begun["status"], volume(cloud, first)["status"]] == ["creating", "backing-up"]
    backup = f"{VOLUME}/backups/{answer.json['backup']['id']}"
    for method, url in (("volumes", begun["id"]), ("volumes", first), ("backups", answer.json["backup"]["id"])):
        assert cloud.delete("alice", f"{VOLUME}/{method}/{url}").status_code == 400
    with running_cloud(tmp_path, lxd) as other:
        for item in (begun["id"], first):
            assert wait_until(lambda wanted=item: bool(volume(other, wanted)["status"] == "available"), timeout_s=60)  # type: ignore[misc]
        assert other.get("alice", backup).json["backup"]["status"] == "available"
        assert other.delete("alice", backup).status_code == 202
        for item in (begun["id"], first):
            assert other.delete("alice", f"{VOLUME}/volumes/{item}").status_code == 202
    assert (instances(lxd), volumes(lxd)) == before


def test_an_lxd_that_dies_while_it_makes_a_volume_leaves_it_in_error(cloud: Cloud, big: str, lxd: RunningLxd) -> None:
    before, session = (instances(lxd), volumes(lxd)), Session(settings(lxd))
    asked = {"volume": {"size": 1, "imageRef": big}}

    def are_there() -> int:
        return len(session.get("instances", project=f"os-{DEMO}"))

    count = are_there()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(cloud.post, "alice", f"{VOLUME}/volumes", asked)
        assert wait_until(lambda: are_there() > count, timeout_s=30, interval_s=0.005)
        lxd.kill()
        asking.result()
    lxd.begin()
    assert wait_until(lambda: works(lxd, f"os-{DEMO}") == [], timeout_s=60)
    (made,) = cloud.get("alice", f"{VOLUME}/volumes").json["volumes"]
    assert volume(cloud, made["id"])["status"] == "error"
    assert "LXD was restarted" in told(cloud, made["id"])[0]
    assert cloud.delete("alice", f"{VOLUME}/volumes/{made['id']}").status_code == 202
    assert (instances(lxd), volumes(lxd)) == before


def test_a_full_pool_puts_the_volume_in_error_with_lxds_words(cloud: Cloud, big: str, lxd: RunningLxd) -> None:
    try:
        lxd.lxc("storage", "create", "narrow", "btrfs", f"size={FILLING_MIB}MiB")
    except AssertionError as error:
        pytest.skip(f"no btrfs pool here, so none that is full: {error}")
    before = volumes(lxd)
    asked = {"volume": {"size": 1, "imageRef": big, "volume_type": "narrow"}}
    made = cloud.post("alice", f"{VOLUME}/volumes", asked)
    assert made.status_code == 202, made.text
    volume_id = made.json["volume"]["id"]
    assert wait_until(lambda: bool(volume(cloud, volume_id)["status"] == "error"), timeout_s=60)
    assert "No space left on device" in told(cloud, volume_id)[0]
    assert cloud.delete("alice", f"{VOLUME}/volumes/{volume_id}").status_code == 202
    assert (volumes(lxd), volumes(lxd, "narrow")) == (before, [])
    lxd.lxc("storage", "delete", "narrow")


def test_a_backup_that_lxd_cannot_make_is_in_error_and_goes(cloud: Cloud, lxd: RunningLxd) -> None:
    volume_id = cloud.post("alice", f"{VOLUME}/volumes", {"volume": {"size": 1}}).json["volume"]["id"]
    folder = lxd.folder / "lxd" / "backups" / "custom"
    folder.rename(folder.with_name("away"))
    folder.write_text("no folder")
    try:
        made = cloud.post("alice", f"{VOLUME}/backups", {"backup": {"volume_id": volume_id}}).json["backup"]["id"]
        url = f"{VOLUME}/backups/{made}"
        assert wait_until(lambda: bool(cloud.get("alice", url).json["backup"]["status"] == "error"), timeout_s=30)
    finally:
        folder.unlink()
        folder.with_name("away").rename(folder)
    reason = cloud.get("alice", url).json["backup"]["fail_reason"]
    assert "not a directory" in reason
    assert (volume(cloud, volume_id)["status"], told(cloud, made)) == ("available", [reason])
    (message,) = cloud.get("alice", f"{VOLUME}/messages", version="volume 3.3").json["messages"]
    theirs = f"/volume/v3/{'2' * 32}/messages"
    assert cloud.get("bob", f"{theirs}/{message['id']}", version="volume 3.3").status_code == 404
    assert cloud.get("bob", theirs, version="volume 3.3").json["messages"] == []
    assert cloud.delete("alice", f"{VOLUME}/messages/{message['id']}", version="volume 3.3").status_code == 204
    assert told(cloud, made) == []
    assert cloud.delete("alice", url).status_code == 202
    assert cloud.delete("alice", f"{VOLUME}/volumes/{volume_id}").status_code == 202


def test_a_revert_that_is_cut_off_loses_no_note_of_the_volume(
    cloud: Cloud, image: str, lxd: RunningLxd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LXD gives a bootable volume the keys that it had, too: one that it did not have then is of a backup."""
    asked = {"volume": {"size": 1, "imageRef": image, "name": "reverts"}}
    made = cloud.post("alice", f"{VOLUME}/volumes", asked).json["volume"]["id"]
    assert wait_until(lambda: bool(volume(cloud, made)["status"] == "available"), timeout_s=30)
    taken = cloud.post("alice", f"{VOLUME}/snapshots", {"snapshot": {"volume_id": made}}).json["snapshot"]["id"]
    backup = cloud.post("alice", f"{VOLUME}/backups", {"backup": {"volume_id": made}}).json["backup"]["id"]
    assert wait_until(lambda: bool(volume(cloud, made)["status"] == "available"), timeout_s=30)
    renamed = {"volume": {"name": "later"}}
    assert cloud.put("alice", f"{VOLUME}/volumes/{made}", renamed).status_code == 200
    with monkeypatch.context() as patch:
        # The process ends when LXD has restored the bytes.
        patch.setattr(Reverting, "_put_back", killed)
        patch.setattr(Work, "look_again", lambda _: None)
        revert = {"revert": {"snapshot_id": taken}}
        assert cloud.post("alice", f"{VOLUME}/volumes/{made}/action", revert, version="volume 3.40").status_code == 503
    assert cloud.get("alice", f"{VOLUME}/backups/{backup}").status_code == 404
    with running_cloud(tmp_path, lxd) as other:
        assert wait_until(lambda: other.get("alice", f"{VOLUME}/backups/{backup}").status_code == 200, timeout_s=30)
        assert (volume(other, made)["name"], volume(other, made)["status"]) == ("later", "available")
    assert cloud.delete("alice", f"{VOLUME}/backups/{backup}").status_code == 202
    assert cloud.delete("alice", f"{VOLUME}/volumes/{made}?cascade=true").status_code == 202
    project = json.loads(lxd.lxc("query", f"/1.0/projects/os-{DEMO}"))
    assert not [key for key in project["config"] if "reverting" in key]


def killed(*_: object) -> None:
    raise CloudUnreachable("Cut off.")
