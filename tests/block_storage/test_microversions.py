"""What each microversion changes, as a running Cinder shows it: rows of a table, each right on both of its sides.

Source: Cinder's ``api/openstack/rest_api_version_history.rst``, and its answers at every version from 3.0 to 3.71.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.block_storage.cinder import DEMO, LATEST, NOWHERE, Cinder

# What appears, in which answer, to whom, since which version.
FIELDS = (
    ("3.7", "admin", "/os-services?binary=cinder-volume", "services", "cluster"),
    ("3.13", "alice", "/volumes/detail", "volumes", "group_id"),
    ("3.14", "alice", "/snapshots/detail", "snapshots", "group_snapshot_id"),
    ("3.21", "admin", "/volumes/detail?all_tenants=1", "volumes", "provider_id"),
    ("3.41", "alice", "/snapshots/detail", "snapshots", "user_id"),
    ("3.48", "alice", "/volumes/detail", "volumes", "shared_targets"),
    ("3.48", "alice", "/volumes/detail", "volumes", "service_uuid"),
    ("3.49", "admin", "/os-services?binary=cinder-volume", "services", "backend_state"),
    ("3.61", "admin", "/volumes/detail?all_tenants=1", "volumes", "cluster_name"),
    ("3.63", "alice", "/volumes/detail", "volumes", "volume_type_id"),
    ("3.65", "alice", "/volumes/detail", "volumes", "consumes_quota"),
    ("3.65", "alice", "/snapshots/detail", "snapshots", "consumes_quota"),
    ("3.43", "alice", "/backups/detail", "backups", "metadata"),
    ("3.56", "admin", "/backups/detail?all_tenants=1", "backups", "user_id"),
)
# What is not found before a version.
PATHS = (
    ("3.3", "alice", "/messages"),
    ("3.8", "admin", "/manageable_volumes?host=jumpgate@files"),
    ("3.8", "admin", "/manageable_snapshots?host=jumpgate@files"),
    ("3.11", "alice", "/group_types"),
    ("3.12", "alice", "/volumes/summary"),
    ("3.13", "alice", "/groups"),
    ("3.14", "alice", "/group_snapshots"),
    ("3.27", "alice", "/attachments"),
    ("3.33", "alice", "/resource_filters"),
    ("3.62", "admin", "/default-types"),
)
# What an action is unknown before; its error, once it is known, is another.
ACTIONS = (
    ("3.40", "revert", {"snapshot_id": NOWHERE}),
    ("3.68", "os-reimage", {"image_id": NOWHERE}),
)
# Which query is honoured only since a version: it finds nothing, where all was found before.
FILTERS = (
    ("3.10", "/volumes", f"group_id={NOWHERE}", "volumes"),
    ("3.22", "/snapshots", "metadata={'a':'1'}", "snapshots"),
)


def before(version: str) -> str:
    """Return the version before one."""
    major, minor = version.split(".")
    return f"{major}.{int(minor) - 1}"


@pytest.fixture
def full(cinder: Cinder) -> Cinder:
    """A cloud with one of each."""
    volume_id = cinder.make_volume(name="v")
    cinder.make_snapshot(volume_id, name="s")
    cinder.make_backup(volume_id, name="b")
    return cinder


@pytest.mark.parametrize(("version", "caller", "path", "plural", "field"), FIELDS)
def test_a_field_is_there_since_its_version(
    full: Cinder, version: str, caller: str, path: str, plural: str, field: str
) -> None:
    assert field not in full.read(caller, path, at=before(version))[plural][0]
    assert field in full.read(caller, path, at=version)[plural][0]
    assert field in full.read(caller, path, at=LATEST)[plural][0]


@pytest.mark.parametrize(("version", "caller", "path"), PATHS)
def test_a_path_is_there_since_its_version(cinder: Cinder, version: str, caller: str, path: str) -> None:
    assert cinder.call(caller, "GET", path, at=before(version)).status_code == 404
    assert cinder.call(caller, "GET", path, at=version).status_code == 200
    assert cinder.call(caller, "GET", path, at=LATEST).status_code == 200


@pytest.mark.parametrize(("version", "action", "body"), ACTIONS)
def test_an_action_is_known_since_its_version(
    with_images: Cinder, version: str, action: str, body: dict[str, Any]
) -> None:
    volume_id = with_images.make_volume()

    early = with_images.act(volume_id, action, body, at=before(version))
    late = with_images.act(volume_id, action, body, at=version)

    assert (early.status_code, "no such action" in early.text) == (400, True)
    assert "no such action" not in late.text


@pytest.mark.parametrize(("version", "path", "query", "plural"), FILTERS)
def test_a_filter_is_honoured_since_its_version(full: Cinder, version: str, path: str, query: str, plural: str) -> None:
    assert full.read("alice", f"{path}?{query}", at=before(version))[plural]
    assert full.read("alice", f"{path}?{query}", at=version)[plural] == []


@pytest.mark.parametrize("path", ["/volumes", "/snapshots", "/backups"])
def test_lists_are_counted_since_3_45(full: Cinder, path: str) -> None:
    counted = f"{path}?with_count=1&all_tenants=1"
    assert "count" not in full.read("admin", counted, at="3.44")
    assert full.read("admin", counted, at="3.45")["count"] == 1


def test_a_part_of_a_name_finds_since_3_34(full: Cinder) -> None:
    assert full.call("alice", "GET", "/volumes?name~=v", at="3.33").status_code == 400
    assert len(full.read("alice", "/volumes?name~=v", at="3.34")["volumes"]) == 1
    assert full.read("alice", "/volumes?name~=w", at="3.34")["volumes"] == []


@pytest.mark.parametrize("path", ["/volumes", "/snapshots", "/backups", "/messages", "/attachments", "/groups"])
def test_an_unknown_filter_is_refused_since_3_31(cinder: Cinder, path: str) -> None:
    assert cinder.call("alice", "GET", f"{path}?bogus=1", at="3.30").status_code in (200, 404)
    assert cinder.call("alice", "GET", f"{path}?bogus=1", at="3.31").status_code == 400


def test_an_unknown_filter_of_types_is_refused_since_3_52(cinder: Cinder) -> None:
    assert cinder.call("alice", "GET", "/types?bogus=1", at="3.51").status_code == 200
    assert cinder.call("alice", "GET", "/types?bogus=1", at="3.52").status_code == 400


def test_a_volume_in_use_is_extended_since_3_42(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})

    assert cinder.act(volume_id, "os-extend", {"new_size": 2}, at="3.41").status_code == 400
    assert cinder.act(volume_id, "os-extend", {"new_size": 2}, at="3.42").status_code == 202


def test_a_snapshot_of_a_volume_in_use_needs_no_force_since_3_66(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()
    cinder.do(volume_id, "os-attach", {"host_name": "h", "mountpoint": "/dev/vdb"})
    body = {"snapshot": {"volume_id": volume_id}}

    assert cinder.call("alice", "POST", "/snapshots", body, at="3.65").status_code == 400
    assert cinder.call("alice", "POST", "/snapshots", body, at="3.66").status_code == 202


def test_a_volume_is_made_of_a_backup_since_3_47(cinder: Cinder) -> None:
    backup_id = cinder.make_backup(cinder.make_volume())
    body = {"volume": {"size": 1, "backup_id": backup_id}}

    assert cinder.call("alice", "POST", "/volumes", body, at="3.47").status_code == 202
    assert cinder.read("alice", "/backups")["backups"][0]["id"] == backup_id


def test_the_project_may_be_left_out_of_the_path_since_3_67(cinder: Cinder) -> None:
    assert cinder.get("alice", "/volume/v3/volumes", version="volume 3.67").status_code == 200
    assert cinder.get("alice", f"/volume/v3/{DEMO}/volumes", version="volume 3.67").status_code == 200


def test_an_extension_that_waits_for_nobody_is_not_completed(cinder: Cinder) -> None:
    volume_id = cinder.make_volume()

    result = cinder.act(volume_id, "os-extend_volume_completion", {"error": False}, "admin", at="3.71")

    assert (result.status_code, result.json["badRequest"]["message"]) == (
        400,
        "Invalid volume: Volume is not being extended.",
    )
    assert cinder.act(volume_id, "os-extend_volume_completion", {}, at="3.71").status_code == 403


class TestNegotiation:
    @pytest.mark.parametrize("wanted", ["3.72", "3.999", "2.0", "4.0"])
    def test_an_unknown_version_is_not_acceptable(self, cinder: Cinder, wanted: str) -> None:
        result = cinder.call("alice", "GET", "/volumes", at=wanted)

        assert result.status_code == 406
        fault = result.json["computeFault"]
        assert fault["code"] == 406
        assert fault["message"] == (
            f"Version {wanted} is not supported by the API. Minimum is 3.0 and maximum is 3.71."
        )
        assert result.headers["openstack-api-version"] == f"volume {wanted}"
        assert result.headers["vary"] == "OpenStack-API-Version"

    def test_what_is_no_version_is_refused(self, cinder: Cinder) -> None:
        result = cinder.call("alice", "GET", "/volumes", at="3.x")

        assert (result.status_code, "invalid format" in result.json["badRequest"]["message"]) == (400, True)

    @pytest.mark.parametrize(("wanted", "used"), [("latest", LATEST), ("3.5", "3.5")])
    def test_the_answer_tells_which_was_used(self, cinder: Cinder, wanted: str, used: str) -> None:
        headers = cinder.call("alice", "GET", "/volumes", at=wanted).headers

        assert (headers["openstack-api-version"], headers["vary"]) == (f"volume {used}", "OpenStack-API-Version")

    def test_without_a_version_it_is_the_first(self, cinder: Cinder) -> None:
        assert cinder.call("alice", "GET", "/volumes").headers["openstack-api-version"] == "volume 3.0"

    def test_another_services_version_is_not_ours(self, cinder: Cinder) -> None:
        result = cinder.get("alice", f"/volume/v3/{DEMO}/volumes", version="compute 2.99")

        assert result.headers["openstack-api-version"] == "volume 3.0"
