"""SoftLayer's security groups and their rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.interfaces import DEFAULT_GROUP
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, CloudError, Conflict, NotFound, NotSupported
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import SecurityGroupRules, SecurityGroups
from jumpgate.network.drivers.softlayer.default_group import default_group, refuse_change, refuse_rules
from jumpgate.network.models import SecurityGroup, SecurityGroupRule, SecurityGroupRuleSpec, SecurityGroupSpec
from jumpgate.network.traffic import canonical, meaning

SERVICE = "Network_SecurityGroup"
_RULE = "id,direction,ethertype,protocol,portRangeMin,portRangeMax,remoteIp,remoteGroupId,createDate,modifyDate"
MASK = f"mask[id,name,description,createDate,modifyDate,rules[{_RULE}]]"
# What every new group of Neutron's lets pass; a new one of SoftLayer's lets nothing.
_OUTWARD = tuple({"direction": "egress", "ethertype": version} for version in ("IPv4", "IPv6"))
# SoftLayer's protocols by Neutron's names. What Neutron calls ipv6-icmp is icmp of IPv6 there.
_PROTOCOLS: Mapping[str, str] = {
    **{name: name for name in ("tcp", "udp", "icmp")},
    "ipv6-icmp": "icmp",
}


class SoftLayerSecurityGroups(SecurityGroups):
    """Groups by number, and the one that stands for being in none."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SECURITY_GROUP: ids.SECURITY_GROUP}
    withheld: ClassVar[frozenset[str]] = frozenset({"stateful-security-group"})

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, query: Query) -> Iterable[SecurityGroup]:
        yield default_group(ctx.project)
        for record in self._session.pages(ctx, SERVICE, "getAllObjects", mask=MASK):
            yield _group(record, ctx.project)

    def get(self, ctx: Context, resource_id: str) -> SecurityGroup:
        if resource_id == DEFAULT_GROUP:
            return default_group(ctx.project)
        try:
            record = self._session.call(ctx, SERVICE, "getObject", id=resource_id, mask=MASK)
        except NotFound:
            record = None
        if not record:
            raise NotFound(f"Security group {resource_id} does not exist", reason="SecurityGroupNotFound")
        return _group(record, ctx.project)

    def create(self, ctx: Context, spec: SecurityGroupSpec) -> SecurityGroup:
        if not spec.stateful:
            raise BadRequest("SoftLayer's security groups are stateful.")
        wanted = {"name": spec.name, "description": spec.description}
        made = self._session.call(ctx, SERVICE, "createObject", wanted)
        self._session.call(ctx, SERVICE, "addRules", [dict(rule) for rule in _OUTWARD], id=made["id"])
        return self.get(ctx, text(made, "id"))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> SecurityGroup:
        refuse_change(resource_id, "SecurityGroupCannotUpdateDefault")
        self.get(ctx, resource_id)
        if changes.get("stateful") is False:
            raise BadRequest("SoftLayer's security groups are stateful.")
        edited = {name: changes[name] or "" for name in ("name", "description") if name in changes}
        if edited:
            self._session.call(ctx, SERVICE, "editObject", edited, id=resource_id)
        return self.get(ctx, resource_id)

    def delete(self, ctx: Context, resource_id: str) -> None:
        refuse_change(resource_id, "SecurityGroupCannotRemoveDefault")
        self.get(ctx, resource_id)
        try:
            self._session.call(ctx, SERVICE, "deleteObject", id=resource_id)
        except Conflict as error:
            raise Conflict(f"Security Group {resource_id} in use.", reason="SecurityGroupInUse") from error


class SoftLayerSecurityGroupRules(SecurityGroupRules):
    """Rules are parts of their groups: a list costs what a list of groups costs."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SECURITY_GROUP_RULE: ids.SECURITY_GROUP_RULE}

    def __init__(self, session: Session, groups: SoftLayerSecurityGroups) -> None:
        self._session = session
        self._groups = groups

    def find(self, ctx: Context, query: Query) -> Iterable[SecurityGroupRule]:
        return (rule for group in self._groups.find(ctx, query) for rule in group.rules)

    def get(self, ctx: Context, resource_id: str) -> SecurityGroupRule:
        for rule in self.find(ctx, Query()):
            if rule.id == resource_id:
                return rule
        raise NotFound(f"Security group rule {resource_id} does not exist", reason="SecurityGroupRuleNotFound")

    def create(self, ctx: Context, spec: SecurityGroupRuleSpec) -> SecurityGroupRule:
        group = self._groups.get(ctx, spec.security_group_id)
        refuse_rules(group.id)
        refuse_rules(spec.remote_group_id)
        checked = canonical(spec)
        wanted = _wanted(checked)
        if meaning(checked) in map(meaning, group.rules):
            raise Conflict("Security group rule already exists.", reason="SecurityGroupRuleExists")
        known = {rule.id for rule in group.rules}
        self._session.call(ctx, SERVICE, "addRules", [wanted], id=int(group.id))
        for rule in self._groups.get(ctx, group.id).rules:
            if rule.id not in known:
                return rule
        raise CloudError("SoftLayer has taken the rule and does not show it yet; look at its group again.")

    def delete(self, ctx: Context, resource_id: str) -> None:
        rule = self.get(ctx, resource_id)
        refuse_rules(rule.security_group_id)
        self._session.call(ctx, SERVICE, "removeRules", [int(rule.id)], id=int(rule.security_group_id))


def _wanted(spec: SecurityGroupRuleSpec) -> dict[str, Any]:
    if spec.remote_address_group_id is not None:
        raise NotSupported("SoftLayer has no address groups.")
    if spec.protocol not in (None, *_PROTOCOLS):
        raise NotSupported(f"SoftLayer's rules are for tcp, udp, icmp or any protocol, not {spec.protocol}.")
    wanted = {
        "direction": spec.direction,
        "ethertype": spec.ethertype,
        "protocol": _PROTOCOLS.get(spec.protocol or ""),
        "portRangeMin": spec.port_range_min,
        "portRangeMax": spec.port_range_max,
        "remoteIp": spec.remote_ip_prefix,
        "remoteGroupId": None if spec.remote_group_id is None else int(spec.remote_group_id),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _group(record: Record, project_id: str) -> SecurityGroup:
    created = moment(record, "createDate") or EPOCH
    return SecurityGroup(
        id=text(record, "id"),
        project_id=project_id,
        name=text(record, "name"),
        description=text(record, "description"),
        rules=tuple(_rules(record, project_id)),
        created_at=created,
        updated_at=moment(record, "modifyDate") or created,
    )


def _rules(group: Record, project_id: str) -> Iterator[SecurityGroupRule]:
    for record in at(group, "rules") or ():
        created = moment(record, "createDate") or EPOCH
        prefix = text(record, "remoteIp") or None
        yield SecurityGroupRule(
            id=text(record, "id"),
            project_id=project_id,
            security_group_id=text(group, "id"),
            direction=text(record, "direction"),
            ethertype=text(record, "ethertype"),
            protocol=_protocol(record),
            port_range_min=_port(record, "portRangeMin"),
            port_range_max=_port(record, "portRangeMax"),
            remote_ip_prefix=prefix,
            remote_group_id=text(record, "remoteGroupId") or None,
            normalized_cidr=prefix,
            group_owner_id=project_id,
            created_at=created,
            updated_at=moment(record, "modifyDate") or created,
        )


def _protocol(rule: Record) -> str | None:
    """Return Neutron's name of a rule's protocol, None for any."""
    name = text(rule, "protocol") or None
    return "ipv6-icmp" if name == "icmp" and text(rule, "ethertype") == "IPv6" else name


def _port(record: Record, name: str) -> int | None:
    return None if at(record, name) is None else number(record, name)
