"""What servers on a real LXD really are: limits, files, addresses, counters; and what is left of them: nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lxd.cloud import running_cloud
from tests.lxd.servers import PROJECT, SERVERS, ask, boot, remove, settled, show, upload
from tests.support.cloud import DEMO, Cloud
from tests.support.lxd import RunningLxd
from tests.support.waiting import soon, wait_until


@pytest.fixture
def server(cloud: Cloud, image: str) -> Iterator[str]:
    server_id = boot(cloud, image, "one")
    yield server_id
    remove(cloud, server_id)


def test_the_guest_has_the_flavors_limits(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    config = json.loads(lxd.lxc("query", f"/1.0/instances/one?project=os-{DEMO}"))
    assert config["config"]["limits.cpu"] == "1"
    assert config["config"]["limits.memory"] == "128MiB"
    assert config["devices"]["root"]["size"] == "1GiB"
    assert lxd.lxc("exec", "one", *PROJECT, "--", "nproc").strip() == "1"


def test_the_address_answers_a_ping(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    assert wait_until(lambda: bool(show(cloud, server)["addresses"]), timeout_s=20)
    (address,) = show(cloud, server)["addresses"]["lxdbr0"]
    assert soon(lxd.pings, address["addr"])


def test_the_console_is_the_real_one(cloud: Cloud, server: str) -> None:
    def says() -> str:
        answer = cloud.post("alice", f"{SERVERS}/{server}/action", {"os-getConsoleOutput": {}})
        return str(answer.json["output"])

    assert wait_until(lambda: "TINY READY one" in says(), timeout_s=10), says()
    assert "TINY READY one" in says()


def test_the_counters_grow(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    assert wait_until(lambda: bool(show(cloud, server)["addresses"]), timeout_s=20)
    (address,) = show(cloud, server)["addresses"]["lxdbr0"]

    def received() -> int:
        answer = cloud.get("admin", f"{SERVERS}/{server}/diagnostics", version="compute 2.48")
        return int(answer.json["nic_details"][0]["rx_octets"])

    before = received()
    assert soon(lxd.pings, address["addr"])
    assert received() > before


def test_what_somebody_changes_with_lxc_shows_at_once(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    lxd.lxc("stop", "one", *PROJECT, "--force")
    assert show(cloud, server)["status"] == "SHUTOFF"
    lxd.lxc("start", "one", *PROJECT)
    assert show(cloud, server)["status"] == "ACTIVE"
    lxd.lxc("pause", "one", *PROJECT)
    assert show(cloud, server)["status"] == "PAUSED"
    lxd.lxc("start", "one", *PROJECT)


def test_a_size_that_somebody_changes_with_lxc_shows_at_once(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    lxd.lxc("config", "set", "one", *PROJECT, "limits.cpu=2", "limits.memory=100MB")
    lxd.lxc("config", "device", "set", "one", *PROJECT, "root", "size=1500MiB")
    shown = show(cloud, server)["flavor"]
    assert {name: shown[name] for name in ("vcpus", "ram", "disk", "original_name")} == {
        "vcpus": 2,
        "ram": 96,
        "disk": 2,
        "original_name": "m1.nano",
    }
    assert cloud.get("alice", f"{SERVERS}/{server}").json["server"]["flavor"]["id"] == "42"
    health = cloud.get("admin", f"{SERVERS}/{server}/diagnostics", version="compute 2.48").json
    assert (health["num_cpus"], health["memory_details"]["maximum"]) == (2, 96)
    used = cloud.get("alice", f"/compute/v2.1/os-simple-tenant-usage/{DEMO}").json["tenant_usage"]["server_usages"]
    (counted,) = [item for item in used if item["instance_id"] == server]
    assert (counted["vcpus"], counted["memory_mb"], counted["local_gb"]) == (2, 96, 2)
    limits = cloud.get("alice", f"/compute/v2.1/os-quota-sets/{DEMO}/detail").json["quota_set"]
    assert limits["cores"]["in_use"] >= 2
    lxd.lxc("config", "unset", "one", *PROJECT, "limits.memory")
    assert show(cloud, server)["flavor"]["ram"] == 0


def test_a_container_that_somebody_made_with_lxc_is_a_server(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    lxd.lxc("init", "--empty", "foreign", *PROJECT)
    listed = cloud.get("alice", f"{SERVERS}/detail").json["servers"]
    foreign = next(item for item in listed if item["name"] == "foreign")
    assert foreign["status"] == "SHUTOFF"
    assert show(cloud, foreign["id"])["flavor"]["original_name"] == "lxd"
    remove(cloud, foreign["id"])
    assert "foreign" not in lxd.lxc("list", *PROJECT, "--format", "csv")


def test_everything_is_there_after_the_database_is_gone(
    cloud: Cloud, server: str, image: str, lxd: RunningLxd, tmp_path: Path
) -> None:
    with running_cloud(tmp_path, lxd) as other:
        seen = show(other, server)
        assert (seen["id"], seen["name"], seen["status"]) == (server, "one", "ACTIVE")
        assert other.get("alice", f"/image/v2/images/{image}").json["status"] == "active"
        assert {item["id"] for item in other.get("alice", "/compute/v2.1/flavors").json["flavors"]} >= {"42", "84"}


def test_an_image_that_lxd_cannot_boot_is_refused(cloud: Cloud) -> None:
    disk = upload(cloud, "disk", b"no tarball at all")
    refused = ask(cloud, disk, "never")
    assert refused.status_code == 400
    assert "no LXD container image" in refused.json["badRequest"]["message"]
    assert cloud.get("alice", f"/image/v2/images/{disk}/file").content == b"no tarball at all"
    cloud.delete("alice", f"/image/v2/images/{disk}")


def test_a_server_that_does_not_start_says_why(cloud: Cloud, server: str, lxd: RunningLxd) -> None:
    cloud.post("alice", f"{SERVERS}/{server}/action", {"os-stop": None})
    settled(cloud, server, "SHUTOFF")
    lxd.lxc("config", "set", "one", *PROJECT, "raw.lxc=lxc.init.cmd=/no/such/init")
    cloud.post("alice", f"{SERVERS}/{server}/action", {"os-start": None})
    settled(cloud, server, "SHUTOFF")
    actions = cloud.get("alice", f"{SERVERS}/{server}/os-instance-actions", version="compute 2.79").json
    latest = actions["instanceActions"][0]
    assert (latest["action"], latest["message"]) == ("start", "Error")


def test_a_new_server_that_cannot_run_is_in_error_and_leaves_nothing(cloud: Cloud, lxd: RunningLxd) -> None:
    broken = upload(cloud, "broken", empty_tarball())
    server_id = ask(cloud, broken, "broken").json["server"]["id"]
    assert wait_until(lambda: show(cloud, server_id)["status"] == "ERROR", timeout_s=60)
    fault = show(cloud, server_id)["fault"]
    assert fault["message"].startswith("LXD failed at")
    remove(cloud, server_id)
    assert "broken" not in lxd.lxc("list", *PROJECT, "--format", "csv")
    cloud.delete("alice", f"/image/v2/images/{broken}")


def empty_tarball() -> bytes:
    """Return an LXD image whose root file system has no init."""
    import io
    import tarfile

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        text = b"architecture: x86_64\ncreation_date: 1700000000\n"
        member = tarfile.TarInfo("metadata.yaml")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
        for name in ("rootfs", "rootfs/dev", "rootfs/proc", "rootfs/sys"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(folder)
    return file.getvalue()


def test_nobody_elses_server_is_seen_changed_or_deleted(cloud: Cloud, server: str) -> None:
    assert cloud.get("bob", f"{SERVERS}/{server}").status_code == 404
    assert cloud.delete("bob", f"{SERVERS}/{server}").status_code == 404
    assert cloud.put("bob", f"{SERVERS}/{server}", {"server": {"name": "mine"}}).status_code == 404
    assert server not in cloud.get("bob", SERVERS).text


def test_ten_servers_at_once_come_up(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    ask(cloud, image, "ten", min_count=10, max_count=10)
    listed = [item["id"] for item in cloud.get("alice", SERVERS).json["servers"]]
    assert len(listed) == 10
    for server_id in listed:
        settled(cloud, server_id, "ACTIVE")
    assert wait_until(lambda: all(show(cloud, item)["addresses"] for item in listed), timeout_s=30)
    addresses = {show(cloud, item)["addresses"]["lxdbr0"][0]["addr"] for item in listed}
    assert len(addresses) == 10
    assert all(soon(lxd.pings, address) for address in addresses)
    remove(cloud, *listed)


def test_cycles_of_create_and_delete_leave_nothing(cloud: Cloud, image: str, lxd: RunningLxd) -> None:
    def everything() -> list[str]:
        lists = ("list", "image list", "storage volume list default", "network list-leases lxdbr0")
        options = {"list": ("--all-projects",), "network list-leases lxdbr0": ()}
        return [lxd.lxc(*words.split(), *options.get(words, PROJECT), "--format", "csv") for words in lists]

    before = everything()
    for index in range(10):
        remove(cloud, boot(cloud, image, f"cycle-{index}"))
    assert everything() == before


def test_an_lxd_that_is_down_is_503_and_serves_again_without_a_restart(
    cloud: Cloud, server: str, lxd: RunningLxd
) -> None:
    lxd.stop()
    answer = cloud.get("alice", f"{SERVERS}/{server}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert cloud.get("alice", "/image/v2/images").status_code == 503
    lxd.begin()
    settled(cloud, server, "ACTIVE")
    cloud.post("alice", f"{SERVERS}/{server}/action", {"os-stop": None})
    settled(cloud, server, "SHUTOFF")
