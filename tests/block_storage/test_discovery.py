"""What block storage says of itself, and the older APIs beside v3."""

from __future__ import annotations

import pytest

from tests.block_storage.cinder import DEMO, LATEST, NOWHERE, OTHER, Cinder, refusal


def test_all_versions_are_several_choices(cinder: Cinder) -> None:
    result = cinder.get(None, "/volume/")

    assert result.status_code == 300
    found = {item["id"]: item for item in result.json["versions"]}
    assert {name: item["status"] for name, item in found.items()} == {
        "v1.0": "DEPRECATED",
        "v2.0": "DEPRECATED",
        "v3.0": "CURRENT",
    }
    assert (found["v3.0"]["min_version"], found["v3.0"]["version"]) == ("3.0", LATEST)
    assert found["v2.0"]["version"] == ""


@pytest.mark.parametrize("api", ["v1", "v2", "v3"])
def test_each_version_has_a_document(cinder: Cinder, api: str) -> None:
    for path in (f"/volume/{api}", f"/volume/{api}/"):
        result = cinder.get(None, path)
        assert result.status_code == 200
        (version,) = result.json["versions"]
        links = {link["rel"]: link["href"] for link in version["links"]}
        assert (version["id"], links["self"].endswith(f"/volume/{api}/")) == (f"{api}.0", True)


def test_extensions_are_those_that_work(cinder: Cinder) -> None:
    extensions = cinder.read("alice", "/extensions")["extensions"]

    aliases = {item["alias"] for item in extensions}
    assert {"os-quota-sets", "os-volume-actions", "os-vol-tenant-attr", "backups", "os-volume-transfer"} <= aliases
    assert {"capabilities", "scheduler-stats", "os-volume-manage", "os-snapshot-unmanage", "encryption"} <= aliases
    assert not {"consistencygroups", "cgsnapshots"} & aliases
    assert {frozenset(item) for item in extensions} == {frozenset(("name", "alias", "description", "updated", "links"))}
    assert cinder.read("alice", "/extensions/os-services")["extension"]["name"] == "Services"
    assert cinder.call("alice", "GET", "/extensions/consistencygroups").status_code == 404


def test_the_zone_is_available(cinder: Cinder) -> None:
    zone = {"zoneName": "nova", "zoneState": {"available": True}}

    assert cinder.read("alice", "/os-availability-zone") == {"availabilityZoneInfo": [zone]}


def test_an_administrator_sees_the_workers(cinder: Cinder) -> None:
    assert cinder.call("alice", "GET", "/os-services").status_code == 403
    service, other, backup = cinder.read("admin", "/os-services")["services"]
    assert (other["binary"], other["host"], other["status"]) == ("cinder-volume", "jumpgate@files2", "enabled")
    assert (backup["binary"], backup["host"], backup["state"]) == ("cinder-backup", "jumpgate", "up")
    assert service.pop("updated_at")
    assert service == {
        "binary": "cinder-volume",
        "host": "jumpgate@files",
        "zone": "nova",
        "status": "enabled",
        "state": "up",
        "disabled_reason": None,
        "replication_status": "disabled",
        "active_backend_id": None,
        "frozen": False,
    }
    assert cinder.read("admin", "/os-services?binary=cinder-scheduler") == {"services": []}
    assert len(cinder.read("admin", "/os-services?host=jumpgate@files")["services"]) == 1
    assert len(cinder.read("admin", "/os-services?host=jumpgate")["services"]) == 3
    assert len(cinder.read("admin", "/os-services?host=jumpgate&binary=cinder-volume")["services"]) == 2
    newest = cinder.read("admin", "/os-services", at="3.49")["services"][0]
    assert (newest["cluster"], newest["backend_state"]) == (None, "up")


def test_an_administrator_sees_what_the_projects_have_on_a_host(cinder: Cinder) -> None:
    cinder.make_snapshot(cinder.make_volume(size=2))
    cinder.make_volume("bob", size=3)

    assert [host["host_name"] for host in cinder.read("admin", "/os-hosts")["hosts"]] == [
        "jumpgate@files",
        "jumpgate@files2",
        "jumpgate",
    ]
    assert cinder.read("admin", "/os-hosts?zone=mars") == {"hosts": []}
    loads = {
        item["resource"].pop("project"): item["resource"]
        for item in cinder.read("admin", "/os-hosts/jumpgate@files")["host"]
    }
    keys = ("volume_count", "total_volume_gb", "snapshot_count", "total_snapshot_gb")
    assert {project: tuple(load[key] for key in keys) for project, load in loads.items()} == {
        "(total)": ("2", "5", "1", "2"),
        DEMO: ("1", "2", "1", "2"),
        OTHER: ("1", "3", "0", "0"),
    }
    assert refusal(cinder.call("admin", "GET", "/os-hosts/mars")) == (404, "Host mars could not be found.")
    assert cinder.call("alice", "GET", "/os-hosts").status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/consistencygroups"),
        ("GET", "/clusters"),
        ("PUT", "/os-services/failover_host"),
        ("PUT", "/os-services/get-log"),
        ("PUT", "/os-services/set-log"),
        ("POST", "/workers/cleanup"),
    ],
)
def test_what_the_cloud_does_not_have_is_not_implemented(cinder: Cinder, method: str, path: str) -> None:
    result = cinder.call("admin", method, path, None if method == "GET" else {}, at="3.70")

    assert (result.status_code, next(iter(result.json))) == (501, "notImplemented")


def test_v2_speaks_as_v3_without_microversions(cinder: Cinder) -> None:
    created = cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1, "name": "one"}}, api="v2")
    assert created.status_code == 202
    cinder.settle()
    volume_id = created.json["volume"]["id"]

    view = cinder.read("alice", f"/volumes/{volume_id}", api="v2", at="3.70")["volume"]
    assert (view["name"], view["status"]) == ("one", "available")
    assert "group_id" not in view
    assert view["links"][0]["href"].endswith(f"/volume/v2/{DEMO}/volumes/{volume_id}")
    assert "openstack-api-version" not in cinder.call("alice", "GET", "/volumes", api="v2").headers
    snapshot = cinder.call("alice", "POST", "/snapshots", {"snapshot": {"volume_id": volume_id}}, api="v2")
    assert snapshot.status_code == 202
    for path in ("/volumes/detail", "/os-volumes", "/snapshots/detail", "/types", "/limits", "/backups", "/extensions"):
        assert cinder.call("alice", "GET", path, api="v2").status_code == 200
    assert cinder.call("alice", "GET", "/volumes/summary", api="v2").status_code == 404


class TestV1:
    """The API of the clients that came before: other names, and other statuses."""

    def test_a_volume_has_a_display_name(self, cinder: Cinder) -> None:
        body = {"volume": {"size": 1, "display_name": "one", "display_description": "d", "metadata": {"a": "1"}}}
        created = cinder.call("alice", "POST", "/volumes", body, api="v1")
        assert created.status_code == 200
        cinder.settle()

        view = cinder.read("alice", f"/volumes/{created.json['volume']['id']}", api="v1")["volume"]
        assert view.pop("created_at")
        assert view == {
            "id": created.json["volume"]["id"],
            "status": "available",
            "size": 1,
            "availability_zone": "nova",
            "display_name": "one",
            "display_description": "d",
            "volume_type": "standard",
            "snapshot_id": None,
            "source_volid": None,
            "metadata": {"a": "1"},
            "bootable": "false",
            "encrypted": False,
            "multiattach": "false",
            "attachments": [],
            "os-vol-tenant-attr:tenant_id": DEMO,
        }

    def test_both_lists_are_full(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume(name="one")

        short = cinder.read("alice", "/volumes", api="v1")
        assert short == cinder.read("alice", "/volumes/detail", api="v1")
        assert [item["id"] for item in short["volumes"]] == [volume_id]

    def test_a_volume_is_changed_used_and_deleted(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()
        path = f"/volumes/{volume_id}"

        changed = cinder.call("alice", "PUT", path, {"volume": {"display_name": "two"}}, api="v1")
        assert (changed.status_code, changed.json["volume"]["display_name"]) == (200, "two")
        attach = {"os-attach": {"host_name": "h", "mountpoint": "/dev/vdb"}}
        assert cinder.call("alice", "POST", f"{path}/action", attach, api="v1").status_code == 202
        assert cinder.read("alice", path, api="v1")["volume"]["attachments"][0]["device"] == "/dev/vdb"
        assert cinder.call("alice", "POST", f"{path}/action", {"os-detach": None}, api="v1").status_code == 202
        assert cinder.read("alice", f"{path}/metadata", api="v1") == {"metadata": {}}
        assert cinder.call("alice", "DELETE", path, api="v1").status_code == 202
        cinder.settle()
        assert refusal(cinder.call("alice", "GET", path, api="v1"))[0] == 404

    def test_a_snapshot_has_a_display_name(self, cinder: Cinder) -> None:
        body = {"snapshot": {"volume_id": cinder.make_volume(), "display_name": "s", "display_description": "d"}}
        created = cinder.call("alice", "POST", "/snapshots", body, api="v1")
        assert created.status_code == 200
        cinder.settle()

        path = f"/snapshots/{created.json['snapshot']['id']}"
        view = cinder.read("alice", path, api="v1")["snapshot"]
        assert (view["display_name"], view["display_description"], view["status"]) == ("s", "d", "available")
        listed = cinder.read("alice", "/snapshots", api="v1")["snapshots"]
        assert [item["display_name"] for item in listed] == ["s"]
        assert cinder.call("alice", "DELETE", path, api="v1").status_code == 202

    def test_types_are_id_name_and_extra_specs(self, cinder: Cinder) -> None:
        for volume_type in cinder.read("alice", "/types", api="v1")["volume_types"]:
            assert set(volume_type) == {"id", "name", "extra_specs"}

    def test_another_projects_volume_is_not_found(self, cinder: Cinder) -> None:
        volume_id = cinder.make_volume()

        assert cinder.call("bob", "GET", f"/volumes/{volume_id}", api="v1").status_code == 404
        assert cinder.read("bob", "/volumes", api="v1") == {"volumes": []}
        assert cinder.call("bob", "DELETE", f"/volumes/{NOWHERE}", api="v1").status_code == 404

    def test_what_a_project_may_have_is_said_too(self, cinder: Cinder) -> None:
        assert cinder.read("alice", "/limits", api="v1")["limits"]["absolute"]["maxTotalVolumes"] == 10
        assert cinder.read("alice", f"/os-quota-sets/{DEMO}", api="v1")["quota_set"]["volumes"] == 10
        assert cinder.read("alice", "/os-availability-zone", api="v1")["availabilityZoneInfo"]
        assert cinder.read("alice", "/extensions", api="v1")["extensions"]
