"""The embedded cloud's server groups; a server's row says which one it belongs to."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound, OverQuota
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query, Sort
from jumpgate.compute.contract import ServerGroups
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.models import ServerGroup, ServerGroupSpec
from jumpgate.store import listing
from jumpgate.store.quotas import UNLIMITED
from jumpgate.store.tables.compute import server_groups, servers

_COLUMNS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": server_groups.c.id,
    "created_at": server_groups.c.created_at,
}


class EmbeddedServerGroups(ServerGroups):
    """Server groups in the store."""

    def __init__(self, region: Region) -> None:
        self._store = region.store
        self._quotas = region.quotas

    def find(self, ctx: Context, query: Query) -> Iterable[ServerGroup]:
        statement = sa.select(server_groups)
        if not query.all_projects:
            statement = statement.where(server_groups.c.project_id == ctx.project)
        ordered = Query(sort=(Sort("created_at"), Sort("id")), marker=query.marker, limit=query.limit)
        with self._store.read() as connection:
            rows = listing.rows(connection, statement, _COLUMNS, ordered)
            members = _members(connection, [row.id for row in rows])
        return Applied([_to_group(row, members.get(row.id, ())) for row in rows])

    def get(self, ctx: Context, resource_id: str) -> ServerGroup:
        with self._store.read() as connection:
            row = self._load(connection, ctx, resource_id)
            return _to_group(row, _members(connection, [row.id]).get(row.id, ()))

    @staticmethod
    def _load(connection: sa.Connection, ctx: Context, group_id: str) -> sa.Row[Any]:
        row = connection.execute(sa.select(server_groups).where(server_groups.c.id == group_id)).one_or_none()
        if row is None or not (row.project_id == ctx.project or ctx.is_admin):
            raise NotFound(f"Instance group {group_id} could not be found.", reason="InstanceGroupNotFound")
        return row

    def create(self, ctx: Context, spec: ServerGroupSpec) -> ServerGroup:
        group_id = str(uuid.uuid4())
        with self._store.write(TOPIC) as connection:
            self._check_quota(connection, ctx)
            connection.execute(
                server_groups.insert().values(
                    id=group_id,
                    project_id=ctx.project,
                    user_id=ctx.user_id,
                    name=spec.name,
                    policy=spec.policy,
                    rules=dict(spec.rules),
                    created_at=utcnow(),
                )
            )
        return self.get(ctx, group_id)

    def _check_quota(self, connection: sa.Connection, ctx: Context) -> None:
        limit = self._quotas.limits(ctx.project)["server_groups"]
        mine = server_groups.c.project_id == ctx.project
        have = connection.execute(sa.select(sa.func.count()).select_from(server_groups).where(mine)).scalar_one()
        if limit != UNLIMITED and have >= limit:
            raise OverQuota("Quota exceeded, too many server groups.", reason="ServerGroupLimitExceeded")

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            self._load(connection, ctx, resource_id)
            members = servers.c.server_group_id == resource_id
            connection.execute(servers.update().where(members).values(server_group_id=None))
            connection.execute(server_groups.delete().where(server_groups.c.id == resource_id))


def _members(connection: sa.Connection, group_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    mine = sa.and_(servers.c.server_group_id.in_(group_ids), servers.c.deleted.is_(False))
    wanted = sa.select(servers.c.server_group_id, servers.c.id).where(mine).order_by(servers.c.created_at)
    for row in connection.execute(wanted):
        found.setdefault(row.server_group_id, []).append(row.id)
    return found


def _to_group(row: sa.Row[Any], members: Sequence[str]) -> ServerGroup:
    return ServerGroup(
        id=row.id,
        name=row.name,
        project_id=row.project_id,
        user_id=row.user_id,
        policy=row.policy,
        rules=row.rules,
        members=tuple(members),
    )
