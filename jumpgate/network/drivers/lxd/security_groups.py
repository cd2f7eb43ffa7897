"""Security groups and their rules."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from jumpgate.clouds.lxd.etags import insist
from jumpgate.clouds.lxd.notes import Note, fresh, read, touched, written
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound, NotSupported
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import SecurityGroupRules, SecurityGroups
from jumpgate.network.drivers.lxd.acl_rules import protocol_of
from jumpgate.network.drivers.lxd.bridges import Bridges, turns
from jumpgate.network.drivers.lxd.filtering import Filtering
from jumpgate.network.drivers.lxd.group_records import NOTE, all_groups, default_name, group_of, rule_key
from jumpgate.network.drivers.lxd.quotas import LxdQuotas
from jumpgate.network.models import (
    DEFAULT_GROUP_NAME,
    SecurityGroup,
    SecurityGroupRule,
    SecurityGroupRuleSpec,
    SecurityGroupSpec,
)
from jumpgate.network.tagging import Tags
from jumpgate.network.traffic import canonical, meaning, normalized
from jumpgate.network.views.faults import fault

_ETHERTYPES = ("IPv4", "IPv6")


class LxdSecurityGroups(Tags, SecurityGroups):
    """A project's default group is made when somebody first looks or needs it."""

    withheld: ClassVar[frozenset[str]] = frozenset({"stateful-security-group"})

    def __init__(self, bridges: Bridges, filtering: Filtering, quotas: LxdQuotas) -> None:
        self._bridges = bridges
        self._session = bridges.session
        self._filtering = filtering
        self._quotas = quotas
        self._turns = turns(bridges.folder, "groups")

    def find(self, ctx: Context, query: Query) -> Iterable[SecurityGroup]:
        wanted = query.value("project_id") or ctx.project
        if wanted:
            self.default_id(wanted)
        found = (group for group, _ in all_groups(self._session))
        return [group for group in found if query.all_projects or group.project_id == ctx.project]

    def get(self, ctx: Context, resource_id: str) -> SecurityGroup:
        return self.found(ctx, resource_id)[0]

    def found(self, ctx: Context, group_id: str) -> tuple[SecurityGroup, str]:
        """Return a group that the caller sees with its ACL's name; raise NotFound."""
        for group, name in all_groups(self._session):
            if group.id == group_id and (ctx.is_admin or (ctx.project and group.project_id == ctx.project)):
                return group, name
        raise fault("SecurityGroupNotFound", group_id)

    def default_id(self, project_id: str) -> str:
        """Return the id of a project's default group, which is made where it is missing."""
        name = default_name(project_id)
        try:
            return group_of(self._session.get("network-acls", name)).id
        except NotFound:
            pass
        note = fresh(project_id, name=DEFAULT_GROUP_NAME, description="Default security group")
        first = [("egress", None), ("ingress", note["id"])]
        try:
            self._make(name, note, first)
        except Conflict:
            # Somebody else was faster.
            return group_of(self._session.get("network-acls", name)).id
        return str(note["id"])

    def _make(self, name: str, note: Note, first: Iterable[tuple[str, str | None]]) -> None:
        rules = [
            fresh(note["project_id"], direction=direction, ethertype=ethertype, remote_group_id=remote)
            for direction, remote in first
            for ethertype in _ETHERTYPES
        ]
        config = {NOTE: written(note), **{rule_key(rule["id"]): written(rule) for rule in rules}}
        self._session.post("network-acls", body={"name": name, "config": config})

    def create(self, ctx: Context, spec: SecurityGroupSpec) -> SecurityGroup:
        if not spec.stateful:
            raise NotSupported("LXD's ACLs are stateful: leave stateful true.")
        project_id = spec.project_id or ctx.project
        self.default_id(project_id)
        note = fresh(project_id, name=spec.name, description=spec.description)
        name = f"sg-{note['id']}"
        with self._quotas.spending(project_id, "security_group"):
            self._make(name, note, [("egress", None)])
        return group_of(self._session.get("network-acls", name))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> SecurityGroup:
        group, name = self.found(ctx, resource_id)
        if group.is_default and "name" in changes:
            raise fault("SecurityGroupCannotUpdateDefault")
        if changes.get("stateful") is False:
            raise NotSupported("LXD's ACLs are stateful: leave stateful true.")
        noted = {key: value for key, value in changes.items() if key in ("name", "description", "tags")}
        return group_of(self.change(name, lambda config: _noted(config, noted)))

    def change(self, name: str, edit: Callable[[Mapping[str, str]], Mapping[str, str | None]]) -> Record:
        """Lay over an ACL's keys what `edit` makes of them (None takes one away), and return the ACL."""
        with self._turns:
            return insist(lambda: self._changed(name, edit), of=f"The ACL {name}")

    def _changed(self, name: str, edit: Callable[[Mapping[str, str]], Mapping[str, str | None]]) -> Record:
        record, etag = self._session.tagged("network-acls", name)
        merged = {**record["config"], **edit(record["config"])}
        config = {key: value for key, value in merged.items() if value is not None}
        body = {key: record[key] for key in ("description", "ingress", "egress")}
        self._session.put("network-acls", name, body={**body, "config": config}, etag=etag)
        return {**record, "config": config}

    def delete(self, ctx: Context, resource_id: str) -> None:
        group, name = self.found(ctx, resource_id)
        ports = (port for bridge in self._bridges.all() for port in bridge.ports)
        if any(resource_id in port.get("security_group_ids", ()) for port in ports):
            raise fault("SecurityGroupInUse", resource_id)
        if group.is_default and not ctx.is_admin:
            raise fault("SecurityGroupCannotRemoveDefault")
        self._session.delete("network-acls", name)
        self._drop_rules_of(resource_id)

    def _drop_rules_of(self, group_id: str) -> None:
        """Remove the rules of other groups that name one which is gone, as Neutron does."""
        for group, name in all_groups(self._session):
            gone = [rule.id for rule in group.rules if rule.remote_group_id == group_id]
            if gone:
                self.change(name, functools.partial(_without, gone))

    def checked(self, ctx: Context, project_id: str, ids: Sequence[str]) -> list[str]:
        """Return the ids of groups that a project's port may have; raise NotFound."""
        known = {group.id for group, _ in all_groups(self._session) if ctx.is_admin or group.project_id == project_id}
        unknown = [group_id for group_id in ids if group_id not in known]
        if unknown:
            raise fault("SecurityGroupNotFound", ", ".join(unknown))
        return list(dict.fromkeys(ids))

    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        self.update(ctx, resource_id, {"tags": list(tags)})

    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        return self.get(ctx, resource_id).tags


class LxdSecurityGroupRules(SecurityGroupRules):
    """The rules, enforced by the ACLs of the networks on which a group's ports are."""

    def __init__(self, groups: LxdSecurityGroups, filtering: Filtering, quotas: LxdQuotas) -> None:
        self._groups = groups
        self._quotas = quotas
        self._filtering = filtering

    def find(self, ctx: Context, query: Query) -> Iterable[SecurityGroupRule]:
        return [rule for group in self._groups.find(ctx, query) for rule in group.rules]

    def get(self, ctx: Context, resource_id: str) -> SecurityGroupRule:
        return self._found(ctx, resource_id)[0]

    def _found(self, ctx: Context, rule_id: str) -> tuple[SecurityGroupRule, SecurityGroup]:
        everything = Query(all_projects=ctx.is_admin)
        for group in self._groups.find(ctx, everything):
            for rule in group.rules:
                if rule.id == rule_id:
                    return rule, group
        raise fault("SecurityGroupRuleNotFound", rule_id)

    def create(self, ctx: Context, spec: SecurityGroupRuleSpec) -> SecurityGroupRule:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[SecurityGroupRuleSpec]) -> list[SecurityGroupRule]:
        specs = _checked(specs)
        if not specs:
            return []
        name = self._groups.found(ctx, specs[0].security_group_id)[1]
        for spec in specs:
            if spec.remote_group_id is not None:
                self._groups.get(ctx, spec.remote_group_id)
        made = [_note(spec, spec.project_id or ctx.project) for spec in specs]

        def edit(config: Mapping[str, str]) -> dict[str, str | None]:
            current = group_of({"name": name, "config": config})
            for rule in current.rules:
                if any(meaning(rule) == meaning(spec) for spec in specs):
                    raise fault("SecurityGroupRuleExists", rule.id)
            return {**_noted(config, {}), **{rule_key(rule["id"]): written(rule) for rule in made}}

        with self._quotas.spending(made[0]["project_id"], "security_group_rule", len(made)):
            changed = group_of(self._groups.change(name, edit))
        self._filtering.refresh()
        ids = [rule["id"] for rule in made]
        by_id = {rule.id: rule for rule in changed.rules}
        return [by_id[rule_id] for rule_id in ids]

    def delete(self, ctx: Context, resource_id: str) -> None:
        _, group = self._found(ctx, resource_id)
        name = self._groups.found(ctx, group.id)[1]
        self._groups.change(name, lambda config: {**_noted(config, {}), rule_key(resource_id): None})
        self._filtering.refresh()


def _noted(config: Mapping[str, str], changes: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the key of a group's note with some changes; its revision moves."""
    return {NOTE: written(touched(read(config, "security_group"), changes))}


def _without(rule_ids: Iterable[str], _: Mapping[str, str]) -> dict[str, str | None]:
    """Return the keys that take rules away."""
    return dict.fromkeys(map(rule_key, rule_ids))


def _note(spec: SecurityGroupRuleSpec, project_id: str) -> Note:
    given = dataclasses.asdict(spec)
    for name in ("remote_address_group_id", "project_id", "description", "security_group_id"):
        del given[name]
    return fresh(project_id, description=spec.description, normalized_cidr=normalized(spec.remote_ip_prefix), **given)


def _checked(specs: Sequence[SecurityGroupRuleSpec]) -> list[SecurityGroupRuleSpec]:
    """Return rules as they are stored; raise for those that make no sense, or that LXD cannot enforce."""
    if len({spec.security_group_id for spec in specs}) > 1:
        raise fault("SecurityGroupNotSingleGroupRules")
    if len({spec.project_id for spec in specs}) > 1:
        raise fault("SecurityGroupRulesNotSingleProject")
    found = [canonical(spec) for spec in specs]
    if len({meaning(spec) for spec in found}) < len(found):
        raise fault("DuplicateSecurityGroupRuleInPost")
    for spec in found:
        if spec.remote_address_group_id is not None:
            raise fault("AddressGroupNotFound", spec.remote_address_group_id)
        try:
            protocol_of(spec)
        except KeyError:
            raise NotSupported(
                f"LXD's ACLs filter tcp, udp and icmp, or all traffic; not the protocol {spec.protocol}."
            ) from None
    return found
