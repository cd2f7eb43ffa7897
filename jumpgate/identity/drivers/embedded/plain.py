"""Resources of the embedded cloud that are nothing but rows: what they share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes, Crud
from jumpgate.identity.drivers.embedded import rows
from jumpgate.store.engine import Store

M = TypeVar("M")
S = TypeVar("S")


class PlainRows(Crud[M, S]):
    """A resource each of whose things is a row. `columns` are those by which a list is filtered and sorted."""

    table: ClassVar[sa.Table]
    kind: ClassVar[str]
    columns: ClassVar[Mapping[str, sa.ColumnElement[Any]]]

    def __init__(self, store: Store) -> None:
        self._store = store

    @abstractmethod
    def model(self, row: sa.Row[Any]) -> M:
        """Return what a row stands for."""

    @abstractmethod
    def new(self, spec: S) -> dict[str, Any]:
        """Return the columns of a new row beside its id."""

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[M]:
        return rows.find(self._store, sa.select(self.table), self.columns, query, self.model)

    def get(self, ctx: Context, resource_id: str) -> M:
        with self._store.read() as connection:
            return self.model(self._row(connection, resource_id))

    def create(self, ctx: Context, spec: S) -> M:
        key = rows.new_id()
        with self._store.write(rows.TOPIC) as connection:
            connection.execute(self.table.insert().values(id=key, **self.new(spec)))
            return self.model(self._row(connection, key))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> M:
        with self._store.write(rows.TOPIC) as connection:
            values = rows.changed(self._row(connection, resource_id), changes)
            if values:
                connection.execute(self.table.update().where(self.table.c.id == resource_id).values(**values))
            return self.model(self._row(connection, resource_id))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            self._row(connection, resource_id)
            self.remove(connection, resource_id)

    def remove(self, connection: sa.Connection, resource_id: str) -> None:
        """Delete a row, and what depends on it."""
        connection.execute(self.table.delete().where(self.table.c.id == resource_id))

    def _row(self, connection: sa.Connection, key: str) -> sa.Row[Any]:
        row = connection.execute(sa.select(self.table).where(self.table.c.id == key)).one_or_none()
        if row is None:
            raise NotFound(f"Could not find {self.kind}: {key}.")
        return row
