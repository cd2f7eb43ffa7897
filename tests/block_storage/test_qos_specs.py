"""QoS specs and the volume types that have them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.block_storage.cinder import NOWHERE, Cinder, names, refusal


def make(cinder: Cinder, name: str, **specs: str) -> str:
    result = cinder.call("admin", "POST", "/qos-specs", {"qos_specs": {"name": name, **specs}})
    assert result.status_code == 200, result.text
    return str(result.json["qos_specs"]["id"])


def show(cinder: Cinder, qos_id: str) -> dict[str, Any]:
    view: dict[str, Any] = cinder.read("admin", f"/qos-specs/{qos_id}")["qos_specs"]
    return view


def test_specs_are_made_changed_and_removed(cinder: Cinder) -> None:
    qos_id = make(cinder, "fast", consumer="front-end", read_iops_sec="20000")
    path = f"/qos-specs/{qos_id}"

    assert show(cinder, qos_id) == {
        "id": qos_id,
        "name": "fast",
        "consumer": "front-end",
        "specs": {"read_iops_sec": "20000"},
    }
    assert cinder.read("admin", path)["links"][0]["href"].endswith(path)
    changes = {"qos_specs": {"consumer": "both", "write_iops_sec": "100"}}
    assert cinder.call("admin", "PUT", path, changes).json == changes
    view = show(cinder, qos_id)
    assert (view["consumer"], view["specs"]) == ("both", {"read_iops_sec": "20000", "write_iops_sec": "100"})
    assert cinder.call("admin", "PUT", f"{path}/delete_keys", {"keys": ["read_iops_sec"]}).status_code == 202
    assert show(cinder, qos_id)["specs"] == {"write_iops_sec": "100"}
    missing = cinder.call("admin", "PUT", f"{path}/delete_keys", {"keys": ["x"]})
    assert refusal(missing) == (404, f"QoS spec {qos_id} has no spec with key x.")
    assert cinder.call("admin", "DELETE", path).status_code == 202
    assert refusal(cinder.call("admin", "GET", path)) == (404, f"No such QoS spec {qos_id}.")


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "  "}, {"name": "x", "consumer": "nobody"}, {"name": "x", "iops": 5}],
)
def test_specs_that_cannot_be_are_refused(cinder: Cinder, body: object) -> None:
    assert cinder.call("admin", "POST", "/qos-specs", {"qos_specs": body}).status_code == 400


def test_names_are_unique(cinder: Cinder) -> None:
    make(cinder, "fast")

    again = cinder.call("admin", "POST", "/qos-specs", {"qos_specs": {"name": "fast"}})
    assert refusal(again) == (409, "QoS Specs fast already exists.")


def test_a_volume_type_has_specs_until_they_are_taken(cinder: Cinder) -> None:
    qos_id, other = make(cinder, "fast"), make(cinder, "slow")
    gold = cinder.make_type("gold")
    path = f"/qos-specs/{qos_id}"

    assert cinder.call("admin", "GET", f"{path}/associate?vol_type_id={gold}").status_code == 202
    association = {"association_type": "volume_type", "name": "gold", "id": gold}
    assert cinder.read("admin", f"{path}/associations") == {"qos_associations": [association]}
    assert cinder.read("admin", f"/types/{gold}")["volume_type"]["qos_specs_id"] == qos_id
    refused = cinder.call("admin", "GET", f"/qos-specs/{other}/associate?vol_type_id={gold}")
    message = f"Invalid volume type: Type {gold} is already associated with another qos specs: {qos_id}"
    assert refusal(refused) == (400, message)
    assert refusal(cinder.call("admin", "DELETE", path)) == (400, "Qos specs still in use.")
    assert cinder.call("admin", "GET", f"{path}/disassociate?vol_type_id={gold}").status_code == 202
    assert cinder.read("admin", f"{path}/associations") == {"qos_associations": []}


def test_specs_are_taken_from_all_types_at_once(cinder: Cinder) -> None:
    qos_id = make(cinder, "fast")
    for name in ("gold", "silver"):
        type_id = cinder.make_type(name)
        cinder.call("admin", "GET", f"/qos-specs/{qos_id}/associate?vol_type_id={type_id}")

    assert cinder.call("admin", "GET", f"/qos-specs/{qos_id}/disassociate_all").status_code == 202
    assert cinder.read("admin", f"/qos-specs/{qos_id}/associations") == {"qos_associations": []}


def test_specs_in_use_are_removed_by_force(cinder: Cinder) -> None:
    qos_id, gold = make(cinder, "fast"), cinder.make_type("gold")
    cinder.call("admin", "GET", f"/qos-specs/{qos_id}/associate?vol_type_id={gold}")

    assert cinder.call("admin", "DELETE", f"/qos-specs/{qos_id}?force=True").status_code == 202
    assert cinder.read("admin", f"/types/{gold}")["volume_type"]["qos_specs_id"] is None


def test_an_association_needs_both_ends(cinder: Cinder) -> None:
    qos_id = make(cinder, "fast")
    path = f"/qos-specs/{qos_id}"

    assert refusal(cinder.call("admin", "GET", f"{path}/associate")) == (400, "Volume Type id must not be None.")
    assert cinder.call("admin", "GET", f"{path}/associate?vol_type_id={NOWHERE}").status_code == 404
    assert cinder.call("admin", "GET", f"{path}/disassociate?vol_type_id={NOWHERE}").status_code == 404
    assert cinder.call("admin", "GET", f"/qos-specs/{NOWHERE}/associations").status_code == 404


@pytest.mark.parametrize(("consumer", "kept"), [("front-end", True), ("both", True), ("back-end", False)])
def test_whoever_connects_a_volume_is_told_what_to_keep(cinder: Cinder, consumer: str, kept: bool) -> None:
    qos_id, gold = make(cinder, "fast", consumer=consumer, total_iops_sec="5"), cinder.make_type("gold")
    cinder.call("admin", "GET", f"/qos-specs/{qos_id}/associate?vol_type_id={gold}")
    volume_id = cinder.make_volume(volume_type="gold")

    info = cinder.act(volume_id, "os-initialize_connection", {"connector": {}}).json["connection_info"]
    assert info["data"]["qos_specs"] == ({"total_iops_sec": "5"} if kept else None)


def test_specs_are_listed(cinder: Cinder) -> None:
    for name, consumer in (("b", "front-end"), ("a", "both")):
        make(cinder, name, consumer=consumer)

    assert names(cinder.read("admin", "/qos-specs"), "qos_specs") == ["a", "b"]
    assert names(cinder.read("admin", "/qos-specs?sort=name:desc"), "qos_specs") == ["b", "a"]
    assert names(cinder.read("admin", "/qos-specs?consumer=both"), "qos_specs") == ["a"]
    page = cinder.read("admin", "/qos-specs?limit=1&sort=name:asc")
    assert (names(page, "qos_specs"), page["qos_specs_links"][0]["rel"]) == (["a"], "next")


def test_specs_are_the_administrators(cinder: Cinder) -> None:
    qos_id = make(cinder, "fast")

    for method, where, body in (
        ("GET", "/qos-specs", None),
        ("GET", f"/qos-specs/{qos_id}", None),
        ("POST", "/qos-specs", {"qos_specs": {"name": "x"}}),
        ("PUT", f"/qos-specs/{qos_id}", {"qos_specs": {}}),
        ("DELETE", f"/qos-specs/{qos_id}", None),
        ("GET", f"/qos-specs/{qos_id}/associations", None),
        ("GET", f"/qos-specs/{qos_id}/disassociate_all", None),
    ):
        assert cinder.call("alice", method, where, body).status_code == 403
