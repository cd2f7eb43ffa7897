"""Quotas: how much of each resource a project may have, and the check that keeps it there."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from jumpgate.common.errors import OverQuota
from jumpgate.store.engine import Store
from jumpgate.store.metadata import ID, METADATA

UNLIMITED = -1

quotas = sa.Table(
    "quotas",
    METADATA,
    sa.Column("service", sa.String(32), primary_key=True),
    sa.Column("project_id", ID, primary_key=True),
    sa.Column("resource", sa.String(64), primary_key=True),
    sa.Column("hard_limit", sa.BigInteger, nullable=False),
)


class Quotas:
    """The limits of one service. `defaults` says what a project gets that has none of its own; -1 is no limit."""

    def __init__(self, store: Store, service: str, defaults: Mapping[str, int]) -> None:
        self._store = store
        self._service = service
        self.defaults = defaults

    def limits(self, project_id: str) -> dict[str, int]:
        """Return every resource's limit for a project."""
        with self._store.read() as connection:
            return self._limits(connection, project_id)

    def _limits(self, connection: sa.Connection, project_id: str) -> dict[str, int]:
        mine = sa.and_(quotas.c.service == self._service, quotas.c.project_id == project_id)
        own = connection.execute(sa.select(quotas.c.resource, quotas.c.hard_limit).where(mine))
        return {**self.defaults, **{row.resource: row.hard_limit for row in own if row.resource in self.defaults}}

    def set(self, project_id: str, limits: Mapping[str, int]) -> None:
        """Give a project limits of its own."""
        with self._store.write(self._service) as connection:
            for resource, limit in limits.items():
                key = {"service": self._service, "project_id": project_id, "resource": resource}
                connection.execute(quotas.delete().filter_by(**key))
                connection.execute(quotas.insert().values(**key, hard_limit=limit))

    def reset(self, project_id: str) -> None:
        """Give a project the defaults again."""
        with self._store.write(self._service) as connection:
            connection.execute(quotas.delete().filter_by(service=self._service, project_id=project_id))

    def check(
        self, connection: sa.Connection, project_id: str, asked: Mapping[str, int], used: Mapping[str, int]
    ) -> None:
        """Raise OverQuota if `asked` more of a resource exceeds its limit.

        Called inside ``store.write(service)``, where `used` was counted too, so that nobody can come between.
        """
        limits = self._limits(connection, project_id)
        over = [
            name
            for name, amount in asked.items()
            if amount > 0 and limits[name] != UNLIMITED and used.get(name, 0) + amount > limits[name]
        ]
        if over:
            raise OverQuota(
                f"Quota exceeded for {', '.join(over)}: Requested {_list(asked, over)}, but already used "
                f"{_list(used, over)} of {_list(limits, over)} {', '.join(over)}",
                reason="OverQuota",
            )


def _list(amounts: Mapping[str, int], names: list[str]) -> str:
    return ", ".join(str(amounts.get(name, 0)) for name in names)
