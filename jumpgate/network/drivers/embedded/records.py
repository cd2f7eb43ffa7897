"""What the embedded network's resources share: their rows, who sees them, their pages, tags and quotas."""

from __future__ import annotations

import dataclasses
import uuid
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.network.limits import exceeded
from jumpgate.network.views.faults import fault
from jumpgate.store import listing
from jumpgate.store.engine import Store
from jumpgate.store.quotas import Quotas
from jumpgate.store.tables.network import tags

TOPIC = "network"

M = TypeVar("M")

Row = sa.Row[Any]
Condition = sa.ColumnElement[bool]

# How many ids one statement names; SQLite takes 32766 parameters.
_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Ground:
    """What every resource of the embedded network stands on."""

    store: Store
    quotas: Quotas


class Records(Generic[M]):
    """The rows of one table as models.

    A subclass names its `table`, the fault for an id that is not there, and makes the models. `parts` are the disjoint
    sets of rows whose sum a project sees.
    """

    table: ClassVar[sa.Table]
    missing: ClassVar[str]

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.store = ground.store
        self.columns: listing.Columns = {**{column.name: column for column in self.table.c}, **self.computed()}
        self.collections: listing.Collections = {
            "tags": listing.Members(tags.c.tag, tags.c.resource_id == self.table.c.id),
            **self.members(),
        }

    def computed(self) -> Mapping[str, sa.ColumnElement[Any]]:
        """Return the attributes that are no columns of the table, as SQL."""
        return {}

    def members(self) -> listing.Collections:
        """Return the attributes that are collections in other tables."""
        return {}

    def select(self) -> sa.Select[Any]:
        """Return the statement that selects what a model needs of every row."""
        return sa.select(self.table)

    def parts(self, project_id: str) -> Sequence[Condition]:
        """Return the conditions of the rows that a project sees; no row fulfils two of them."""
        return (self.table.c.project_id == project_id,)

    def models(self, connection: sa.Connection, rows: Sequence[Row]) -> list[M]:
        """Return the models of rows, in their order."""
        raise NotImplementedError

    def revision(self, ctx: Context) -> Hashable:
        """Tell when anything in the network was last written."""
        return self.store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[M]:
        members = [item for item in query.filters if item.attribute in self.collections]
        rest = dataclasses.replace(query, filters=tuple(item for item in query.filters if item not in members))
        parts = (sa.true(),) if query.all_projects else self.parts(ctx.project)
        statement = self.select().where(*(listing.membership(self.collections, item) for item in members))
        with self.store.read() as connection:
            if not listing.supports(self.columns, rest):
                return self.models(connection, connection.execute(statement.where(sa.or_(*parts))).all())
            statements = [statement.where(part) for part in parts]
            return Applied(self.models(connection, listing.merged_rows(connection, statements, self.columns, rest)))

    def get(self, ctx: Context, resource_id: str) -> M:
        with self.store.read() as connection:
            return self.models(connection, [self.row(connection, ctx, resource_id)])[0]

    def row(self, connection: sa.Connection, ctx: Context, resource_id: str) -> Row:
        """Return the row of something that the caller sees, an administrator everything; raise NotFound."""
        statement = self.select().where(self.table.c.id == resource_id)
        if not ctx.is_admin:
            statement = statement.where(sa.or_(*self.parts(ctx.project)))
        row = connection.execute(statement).one_or_none()
        if row is None:
            raise fault(self.missing, resource_id)
        return row

    def model(self, connection: sa.Connection, resource_id: str) -> M:
        """Return what has an id that exists, whoever asks."""
        row = connection.execute(self.select().where(self.table.c.id == resource_id)).one()
        return self.models(connection, [row])[0]

    def insert(self, connection: sa.Connection, values: Mapping[str, Any], *, labels: Iterable[str] = ()) -> str:
        """Add a row with the standard attributes and its tags, and return its id."""
        now, resource_id = utcnow(), values.get("id") or str(uuid.uuid4())
        row = {"id": resource_id, "created_at": now, "updated_at": now, "revision_number": 1, **values}
        connection.execute(self.table.insert().values(row))
        add_tags(connection, resource_id, labels)
        return resource_id

    def change(self, connection: sa.Connection, resource_id: str, values: Mapping[str, Any]) -> None:
        """Change a row, whose revision moves."""
        touch(connection, self.table, resource_id, values)

    def remove(self, connection: sa.Connection, resource_id: str) -> None:
        """Delete a row and its tags."""
        connection.execute(tags.delete().where(tags.c.resource_id == resource_id))
        connection.execute(self.table.delete().where(self.table.c.id == resource_id))

    def spend(self, connection: sa.Connection, project_id: str, resource: str, amount: int = 1) -> None:
        """Raise OverQuota unless a project may have `amount` more rows of this table."""
        count = sa.select(sa.func.count()).select_from(self.table).where(self.table.c.project_id == project_id)
        used = connection.execute(count).scalar_one()
        if self.ground.quotas.excesses(connection, project_id, {resource: amount}, {resource: used}):
            raise exceeded(resource)

    def set_tags(self, ctx: Context, resource_id: str, labels: Iterable[str]) -> None:
        with self.store.write(TOPIC) as connection:
            self.row(connection, ctx, resource_id)
            connection.execute(tags.delete().where(tags.c.resource_id == resource_id))
            add_tags(connection, resource_id, labels)
            self.change(connection, resource_id, {})

    def add_tags(self, ctx: Context, resource_id: str, labels: Iterable[str]) -> None:
        with self.store.write(TOPIC) as connection:
            self.row(connection, ctx, resource_id)
            known = tags_of(connection, [resource_id]).get(resource_id, ())
            new = [label for label in labels if label not in known]
            if new:
                add_tags(connection, resource_id, new)
                self.change(connection, resource_id, {})

    def remove_tag(self, ctx: Context, resource_id: str, tag: str) -> None:
        with self.store.write(TOPIC) as connection:
            self.row(connection, ctx, resource_id)
            gone = connection.execute(tags.delete().where(tags.c.resource_id == resource_id, tags.c.tag == tag))
            if gone.rowcount == 0:
                raise fault("TagNotFound", tag)
            self.change(connection, resource_id, {})


def touch(connection: sa.Connection, table: sa.Table, resource_id: str, values: Mapping[str, Any]) -> None:
    """Change a row and move its revision, which also tells that something within it has changed."""
    moved = {"updated_at": utcnow(), "revision_number": table.c.revision_number + 1}
    connection.execute(table.update().where(table.c.id == resource_id).values({**values, **moved}))


def add_tags(connection: sa.Connection, resource_id: str, labels: Iterable[str]) -> None:
    """Add tags that a thing does not have yet."""
    rows = [{"resource_id": resource_id, "tag": label} for label in dict.fromkeys(labels)]
    if rows:
        connection.execute(tags.insert(), rows)


def grouped(
    connection: sa.Connection, statement: sa.Select[Any], key: sa.ColumnElement[Any], ids: Sequence[str]
) -> Mapping[str, list[Row]]:
    """Return the rows of `statement` by the value of `key`, for those keys that are among `ids`."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    statement = statement.add_columns(key.label("group_key"))
    for start in range(0, len(ids), _CHUNK):
        for row in connection.execute(statement.where(key.in_(ids[start : start + _CHUNK]))):
            found[row.group_key].append(row)
    return found


def tags_of(connection: sa.Connection, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the tags of things by id, in alphabetical order."""
    rows = grouped(connection, sa.select(tags.c.tag).order_by(tags.c.tag), tags.c.resource_id, ids)
    return {resource_id: tuple(row.tag for row in found) for resource_id, found in rows.items()}


def standard(row: Row, labels: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return the standard attributes of a row's model."""
    return {
        "id": row.id,
        "project_id": row.project_id,
        "description": row.description,
        "revision_number": row.revision_number,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "tags": labels.get(row.id, ()),
    }
