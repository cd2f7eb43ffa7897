"""Where a server goes: to the one host, unless its operators or a server group say no."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from jumpgate.common.errors import JumpgateError
from jumpgate.store.tables.compute import compute_services, server_groups, servers


class NoValidHost(JumpgateError):
    """There is no host for a server."""

    def __init__(self) -> None:
        super().__init__("No valid host was found. There are not enough hosts available.", reason="NoValidHost")


def is_open(connection: sa.Connection) -> bool:
    """Tell whether the host takes servers: its service is neither disabled nor said to be down."""
    row = connection.execute(sa.select(compute_services)).first()
    return row is None or (row.enabled and not row.forced_down)


def is_up(connection: sa.Connection) -> bool:
    """Tell whether the host runs, as far as its operators say."""
    return connection.execute(sa.select(compute_services).where(compute_services.c.forced_down)).first() is None


def members_of(group_id: str) -> sa.Select[Any]:
    """Return the statement that counts the servers of a group."""
    mine = sa.and_(servers.c.server_group_id == group_id, servers.c.deleted.is_(False))
    return sa.select(sa.func.count()).select_from(servers).where(mine)


def check(connection: sa.Connection, row: Any) -> None:
    """Raise NoValidHost where the host takes no servers, or holds as many of the server's group as it may.

    Called inside the write that gives the server its host.
    """
    if not is_open(connection) or not _fits(connection, row):
        raise NoValidHost


def _fits(connection: sa.Connection, row: Any) -> bool:
    if row.server_group_id is None:
        return True
    group = connection.execute(sa.select(server_groups).where(server_groups.c.id == row.server_group_id)).first()
    if group is None or group.policy != "anti-affinity":
        return True
    placed = members_of(row.server_group_id).where(servers.c.host.is_not(None))
    others: int = connection.execute(placed).scalar_one()
    return bool(others < group.rules.get("max_server_per_host", 1))
