"""The embedded subnet pools: prefixes from which subnets are cut."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.resource import Changes
from jumpgate.network import prefixes
from jumpgate.network.contract import SubnetPools
from jumpgate.network.drivers.embedded.address_scopes import EmbeddedAddressScopes
from jumpgate.network.drivers.embedded.records import TOPIC, Condition, Ground, Records, Row, standard, tags_of
from jumpgate.network.models import SubnetPool, SubnetPoolSpec
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import subnet_pools, subnets


class EmbeddedSubnetPools(Records[SubnetPool], SubnetPools):
    """Subnet pools in the store."""

    table = subnet_pools
    missing = "SubnetPoolNotFound"

    def __init__(self, ground: Ground, scopes: EmbeddedAddressScopes) -> None:
        super().__init__(ground)
        self._scopes = scopes

    def parts(self, project_id: str) -> Sequence[Condition]:
        foreign = sa.and_(subnet_pools.c.shared.is_(True), subnet_pools.c.project_id != project_id)
        return (subnet_pools.c.project_id == project_id, foreign)

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[SubnetPool]:
        labels = tags_of(connection, [row.id for row in rows])
        return [_pool(row, labels) for row in rows]

    def create(self, ctx: Context, spec: SubnetPoolSpec) -> SubnetPool:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[SubnetPoolSpec]) -> list[SubnetPool]:
        with self.store.write(TOPIC) as connection:
            ids = [self.add(connection, ctx, spec) for spec in specs]
            return [self.model(connection, pool_id) for pool_id in ids]

    def add(self, connection: sa.Connection, ctx: Context, spec: SubnetPoolSpec) -> str:
        """Make a pool inside a write and return its id."""
        project_id = spec.project_id or ctx.project
        self.spend(connection, project_id, "subnetpool")
        given = prefixes.compact(spec.prefixes)
        version = prefixes.version_of(given)
        asked = (spec.min_prefix_length, spec.max_prefix_length, spec.default_prefix_length)
        low, high, usual = prefixes.lengths(version, *asked)
        if spec.is_default:
            _check_only_default(connection, version)
        pool_id = str(uuid.uuid4())
        if spec.address_scope_id is not None:
            self._scopes.check_pool(
                connection, ctx, spec.address_scope_id, pool_id=pool_id, version=version, given=given
            )
        values = {
            "id": pool_id,
            "address_scope_id": spec.address_scope_id,
            "project_id": project_id,
            "name": spec.name,
            "description": spec.description,
            "ip_version": version,
            "prefixes": list(given),
            "min_prefix_length": low,
            "max_prefix_length": high,
            "default_prefix_length": usual,
            "default_quota": spec.default_quota,
            "is_default": spec.is_default,
            "shared": spec.shared,
        }
        return self.insert(connection, values)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> SubnetPool:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            changed = _changed(connection, row, changes)
            self._check_scope(connection, ctx, row, changed)
            self.change(connection, resource_id, changed)
            return self.model(connection, resource_id)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            self.row(connection, ctx, resource_id)
            if self.taken(connection, resource_id):
                raise fault("SubnetPoolDeleteError", "Subnet pool has existing allocations")
            self.remove(connection, resource_id)

    def add_prefixes(self, ctx: Context, pool_id: str, given: Iterable[str]) -> SubnetPool:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, pool_id)
            changed = _changed(connection, row, {"prefixes": (*row.prefixes, *given)})
            self._check_scope(connection, ctx, row, changed)
            self.change(connection, pool_id, changed)
            return self.model(connection, pool_id)

    def _check_scope(self, connection: sa.Connection, ctx: Context, row: Row, changed: Mapping[str, Any]) -> None:
        """Raise where a pool cannot have the prefixes in the address scope that it shall have."""
        scope_id, given = changed.get("address_scope_id", row.address_scope_id), changed.get("prefixes", row.prefixes)
        if scope_id is not None and {"address_scope_id", "prefixes"} & changed.keys():
            self._scopes.check_pool(connection, ctx, scope_id, pool_id=row.id, version=row.ip_version, given=given)

    def remove_prefixes(self, ctx: Context, pool_id: str, given: Iterable[str]) -> SubnetPool:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, pool_id)
            left = prefixes.narrowed(row.prefixes, given, self.taken(connection, pool_id))
            self.change(connection, pool_id, {"prefixes": left})
            return self.model(connection, pool_id)

    def taken(self, connection: sa.Connection, pool_id: str, project_id: str | None = None) -> list[str]:
        """Return the prefixes of the subnets that were cut from a pool, a project's own or all."""
        statement = sa.select(subnets.c.cidr).where(subnets.c.subnetpool_id == pool_id)
        if project_id is not None:
            statement = statement.where(subnets.c.project_id == project_id)
        return list(connection.execute(statement).scalars())

    def allocate(
        self, connection: sa.Connection, pool: SubnetPool, project_id: str, *, length: int | None, cidr: str | None
    ) -> str:
        """Return a prefix for a project's new subnet; inside the write that makes it."""
        found = prefixes.allocate(pool, self.taken(connection, pool.id), length=length, cidr=cidr)
        if pool.default_quota:
            used = self.taken(connection, pool.id, project_id)
            if prefixes.units(pool.ip_version, [*used, found]) > pool.default_quota:
                raise fault("SubnetPoolQuotaExceeded")
        return found

    def default(self, connection: sa.Connection, ip_version: int) -> SubnetPool | None:
        """Return the pool from which subnets of an IP version are cut that ask for the default one."""
        wanted = sa.and_(subnet_pools.c.is_default.is_(True), subnet_pools.c.ip_version == ip_version)
        rows = connection.execute(self.select().where(wanted)).all()
        return next(iter(self.models(connection, rows)), None)


def _check_only_default(connection: sa.Connection, ip_version: int) -> None:
    same = sa.and_(subnet_pools.c.is_default.is_(True), subnet_pools.c.ip_version == ip_version)
    if connection.execute(sa.select(subnet_pools.c.id).where(same)).first() is not None:
        raise prefixes.second_default()


def _changed(connection: sa.Connection, row: Row, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that an update sets; raise where it would take something away."""
    found = prefixes.widened(row, changes)
    if changes.get("is_default") and not row.is_default:
        _check_only_default(connection, row.ip_version)
    return found


def _pool(row: Row, labels: Mapping[str, tuple[str, ...]]) -> SubnetPool:
    return SubnetPool(
        **standard(row, labels),
        name=row.name,
        prefixes=tuple(row.prefixes),
        ip_version=row.ip_version,
        min_prefix_length=row.min_prefix_length,
        max_prefix_length=row.max_prefix_length,
        default_prefix_length=row.default_prefix_length,
        default_quota=row.default_quota,
        is_default=row.is_default,
        shared=row.shared,
        address_scope_id=row.address_scope_id,
    )
