"""Security groups and their rules as tables of attributes.

Source: the API reference's "Security groups" and "Security group rules".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jumpgate.common.fields import Field, Input, View
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call
from jumpgate.network.handlers import readers
from jumpgate.network.handlers.attributes import PAGES, Resource, own_target
from jumpgate.network.handlers.standard import DESCRIPTION, NAME, OWNER, TAG_FILTERS, TAGS, TIMES, identifier
from jumpgate.network.models import SecurityGroup, SecurityGroupRule, SecurityGroupRuleSpec, SecurityGroupSpec
from jumpgate.network.schemas import values as read


def _rule_target(rule: SecurityGroupRule) -> Mapping[str, object]:
    return {
        "project_id": rule.project_id,
        "tenant_id": rule.project_id,
        "security_group:project_id": rule.group_owner_id,
        "security_group:tenant_id": rule.group_owner_id,
        "belongs_to_default_sg": rule.belongs_to_default_group,
    }


def _new_rule_target(call: Call[Any], values: Mapping[str, Any]) -> Mapping[str, object]:
    group = call.cloud.security_groups.get(call.ctx, values["security_group_id"])
    return {
        **own_target(call, values),
        "security_group:project_id": group.project_id,
        "security_group:tenant_id": group.project_id,
        "belongs_to_default_sg": group.is_default,
    }


def _given(name: str, convert: Any, *, filter_by: Any = str, kind: Kind | None = None) -> Field:
    """Return a field that is set once, when the rule is made."""
    return Field(
        name, kind=kind, input=Input(to_model=read.or_none(convert), update=False), filter=filter_by, sort=True
    )


_RULE_FIELDS = (
    identifier(Kind.SECURITY_GROUP_RULE),
    *OWNER,
    Field(
        "security_group_id",
        kind=Kind.SECURITY_GROUP,
        input=Input(to_model=read.string(36), update=False, required=True),
        filter=str,
        sort=True,
    ),
    Field("ethertype", input=Input(to_model=readers.ethertype, update=False), filter=readers.ethertype, sort=True),
    Field(
        "direction",
        input=Input(to_model=read.one_of(("ingress", "egress")), update=False, required=True),
        filter=str,
        sort=True,
    ),
    _given("protocol", readers.protocol),
    _given("port_range_min", readers.rule_port, filter_by=read.integer),
    _given("port_range_max", readers.rule_port, filter_by=read.integer),
    _given("remote_ip_prefix", readers.remote_prefix),
    Field("remote_address_group_id", filter=str),
    Field("normalized_cidr", filter=str, sort=True),
    _given("remote_group_id", read.string(36), kind=Kind.SECURITY_GROUP),
    Field("belongs_to_default_sg", "belongs_to_default_group", filter=read.flag),
    dataclasses.replace(DESCRIPTION, input=Input(to_model=read.description, update=False)),
    *TIMES,
)

SECURITY_GROUP_RULES = Resource(
    singular="security_group_rule",
    plural="security_group_rules",
    contract="security_group_rules",
    kind=Kind.SECURITY_GROUP_RULE,
    path_field="security_group_rule_id",
    missing="SecurityGroupRuleNotFound",
    spec=SecurityGroupRuleSpec,
    target=_rule_target,
    new_target=_new_rule_target,
    fields=_RULE_FIELDS,
)

_RULES: View[SecurityGroupRule] = View(*_RULE_FIELDS)


def _rules(group: SecurityGroup, scene: Any) -> list[dict[str, Any]]:
    return [_RULES.render(rule, scene) for rule in group.rules]


def _group_target(group: SecurityGroup) -> Mapping[str, object]:
    return {"project_id": group.project_id, "tenant_id": group.project_id, "shared": group.shared}


SECURITY_GROUPS = Resource(
    singular="security_group",
    plural="security_groups",
    contract="security_groups",
    kind=Kind.SECURITY_GROUP,
    path_field="security_group_id",
    missing="SecurityGroupNotFound",
    spec=SecurityGroupSpec,
    target=_group_target,
    parameters=dataclasses.replace(PAGES, filters=TAG_FILTERS),
    fields=(
        identifier(Kind.SECURITY_GROUP),
        dataclasses.replace(NAME, input=Input(to_model=readers.group_name)),
        Field("stateful", input=Input(to_model=read.flag), filter=read.flag),
        *OWNER,
        DESCRIPTION,
        Field("shared", filter=read.flag),
        Field("security_group_rules", _rules),
        TAGS,
        *TIMES,
    ),
)
