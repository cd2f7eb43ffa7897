"""Group types: what kinds of groups of volumes there are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import GroupTypes
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.group_rows import group_type_row
from jumpgate.block_storage.drivers.embedded.rows import Row, save
from jumpgate.block_storage.models import GroupType, GroupTypeSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.common.resource import Changes
from jumpgate.store.listing import rows, supports
from jumpgate.store.tables.block_storage import volume_group_types, volume_groups

_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    name: volume_group_types.c[name] for name in ("id", "name", "description", "is_public", "created_at", "updated_at")
}


class EmbeddedGroupTypes(GroupTypes):
    """The kinds of groups."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._store = cloud.store

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[GroupType]:
        statement = sa.select(volume_group_types)
        if not ctx.is_admin:
            statement = statement.where(volume_group_types.c.is_public)
        with self._store.read() as connection:
            if supports(_COLUMNS, query):
                return Applied([_type_of(row) for row in rows(connection, statement, _COLUMNS, query)])
            return [_type_of(row) for row in connection.execute(statement)]

    def get(self, ctx: Context, resource_id: str) -> GroupType:
        with self._store.read() as connection:
            return _type_of(group_type_row(connection, ctx, resource_id))

    def create(self, ctx: Context, spec: GroupTypeSpec) -> GroupType:
        type_id = new_id()
        with self._store.write(TOPIC) as connection:
            _require_free(connection, spec.name)
            connection.execute(
                volume_group_types.insert().values(
                    id=type_id,
                    name=spec.name,
                    description=spec.description,
                    is_public=spec.is_public,
                    group_specs=dict(spec.group_specs),
                    created_at=utcnow(),
                )
            )
            return _type_of(group_type_row(connection, ctx, type_id))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> GroupType:
        with self._store.write(TOPIC) as connection:
            row = group_type_row(connection, ctx, resource_id)
            if changes.get("name", row.name) != row.name:
                _require_free(connection, changes["name"])
            save(connection, volume_group_types, row.id, changes)
            return _type_of(group_type_row(connection, ctx, row.id))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = group_type_row(connection, ctx, resource_id)
            used = sa.select(volume_groups.c.id).where(volume_groups.c.group_type_id == row.id)
            if connection.execute(used.limit(1)).first():
                raise BadRequest(
                    f"Target group type is still in use. Group Type {row.id} deletion is not allowed with groups "
                    "present with the type."
                )
            connection.execute(volume_group_types.delete().where(volume_group_types.c.id == row.id))

    def set_specs(self, ctx: Context, type_id: str, group_specs: Mapping[str, str | None]) -> Mapping[str, str | None]:
        with self._store.write(TOPIC) as connection:
            row = group_type_row(connection, ctx, type_id)
            merged = {**row.group_specs, **group_specs}
            save(connection, volume_group_types, row.id, {"group_specs": merged})
        return merged

    def delete_spec(self, ctx: Context, type_id: str, key: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = group_type_row(connection, ctx, type_id)
            if key not in row.group_specs:
                raise NotFound(f"Group Type {type_id} has no specs with key {key}.", reason="GroupTypeSpecsNotFound")
            left = {name: value for name, value in row.group_specs.items() if name != key}
            save(connection, volume_group_types, row.id, {"group_specs": left})


def _type_of(row: Row) -> GroupType:
    return GroupType(**row._mapping)


def _require_free(connection: sa.Connection, name: str) -> None:
    if connection.execute(sa.select(volume_group_types.c.id).where(volume_group_types.c.name == name)).first():
        raise Conflict(f"Group Type {name} already exists.", reason="GroupTypeExists")
