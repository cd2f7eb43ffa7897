"""Quotas: what a project may have, how it is counted, and that nobody gets more."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.block_storage.cinder import DEMO, OTHER, Cinder, refusal


def usage(cinder: Cinder, name: str, project_id: str = DEMO) -> dict[str, int]:
    view: dict[str, int] = cinder.read("admin", f"/os-quota-sets/{project_id}?usage=True")["quota_set"][name]
    return view


def test_a_project_has_the_defaults(cinder: Cinder) -> None:
    quota = cinder.read("alice", f"/os-quota-sets/{DEMO}")["quota_set"]

    assert quota == {
        "id": DEMO,
        "volumes": 10,
        "snapshots": 10,
        "gigabytes": 1000,
        "backups": 10,
        "backup_gigabytes": 1000,
        "per_volume_gigabytes": -1,
        "groups": 10,
        "volumes_standard": -1,
        "snapshots_standard": -1,
        "gigabytes_standard": -1,
        "volumes_multiattach": -1,
        "snapshots_multiattach": -1,
        "gigabytes_multiattach": -1,
    }
    assert cinder.read("alice", f"/os-quota-sets/{DEMO}/defaults")["quota_set"] == quota


def test_usage_is_what_there_is(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=2)
    cinder.make_volume(size=3, volume_type="multiattach")
    cinder.make_snapshot(volume_id)
    cinder.make_backup(volume_id)
    cinder.make_volume("bob", size=7)

    assert usage(cinder, "volumes") == {"limit": 10, "in_use": 2, "reserved": 0}
    assert usage(cinder, "gigabytes")["in_use"] == 2 + 3 + 2
    assert usage(cinder, "snapshots")["in_use"] == 1
    assert usage(cinder, "backups")["in_use"] == 1
    assert usage(cinder, "backup_gigabytes")["in_use"] == 2
    assert usage(cinder, "volumes_standard")["in_use"] == 1
    assert usage(cinder, "gigabytes_standard")["in_use"] == 4
    assert usage(cinder, "gigabytes_multiattach")["in_use"] == 3
    assert usage(cinder, "gigabytes", OTHER)["in_use"] == 7


def test_what_an_extension_was_promised_is_reserved(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=2)
    cinder.act(volume_id, "os-extend", {"new_size": 5})

    assert usage(cinder, "gigabytes") == {"limit": 1000, "in_use": 2, "reserved": 3}
    cinder.settle()
    assert usage(cinder, "gigabytes") == {"limit": 1000, "in_use": 5, "reserved": 0}


def test_limits_tell_a_project_what_is_left(cinder: Cinder) -> None:
    cinder.make_volume(size=2)

    assert cinder.read("alice", "/limits") == {
        "limits": {
            "rate": [],
            "absolute": {
                "maxTotalVolumes": 10,
                "maxTotalSnapshots": 10,
                "maxTotalVolumeGigabytes": 1000,
                "maxTotalBackups": 10,
                "maxTotalBackupGigabytes": 1000,
                "totalVolumesUsed": 1,
                "totalGigabytesUsed": 2,
                "totalSnapshotsUsed": 0,
                "totalBackupsUsed": 0,
                "totalBackupGigabytesUsed": 0,
            },
        }
    }


def test_an_administrator_asks_for_another_projects_limits_since_3_39(cinder: Cinder) -> None:
    cinder.make_volume()

    def used(caller: str, at: str) -> int:
        found: int = cinder.read(caller, f"/limits?project_id={DEMO}", at=at)["limits"]["absolute"]["totalVolumesUsed"]
        return found

    assert (used("admin", "3.38"), used("admin", "3.39"), used("bob", "3.39")) == (0, 1, 0)


def test_more_than_the_limit_is_refused(cinder: Cinder) -> None:
    cinder.set_quota(volumes=1)
    cinder.make_volume()

    result = cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1}})

    assert result.status_code == 413
    assert result.json == {
        "overLimit": {
            "code": 413,
            "message": "Maximum number of volumes allowed (1) exceeded for quota 'volumes'.",
            "retryAfter": "0",
        }
    }
    assert result.headers["retry-after"] == "0"
    assert len(cinder.read("alice", "/volumes")["volumes"]) == 1


@pytest.mark.parametrize(
    ("limits", "volume", "message"),
    [
        (
            {"gigabytes": 4},
            {"size": 3},
            "Requested volume or snapshot exceeds allowed gigabytes quota. Requested 3G, quota is 4G and 2G has been "
            "consumed.",
        ),
        (
            {"gigabytes_standard": 4},
            {"size": 3},
            "Requested volume or snapshot exceeds allowed gigabytes_standard quota. Requested 3G, quota is 4G and 2G "
            "has been consumed.",
        ),
        (
            {"per_volume_gigabytes": 2},
            {"size": 3},
            "Requested volume size 3G is larger than maximum allowed limit 2G.",
        ),
        (
            {"volumes_standard": 1},
            {"size": 1},
            "Maximum number of volumes allowed (1) exceeded for quota 'volumes_standard'.",
        ),
    ],
)
def test_each_limit_has_its_words(cinder: Cinder, limits: dict[str, int], volume: object, message: str) -> None:
    cinder.make_volume(size=2)
    cinder.set_quota(DEMO, **limits)

    assert refusal(cinder.call("alice", "POST", "/volumes", {"volume": volume})) == (413, message)


def test_limits_hold_for_everything_that_takes_space(cinder: Cinder) -> None:
    volume_id = cinder.make_volume(size=2)
    cinder.make_type("gold")
    cinder.set_quota(gigabytes=3, snapshots=0, backups=0, gigabytes_gold=1)

    extended = cinder.act(volume_id, "os-extend", {"new_size": 4})
    assert refusal(extended)[1] == (
        "Requested volume or snapshot exceeds allowed gigabytes quota. Requested 2G, quota is 3G and 2G has been "
        "consumed."
    )
    snapshot = cinder.call("alice", "POST", "/snapshots", {"snapshot": {"volume_id": volume_id}})
    assert snapshot.status_code == 413
    cinder.set_quota(gigabytes=100)
    snapshot = cinder.call("alice", "POST", "/snapshots", {"snapshot": {"volume_id": volume_id}})
    assert refusal(snapshot) == (413, "Maximum number of snapshots allowed (0) exceeded")
    backup = cinder.call("alice", "POST", "/backups", {"backup": {"volume_id": volume_id}})
    assert refusal(backup) == (413, "Maximum number of backups allowed (0) exceeded")
    cinder.set_quota(backups=5, backup_gigabytes=1)
    backup = cinder.call("alice", "POST", "/backups", {"backup": {"volume_id": volume_id}})
    assert refusal(backup)[1] == (
        "Requested backup exceeds allowed Backup gigabytes quota. Requested 2G, quota is 1G and 0G has been consumed."
    )
    assert cinder.act(volume_id, "os-retype", {"new_type": "gold"}).status_code == 413
    assert cinder.status(volume_id) == "available"


def test_room_is_free_again_when_a_volume_is_gone(cinder: Cinder) -> None:
    cinder.set_quota(volumes=1)
    volume_id = cinder.make_volume()
    cinder.call("alice", "DELETE", f"/volumes/{volume_id}")

    new = {"volume": {"size": 1}}
    assert cinder.call("alice", "POST", "/volumes", new).status_code == 413
    cinder.settle()
    assert cinder.call("alice", "POST", "/volumes", new).status_code == 202


def test_an_administrator_sets_limits_and_takes_them_back(cinder: Cinder) -> None:
    path = f"/os-quota-sets/{DEMO}"
    body = {"quota_set": {"volumes": 20, "gigabytes": "-1", "tenant_id": DEMO}}

    changed = cinder.call("admin", "PUT", path, body)
    assert changed.status_code == 200
    assert (changed.json["quota_set"]["volumes"], changed.json["quota_set"]["gigabytes"]) == (20, -1)
    assert "id" not in changed.json["quota_set"]
    assert cinder.read("alice", path)["quota_set"]["volumes"] == 20
    assert cinder.read("bob", f"/os-quota-sets/{OTHER}")["quota_set"]["volumes"] == 10
    assert cinder.call("admin", "DELETE", path).status_code == 200
    assert cinder.read("alice", path)["quota_set"]["volumes"] == 10


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"quota_set": {}},
        {"quota_set": {"volumes": -2}},
        {"quota_set": {"volumes": "many"}},
        {"quota_set": {"volumes": None}},
        {"quota_set": {"volumes": 1.5}},
        {"quota_set": {"flying_carpets": 1}},
        {"quota_set": {"volumes": 1 << 31}},
    ],
)
def test_a_limit_that_cannot_be_is_refused(cinder: Cinder, body: object) -> None:
    assert cinder.call("admin", "PUT", f"/os-quota-sets/{DEMO}", body).status_code == 400


def test_a_limit_below_what_is_used_is_refused(cinder: Cinder) -> None:
    cinder.make_volume(size=5)

    refused = cinder.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {"gigabytes": 4}})
    message = (
        "Quota gigabytes limit must be equal or greater than existing resources. Current usage is 5 and the requested "
        "limit is 4."
    )
    assert refusal(refused) == (400, message)


def test_quotas_are_the_administrators_and_the_projects_own(cinder: Cinder) -> None:
    for method, where, body in (
        ("GET", f"/os-quota-sets/{OTHER}", None),
        ("GET", f"/os-quota-sets/{OTHER}/defaults", None),
        ("PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {"volumes": 99}}),
        ("DELETE", f"/os-quota-sets/{DEMO}", None),
        ("GET", "/os-quota-class-sets/default", None),
        ("PUT", "/os-quota-class-sets/default", {"quota_class_set": {"volumes": 99}}),
    ):
        assert cinder.call("alice", method, where, body).status_code == 403
    assert cinder.read("alice", f"/os-quota-sets/{DEMO}")["quota_set"]["volumes"] == 10


def test_the_default_class_changes_what_projects_get(cinder: Cinder) -> None:
    path = "/os-quota-class-sets/default"
    assert cinder.read("admin", path)["quota_class_set"]["volumes"] == 10

    changed = cinder.call("admin", "PUT", path, {"quota_class_set": {"volumes": 3}})

    assert (changed.status_code, changed.json["quota_class_set"]["volumes"]) == (200, 3)
    assert cinder.read("admin", path)["quota_class_set"]["id"] == "default"
    assert cinder.read("alice", f"/os-quota-sets/{DEMO}/defaults")["quota_set"]["volumes"] == 3
    cinder.set_quota(OTHER, volumes=5)
    assert cinder.read("alice", f"/os-quota-sets/{DEMO}")["quota_set"]["volumes"] == 3
    assert cinder.read("bob", f"/os-quota-sets/{OTHER}")["quota_set"]["volumes"] == 5
    cinder.call("admin", "PUT", "/os-quota-class-sets/special", {"quota_class_set": {"volumes": 77}})
    assert cinder.read("admin", "/os-quota-class-sets/special")["quota_class_set"]["volumes"] == 77
    assert cinder.read("alice", f"/os-quota-sets/{DEMO}")["quota_set"]["volumes"] == 3
    assert cinder.call("admin", "PUT", path, {"quota_class_set": {"carpets": 3}}).status_code == 400


def test_the_limits_of_a_type_follow_its_name(cinder: Cinder) -> None:
    gold = cinder.make_type("gold")
    cinder.set_quota(volumes_gold=0)
    cinder.call("admin", "PUT", f"/types/{gold}", {"volume_type": {"name": "platinum"}})

    assert cinder.read("alice", f"/os-quota-sets/{DEMO}")["quota_set"]["volumes_platinum"] == 0
    new = {"volume": {"size": 1, "volume_type": "platinum"}}
    assert cinder.call("alice", "POST", "/volumes", new).status_code == 413


def test_at_the_edge_of_a_quota_nobody_gets_more_and_nothing_is_lost(cinder: Cinder) -> None:
    cinder.set_quota(volumes=7, gigabytes=100)
    cinder.read("alice", "/volumes")

    def create(_: int) -> int:
        return int(cinder.call("alice", "POST", "/volumes", {"volume": {"size": 1}}).status_code)

    with ThreadPoolExecutor(20) as threads:
        statuses = list(threads.map(create, range(20)))

    assert sorted(statuses) == [202] * 7 + [413] * 13
    cinder.settle()
    found = cinder.read("alice", "/volumes/detail")["volumes"]
    assert [volume["status"] for volume in found] == ["available"] * 7
    assert cinder.files() == {volume["id"] for volume in found}
    assert usage(cinder, "volumes") == {"limit": 7, "in_use": 7, "reserved": 0}
