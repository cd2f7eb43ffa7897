"""Security groups as LXD's network ACLs of the default project, called ``sg-...``.

The rules are notes of the ACL: a group's ACL is on no bridge itself, since what LXD does with several ACLs of a bridge
is not what OpenStack does with several groups of a port. See `filtering`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.clouds.lxd.notes import PREFIX, Note, notes, read, standard
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.network.models import DEFAULT_GROUP_NAME, SecurityGroup, SecurityGroupRule

NOTE = PREFIX + "security_group"
_RULE = (
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
    "normalized_cidr",
)


def rule_key(rule_id: str) -> str:
    """Return the key of an ACL that keeps a rule."""
    return f"{PREFIX}rule.{rule_id}"


def default_name(project_id: str) -> str:
    """Return the name of the ACL that is a project's default group: there can be one only."""
    return f"sg-{DEFAULT_GROUP_NAME}-{project_id}"


def all_groups(session: Session) -> list[tuple[SecurityGroup, str]]:
    """Return every security group with the name of its ACL."""
    found = (item for item in session.find("network-acls") if NOTE in item["config"])
    return [(group_of(item), str(item["name"])) for item in found]


def group_of(record: Record) -> SecurityGroup:
    """Return an ACL as a security group."""
    note = read(record["config"], "security_group")
    is_default = record["name"] == default_name(note["project_id"])
    rules = sorted(notes(record["config"], "rule"), key=lambda rule: (rule["created_at"], rule["id"]))
    return SecurityGroup(
        **standard(note),
        name=note["name"],
        stateful=True,
        is_default=is_default,
        rules=tuple(_rule(rule, note, is_default=is_default) for rule in rules),
    )


def _rule(rule: Note, group: Note, *, is_default: bool) -> SecurityGroupRule:
    given: Mapping[str, Any] = {name: rule.get(name) for name in _RULE}
    return SecurityGroupRule(
        **standard(rule),
        **given,
        security_group_id=group["id"],
        belongs_to_default_group=is_default,
        group_owner_id=group["project_id"],
    )
