"""Embedded resources whose models are their rows: what is special about one of them is a hook."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.resource import Changes
from jumpgate.network.drivers.embedded.records import TOPIC, Records, Row, tags_of

M = TypeVar("M")
S = TypeVar("S")


class PlainRecords(Records[M], Generic[M, S]):
    """Rows whose columns have the names of the model's and the spec's attributes.

    `model_type` is the model, `quota` the name under which its rows count, None for what has no quota.
    """

    model_type: ClassVar[Any]
    quota: ClassVar[str | None] = None

    def columns_of_new(self, connection: sa.Connection, ctx: Context, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the columns of a new row; raise where what a client gave cannot be."""
        return values

    def columns_of_change(
        self, connection: sa.Connection, ctx: Context, row: Row, changes: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the columns that an update sets; raise where it cannot be."""
        return changes

    def check_delete(self, connection: sa.Connection, row: Row) -> None:
        """Raise Conflict while something needs a row."""

    def parts_of(self, connection: sa.Connection, rows: Sequence[Row]) -> Mapping[str, Mapping[str, Any]]:
        """Return the attributes, by row, that other tables hold."""
        return {}

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[M]:
        names = {item.name for item in dataclasses.fields(self.model_type)}
        labels = tags_of(connection, [row.id for row in rows])
        parts = self.parts_of(connection, rows)
        return [
            self.model_type(
                **{name: _value(value) for name, value in row._mapping.items() if name in names},
                **{"tags": labels.get(row.id, ())} if "tags" in names else {},
                **parts.get(row.id, {}),
            )
            for row in rows
        ]

    def create(self, ctx: Context, spec: S) -> M:
        return self.create_many(ctx, [spec])[0]

    def create_many(self, ctx: Context, specs: Sequence[S]) -> list[M]:
        with self.store.write(TOPIC) as connection:
            ids = [self.add(connection, ctx, spec) for spec in specs]
            return [self.model(connection, resource_id) for resource_id in ids]

    def add(self, connection: sa.Connection, ctx: Context, spec: S) -> str:
        """Make one inside a write and return its id."""
        given = {item.name: getattr(spec, item.name) for item in dataclasses.fields(spec)}  # type: ignore[arg-type]
        given["project_id"] = given.get("project_id") or ctx.project
        if self.quota is not None:
            self.spend(connection, given["project_id"], self.quota)
        return self.insert(connection, _stored(self.columns_of_new(connection, ctx, given)))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> M:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, resource_id)
            self.change(connection, resource_id, _stored(self.columns_of_change(connection, ctx, row, changes)))
            return self.model(connection, resource_id)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self.store.write(TOPIC) as connection:
            self.check_delete(connection, self.row(connection, ctx, resource_id))
            self.remove(connection, resource_id)


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as the columns take them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
