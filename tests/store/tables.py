"""The tables that the store's tests use, and what they do with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from jumpgate.store.engine import Store, revisions
from jumpgate.store.metadata import ID, JSON, METADATA, NAME, UtcDateTime
from jumpgate.store.quotas import quotas
from jumpgate.store.tasks import tasks

OWN = sa.MetaData()

counters = sa.Table(
    "counters",
    OWN,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)

moments = sa.Table(
    "moments",
    OWN,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UtcDateTime),
    sa.Column("document", JSON),
)

things = sa.Table(
    "things",
    OWN,
    sa.Column("id", ID, primary_key=True),
    sa.Column("project_id", ID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("nick", NAME),
    sa.Column("size", sa.Integer),
    sa.Column("weight", sa.BigInteger, nullable=False),
    sa.Column("ready", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("deleted_at", UtcDateTime),
    sa.Index("ix_things_project", "project_id", "created_at", "id"),
    sa.Index("ix_things_ready", "ready", "created_at", "id"),
)

labels = sa.Table(
    "labels",
    OWN,
    sa.Column("thing_id", ID, primary_key=True),
    sa.Column("label", NAME, primary_key=True),
)


def make_tables(store: Store) -> None:
    """Make the store's own tables, and those above with a counter "n" at 0."""
    with store.engine.begin() as connection:
        METADATA.create_all(connection, tables=[revisions, quotas, tasks])
        OWN.create_all(connection)
        connection.execute(counters.insert().values(name="n", value=0))


def value(store: Store, name: str = "n") -> int:
    """Return a counter's value."""
    with store.read() as connection:
        return int(connection.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar_one())


def count_up(store: Store, *topics: str, name: str = "n") -> None:
    """Read a counter and write it back one higher, which loses counts wherever two writers overlap."""
    with store.write(*topics or ("compute",)) as connection:
        now = connection.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar_one()
        connection.execute(counters.update().where(counters.c.name == name).values(value=now + 1))


@contextmanager
def rolled_back(store: Store, *topics: str) -> Iterator[sa.Connection]:
    """Write, and let the write fail in the end."""
    with suppress(LookupError), store.write(*topics) as connection:
        yield connection
        raise LookupError
