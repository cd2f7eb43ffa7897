"""A page costs a page: the index of the list's order serves it from wherever it begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from jumpgate.common.listing import Filter, Query, Sort
from jumpgate.store.engine import Store
from jumpgate.store.listing import merged_rows, rows
from tests.store.tables import make_tables, things

EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
COLUMNS = {column.name: column for column in things.c}
MINE = sa.select(things).where(things.c.project_id == "p1")
SHARED = sa.select(things).where(things.c.ready.is_(True))

QUERIES = {
    "first page": Query(limit=50),
    "page behind a marker": Query(limit=50, marker="02500"),
    "filtered page": Query(limit=50, marker="02500", filters=(Filter("name", ("x",)),)),
}


def fill(store: Store) -> None:
    """Make 5000 things in ten projects."""
    made = [
        {
            "id": f"{number:05}",
            "project_id": f"p{number % 10}",
            "name": "x",
            "weight": number,
            "ready": number % 7 == 0,
            "created_at": EPOCH + dt.timedelta(minutes=number // 3),
        }
        for number in range(5000)
    ]
    made[2500]["project_id"] = "p1"
    with store.write() as connection:
        connection.execute(things.insert(), made)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("ANALYZE")


def plans(store: Store, explain: str, read: Callable[[sa.Connection], object]) -> list[str]:
    """Return the database's plan of each statement that `read` executes."""
    with store.read() as connection:
        with _statements(store.engine if store.is_sqlite else connection.engine) as executed:
            read(connection)
        return [
            "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters))
            for statement, parameters in executed
        ]


@contextmanager
def _statements(engine: sa.Engine) -> Iterator[Sequence[tuple[str, Any]]]:
    executed: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        executed.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", note)
    yield executed
    sa.event.remove(engine, "before_cursor_execute", note)


def order(descending: bool) -> tuple[Sort, ...]:
    return (Sort("created_at", descending), Sort("id", descending))


def with_order(query: Query, descending: bool) -> Query:
    return Query(filters=query.filters, sort=order(descending), marker=query.marker, limit=query.limit)


@pytest.mark.parametrize("descending", [False, True], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_page_is_read_from_the_index_in_sqlite(sqlite_store: Store, query: Query, descending: bool) -> None:
    fill(sqlite_store)
    found = plans(
        sqlite_store,
        "EXPLAIN QUERY PLAN",
        lambda connection: rows(connection, MINE, COLUMNS, with_order(query, descending)),
    )

    assert len(found) == (1 if query.marker is None else 2)
    assert all("SEARCH things USING" in plan for plan in found), found
    assert not any("SCAN" in plan or "TEMP B-TREE" in plan for plan in found), found
    assert "ix_things_project" in found[-1]
    assert query.marker is None or "created_at" in found[-1]


@pytest.mark.parametrize("descending", [False, True], ids=["oldest first", "newest first"])
def test_each_part_of_a_merged_page_is_read_from_its_index_in_sqlite(sqlite_store: Store, descending: bool) -> None:
    fill(sqlite_store)
    query = with_order(QUERIES["page behind a marker"], descending)
    shared = SHARED.where(things.c.project_id != "p1")
    found = plans(
        sqlite_store,
        "EXPLAIN QUERY PLAN",
        lambda connection: merged_rows(connection, [MINE, shared], COLUMNS, query),
    )

    assert "ix_things_project" in found[-1]
    assert "ix_things_ready" in found[-1]
    assert "SCAN things" not in found[-1]


@pytest.mark.parametrize("descending", [False, True], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_page_is_read_from_the_index_in_postgresql(postgresql: str, query: Query, descending: bool) -> None:
    store = Store(postgresql)
    make_tables(store)
    fill(store)
    found = plans(store, "EXPLAIN", lambda connection: rows(connection, MINE, COLUMNS, with_order(query, descending)))
    store.close()

    assert "ix_things_project" in found[-1]
    assert "Seq Scan" not in found[-1]
    assert "Sort" not in found[-1]
