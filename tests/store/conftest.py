"""A database for each test: an SQLite file, and once more, in the slow ring, a database of a real PostgreSQL."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from jumpgate.store.engine import Store
from tests.store.tables import make_tables

BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.sqlite"
    else:
        with new_database(request.getfixturevalue("postgresql_url")) as made:
            yield made


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, for what SQLite does not have."""
    with new_database(postgresql_url) as made:
        yield made


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """Make a database on a server and drop it in the end; give its URL."""
    name = f"test_{uuid.uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()


@pytest.fixture
def open_store(url: str) -> Iterator[Callable[[], Store]]:
    """Open the same database once more, as another process does."""
    opened: list[Store] = []

    def open_one() -> Store:
        opened.append(Store(url))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """A store that has the tables of tests/store/tables.py."""
    store = open_store()
    make_tables(store)
    return store


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """The same on SQLite alone."""
    store = Store(f"sqlite:///{tmp_path}/store.sqlite")
    make_tables(store)
    yield store
    store.close()
