"""What actions do to a server on a real LXD and to the guest in it."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import Result

from jumpgate.common.format import parse_iso, utcnow
from jumpgate.common.listing import EVERYTHING
from tests.lxd.servers import PROJECT, SERVERS, boot, remove, settled, show, upload
from tests.support.cloud import CALLERS, DEMO, Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until


@pytest.fixture
def server(cloud: Cloud, image: str) -> Iterator[str]:
    server_id = boot(cloud, image, "acts")
    yield server_id
    remove(cloud, server_id)


def act(cloud: Cloud, server_id: str, name: str, body: object = None, *, version: str = "2.79") -> Result:
    return cloud.post("alice", f"{SERVERS}/{server_id}/action", {name: body}, version=f"compute {version}")


def inside(lxd: RunningLxd, *command: str, name: str = "acts") -> str:
    return lxd.lxc("exec", name, *PROJECT, "--", *command)


def test_a_rebuilt_server_has_a_new_disk_and_is_there_all_the_time(
    cloud: Cloud, server: str, image: str, lxd: RunningLxd
) -> None:
    inside(lxd, "sh", "-c", "echo old > /root/mine; echo old > /bin/sh.old")
    seen, ended = set(), threading.Event()

    def look() -> None:
        while not ended.is_set():
            seen.add(cloud.get("alice", f"{SERVERS}/{server}").status_code)
            seen.add(server in cloud.get("alice", SERVERS).text)

    looker = threading.Thread(target=look)
    looker.start()
    assert act(cloud, server, "rebuild", {"imageRef": image, "name": "acts"}).status_code == 202
    settled(cloud, server, "ACTIVE")
    ended.set()
    looker.join()

    assert seen == {200, True}
    assert "mine" not in inside(lxd, "ls", "/root")
    assert "sh.old" not in inside(lxd, "ls", "/bin")
    assert inside(lxd, "stat", "-c", "%u:%g", "/bin/busybox").strip() == "0:0"
    assert "fill-" not in lxd.lxc("list", "--all-projects", "--format", "csv")


def test_a_stopped_server_stays_so_when_it_is_rebuilt(cloud: Cloud, server: str, image: str) -> None:
    act(cloud, server, "os-stop")
    settled(cloud, server, "SHUTOFF")
    act(cloud, server, "rebuild", {"imageRef": image})
    assert settled(cloud, server, "SHUTOFF")["image"]["id"] == image
    assert show(cloud, server)["id"] == server


@pytest.mark.parametrize("kind", ["SOFT", "HARD"])
def test_a_guest_is_asked_before_a_soft_reboot_and_not_before_a_hard_one(
    cloud: Cloud, server: str, lxd: RunningLxd, kind: str
) -> None:
    inside(lxd, "sh", "-c", "echo '::shutdown:/bin/touch /root/asked' >> /etc/inittab; kill -HUP 1")
    began = inside(lxd, "cut", "-d ", "-f22", "/proc/1/stat")
    assert act(cloud, server, "reboot", {"type": kind}).status_code == 202
    settled(cloud, server, "ACTIVE")
    assert inside(lxd, "cut", "-d ", "-f22", "/proc/1/stat") != began
    assert ("asked" in inside(lxd, "ls", "/root")) == (kind == "SOFT")


def test_a_guest_that_switches_itself_off_is_shutoff(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    inside(lxd, "sh", "-c", "(sleep 0.3; poweroff) >/dev/null 2>&1 </dev/null &")
    assert wait_until(lambda: show(cloud, server)["status"] == "SHUTOFF", timeout_s=20)
    assert show(cloud, server)["OS-EXT-STS:power_state"] == 4
    assert act(cloud, server, "os-start").status_code == 202
    settled(cloud, server, "ACTIVE")


def test_a_suspended_server_stands_still_and_goes_on_where_it_was(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    counting = "i=0; while true; do i=$((i + 1)); echo $i > /root/count; sleep 0.05; done"
    inside(lxd, "sh", "-c", f"({counting}) >/dev/null 2>&1 </dev/null &")
    assert act(cloud, server, "suspend").status_code == 202
    settled(cloud, server, "SUSPENDED")
    assert act(cloud, server, "unpause").status_code == 409
    assert json.loads(lxd.lxc("query", f"/1.0/instances/acts?project=os-{DEMO}"))["status"] == "Frozen"
    assert act(cloud, server, "resume").status_code == 202
    settled(cloud, server, "ACTIVE")
    before = int(inside(lxd, "cat", "/root/count") or 0)
    assert wait_until(lambda: int(inside(lxd, "cat", "/root/count") or 0) > before, timeout_s=5)


def test_what_somebody_thaws_with_lxc_is_suspended_no_more(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    act(cloud, server, "suspend")
    settled(cloud, server, "SUSPENDED")
    lxd.lxc("start", "acts", *PROJECT)
    assert show(cloud, server)["status"] == "ACTIVE"


def test_a_shelved_server_gives_its_disk_back_and_has_it_again(
    cloud: Cloud, server: str, image: str, lxd: RunningLxd
) -> None:
    inside(lxd, "sh", "-c", "echo kept > /root/mine; sync")
    assert act(cloud, server, "shelve").status_code == 202
    shown = settled(cloud, server, "SHELVED_OFFLOADED")
    assert shown["image"]["id"] == image
    (kept,) = cloud.get("alice", "/image/v2/images?name=acts-shelved").json["images"]
    assert (kept["status"], kept["image_type"], kept["instance_uuid"]) == ("active", "snapshot", server)
    root = lxd.folder / "lxd" / "storage-pools" / "default" / "containers" / f"os-{DEMO}_acts" / "rootfs"
    assert not any(root.glob("*/*"))
    assert act(cloud, server, "os-start").status_code == 409

    assert act(cloud, server, "unshelve").status_code == 202
    settled(cloud, server, "ACTIVE")
    assert inside(lxd, "cat", "/root/mine").strip() == "kept"
    assert cloud.get("alice", "/image/v2/images?name=acts-shelved").json["images"] == []


def test_the_image_of_a_shelved_server_goes_with_it(cloud: Cloud, image: str) -> None:
    server_id = boot(cloud, image, "goes")
    act(cloud, server_id, "shelve")
    settled(cloud, server_id, "SHELVED_OFFLOADED")
    remove(cloud, server_id)
    assert cloud.get("alice", "/image/v2/images?name=goes-shelved").json["images"] == []


def test_a_password_is_set_in_the_guest_and_kept_nowhere_else(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    assert act(cloud, server, "changePassword", {"adminPass": "a new one"}).status_code == 202
    expected = inside(lxd, "mkpasswd", "-m", "sha512", "a new one", "saltsalt").strip()
    assert f"root:{expected}:" in inside(lxd, "cat", "/etc/passwd")
    assert "password" not in inside(lxd, "ls", "-a", "/")
    assert "a new one" not in lxd.lxc("config", "show", "acts", *PROJECT)
    assert "a new one" not in lxd.log
    inside(lxd, "rm", "/bin/chpasswd")
    refused = act(cloud, server, "changePassword", {"adminPass": "another"})
    assert refused.status_code == 409
    assert "no chpasswd" in refused.json["conflictingRequest"]["message"]
    act(cloud, server, "os-stop")
    settled(cloud, server, "SHUTOFF")
    assert act(cloud, server, "changePassword", {"adminPass": "x"}).status_code == 409


def test_backups_are_rotated(cloud: Cloud, server: str) -> None:
    for number in range(3):
        wanted = {"name": f"nightly-{number}", "backup_type": "daily", "rotation": 2}
        assert act(cloud, server, "createBackup", wanted).status_code == 202
        settled(cloud, server, "ACTIVE")
    found = cloud.get("alice", "/image/v2/images?backup_type=daily").json["images"]
    assert {(item["name"], item["status"]) for item in found} == {("nightly-1", "active"), ("nightly-2", "active")}
    for item in found:
        cloud.delete("alice", f"/image/v2/images/{item['id']}")


@pytest.mark.parametrize("status", ["ACTIVE", "SHUTOFF", "PAUSED"])
def test_an_image_of_a_server_boots_with_what_was_on_its_disk(
    cloud: Cloud, server: str, lxd: RunningLxd, status: str
) -> None:
    inside(lxd, "sh", "-c", "echo kept > /root/mine; sync")
    if status != "ACTIVE":
        act(cloud, server, "os-stop" if status == "SHUTOFF" else "pause")
        settled(cloud, server, status)
    made = act(cloud, server, "createImage", {"name": "taken"}).json["image_id"]
    settled(cloud, server, status)
    assert cloud.get("alice", f"/image/v2/images/{made}").json["status"] == "active"
    copy = boot(cloud, made, "copy")
    assert inside(lxd, "cat", "/root/mine", name="copy").strip() == "kept"
    remove(cloud, copy)
    cloud.delete("alice", f"/image/v2/images/{made}")


def test_actions_are_listed_with_their_times(cloud: Cloud, server: str) -> None:
    begun = utcnow()
    act(cloud, server, "suspend")
    settled(cloud, server, "SUSPENDED")
    ended = utcnow()
    listed = cloud.get("alice", f"{SERVERS}/{server}/os-instance-actions", version="compute 2.79").json
    latest = listed["instanceActions"][0]
    assert [item["action"] for item in listed["instanceActions"]] == ["suspend", "create"]
    path = f"{SERVERS}/{server}/os-instance-actions/{latest['request_id']}"
    (event,) = cloud.get("admin", path, version="compute 2.79").json["instanceAction"]["events"]
    started, finished = (parse_iso(event[name]) for name in ("start_time", "finish_time"))
    assert begun - dt.timedelta(seconds=1) <= started <= finished <= ended
    assert (event["event"], event["result"]) == ("compute_suspend_instance", "Success")


def test_diagnostics_are_the_kernels_counters(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    def diagnostics(version: str) -> Any:
        return cloud.get("admin", f"{SERVERS}/{server}/diagnostics", version=f"compute {version}").json

    before = diagnostics("2.48")
    assert before["state"] == "running"
    assert 0 <= before["uptime"] < 600
    assert before["memory_details"] == {"maximum": 128, "used": before["memory_details"]["used"]}
    inside(
        lxd, "sh", "-c", "i=0; while [ $i -lt 50000 ]; do i=$((i + 1)); done; dd if=/dev/zero of=/tmp/x bs=1M count=16"
    )
    after = diagnostics("2.48")
    assert after["cpu_details"][0]["time"] > before["cpu_details"][0]["time"]
    assert after["memory_details"]["used"] > before["memory_details"]["used"]
    old = diagnostics("2.1")
    assert old["cpu0_time"] >= after["cpu_details"][0]["time"]
    assert old["memory"] == 128 * 1024


def test_a_rescued_server_shows_its_own_disk_and_has_it_again(
    cloud: Cloud, server: str, image: str, lxd: RunningLxd
) -> None:
    inside(lxd, "sh", "-c", "echo broken > /root/state; sync")
    answer = act(cloud, server, "rescue", {"rescue_image_ref": image})
    assert answer.status_code == 200
    settled(cloud, server, "RESCUE")
    assert inside(lxd, "cat", "/mnt/rescued/root/state").strip() == "broken"
    assert "state" not in inside(lxd, "ls", "/root")
    assert inside(lxd, "stat", "-c", "%u:%g", "/mnt/rescued/bin/busybox").strip() == "0:0"
    told = json.loads(inside(lxd, "cat", "/openstack/latest/meta_data.json"))
    assert told["uuid"] == server
    assert server in cloud.get("alice", SERVERS).text
    assert len(cloud.get("alice", SERVERS).json["servers"]) == 1
    inside(lxd, "sh", "-c", "echo mended > /mnt/rescued/root/state; sync")

    assert act(cloud, server, "unrescue").status_code == 202
    settled(cloud, server, "ACTIVE")
    assert inside(lxd, "cat", "/root/state").strip() == "mended"
    assert inside(lxd, "stat", "-c", "%u:%g", "/root/state").strip() == "0:0"
    assert "rescued" not in inside(lxd, "cat", "/proc/mounts")
    assert "rescued" not in lxd.lxc("list", "--all-projects", "--format", "csv")


def test_what_a_rescued_server_had_goes_with_it(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    server_id = boot(cloud, image, "goes")
    assert act(cloud, server_id, "rescue").status_code == 200
    settled(cloud, server_id, "RESCUE")
    assert f"rescued-{server_id}" in lxd.lxc("list", "--all-projects", "--format", "csv")
    remove(cloud, server_id)
    assert "rescued" not in lxd.lxc("list", "--all-projects", "--format", "csv")


def test_a_rescue_image_that_lxd_cannot_boot_is_refused(cloud: Cloud, server: str) -> None:
    disk = upload(cloud, "disk", b"no tarball at all")
    assert act(cloud, server, "rescue", {"rescue_image_ref": disk}).status_code == 400
    assert show(cloud, server)["status"] == "ACTIVE"
    cloud.delete("alice", f"/image/v2/images/{disk}")


def test_clients_who_leave_a_console_while_it_talks_do_no_harm_to_lxd(
    cloud: Cloud, server: str, lxd: RunningLxd
) -> None:
    """LXD 5.0 dies of a connection that just breaks off, mostly within some twenty of them."""
    servers = cloud.app.siblings(cloud.app.config.default_region)["compute"].servers
    (native,) = [found.id for found in servers.find(CALLERS["alice"], EVERYTHING)]
    for _ in range(20):
        console = servers.serial_console(CALLERS["alice"], native)
        reader = threading.Thread(target=console.read)
        reader.start()
        console.write(b"\r")
        console.close()
        reader.join(10)
        assert not reader.is_alive()
    assert lxd.process.poll() is None
