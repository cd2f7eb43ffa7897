"""Quotas: how much of each resource a project may have, and the check that keeps it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Excess:
    """A resource of which more was asked than its limit leaves."""

    resource: str
    asked: int
    used: int
    limit: int


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

    def all_limits(self) -> dict[str, dict[str, int]]:
        """Return every resource's limit for each project that has one of its own."""
        found: dict[str, dict[str, int]] = {}
        with self._store.read() as connection:
            for row in connection.execute(sa.select(quotas).where(quotas.c.service == self._service)):
                limits = found.setdefault(row.project_id, dict(self.defaults))
                if row.resource in limits:
                    limits[row.resource] = row.hard_limit
        return found

    def reset(self, project_id: str) -> bool:
        """Give a project the defaults again, and tell whether it had limits of its own."""
        with self._store.write(self._service) as connection:
            gone = connection.execute(quotas.delete().filter_by(service=self._service, project_id=project_id))
        return gone.rowcount > 0

    def excesses(
        self, connection: sa.Connection, project_id: str, asked: Mapping[str, int], used: Mapping[str, int]
    ) -> list[Excess]:
        """Return the resources of which `asked` more exceeds the limit, in the order of `asked`.

        Called inside ``store.write(service)``, where `used` was counted too, so that nobody can come between.
        """
        limits = self._limits(connection, project_id)
        return [
            Excess(name, amount, used.get(name, 0), limits[name])
            for name, amount in asked.items()
            if amount > 0 and limits[name] != UNLIMITED and used.get(name, 0) + amount > limits[name]
        ]

    def check(
        self, connection: sa.Connection, project_id: str, asked: Mapping[str, int], used: Mapping[str, int]
    ) -> None:
        """Raise OverQuota if `asked` more of a resource exceeds its limit; called as `excesses` is."""
        over = self.excesses(connection, project_id, asked, used)
        if not over:
            return
        names = ", ".join(item.resource for item in over)
        raise OverQuota(
            f"Quota exceeded for {names}: Requested {', '.join(str(item.asked) for item in over)}, but already used "
            f"{', '.join(str(item.used) for item in over)} of {', '.join(str(item.limit) for item in over)} {names}",
            reason="OverQuota",
        )
