"""A cluster of three real LXDs behind one Jumpgate: where servers go, what operators see, and a member that is down."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jumpgate.clouds.lxd.cluster import Cluster as Members
from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.settings import Settings
from jumpgate.common.config import Config
from tests.lxd.cloud import running_cloud
from tests.lxd.servers import PROJECT, SERVERS, ask, boot, remove, settled, upload
from tests.lxd.test_https import NOTHING, new_identity
from tests.support.cloud import ADMIN, Cloud
from tests.support.lxd import build_image
from tests.support.lxd_cluster import NAMES, PORT, Cluster, address_of
from tests.support.namespaces import entered
from tests.support.waiting import wait_until

ADMINS = ("--project", f"os-{ADMIN}")


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[Cloud]:
    with running_cloud(tmp_path_factory.mktemp("cluster"), cluster.first) as made:
        yield made


@pytest.fixture(scope="module")
def image(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    return upload(cloud, "tiny", build_image(tmp_path_factory.mktemp("image")).read_bytes())


@pytest.fixture
def standing(cloud: Cloud, image: str) -> Iterator[str]:
    """A server of the administrators' project on the first member."""
    server_id = boot_on(cloud, image, "one")
    yield server_id
    assert cloud.delete("admin", f"{SERVERS}/{server_id}").status_code == 204


def admins(cloud: Cloud, path: str) -> Any:
    found = cloud.get("admin", f"/compute/v2.1/{path}", version="compute 2.79")
    assert found.status_code == 200, found.text
    return found.json


def place(cloud: Cloud, image: str, name: str, **wanted: Any) -> Any:
    """Ask for a server as an administrator, in his project."""
    body = {"server": {"name": name, "imageRef": image, "flavorRef": "42", "networks": "auto", **wanted}}
    return cloud.post("admin", SERVERS, body, version="compute 2.79")


def host_of(cloud: Cloud, server_id: str) -> str:
    host: str = admins(cloud, f"servers/{server_id}")["server"]["OS-EXT-SRV-ATTR:host"]
    return host


def is_active(cloud: Cloud, server_id: str) -> bool:
    """Tell, after a while, whether a server of the administrators' project runs."""
    return wait_until(lambda: admins(cloud, f"servers/{server_id}")["server"]["status"] == "ACTIVE", timeout_s=60)


def boot_on(cloud: Cloud, image: str, host: str) -> str:
    """Return a server of the administrators' project that runs on a member."""
    made = place(cloud, image, f"on-{host}", host=host)
    assert made.status_code == 202, made.text
    server_id: str = made.json["server"]["id"]
    assert is_active(cloud, server_id)
    return server_id


def service(cloud: Cloud, host: str) -> dict[str, Any]:
    (found,) = admins(cloud, f"os-services?host={host}")["services"]
    return dict(found)


def enable(cloud: Cloud, host: str, *, enabled: bool) -> None:
    body = {"status": "enabled"} if enabled else {"status": "disabled", "disabled_reason": "repairs"}
    path = f"/compute/v2.1/os-services/{service(cloud, host)['id']}"
    assert cloud.put("admin", path, body, version="compute 2.79").status_code == 200


def test_servers_are_spread_over_the_members(cloud: Cloud, cluster: Cluster, image: str) -> None:
    servers = [boot(cloud, image, f"spread-{number}") for number in range(3)]
    assert {host_of(cloud, server_id) for server_id in servers} == set(NAMES)
    listed = json.loads(cluster.first.lxc("list", *PROJECT, "--format", "json"))
    assert {item["location"] for item in listed} == set(NAMES)
    remove(cloud, *servers)


@pytest.mark.parametrize("wanted", [{"availability_zone": "nova:two"}, {"host": "two"}, {"hypervisor_hostname": "two"}])
def test_an_administrator_chooses_the_member(cloud: Cloud, image: str, wanted: dict[str, str]) -> None:
    for number in range(2):
        made = place(cloud, image, f"chosen-{number}", **wanted)
        assert made.status_code == 202, made.text
        server_id = made.json["server"]["id"]
        assert host_of(cloud, server_id) == "two"
        assert cloud.delete("admin", f"{SERVERS}/{server_id}").status_code == 204


@pytest.mark.parametrize("wanted", [{"availability_zone": "nova:nowhere"}, {"host": "nowhere"}])
def test_a_member_that_is_not_there_is_refused(cloud: Cloud, image: str, wanted: dict[str, str]) -> None:
    refused = place(cloud, image, "lost", **wanted)
    assert (refused.status_code, "nowhere" in refused.text) == (400, True)


def test_a_user_may_not_choose_the_member(cloud: Cloud, image: str) -> None:
    assert ask(cloud, image, "own", availability_zone="nova:two").status_code == 403


def test_a_disabled_member_gets_no_more_servers(cloud: Cloud, cluster: Cluster, image: str) -> None:
    for host in ("one", "three"):
        enable(cloud, host, enabled=False)
    assert service(cloud, "one")["disabled_reason"] == "repairs"
    assert "scheduler.instance: manual" in cluster.first.lxc("cluster", "show", "one")
    servers = [boot(cloud, image, f"only-{number}") for number in range(2)]
    assert {host_of(cloud, server_id) for server_id in servers} == {"two"}
    enable(cloud, "two", enabled=False)
    refused = ask(cloud, image, "none")
    assert refused.status_code == 400
    assert "No valid host" in refused.text
    assert admins(cloud, f"servers/{servers[0]}")["server"]["host_status"] == "MAINTENANCE"
    for host in NAMES:
        enable(cloud, host, enabled=True)
    remove(cloud, *servers)


@pytest.mark.parametrize(("policy", "hosts"), [("anti-affinity", 3), ("affinity", 1)])
def test_a_server_group_spreads_or_gathers_its_servers(cloud: Cloud, image: str, policy: str, hosts: int) -> None:
    body = {"server_group": {"name": policy, "policy": policy}}
    group = cloud.post("alice", "/compute/v2.1/os-server-groups", body, version="compute 2.79").json["server_group"]

    def ask_for_one(name: str) -> Any:
        wanted = {"name": name, "imageRef": image, "flavorRef": "42", "networks": "auto"}
        hinted = {"server": wanted, "os:scheduler_hints": {"group": group["id"]}}
        return cloud.post("alice", SERVERS, hinted, version="compute 2.79")

    servers = []
    for number in range(3):
        made = ask_for_one(f"grouped-{number}")
        assert made.status_code == 202, made.text
        servers.append(made.json["server"]["id"])
        settled(cloud, servers[-1], "ACTIVE")
    assert len({host_of(cloud, server_id) for server_id in servers}) == hosts
    if policy == "anti-affinity":
        refused = ask_for_one("one-too-many")
        assert (refused.status_code, "No valid host" in refused.text) == (400, True)
    remove(cloud, *servers)
    assert cloud.delete("alice", f"/compute/v2.1/os-server-groups/{group['id']}").status_code == 204


def test_operators_see_the_members_with_their_true_figures(cloud: Cloud, image: str) -> None:
    server_id = boot(cloud, image, "counted")
    home = host_of(cloud, server_id)
    found = cloud.get("admin", "/compute/v2.1/os-hypervisors/detail", version="compute 2.53").json["hypervisors"]
    assert [item["hypervisor_hostname"] for item in found] == sorted(NAMES)
    memory_mib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
    for item in found:
        assert (item["state"], item["status"], item["hypervisor_type"]) == ("up", "enabled", "lxd")
        assert item["host_ip"] == address_of(item["hypervisor_hostname"])
        assert item["vcpus"] == os.cpu_count()
        assert item["memory_mb"] == pytest.approx(memory_mib, rel=0.1)
        assert item["local_gb"] > item["local_gb_used"] > 0
        assert item["running_vms"] == (1 if item["hypervisor_hostname"] == home else 0)
    zone = admins(cloud, "os-availability-zone/detail")["availabilityZoneInfo"]
    assert set(zone[0]["hosts"]) == set(NAMES)
    assert [item["host"] for item in admins(cloud, "os-services")["services"]] == sorted(NAMES)
    remove(cloud, server_id)


def test_an_image_is_there_on_every_member_and_one_of_a_server_too(cloud: Cloud, image: str) -> None:
    first = boot_on(cloud, image, "one")
    asked = cloud.post("admin", f"{SERVERS}/{first}/action", {"createImage": {"name": "taken"}}, version="compute 2.79")
    taken = asked.json["image_id"]
    path = f"/image/v2/images/{taken}"
    assert wait_until(lambda: cloud.get("admin", path).json["status"] == "active", timeout_s=60)
    servers = [boot_on(cloud, taken, name) for name in NAMES]
    for server_id in (first, *servers):
        assert cloud.delete("admin", f"{SERVERS}/{server_id}").status_code == 204
    assert cloud.delete("admin", path).status_code == 204


def test_a_server_is_rebuilt_where_it_is(cloud: Cloud, image: str) -> None:
    server_id = boot_on(cloud, image, "three")
    asked = cloud.post("admin", f"{SERVERS}/{server_id}/action", {"rebuild": {"imageRef": image}})
    assert asked.status_code == 202, asked.text
    assert is_active(cloud, server_id), admins(cloud, f"servers/{server_id}")["server"].get("fault")
    assert host_of(cloud, server_id) == "three"
    assert cloud.delete("admin", f"{SERVERS}/{server_id}").status_code == 204


def act(cloud: Cloud, server_id: str, action: str, **arguments: Any) -> Any:
    body = {action: arguments or None}
    return cloud.post("admin", f"{SERVERS}/{server_id}/action", body, version="compute 2.79")


def status_of(cloud: Cloud, server_id: str) -> str:
    server = admins(cloud, f"servers/{server_id}")["server"]
    return "" if server["OS-EXT-STS:task_state"] else str(server["status"])


def migrations(cloud: Cloud, server_id: str) -> list[tuple[str, str, str, str]]:
    found = admins(cloud, f"os-migrations?instance_uuid={server_id}")["migrations"]
    return [(item["migration_type"], item["status"], item["source_compute"], item["dest_compute"]) for item in found]


def run_in(cluster: Cluster, server_id: str, *command: str) -> str:
    (name,) = [
        item["name"]
        for item in json.loads(cluster.first.lxc("list", *ADMINS, "--format", "json"))
        if item["config"]["volatile.uuid"] == server_id
    ]
    return cluster.first.lxc("exec", *ADMINS, name, "--", *command)


def test_a_server_migrates_with_its_disk_and_is_confirmed(cloud: Cloud, cluster: Cluster, image: str) -> None:
    server_id = boot_on(cloud, image, "one")
    run_in(cluster, server_id, "sh", "-c", "echo kept > /root/kept")
    assert act(cloud, server_id, "migrate", host="two").status_code == 202
    assert wait_until(lambda: status_of(cloud, server_id) == "VERIFY_RESIZE", timeout_s=60)
    assert host_of(cloud, server_id) == "two"
    assert run_in(cluster, server_id, "cat", "/root/kept") == "kept\n"
    assert migrations(cloud, server_id) == [("migration", "finished", "one", "two")]
    assert act(cloud, server_id, "confirmResize").status_code == 204
    assert status_of(cloud, server_id) == "ACTIVE"
    assert migrations(cloud, server_id) == [("migration", "confirmed", "one", "two")]
    names = [item["action"] for item in admins(cloud, f"servers/{server_id}/os-instance-actions")["instanceActions"]]
    assert names == ["confirmResize", "migrate", "create"]
    assert cloud.delete("admin", f"{SERVERS}/{server_id}").status_code == 204


def test_a_stopped_server_migrates_anywhere_and_back(cloud: Cloud, image: str) -> None:
    server_id = boot_on(cloud, image, "one")
    assert act(cloud, server_id, "os-stop").status_code == 202
    assert wait_until(lambda: status_of(cloud, server_id) == "SHUTOFF", timeout_s=60)
    assert act(cloud, server_id, "migrate").status_code == 202
    assert wait_until(lambda: status_of(cloud, server_id) == "VERIFY_RESIZE", timeout_s=60)
    there = host_of(cloud, server_id)
    assert there in ("two", "three")
    assert act(cloud, server_id, "revertResize").status_code == 202
    assert wait_until(lambda: status_of(cloud, server_id) == "SHUTOFF", timeout_s=60)
    assert host_of(cloud, server_id) == "one"
    assert migrations(cloud, server_id) == [("migration", "reverted", "one", there)]
    assert cloud.delete("admin", f"{SERVERS}/{server_id}").status_code == 204


@pytest.mark.parametrize("action", ["migrate", "os-migrateLive"])
@pytest.mark.parametrize("host", ["one", "nowhere"])
def test_a_host_that_cannot_be_moved_to_is_refused(cloud: Cloud, standing: str, action: str, host: str) -> None:
    more = {"block_migration": "auto"} if action == "os-migrateLive" else {}
    refused = act(cloud, standing, action, host=host, **more)
    assert (refused.status_code, status_of(cloud, standing)) == (400, "ACTIVE")
    assert migrations(cloud, standing) == []


def test_a_running_server_moves_live_where_lxd_can_and_else_stays(cloud: Cloud, image: str) -> None:
    server_id = boot_on(cloud, image, "one")
    assert act(cloud, server_id, "os-migrateLive", host="two", block_migration="auto").status_code == 202
    assert wait_until(lambda: status_of(cloud, server_id) == "ACTIVE", timeout_s=60)
    (move,) = migrations(cloud, server_id)
    ends = {"two": ("live-migration", "completed", "one", "two"), "one": ("live-migration", "error", "one", "two")}
    assert move == ends[host_of(cloud, server_id)]
    if move[1] == "error":
        actions = admins(cloud, f"servers/{server_id}/os-instance-actions")["instanceActions"]
        (failed,) = [item for item in actions if item["action"] == "live-migration"]
        assert failed["message"] == "Error"
        path = f"/compute/v2.1/servers/{server_id}/os-instance-actions/{failed['request_id']}"
        shown = cloud.get("admin", path, version="compute 2.84").json["instanceAction"]
        assert "CRIU" in shown["events"][0]["details"].upper()
    assert cloud.delete("admin", f"{SERVERS}/{server_id}").status_code == 204


def test_a_member_that_is_down_takes_only_its_own_servers_along(cloud: Cloud, cluster: Cluster, image: str) -> None:
    servers = {name: boot_on(cloud, image, name) for name in ("one", "three")}
    before = admins(cloud, f"servers/{servers['three']}")["server"]
    cluster.members["three"].kill()
    try:
        assert wait_until(lambda: service(cloud, "three")["state"] == "down", timeout_s=40)
        shown = admins(cloud, f"servers/{servers['three']}")["server"]
        assert (shown["status"], shown["OS-EXT-STS:power_state"], shown["host_status"]) == ("UNKNOWN", 0, "DOWN")
        for name in ("name", "created", "user_id", "flavor", "image", "OS-EXT-SRV-ATTR:host", "hostId"):
            assert shown[name] == before[name], name
        listed = {item["id"]: item for item in admins(cloud, "servers/detail")["servers"]}
        assert listed[servers["three"]]["status"] == "UNKNOWN"
        assert (listed[servers["one"]]["status"], listed[servers["one"]]["host_status"]) == ("ACTIVE", "UP")
        stopped = cloud.post("admin", f"{SERVERS}/{servers['three']}/action", {"os-stop": None})
        assert stopped.status_code == 409
        assert place(cloud, image, "there", host="three").status_code == 400
        others = [boot(cloud, image, f"other-{number}") for number in range(2)]
        assert "three" not in {host_of(cloud, server_id) for server_id in others}
        (down,) = [item for item in admins(cloud, "os-hypervisors/detail")["hypervisors"] if item["state"] == "down"]
        assert (down["hypervisor_hostname"], down["memory_mb"]) == ("three", 0)
        remove(cloud, *others)
    finally:
        cluster.members["three"].begin()
    assert is_active(cloud, servers["three"])
    for server_id in servers.values():
        assert cloud.delete("admin", f"{SERVERS}/{server_id}").status_code == 204


def test_nothing_is_left_on_any_member(cloud: Cloud, cluster: Cluster) -> None:
    def left() -> list[Any]:
        return list(json.loads(cluster.first.lxc("list", "--all-projects", "--format", "json")))

    assert wait_until(lambda: not left(), timeout_s=60), left()


@pytest.mark.parametrize("member", NAMES)
def test_every_member_is_reached_by_https_and_has_one_certificate(
    cluster: Cluster, tmp_path: Path, member: str
) -> None:
    mine = new_identity(tmp_path)
    cluster.first.lxc("config", "trust", "add", str(mine.cert), "--name", mine.cert.stem)
    options = (
        "[lxd]",
        f"endpoint = https://{address_of(member)}:{PORT}",
        f"client_cert = {mine.cert}",
        f"client_key = {mine.key}",
        f"server_cert = {cluster.first.folder}/lxd/cluster.crt",
    )
    settings = Settings.of(Config.from_text("\n".join(options)))
    with entered(cluster.namespace):
        session = Session(settings)
        session.post("instances", body={"name": f"by-{member}", **NOTHING}, target="three")
        session.delete("instances", f"by-{member}")
        assert {item.name for item in Members(session).members()} == set(NAMES)
