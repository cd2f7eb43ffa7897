"""Metering labels and their rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import ROOT, UNKNOWN, fault, message
from tests.support.cloud import ADMIN, DEMO, Cloud

LABELS = f"{ROOT}/metering/metering-labels"
RULES = f"{ROOT}/metering/metering-label-rules"


def label(cloud: Cloud, **attributes: Any) -> dict[str, Any]:
    """Make a label."""
    result = cloud.post("admin", LABELS, {"metering_label": attributes})
    assert result.status_code == 201, result.text
    made: dict[str, Any] = result.json["metering_label"]
    return made


def rule(cloud: Cloud, label_id: str, caller: str = "admin", **attributes: Any) -> Any:
    """Ask for a rule."""
    given = {"metering_label_id": label_id, "direction": "ingress", **attributes}
    return cloud.post(caller, RULES, {"metering_label_rule": given})


class TestLabels:
    def test_a_label_is_made_shown_and_deleted(self, cloud: Cloud) -> None:
        made = label(cloud, name="web", description="d")
        assert made == {
            "id": made["id"],
            "name": "web",
            "description": "d",
            "shared": False,
            "tenant_id": ADMIN,
            "project_id": ADMIN,
        }
        assert cloud.get("admin", f"{LABELS}/{made['id']}").json == {"metering_label": made}
        assert cloud.delete("admin", f"{LABELS}/{made['id']}").status_code == 204
        result = cloud.get("admin", f"{LABELS}/{made['id']}")
        assert message(result) == f"Metering label '{made['id']}' does not exist."

    def test_it_does_not_change(self, cloud: Cloud) -> None:
        result = cloud.put("admin", f"{LABELS}/{label(cloud)['id']}", {"metering_label": {"name": "x"}})
        assert result.status_code in (400, 501)

    def test_lists_are_filtered_and_sorted(self, cloud: Cloud) -> None:
        for name in ("b", "a", "c"):
            label(cloud, name=name, shared=name == "c")
        listed = cloud.get("admin", f"{LABELS}?sort_key=name&sort_dir=asc").json["metering_labels"]
        assert [item["name"] for item in listed] == ["a", "b", "c"]
        assert [item["name"] for item in cloud.get("admin", f"{LABELS}?shared=true").json["metering_labels"]] == ["c"]
        assert cloud.get("admin", f"{LABELS}?id=33").json == {"metering_labels": []}
        assert fault(cloud.get("admin", f"{LABELS}?colour=1")) == (400, "HTTPBadRequest")

    def test_a_project_sees_its_own_and_makes_none(self, cloud: Cloud) -> None:
        mine, foreign = label(cloud, project_id=DEMO), label(cloud)
        assert [item["id"] for item in cloud.get("alice", LABELS).json["metering_labels"]] == [mine["id"]]
        assert cloud.get("bob", LABELS).json == {"metering_labels": []}
        assert fault(cloud.get("alice", f"{LABELS}/{foreign['id']}")) == (404, "MeteringLabelNotFound")
        assert fault(cloud.delete("bob", f"{LABELS}/{mine['id']}")) == (404, "MeteringLabelNotFound")
        assert fault(cloud.delete("alice", f"{LABELS}/{mine['id']}")) == (403, "PolicyNotAuthorized")
        assert fault(cloud.post("alice", LABELS, {"metering_label": {}})) == (403, "PolicyNotAuthorized")


class TestRules:
    def test_a_rule_is_made_shown_and_deleted(self, cloud: Cloud) -> None:
        label_id = label(cloud)["id"]
        made = rule(cloud, label_id, remote_ip_prefix="10.0.0.0/24").json["metering_label_rule"]
        assert made == {
            "id": made["id"],
            "metering_label_id": label_id,
            "direction": "ingress",
            "remote_ip_prefix": "10.0.0.0/24",
            "source_ip_prefix": None,
            "destination_ip_prefix": None,
            "excluded": False,
        }
        assert cloud.get("admin", f"{RULES}/{made['id']}").json == {"metering_label_rule": made}
        assert cloud.get("admin", f"{RULES}?direction=egress").json == {"metering_label_rules": []}
        assert cloud.delete("admin", f"{RULES}/{made['id']}").status_code == 204
        assert fault(cloud.get("admin", f"{RULES}/{made['id']}")) == (404, "MeteringLabelRuleNotFound")

    def test_prefixes_do_not_overlap(self, cloud: Cloud) -> None:
        label_id = label(cloud)["id"]
        rule(cloud, label_id, remote_ip_prefix="10.0.0.0/24")
        result = rule(cloud, label_id, remote_ip_prefix="10.0.0.0/25")
        assert fault(result) == (409, "MeteringLabelRuleOverlaps")
        for other in ({"direction": "egress"}, {"remote_ip_prefix": "fd00::/64"}):
            assert rule(cloud, label_id, **{"remote_ip_prefix": "10.0.0.0/25", **other}).status_code == 201

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"remote_ip_prefix": "10.0/24"}, "Invalid input for remote_ip_prefix. Reason: '10.0/24' is not a valid "),
            ({"remote_ip_prefix": "10.0.0.0/24", "direction": "up"}, "Invalid input for direction. Reason: up is not "),
            ({}, "You must define at least one of the following parameters"),
            (
                {"remote_ip_prefix": "10.0.0.0/24", "source_ip_prefix": "10.1.0.0/24"},
                "Cannot use 'remote-ip-prefix' in conjunction with",
            ),
            ({"remote_ip_prefix": "10.0.0.0/24", "metering_label_id": "x"}, "Invalid input for metering_label_id."),
        ],
    )
    def test_rules_that_cannot_be(self, cloud: Cloud, given: dict[str, Any], text: str) -> None:
        result = rule(cloud, label(cloud)["id"], **given)
        assert result.status_code == 400
        assert message(result).startswith(text)

    def test_a_rule_needs_its_label(self, cloud: Cloud) -> None:
        result = rule(cloud, UNKNOWN, remote_ip_prefix="10.0.0.0/24")
        assert fault(result) == (404, "MeteringLabelNotFound")
        label_id = label(cloud)["id"]
        rule(cloud, label_id, source_ip_prefix="10.0.7.1/24", destination_ip_prefix="10.0.8.0")
        (made,) = cloud.get("admin", RULES).json["metering_label_rules"]
        assert (made["source_ip_prefix"], made["destination_ip_prefix"]) == ("10.0.7.1/24", "10.0.8.0/32")
        cloud.delete("admin", f"{LABELS}/{label_id}")
        assert cloud.get("admin", RULES).json == {"metering_label_rules": []}

    def test_a_project_sees_the_rules_of_its_labels(self, cloud: Cloud) -> None:
        made = rule(cloud, label(cloud, project_id=DEMO)["id"], remote_ip_prefix="10.0.0.0/24")
        rule_id = made.json["metering_label_rule"]["id"]
        assert [item["id"] for item in cloud.get("alice", RULES).json["metering_label_rules"]] == [rule_id]
        assert cloud.get("bob", RULES).json == {"metering_label_rules": []}
        assert cloud.get("bob", f"{RULES}/{rule_id}").status_code == 404
        assert cloud.delete("bob", f"{RULES}/{rule_id}").status_code == 404
        assert fault(cloud.delete("alice", f"{RULES}/{rule_id}")) == (403, "PolicyNotAuthorized")
