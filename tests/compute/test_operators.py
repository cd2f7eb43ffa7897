"""What operators and everybody may ask of the cloud itself: zones, extensions and usage."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import DEMO


def test_everybody_sees_the_zones(cloud: ComputeCloud) -> None:
    answer = cloud.call("reader", "GET", "/os-availability-zone")

    zone = {"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}
    assert answer.json == {"availabilityZoneInfo": [zone]}


def test_administrators_see_the_zones_hosts(cloud: ComputeCloud) -> None:
    (zone,) = cloud.call("admin", "GET", "/os-availability-zone/detail").json["availabilityZoneInfo"]

    service = zone["hosts"]["embedded"]["nova-compute"]
    assert (service["available"], service["active"]) == (True, True)
    assert cloud.call("alice", "GET", "/os-availability-zone/detail").status_code == 403


def test_extensions_say_what_the_cloud_can_do(cloud: ComputeCloud) -> None:
    extensions = cloud.call("reader", "GET", "/extensions").json["extensions"]

    aliases = {extension["alias"] for extension in extensions}
    assert {"os-keypairs", "os-pause-server", "os-shelve", "OS-EXT-STS"} <= aliases
    assert "os-baremetal-nodes" not in aliases
    shown = cloud.call("reader", "GET", "/extensions/os-keypairs").json["extension"]
    assert set(shown) == {"alias", "description", "links", "name", "namespace", "updated"}
    assert cloud.call("reader", "GET", "/extensions/nope").status_code == 404


def test_usage_counts_hours(cloud: ComputeCloud) -> None:
    cloud.boot()
    gone = cloud.boot()
    cloud.call("alice", "DELETE", f"/servers/{gone}")
    cloud.settle()

    answer = cloud.call("alice", "GET", f"/os-simple-tenant-usage/{DEMO}?start=2020-01-01T00:00:00")

    usage = answer.json["tenant_usage"]
    assert usage["tenant_id"] == DEMO
    running, ended = usage["server_usages"]
    assert (running["state"], running["ended_at"], running["flavor"]) == ("active", None, "m1.nano")
    assert (ended["state"], ended["memory_mb"], ended["local_gb"], ended["vcpus"]) == ("terminated", 128, 1, 1)
    assert ended["ended_at"] is not None
    assert usage["total_hours"] == pytest.approx(running["hours"] + ended["hours"])
    assert usage["total_memory_mb_usage"] == pytest.approx(128 * usage["total_hours"])
    assert usage["start"] == "2020-01-01T00:00:00.000000"


def test_the_usage_of_all_projects_is_the_administrators(cloud: ComputeCloud) -> None:
    cloud.boot()
    cloud.boot("bob")
    path = "/os-simple-tenant-usage?start=2020-01-01T00:00:00"

    brief = cloud.call("admin", "GET", path).json["tenant_usages"]
    assert len(brief) == 2
    assert "server_usages" not in brief[0]
    assert "server_usages" in cloud.call("admin", "GET", f"{path}&detailed=1").json["tenant_usages"][0]
    assert cloud.call("alice", "GET", path).status_code == 403
    assert cloud.call("bob", "GET", f"/os-simple-tenant-usage/{DEMO}").status_code == 403


def test_a_project_without_servers_used_nothing(cloud: ComputeCloud) -> None:
    answer = cloud.call("alice", "GET", f"/os-simple-tenant-usage/{DEMO}?start=2020-01-01T00:00:00")

    assert answer.json == {"tenant_usage": {}}


def test_a_server_outside_the_period_does_not_count(cloud: ComputeCloud) -> None:
    cloud.boot()
    period = "start=2020-01-01T00:00:00&end=2020-02-01T00:00:00.000"

    assert cloud.call("alice", "GET", f"/os-simple-tenant-usage/{DEMO}?{period}").json == {"tenant_usage": {}}


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ("start=yesterday", None),
        ("start=2025-02-01T00:00:00&end=2025-01-01T00:00:00", None),
        ("unknown=1&start=2020-01-01T00:00:00", "2.75"),
        ("marker=nothing&start=2020-01-01T00:00:00", "2.40"),
    ],
)
def test_a_period_that_cannot_be_is_refused(cloud: ComputeCloud, query: str, at: str | None) -> None:
    assert cloud.call("alice", "GET", f"/os-simple-tenant-usage/{DEMO}?{query}", at=at).status_code == 400


def test_a_clock_that_tells_the_same_twice_refuses_no_usage(
    cloud: ComputeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jumpgate.compute.handlers.usages.utcnow", lambda: dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    assert cloud.call("alice", "GET", f"/os-simple-tenant-usage/{DEMO}").status_code == 200
    same = "start=2025-01-01T00:00:00&end=2025-01-01T00:00:00"
    assert cloud.call("alice", "GET", f"/os-simple-tenant-usage/{DEMO}?{same}").status_code == 400


def test_usage_has_pages_since_2_40(cloud: ComputeCloud) -> None:
    first, second = cloud.boot(), cloud.boot()
    period = f"start=2020-01-01T00:00:00&end={dt.datetime.now(dt.UTC):%Y-%m-%dT23:59:59}"
    path = f"/os-simple-tenant-usage/{DEMO}?{period}&limit=1"

    page = cloud.call("alice", "GET", path, at="2.40").json
    assert [usage["instance_id"] for usage in page["tenant_usage"]["server_usages"]] == [first]
    following = page["tenant_usage_links"][0]["href"].split("/compute/v2.1")[1]
    rest = cloud.call("alice", "GET", following, at="2.40").json
    assert [usage["instance_id"] for usage in rest["tenant_usage"]["server_usages"]] == [second]
