"""The machines behind the cloud: services, hypervisors, hosts, aggregates and migrations, for operators."""

from __future__ import annotations

import platform
import re
from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import DEMO, OTHER

NOWHERE = "11111111-1111-1111-1111-111111111111"


def test_the_service_is_listed(cloud: ComputeCloud) -> None:
    service, *others = cloud.call("admin", "GET", "/os-services").json["services"]

    assert (service["binary"], service["host"], service["zone"]) == ("nova-compute", "embedded", "nova")
    assert (service["status"], service["state"], service["id"]) == ("enabled", "up", 1)
    assert "forced_down" not in service
    assert [(other["binary"], other["zone"]) for other in others] == [
        ("nova-scheduler", "internal"),
        ("nova-conductor", "internal"),
    ]
    latest = cloud.call("admin", "GET", "/os-services", at="2.53").json["services"][0]
    assert (len(latest["id"]), latest["forced_down"]) == (36, False)
    assert cloud.call("admin", "GET", "/os-services?host=other").json == {"services": []}
    assert len(cloud.call("admin", "GET", "/os-services?binary=nova-compute").json["services"]) == 1
    assert cloud.call("admin", "GET", "/os-services?unknown=1", at="2.75").status_code == 400
    assert cloud.call("alice", "GET", "/os-services").status_code == 403


def service_id(cloud: ComputeCloud) -> str:
    identifier: str = cloud.call("admin", "GET", "/os-services", at="2.53").json["services"][0]["id"]
    return identifier


def switch(cloud: ComputeCloud, **body: Any) -> Any:
    return cloud.call("admin", "PUT", f"/os-services/{service_id(cloud)}", body, at="2.53")


def test_a_disabled_service_gets_no_more_servers(cloud: ComputeCloud) -> None:
    before = cloud.boot()

    answer = switch(cloud, status="disabled", disabled_reason="repairs")

    assert answer.status_code == 200
    assert (answer.json["service"]["status"], answer.json["service"]["disabled_reason"]) == ("disabled", "repairs")
    server = cloud.server(cloud.boot(), "admin")
    assert (server["status"], server["fault"]["code"]) == ("ERROR", 500)
    assert server["fault"]["message"] == "No valid host was found. There are not enough hosts available."
    assert cloud.server(before)["status"] == "ACTIVE"
    (zone,) = cloud.call("alice", "GET", "/os-availability-zone").json["availabilityZoneInfo"]
    assert zone["zoneState"] == {"available": False}
    assert switch(cloud, status="enabled").json["service"]["disabled_reason"] is None
    assert cloud.server(cloud.boot())["status"] == "ACTIVE"


def test_a_shelved_server_waits_for_a_host(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "shelve")
    switch(cloud, forced_down=True)

    cloud.act(server_id, "unshelve")

    server = cloud.server(server_id)
    assert (server["status"], server["OS-EXT-STS:task_state"]) == ("SHELVED_OFFLOADED", None)
    switch(cloud, forced_down="False")
    cloud.act(server_id, "unshelve")
    assert cloud.server(server_id)["status"] == "ACTIVE"


def test_only_the_compute_service_is_changed(cloud: ComputeCloud) -> None:
    scheduler = cloud.call("admin", "GET", "/os-services?binary=nova-scheduler", at="2.53").json["services"][0]

    answer = cloud.call("admin", "PUT", f"/os-services/{scheduler['id']}", {"status": "disabled"}, at="2.53")

    assert answer.status_code == 400
    assert "Updating a nova-scheduler service is not supported." in answer.json["badRequest"]["message"]


def test_a_service_that_is_forced_down_is_down(cloud: ComputeCloud) -> None:
    service = switch(cloud, forced_down=True).json["service"]

    assert (service["state"], service["forced_down"], service["status"]) == ("down", True, "enabled")
    assert cloud.call("admin", "GET", "/os-hypervisors").json["hypervisors"][0]["state"] == "down"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "off"},
        {"unknown": 1},
        {"disabled_reason": "no reason"},
        {"status": "enabled", "disabled_reason": "x"},
        {"status": "disabled", "disabled_reason": ""},
        {"forced_down": "maybe"},
    ],
)
def test_what_changes_no_service_is_refused(cloud: ComputeCloud, body: dict[str, Any]) -> None:
    assert switch(cloud, **body).status_code == 400


def test_a_service_that_is_not_there(cloud: ComputeCloud) -> None:
    body = {"status": "disabled"}

    assert cloud.call("admin", "PUT", f"/os-services/{NOWHERE}", body, at="2.53").status_code == 404
    assert cloud.call("admin", "PUT", "/os-services/1", body, at="2.53").status_code == 400
    assert cloud.call("admin", "PUT", "/os-services/1", body, at="2.52").status_code == 404
    assert cloud.call("alice", "PUT", f"/os-services/{NOWHERE}", body, at="2.53").status_code == 403
    assert cloud.call("admin", "DELETE", f"/os-services/{NOWHERE}", at="2.53").status_code == 501


def test_services_were_switched_by_their_names(cloud: ComputeCloud) -> None:
    names = {"host": "embedded", "binary": "nova-compute"}

    def put(action: str, at: str = "2.11", **more: Any) -> Any:
        return cloud.call("admin", "PUT", f"/os-services/{action}", {**names, **more}, at=at)

    def service() -> dict[str, Any]:
        found: dict[str, Any] = cloud.call("admin", "GET", "/os-services", at="2.11").json["services"][0]
        return found

    assert put("disable").json == {"service": {**names, "status": "disabled"}}
    assert (service()["status"], service()["disabled_reason"]) == ("disabled", None)
    reason = put("disable-log-reason", disabled_reason="repairs").json["service"]
    assert reason == {**names, "status": "disabled", "disabled_reason": "repairs"}
    assert service()["disabled_reason"] == "repairs"
    assert put("enable").json == {"service": {**names, "status": "enabled"}}
    assert (service()["status"], service()["disabled_reason"]) == ("enabled", None)
    assert put("force-down", forced_down="yes").json == {"service": {**names, "forced_down": True}}
    assert service()["state"] == "down"
    assert put("disable-log-reason").status_code == 400
    assert put("force-down").status_code == 400
    assert put("force-down", at="2.10", forced_down=True).status_code == 404
    assert put("enable", host="other").status_code == 404
    assert put("enable", binary="nova-scheduler").status_code == 400
    assert put("enable", at="2.53").status_code in (400, 404)
    assert cloud.call("alice", "PUT", "/os-services/enable", names).status_code == 403


def test_the_hypervisor_is_as_large_as_its_servers(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    (hypervisor,) = cloud.call("admin", "GET", "/os-hypervisors/detail").json["hypervisors"]

    assert (hypervisor["id"], hypervisor["hypervisor_hostname"]) == (1, "embedded")
    assert (hypervisor["vcpus_used"], hypervisor["memory_mb_used"], hypervisor["running_vms"]) == (1, 128, 1)
    statistics = cloud.call("admin", "GET", "/os-hypervisors/statistics").json["hypervisor_statistics"]
    assert (statistics["count"], statistics["running_vms"]) == (1, 1)
    found = cloud.call("admin", "GET", "/os-hypervisors/embed/servers").json["hypervisors"]
    assert found[0]["servers"] == [{"name": "instance-00000001", "uuid": server_id}]
    assert cloud.call("admin", "GET", "/os-hypervisors/embed/search").status_code == 200
    assert cloud.call("admin", "GET", "/os-hypervisors/nothing/search").status_code == 404
    assert cloud.call("admin", "GET", "/os-hypervisors/1").json["hypervisor"]["id"] == 1
    assert cloud.call("admin", "GET", "/os-hypervisors/2").status_code == 404
    assert cloud.call("alice", "GET", "/os-hypervisors").status_code == 403


def test_hypervisors_are_found_by_parameters_since_2_53(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    def get(query: str, at: str = "2.53") -> Any:
        return cloud.call("admin", "GET", f"/os-hypervisors{query}", at=at)

    (brief,) = get("").json["hypervisors"]
    assert len(brief["id"]) == 36
    assert "servers" not in brief
    with_servers = get("?with_servers=True&hypervisor_hostname_pattern=emb").json["hypervisors"][0]
    assert with_servers["servers"][0]["uuid"] == server_id
    assert get("?hypervisor_hostname_pattern=nothing").status_code == 404
    assert get("?hypervisor_hostname_pattern=e&limit=1").status_code == 400
    assert get("?limit=1").json["hypervisors_links"][0]["rel"] == "next"
    assert get(f"?marker={brief['id']}").json["hypervisors"] == []
    assert get("?marker=nothing").status_code == 400
    assert get(f"/{brief['id']}?with_servers=1").json["hypervisor"]["servers"]
    assert get("/embedded/search").status_code == 404
    assert get("/statistics", at="2.88").status_code == 404
    assert "vcpus" not in get("/detail", at="2.88").json["hypervisors"][0]
    assert " up " in get("/detail", at="2.88").json["hypervisors"][0]["uptime"]


def test_a_hypervisor_tells_how_long_it_has_been_up(cloud: ComputeCloud) -> None:
    shown = cloud.call("admin", "GET", "/os-hypervisors/1/uptime").json["hypervisor"]

    assert (shown["id"], shown["hypervisor_hostname"]) == (1, "embedded")
    assert re.fullmatch(r" [\d:]{8} up \d+ days, [ \d]\d:\d\d,  0 users,  load average: .*", shown["uptime"])
    assert cloud.call("admin", "GET", "/os-hypervisors/2/uptime").status_code == 404
    assert cloud.call("admin", "GET", "/os-hypervisors/1/uptime", at="2.88").status_code == 404
    assert cloud.call("alice", "GET", "/os-hypervisors/1/uptime").status_code == 403


def test_hosts_are_listed_by_their_zones(cloud: ComputeCloud) -> None:
    host = {"host_name": "embedded", "service": "compute", "zone": "nova"}
    others = [
        {"host_name": "embedded", "service": "scheduler", "zone": "internal"},
        {"host_name": "embedded", "service": "conductor", "zone": "internal"},
    ]

    assert cloud.call("admin", "GET", "/os-hosts").json == {"hosts": [host, *others]}
    assert cloud.call("admin", "GET", "/os-hosts?zone=nova").json == {"hosts": [host]}
    assert cloud.call("admin", "GET", "/os-hosts?zone=").json == {"hosts": [host, *others]}
    assert cloud.call("admin", "GET", "/os-hosts?zone=other").json == {"hosts": []}
    assert cloud.call("alice", "GET", "/os-hosts").status_code == 403
    assert cloud.call("admin", "GET", "/os-hosts", at="2.43").status_code == 404


def test_a_host_tells_what_each_project_uses(cloud: ComputeCloud) -> None:
    cloud.boot()
    cloud.boot("bob", flavorRef="84", networks="none", at="2.37")

    answer = cloud.call("admin", "GET", "/os-hosts/embedded")

    resources = [item["resource"] for item in answer.json["host"]]
    by_project = {resource["project"]: resource for resource in resources}
    assert list(by_project) == ["(total)", "(used_now)", "(used_max)", DEMO, OTHER]
    assert by_project["(used_max)"] == {
        "host": "embedded",
        "project": "(used_max)",
        "cpu": 2,
        "memory_mb": 320,
        "disk_gb": 2,
    }
    assert (by_project[DEMO]["memory_mb"], by_project[OTHER]["memory_mb"]) == (128, 192)
    assert cloud.call("alice", "GET", "/os-hosts/embedded").status_code == 403
    assert cloud.call("admin", "GET", "/os-hosts/other").status_code == 404


@pytest.mark.parametrize("action", ["reboot", "shutdown", "startup"])
def test_hosts_are_not_switched(cloud: ComputeCloud, action: str) -> None:
    assert cloud.call("admin", "GET", f"/os-hosts/embedded/{action}").status_code == 501
    assert cloud.call("admin", "GET", f"/os-hosts/other/{action}").status_code == 404
    assert cloud.call("alice", "GET", f"/os-hosts/embedded/{action}").status_code == 403


@pytest.mark.parametrize(
    ("host", "body", "status"),
    [
        ("embedded", {"status": "enable"}, 501),
        ("embedded", {"maintenance_mode": "Disable"}, 501),
        ("other", {"status": "enable"}, 404),
        ("embedded", {"status": "off"}, 400),
        ("embedded", {"maintenance_mode": "off"}, 400),
        ("embedded", {}, 400),
        ("embedded", {"status": "enable", "unknown": 1}, 400),
    ],
)
def test_hosts_are_not_changed(cloud: ComputeCloud, host: str, body: dict[str, str], status: int) -> None:
    assert cloud.call("admin", "PUT", f"/os-hosts/{host}", body).status_code == status
    assert cloud.call("alice", "PUT", f"/os-hosts/{host}", body).status_code == 403


def test_nothing_audits_usage(cloud: ComputeCloud) -> None:
    log = cloud.call("admin", "GET", "/os-instance_usage_audit_log").json["instance_usage_audit_logs"]

    assert (log["num_hosts"], log["num_hosts_not_run"], log["hosts_not_run"]) == (1, 1, ["embedded"])
    assert log["overall_status"] == "0 of 1 hosts done. 0 errors."
    path = "/os-instance_usage_audit_log/2026-03-15%2000:00:00"
    early = cloud.call("admin", "GET", path).json["instance_usage_audit_log"]
    assert (early["period_beginning"], early["period_ending"]) == ("2026-02-01 00:00:00", "2026-03-01 00:00:00")
    assert cloud.call("admin", "GET", path + ".5").status_code == 200
    wrong = cloud.call("admin", "GET", "/os-instance_usage_audit_log/yesterday")
    assert wrong.json["badRequest"]["message"] == "Invalid timestamp for date yesterday"
    for suffix in ("", "/2026-03-15%2000:00:00"):
        assert cloud.call("alice", "GET", f"/os-instance_usage_audit_log{suffix}").status_code == 403


def test_a_resize_is_a_migration(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "resize", {"flavorRef": "84"})

    def only(at: str = "2.1") -> dict[str, Any]:
        (found,) = cloud.call("admin", "GET", "/os-migrations", at=at).json["migrations"]
        return dict(found)

    first = only()
    assert first == {
        "id": 1,
        "instance_uuid": server_id,
        "status": "finished",
        "old_instance_type_id": 42,
        "new_instance_type_id": 84,
        "source_compute": "embedded",
        "source_node": "embedded",
        "dest_compute": "embedded",
        "dest_node": "embedded",
        "dest_host": None,
        "created_at": first["created_at"],
        "updated_at": first["updated_at"],
    }
    assert only("2.23")["migration_type"] == "resize"
    assert len(only("2.59")["uuid"]) == 36
    assert only("2.80")["project_id"] == DEMO
    cloud.act(server_id, "revertResize")
    assert only()["status"] == "reverted"


def test_migrations_are_found(cloud: ComputeCloud) -> None:
    servers = [cloud.boot(), cloud.boot()]
    for server_id in servers:
        cloud.act(server_id, "resize", {"flavorRef": "84"})
    cloud.act(servers[0], "confirmResize")

    def found(query: str, at: str = "2.80") -> list[str]:
        answer = cloud.call("admin", "GET", f"/os-migrations{query}", at=at)
        assert answer.status_code == 200, answer.text
        return [item["instance_uuid"] for item in answer.json["migrations"]]

    assert found("", "2.1") == servers
    assert found("") == servers[::-1]
    assert found(f"?instance_uuid={servers[0]}") == servers[:1]
    assert found("?status=confirmed") == servers[:1]
    assert found("?migration_type=live-migration") == []
    assert found("?source_compute=embedded&host=embedded") == servers[::-1]
    assert found("?host=other") == []
    assert found(f"?project_id={OTHER}") == []
    assert found("?user_id=nobody") == []
    assert found("?changes-since=2999-01-01T00:00:00Z") == []
    assert found("?changes-before=2999-01-01T00:00:00Z") == servers[::-1]
    page = cloud.call("admin", "GET", "/os-migrations?limit=1", at="2.80").json
    assert [item["instance_uuid"] for item in page["migrations"]] == servers[1:]
    following = page["migrations_links"][0]["href"].split("/compute/v2.1")[1]
    assert found(following.removeprefix("/os-migrations")) == servers[:1]


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("?unknown=1", "2.59"),
        ("?limit=x", "2.59"),
        (f"?marker={NOWHERE}", "2.59"),
        ("?changes-since=yesterday", "2.59"),
        ("?changes-since=2026-01-02T00:00:00Z&changes-before=2026-01-01T00:00:00Z", "2.66"),
        ("?project_id=x", "2.79"),
    ],
)
def test_what_finds_no_migration_is_refused(cloud: ComputeCloud, query: str, at: str) -> None:
    assert cloud.call("admin", "GET", f"/os-migrations{query}", at=at).status_code == 400


def test_migrations_are_the_operators(cloud: ComputeCloud) -> None:
    assert cloud.call("alice", "GET", "/os-migrations").status_code == 403
    assert cloud.call("alice", "GET", f"/os-migrations?project_id={DEMO}").status_code == 403


def test_no_server_is_moved_alive_here(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "resize", {"flavorRef": "84"})
    path = f"/servers/{server_id}/migrations"

    assert cloud.call("admin", "GET", path, at="2.23").json == {"migrations": []}
    assert cloud.call("admin", "GET", f"{path}/1", at="2.23").status_code == 404
    assert cloud.call("alice", "GET", path, at="2.23").status_code == 403
    assert cloud.call("admin", "GET", path, at="2.22").status_code == 404


@pytest.mark.parametrize(
    ("action", "body", "at", "message"),
    [
        ("migrate", None, None, "No valid host was found. No valid host found for cold migrate"),
        ("migrate", {"host": "embedded"}, "2.56", "Cannot migrate to the host where the server exists."),
        ("migrate", {"host": "other"}, "2.56", "Compute host other could not be found."),
        (
            "os-migrateLive",
            {"host": None, "block_migration": "auto"},
            "2.25",
            "No valid host was found. There are not enough hosts available.",
        ),
        (
            "os-migrateLive",
            {"host": "other", "block_migration": True, "disk_over_commit": False},
            None,
            "Compute host other could not be found.",
        ),
        (
            "os-migrateLive",
            {"host": None, "block_migration": "auto", "force": True},
            "2.30",
            "Can't force to a non-provided destination",
        ),
        ("evacuate", {"onSharedStorage": False}, None, "Compute service of embedded is still in use."),
        ("evacuate", {"host": "embedded"}, "2.14", "The target host can't be the same one."),
        ("evacuate", {"force": True}, "2.29", "Can't force to a non-provided destination"),
        (
            "evacuate",
            {"onSharedStorage": True, "adminPass": "x"},
            None,
            "admin password can't be changed on existing disk",
        ),
    ],
)
def test_there_is_no_other_host_to_move_to(
    cloud: ComputeCloud, action: str, body: Any, at: str | None, message: str
) -> None:
    server_id = cloud.boot()

    answer = cloud.act(server_id, action, body, "admin", at=at)

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == message
    assert cloud.server(server_id)["status"] == "ACTIVE"


def test_a_failed_host_leaves_nowhere_to_go(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    switch(cloud, forced_down=True)

    answer = cloud.act(server_id, "evacuate", {}, "admin", at="2.14")

    assert answer.json["badRequest"]["message"] == "No valid host was found. There are not enough hosts available."
    assert cloud.act(server_id, "evacuate", {"host": "other"}, "admin", at="2.14").status_code == 404


def test_moves_are_the_administrators_and_ask_the_state(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert cloud.act(server_id, "migrate").status_code == 403
    cloud.act(server_id, "pause")
    refused = cloud.act(server_id, "migrate", None, "admin")
    assert refused.status_code == 409
    assert "Cannot 'migrate' instance" in refused.text
    assert cloud.act(NOWHERE, "migrate", None, "admin").status_code == 404


def test_nothing_is_left_to_restore(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    answer = cloud.act(server_id, "restore")

    assert answer.status_code == 409
    assert f"Cannot 'restore' instance {server_id} while it is in vm_state active" in answer.text
    assert cloud.act(NOWHERE, "restore").status_code == 404


def test_network_info_is_injected(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert cloud.act(server_id, "injectNetworkInfo", None, "admin").status_code == 202
    assert cloud.act(server_id, "injectNetworkInfo").status_code == 403


def test_other_services_tell_of_servers(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    changed = {"name": "network-changed", "server_uuid": server_id, "tag": "a-port"}

    answer = cloud.call("admin", "POST", "/os-server-external-events", {"events": [changed]})

    assert answer.status_code == 200
    assert answer.json == {"events": [{**changed, "status": "completed", "code": 200}]}
    assert cloud.call("alice", "POST", "/os-server-external-events", {"events": [changed]}).status_code == 403


def test_events_are_refused_one_by_one(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    switch(cloud, status="disabled")
    homeless = cloud.boot()
    events = [
        {"name": "network-vif-plugged", "server_uuid": server_id, "status": "completed"},
        {"name": "network-vif-plugged", "server_uuid": NOWHERE},
        {"name": "network-vif-plugged", "server_uuid": homeless},
        {"name": "volume-extended", "server_uuid": server_id},
    ]

    answer = cloud.call("admin", "POST", "/os-server-external-events", {"events": events}, at="2.51")

    assert answer.status_code == 207
    assert [event["code"] for event in answer.json["events"]] == [200, 404, 422, 400]
    assert [event["status"] for event in answer.json["events"]] == ["completed", "failed", "failed", "failed"]


@pytest.mark.parametrize(
    ("event", "at"),
    [
        ({"name": "rain"}, "2.93"),
        ({"name": "volume-extended"}, "2.50"),
        ({"name": "power-update"}, "2.75"),
        ({"name": "accelerator-request-bound"}, "2.81"),
        ({"name": "volume-reimaged"}, "2.92"),
        ({"name": "network-changed", "status": "perhaps"}, "2.1"),
        ({"name": "network-changed", "unknown": 1}, "2.1"),
    ],
)
def test_what_is_no_event_is_refused(cloud: ComputeCloud, event: dict[str, Any], at: str) -> None:
    body = {"events": [{"server_uuid": NOWHERE, **event}]}

    assert cloud.call("admin", "POST", "/os-server-external-events", body, at=at).status_code == 400


def test_operators_see_how_a_server_does(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    path = f"/servers/{server_id}/diagnostics"

    found = cloud.call("admin", "GET", path, at="2.48").json

    assert (found["state"], found["driver"], found["config_drive"]) == ("running", "libvirt", False)
    assert (found["hypervisor"], found["hypervisor_os"]) == ("embedded", platform.system().lower())
    assert (found["num_cpus"], found["num_nics"], found["num_disks"]) == (1, 1, 1)
    assert found["memory_details"] == {"maximum": 128, "used": None}
    assert found["cpu_details"] == [{"id": 0, "time": None, "utilisation": None}]
    assert found["nic_details"][0]["mac_address"] == cloud.network.ports_of(server_id)[0].mac_address
    assert set(found["disk_details"][0].values()) == {None}
    figures = cloud.call("admin", "GET", path).json
    assert (figures["memory"], figures["vnet0_mac_address"]) == (131072, found["nic_details"][0]["mac_address"])
    cloud.act(server_id, "pause")
    assert cloud.call("admin", "GET", path, at="2.48").json["state"] == "paused"
    assert cloud.call("alice", "GET", path).status_code == 403
    assert cloud.call("admin", "GET", f"/servers/{NOWHERE}/diagnostics").status_code == 404


def test_a_server_without_a_host_has_no_diagnostics(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.act(server_id, "shelve")

    answer = cloud.call("admin", "GET", f"/servers/{server_id}/diagnostics")

    assert answer.status_code == 409
    assert answer.json["conflictingRequest"]["message"] == f"Instance {server_id} is not ready"


def test_a_server_has_no_topology_of_its_own(cloud: ComputeCloud) -> None:
    path = f"/servers/{cloud.boot()}/topology"

    assert cloud.call("alice", "GET", path, at="2.78").json == {"nodes": [], "pagesize_kb": None}
    assert cloud.call("alice", "GET", path, at="2.77").status_code == 404
    assert cloud.call("alice", "GET", f"{path}?unknown=1", at="2.101").status_code == 200
    assert cloud.call("alice", "GET", f"{path}?unknown=1", at="2.102").status_code == 400
    assert cloud.call("bob", "GET", path, at="2.78").status_code == 404


def test_a_hypervisor_is_known_by_its_uuid_since_2_53(cloud: ComputeCloud) -> None:
    answer = cloud.call("admin", "GET", "/os-hypervisors/1", at="2.53")

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == "Invalid uuid 1"
    assert cloud.call("admin", "GET", f"/os-hypervisors/{NOWHERE}", at="2.53").status_code == 404
