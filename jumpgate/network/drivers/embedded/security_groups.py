"""The embedded security groups and their rules. What they let pass is for the compute hosts to enforce."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import SecurityGroupRules, SecurityGroups
from jumpgate.network.drivers.embedded.records import (
    TOPIC,
    Condition,
    Ground,
    Records,
    Row,
    grouped,
    standard,
    tags_of,
    touch,
)
from jumpgate.network.models import (
    DEFAULT_GROUP_NAME,
    SecurityGroup,
    SecurityGroupRule,
    SecurityGroupRuleSpec,
    SecurityGroupSpec,
)
from jumpgate.network.traffic import canonical, meaning, normalized
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import port_groups, security_group_rules, security_groups

# What every new group lets pass: whatever leaves. (direction, ethertype)
_NEW_GROUP = (("egress", "IPv4"), ("egress", "IPv6"))
# What the default group lets pass beside that: what comes from its own members.
_DEFAULT_GROUP = (("ingress", "IPv4"), ("ingress", "IPv6"))


class EmbeddedSecurityGroups(Records[SecurityGroup], SecurityGroups):
    """Security groups in the store. A project's default group is made when somebody first looks or needs it."""

    table = security_groups
    missing = "SecurityGroupNotFound"

    def __init__(self, ground: Ground, rules: EmbeddedSecurityGroupRules) -> None:
        super().__init__(ground)
        self._rules = rules

    def computed(self) -> Mapping[str, sa.ColumnElement[Any]]:
        return {"shared": sa.false()}

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[SecurityGroup]:
        ids = [row.id for row in rows]
        labels = tags_of(connection, ids)
        own = self._rules.of_groups(connection, ids)
        return [_group(row, labels, tuple(own.get(row.id, ()))) for row in rows]

    def find(self, ctx: Context, query: Query) -> Iterable[SecurityGroup]:
        self.ensure_default(query.value("project_id") or ctx.project)
        return super().find(ctx, query)

    def ensure_default(self, project_id: str) -> None:
        """Make a project's default group unless it is there."""
        if not project_id:
            return
        with self.store.read() as connection:
            known = default_group_id(connection, project_id)
        if known is None:
            with self.store.write(TOPIC) as connection:
                self.default_of(connection, project_id)

    def default_of(self, connection: sa.Connection, project_id: str) -> str:
        """Return the id of a project's default group, which is made where it is missing; inside a write."""
        known = default_group_id(connection, project_id)
        if known is not None:
            return known
        values = {
            "project_id": project_id,
            "name": DEFAULT_GROUP_NAME,
            "description": "Default security group",
            "default_of": project_id,
        }
        group_id = self.insert(connection, values)
        self._rules.add_first(connection, project_id, group_id, _NEW_GROUP, remote=None)
        self._rules.add_first(connection, project_id, group_id, _DEFAULT_GROUP, remote=group_id)
        return group_id

    def create(self, ctx: Context, spec: SecurityGroupSpec) -> SecurityGroup:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[SecurityGroupSpec]) -> list[SecurityGroup]:
        with self.store.write(TOPIC) as connection:
            ids = [self._create(connection, ctx, spec) for spec in specs]
            return [self.model(connection, group_id) for group_id in ids]

    def _create(self, connection: sa.Connection, ctx: Context, spec: SecurityGroupSpec) -> str:
        project_id = spec.project_id or ctx.project
        self.default_of(connection, project_id)
        self.spend(connection, project_id, "security_group")
        self._rules.spend(connection, project_id, "security_group_rule", len(_NEW_GROUP))
        values = {
            "project_id": project_id,
            "name": spec.name,
            "description": spec.description,
            "stateful": spec.stateful,
        }
        group_id = self.insert(connection, values)
        self._rules.add_first(connection, project_id, group_id, _NEW_GROUP, remote=None)
        return group_id

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> SecurityGroup:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            if row.default_of is not None and "name" in changes:
                raise fault("SecurityGroupCannotUpdateDefault")
            if changes.get("stateful", row.stateful) != row.stateful and _is_used(connection, resource_id):
                raise fault("SecurityGroupInUse", resource_id)
            self.change(connection, resource_id, changes)
            return self.model(connection, resource_id)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            if _is_used(connection, resource_id):
                raise fault("SecurityGroupInUse", resource_id)
            if row.default_of is not None and not ctx.is_admin:
                raise fault("SecurityGroupCannotRemoveDefault")
            self.remove(connection, resource_id)

    def checked(self, connection: sa.Connection, ctx: Context, project_id: str, ids: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of groups that a project's port may have; raise NotFound, or Conflict for a mixture."""
        wanted = tuple(dict.fromkeys(ids))
        rows = connection.execute(sa.select(security_groups).where(security_groups.c.id.in_(wanted))).all()
        known = {row.id for row in rows if ctx.is_admin or row.project_id == project_id}
        unknown = [group_id for group_id in wanted if group_id not in known]
        if unknown:
            raise fault("SecurityGroupNotFound", ", ".join(unknown))
        if len({row.stateful for row in rows}) > 1:
            raise fault(
                "SecurityGroupConflict",
                "Cannot apply both stateful and stateless security groups on the same port at the same time",
            )
        return wanted


class EmbeddedSecurityGroupRules(Records[SecurityGroupRule], SecurityGroupRules):
    """The rules in the store. Whoever owns a group owns its rules."""

    table = security_group_rules
    missing = "SecurityGroupRuleNotFound"

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.groups = EmbeddedSecurityGroups(ground, self)

    def computed(self) -> Mapping[str, sa.ColumnElement[Any]]:
        return {
            "belongs_to_default_group": security_groups.c.default_of.is_not(None),
            "remote_address_group_id": sa.null(),
        }

    def select(self) -> sa.Select[Any]:
        of_default = security_groups.c.default_of.is_not(None).label("belongs_to_default_group")
        return sa.select(security_group_rules, of_default).join(
            security_groups, security_groups.c.id == security_group_rules.c.security_group_id
        )

    def parts(self, project_id: str) -> Sequence[Condition]:
        return (security_group_rules.c.group_owner_id == project_id,)

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[SecurityGroupRule]:
        return [_rule(row) for row in rows]

    def of_groups(self, connection: sa.Connection, group_ids: Sequence[str]) -> Mapping[str, list[SecurityGroupRule]]:
        """Return the rules of groups by the group's id, the oldest first."""
        statement = self.select().order_by(security_group_rules.c.created_at, security_group_rules.c.id)
        rows = grouped(connection, statement, security_group_rules.c.security_group_id, group_ids)
        return {group_id: [_rule(row) for row in found] for group_id, found in rows.items()}

    def find(self, ctx: Context, query: Query) -> Iterable[SecurityGroupRule]:
        self.groups.ensure_default(query.value("project_id") or ctx.project)
        return super().find(ctx, query)

    def add_first(
        self,
        connection: sa.Connection,
        project_id: str,
        group_id: str,
        rules: Iterable[tuple[str, str]],
        *,
        remote: str | None,
    ) -> None:
        """Give a new group rules of a direction and an ethertype, for traffic with the group `remote` or anybody."""
        for direction, ethertype in rules:
            values = {
                "project_id": project_id,
                "group_owner_id": project_id,
                "security_group_id": group_id,
                "direction": direction,
                "ethertype": ethertype,
                "remote_group_id": remote,
            }
            self.insert(connection, values)

    def create(self, ctx: Context, spec: SecurityGroupRuleSpec) -> SecurityGroupRule:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[SecurityGroupRuleSpec]) -> list[SecurityGroupRule]:
        if len({spec.security_group_id for spec in specs}) > 1:
            raise fault("SecurityGroupNotSingleGroupRules")
        if len({spec.project_id for spec in specs}) > 1:
            raise fault("SecurityGroupRulesNotSingleProject")
        specs = [canonical(spec) for spec in specs]
        if len({meaning(spec) for spec in specs}) < len(specs):
            raise fault("DuplicateSecurityGroupRuleInPost")
        with self.store.write(TOPIC) as connection:
            ids = [self._create(connection, ctx, spec) for spec in specs]
            return [self.model(connection, rule_id) for rule_id in ids]

    def _create(self, connection: sa.Connection, ctx: Context, spec: SecurityGroupRuleSpec) -> str:
        group = self.groups.row(connection, ctx, spec.security_group_id)
        project_id = spec.project_id or ctx.project
        self.spend(connection, project_id, "security_group_rule")
        if spec.remote_group_id is not None:
            self.groups.row(connection, ctx, spec.remote_group_id)
        if spec.remote_address_group_id is not None:
            raise fault("AddressGroupNotFound", spec.remote_address_group_id)
        for rule in self.of_groups(connection, [group.id]).get(group.id, ()):
            if meaning(rule) == meaning(spec):
                raise fault("SecurityGroupRuleExists", rule.id)
        given = dataclasses.asdict(spec)
        del given["remote_address_group_id"]
        values = {
            **given,
            "project_id": project_id,
            "group_owner_id": group.project_id,
            "normalized_cidr": normalized(spec.remote_ip_prefix),
        }
        touch(connection, security_groups, group.id, {})
        return self.insert(connection, values)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            self.remove(connection, resource_id)
            touch(connection, security_groups, row.security_group_id, {})


def default_group_id(connection: sa.Connection, project_id: str) -> str | None:
    """Return the id of a project's default group, None where it has none yet."""
    statement = sa.select(security_groups.c.id).where(security_groups.c.default_of == project_id)
    found: str | None = connection.execute(statement).scalar_one_or_none()
    return found


def _is_used(connection: sa.Connection, group_id: str) -> bool:
    used = sa.select(port_groups.c.port_id).where(port_groups.c.security_group_id == group_id)
    return connection.execute(used.limit(1)).first() is not None


def _group(row: Row, labels: Mapping[str, tuple[str, ...]], rules: tuple[SecurityGroupRule, ...]) -> SecurityGroup:
    return SecurityGroup(
        **standard(row, labels),
        name=row.name,
        stateful=row.stateful,
        is_default=row.default_of is not None,
        rules=rules,
    )


def _rule(row: Row) -> SecurityGroupRule:
    return SecurityGroupRule(
        **standard(row, {}),
        security_group_id=row.security_group_id,
        direction=row.direction,
        ethertype=row.ethertype,
        protocol=row.protocol,
        port_range_min=row.port_range_min,
        port_range_max=row.port_range_max,
        remote_ip_prefix=row.remote_ip_prefix,
        remote_group_id=row.remote_group_id,
        normalized_cidr=row.normalized_cidr,
        belongs_to_default_group=row.belongs_to_default_group,
        group_owner_id=row.group_owner_id,
    )
