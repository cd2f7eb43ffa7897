"""Security groups and their rules over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import UNKNOWN, ask, change, fault, found, make, message, path, show
from tests.support.cloud import DEMO, OTHER, Cloud


def short(rule: dict[str, Any]) -> tuple[str, str, str | None]:
    """Return what a rule of a new group says."""
    return rule["direction"], rule["ethertype"], rule["remote_group_id"]


class TestDefaultGroup:
    def test_it_is_there_when_somebody_looks(self, cloud: Cloud) -> None:
        groups = found(cloud, "alice", "security_group")
        assert [(group["name"], group["description"]) for group in groups] == [("default", "Default security group")]
        own = groups[0]["id"]
        assert [short(rule) for rule in groups[0]["security_group_rules"]] == [
            ("egress", "IPv4", None),
            ("egress", "IPv6", None),
            ("ingress", "IPv4", own),
            ("ingress", "IPv6", own),
        ]

    def test_it_is_made_once_for_each_project(self, cloud: Cloud) -> None:
        first, again, other = (found(cloud, caller, "security_group")[0] for caller in ("alice", "alice", "bob"))
        assert first == again
        assert (first["id"] != other["id"], other["project_id"]) == (True, OTHER)

    def test_its_rules_are_there_too(self, cloud: Cloud) -> None:
        assert len(found(cloud, "alice", "security_group_rule")) == 4

    def test_its_name_stays(self, cloud: Cloud) -> None:
        group = found(cloud, "alice", "security_group")[0]
        result = change(cloud, "alice", "security_group", group["id"], name="mine")
        assert fault(result) == (409, "SecurityGroupCannotUpdateDefault")
        assert change(cloud, "alice", "security_group", group["id"], description="mine").status_code == 200

    @pytest.mark.parametrize("name", ["default", "Default", "DEFAULT"])
    def test_there_is_no_other_of_its_name(self, cloud: Cloud, name: str) -> None:
        result = ask(cloud, "alice", "security_group", name=name)
        assert fault(result) == (409, "SecurityGroupDefaultAlreadyExists")
        assert message(result) == "Default security group already exists."

    def test_its_project_cannot_delete_it(self, cloud: Cloud) -> None:
        group = found(cloud, "alice", "security_group")[0]
        result = cloud.delete("alice", path("security_group", group["id"]))
        assert fault(result) == (409, "SecurityGroupCannotRemoveDefault")
        assert message(result) == "Insufficient rights for removing default security group."

    def test_an_administrator_can_and_it_comes_back(self, cloud: Cloud) -> None:
        group = found(cloud, "alice", "security_group")[0]
        assert cloud.delete("admin", path("security_group", group["id"])).status_code == 204
        assert found(cloud, "alice", "security_group")[0]["id"] != group["id"]


class TestGroups:
    def test_a_new_group_lets_everything_out(self, cloud: Cloud) -> None:
        group = make(cloud, "alice", "security_group", name="web", description="servers")
        rules = group.pop("security_group_rules")
        assert [short(rule) for rule in rules] == [("egress", "IPv4", None), ("egress", "IPv6", None)]
        for name in ("id", "created_at", "updated_at"):
            group.pop(name)
        assert group == {
            "name": "web",
            "description": "servers",
            "stateful": True,
            "shared": False,
            "tenant_id": DEMO,
            "project_id": DEMO,
            "tags": [],
            "revision_number": 1,
        }

    def test_two_may_have_one_name(self, cloud: Cloud) -> None:
        ids = {make(cloud, "alice", "security_group", name="web")["id"] for _ in range(2)}
        assert len(ids) == 2

    def test_it_is_changed_and_deleted(self, cloud: Cloud) -> None:
        group = make(cloud, "alice", "security_group", name="web")
        changed = change(cloud, "alice", "security_group", group["id"], name="db", stateful=False)
        assert (changed.json["security_group"]["name"], changed.json["security_group"]["stateful"]) == ("db", False)
        assert cloud.delete("alice", path("security_group", group["id"])).status_code == 204
        assert fault(cloud.get("alice", path("security_group", group["id"]))) == (404, "SecurityGroupNotFound")

    def test_a_group_that_a_port_has_is_in_use(self, cloud: Cloud) -> None:
        group = make(cloud, "alice", "security_group", name="web")
        network = make(cloud, "alice", "network")
        make(cloud, "alice", "port", network_id=network["id"], security_groups=[group["id"]])
        result = cloud.delete("alice", path("security_group", group["id"]))
        assert fault(result) == (409, "SecurityGroupInUse")
        assert message(result) == f"Security Group {group['id']} in use."
        assert fault(change(cloud, "alice", "security_group", group["id"], stateful=False)) == (
            409,
            "SecurityGroupInUse",
        )

    def test_rules_about_a_group_go_with_it(self, cloud: Cloud) -> None:
        one, other = (make(cloud, "alice", "security_group", name=name)["id"] for name in "ab")
        rule = make(
            cloud, "alice", "security_group_rule", security_group_id=one, direction="ingress", remote_group_id=other
        )
        assert cloud.delete("alice", path("security_group", other)).status_code == 204
        assert fault(cloud.get("alice", path("security_group_rule", rule["id"]))) == (404, "SecurityGroupRuleNotFound")

    @pytest.mark.parametrize("resource_id", [UNKNOWN, "no-uuid"])
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_an_unknown_one_is_not_found(self, cloud: Cloud, method: str, resource_id: str) -> None:
        body = {"security_group": {"name": "x"}} if method == "PUT" else None
        result = cloud.request("alice", method, path("security_group", resource_id), body)
        assert fault(result) == (404, "SecurityGroupNotFound")
        assert message(result) == f"Security group {resource_id} does not exist"

    def test_others_cannot_see_change_or_delete_a_group(self, cloud: Cloud) -> None:
        group = make(cloud, "alice", "security_group", name="web")
        assert [item["name"] for item in found(cloud, "bob", "security_group")] == ["default"]
        assert fault(cloud.get("bob", path("security_group", group["id"]))) == (404, "SecurityGroupNotFound")
        assert change(cloud, "bob", "security_group", group["id"], name="mine").status_code == 404
        assert cloud.delete("bob", path("security_group", group["id"])).status_code == 404

    def test_an_administrator_looks_into_another_project(self, cloud: Cloud) -> None:
        groups = found(cloud, "admin", "security_group", f"project_id={DEMO}")
        assert [(group["name"], group["project_id"]) for group in groups] == [("default", DEMO)]


@pytest.fixture
def group_id(cloud: Cloud) -> str:
    """A group of alice's."""
    made: str = make(cloud, "alice", "security_group", name="web")["id"]
    return made


def ask_rule(cloud: Cloud, group_id: str, caller: str = "alice", **attributes: Any) -> Any:
    """Ask for a rule for what comes in."""
    given = {"security_group_id": group_id, "direction": "ingress", **attributes}
    return ask(cloud, caller, "security_group_rule", **given)


class TestRules:
    def test_a_rule_is_kept_as_it_is_given(self, cloud: Cloud, group_id: str) -> None:
        given: dict[str, Any] = {
            "direction": "ingress",
            "ethertype": "IPv4",
            "protocol": "tcp",
            "port_range_min": 80,
            "port_range_max": 88,
            "remote_ip_prefix": "10.0.0.5/24",
            "description": "web",
        }
        rule = ask_rule(cloud, group_id, **given).json["security_group_rule"]
        shown = show(cloud, "alice", "security_group_rule", rule["id"])
        for name in ("id", "created_at", "updated_at"):
            shown.pop(name)
        assert shown == {
            **given,
            "security_group_id": group_id,
            "tenant_id": DEMO,
            "project_id": DEMO,
            "remote_group_id": None,
            "remote_address_group_id": None,
            "normalized_cidr": "10.0.0.0/24",
            "belongs_to_default_sg": False,
            "revision_number": 1,
        }

    def test_the_group_shows_it_and_moves_on(self, cloud: Cloud, group_id: str) -> None:
        rule = ask_rule(cloud, group_id).json["security_group_rule"]
        group = show(cloud, "alice", "security_group", group_id)
        assert rule["id"] in [item["id"] for item in group["security_group_rules"]]
        assert group["revision_number"] == 2

    def test_it_is_deleted(self, cloud: Cloud, group_id: str) -> None:
        rule = ask_rule(cloud, group_id).json["security_group_rule"]
        assert cloud.delete("alice", path("security_group_rule", rule["id"])).status_code == 204
        assert len(show(cloud, "alice", "security_group", group_id)["security_group_rules"]) == 2

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ({"protocol": "TCP"}, {"protocol": "tcp"}),
            ({"protocol": 6}, {"protocol": "6"}),
            ({"protocol": "any"}, {"protocol": None}),
            ({"protocol": "icmp", "ethertype": "IPv6"}, {"protocol": "ipv6-icmp"}),
            ({"protocol": "icmpv6", "ethertype": "ipv6"}, {"protocol": "ipv6-icmp", "ethertype": "IPv6"}),
            ({"protocol": "1", "ethertype": "IPv6"}, {"protocol": "58"}),
            ({"protocol": "icmp", "port_range_min": 8}, {"port_range_min": 8, "port_range_max": None}),
            ({"protocol": "udp", "port_range_min": "53", "port_range_max": "53"}, {"port_range_min": 53}),
            ({"protocol": "tcp", "port_range_min": 1, "port_range_max": 65535}, {"port_range_min": None}),
            ({"remote_ip_prefix": "10.0.0.9"}, {"remote_ip_prefix": "10.0.0.9/32"}),
            ({"remote_ip_prefix": ""}, {"remote_ip_prefix": None}),
        ],
    )
    def test_it_is_put_into_one_form(
        self, cloud: Cloud, group_id: str, given: dict[str, Any], kept: dict[str, Any]
    ) -> None:
        result = ask_rule(cloud, group_id, **given)
        assert result.status_code == 201, result.text
        assert result.json["security_group_rule"].items() >= kept.items()

    @pytest.mark.parametrize(
        ("given", "name", "text"),
        [
            ({"port_range_min": 80, "port_range_max": 80}, "SecurityGroupProtocolRequiredWithPorts", None),
            (
                {"protocol": "tcp", "port_range_min": 90, "port_range_max": 80},
                "SecurityGroupInvalidPortRange",
                "For TCP/UDP protocols, port_range_min must be <= port_range_max",
            ),
            ({"protocol": "tcp", "port_range_min": 80}, "SecurityGroupInvalidPortRange", None),
            ({"protocol": "tcp", "port_range_min": 0, "port_range_max": 80}, "SecurityGroupInvalidPortValue", None),
            (
                {"protocol": "tcp", "port_range_min": 80, "port_range_max": 65536},
                "SecurityGroupInvalidPortValue",
                "Invalid value for port 65536",
            ),
            ({"protocol": "tcp", "port_range_min": "x"}, "SecurityGroupInvalidPortValue", None),
            (
                {"protocol": "icmp", "port_range_min": 256},
                "SecurityGroupInvalidIcmpValue",
                "Invalid value for ICMP type (port_range_min) 256. It must be 0 to 255.",
            ),
            ({"protocol": "icmp", "port_range_max": 5}, "SecurityGroupMissingIcmpType", None),
            (
                {"protocol": "gre", "port_range_min": 1, "port_range_max": 2},
                "SecurityGroupInvalidProtocolForPort",
                "Ports cannot be specified for protocol 47. Ports are only supported for DCCP, SCTP, TCP, UDP, "
                "UDPLITE.",
            ),
            ({"protocol": "carrier-pigeon"}, "SecurityGroupRuleInvalidProtocol", None),
            ({"protocol": 256}, "SecurityGroupRuleInvalidProtocol", None),
            ({"protocol": "ipv6-icmp"}, "SecurityGroupEthertypeConflictWithProtocol", None),
            (
                {"ethertype": "IPv5"},
                "SecurityGroupRuleInvalidEtherType",
                "Security group rule for ethertype 'IPv5' not supported. Allowed values are IPv4, IPv6.",
            ),
            (
                {"remote_ip_prefix": "2001:db8::/64"},
                "SecurityGroupRuleParameterConflict",
                "Conflicting value ethertype IPv4 for CIDR 2001:db8::/64",
            ),
            (
                {"remote_ip_prefix": "192.168.1./24"},
                "InvalidCIDR",
                "Invalid CIDR 192.168.1./24 given as IP prefix.",
            ),
            (
                {"direction": "sideways"},
                "HTTPBadRequest",
                "Invalid input for direction. Reason: sideways is not in valid_values.",
            ),
        ],
    )
    def test_rules_that_make_no_sense(
        self, cloud: Cloud, group_id: str, given: dict[str, Any], name: str, text: str | None
    ) -> None:
        result = ask_rule(cloud, group_id, **given)
        assert fault(result) == (400, name)
        assert text is None or message(result) == text

    def test_a_rule_has_one_other_side(self, cloud: Cloud, group_id: str) -> None:
        result = ask_rule(cloud, group_id, remote_ip_prefix="10.0.0.0/8", remote_group_id=group_id)
        assert fault(result) == (400, "SecurityGroupMultipleRemoteEntites")

    @pytest.mark.parametrize("name", ["security_group_id", "remote_group_id"])
    def test_a_group_that_there_is_not(self, cloud: Cloud, group_id: str, name: str) -> None:
        result = ask_rule(cloud, group_id, **{name: UNKNOWN})
        assert fault(result) == (404, "SecurityGroupNotFound")

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ({}, {}),
            ({}, {"remote_ip_prefix": "0.0.0.0/0"}),
            ({"protocol": "tcp"}, {"protocol": "6"}),
            ({"protocol": "tcp", "port_range_min": 80, "port_range_max": 80},) * 2,
            ({"description": "a"}, {"description": "b"}),
        ],
    )
    def test_the_same_is_not_said_twice(
        self, cloud: Cloud, group_id: str, first: dict[str, Any], second: dict[str, Any]
    ) -> None:
        rule = ask_rule(cloud, group_id, **first).json["security_group_rule"]
        result = ask_rule(cloud, group_id, **second)
        assert fault(result) == (409, "SecurityGroupRuleExists")
        assert message(result) == f"Security group rule already exists. Rule id is {rule['id']}."

    def test_what_must_be_given(self, cloud: Cloud, group_id: str) -> None:
        result = ask(cloud, "alice", "security_group_rule", security_group_id=group_id)
        assert message(result) == "Failed to parse request. Required attribute 'direction' not specified"

    def test_rules_are_not_changed(self, cloud: Cloud, group_id: str) -> None:
        rule = ask_rule(cloud, group_id).json["security_group_rule"]
        assert change(cloud, "alice", "security_group_rule", rule["id"], description="x").status_code == 501

    def test_others_cannot_see_make_or_delete_them(self, cloud: Cloud, group_id: str) -> None:
        rule = ask_rule(cloud, group_id).json["security_group_rule"]
        assert rule["id"] not in [item["id"] for item in found(cloud, "bob", "security_group_rule")]
        assert fault(cloud.get("bob", path("security_group_rule", rule["id"]))) == (404, "SecurityGroupRuleNotFound")
        assert fault(cloud.delete("bob", path("security_group_rule", rule["id"]))) == (404, "SecurityGroupRuleNotFound")
        assert fault(ask_rule(cloud, group_id, "bob", protocol="tcp")) == (404, "SecurityGroupNotFound")

    def test_a_reader_only_reads(self, cloud: Cloud, group_id: str) -> None:
        rule = ask_rule(cloud, group_id).json["security_group_rule"]
        assert show(cloud, "reader", "security_group_rule", rule["id"])["id"] == rule["id"]
        assert ask_rule(cloud, group_id, "reader", protocol="tcp").status_code == 403
        assert cloud.delete("reader", path("security_group_rule", rule["id"])).status_code == 403


class TestBulkRules:
    def bulk(self, cloud: Cloud, *rules: dict[str, Any]) -> Any:
        return cloud.post("alice", path("security_group_rule"), {"security_group_rules": list(rules)})

    def test_several_are_made_at_once(self, cloud: Cloud, group_id: str) -> None:
        one = {"security_group_id": group_id, "direction": "ingress"}
        result = self.bulk(cloud, {**one, "protocol": "tcp"}, {**one, "protocol": "udp"})
        assert [rule["protocol"] for rule in result.json["security_group_rules"]] == ["tcp", "udp"]

    def test_or_none(self, cloud: Cloud, group_id: str) -> None:
        one = {"security_group_id": group_id, "direction": "ingress"}
        result = self.bulk(
            cloud, {**one, "protocol": "tcp"}, {**one, "protocol": "udp", "port_range_min": 0, "port_range_max": 1}
        )
        assert result.status_code == 400
        assert len(show(cloud, "alice", "security_group", group_id)["security_group_rules"]) == 2

    def test_each_says_something_else(self, cloud: Cloud, group_id: str) -> None:
        one = {"security_group_id": group_id, "direction": "ingress"}
        assert fault(self.bulk(cloud, one, one)) == (409, "DuplicateSecurityGroupRuleInPost")

    def test_all_are_of_one_group(self, cloud: Cloud, group_id: str) -> None:
        other = make(cloud, "alice", "security_group", name="db")["id"]
        one = {"direction": "ingress"}
        result = self.bulk(cloud, {**one, "security_group_id": group_id}, {**one, "security_group_id": other})
        assert fault(result) == (400, "SecurityGroupNotSingleGroupRules")
