"""Opening the database, and the two ways to use it: `read` and `write`.

SQLite runs in WAL mode with one writer at a time; PostgreSQL serialises the writers of one topic by a row lock. Both
give the same promise: inside ``store.write("compute")`` nobody else writes compute's tables, so what was read there
(a quota's usage, a free address) still holds when it commits.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from jumpgate.common.config import Config
from jumpgate.common.errors import ConfigError
from jumpgate.store.metadata import METADATA
from jumpgate.store.revision import SqliteWatch

BUSY_TIMEOUT_S = 30

revisions = sa.Table(
    "revisions",
    METADATA,
    sa.Column("topic", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)


class Store:
    """A database. Times are UTC, ids are text, and a commit that returned is on disk."""

    def __init__(self, url: str) -> None:
        self.url = _parse(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _server_engine(self.url)
        self._local = threading.local()
        self._watch = SqliteWatch(file, self._read_revision) if (file := _file(self.url)) else None

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection that sees one consistent state. Inside a `write` it is that transaction's own."""
        current: sa.Connection | None = getattr(self._local, "connection", None)
        if current is not None:
            yield current
            return
        with self.engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, *topics: str) -> Iterator[sa.Connection]:
        """Yield a connection whose changes are committed together at the end, or not at all.

        `topics` are the services whose tables are changed; their revisions move. Writes do not nest: a driver calls its
        sibling services before or after its own transaction, never inside.
        """
        if getattr(self._local, "connection", None) is not None:
            raise RuntimeError("A write inside a write would wait for itself: call siblings outside the transaction.")
        after: list[Callable[[], None]] = []
        with self.engine.connect() as connection, self._begin(connection):
            self._local.connection, self._local.after = connection, after
            try:
                for topic in sorted(topics):
                    _bump(connection, topic)
                yield connection
            finally:
                self._local.connection = self._local.after = None
        for action in after:
            action()

    def _begin(self, connection: sa.Connection) -> contextlib.AbstractContextManager[Any]:
        """Begin a write; on SQLite by taking the lock at once, so that it cannot fail halfway for want of it."""
        if not self.is_sqlite:
            return connection.begin()
        return connection.execution_options(sqlite_begin="BEGIN IMMEDIATE").begin()

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the current write has been committed; never if it is rolled back."""
        self._local.after.append(action)

    def revision(self, *topics: str) -> int:
        """Return a number that grows whenever one of the topics is written."""
        return self._watch.revision(topics) if self._watch else self._read_revision(topics)

    def _read_revision(self, topics: tuple[str, ...]) -> int:
        with self.read() as connection:
            statement = sa.select(sa.func.coalesce(sa.func.sum(revisions.c.number), 0))
            return int(connection.execute(statement.where(revisions.c.topic.in_(topics))).scalar_one())

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        if self._watch is not None:
            self._watch.forget()


def _file(url: sa.URL) -> str | None:
    """Return the path of an SQLite file, None for any other database."""
    return url.database if url.get_backend_name() == "sqlite" and url.database != ":memory:" else None


def _bump(connection: sa.Connection, topic: str) -> None:
    """Count a topic's revision up, which also locks it against other writers until the commit."""
    moved = connection.execute(
        revisions.update().where(revisions.c.topic == topic).values(number=revisions.c.number + 1)
    )
    if moved.rowcount == 0:
        connection.execute(revisions.insert().values(topic=topic, number=1))


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        raise ConfigError(f"[store] url = {url}: it is no SQLAlchemy URL.") from error
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError("[store] url: the databases that work are sqlite and postgresql.")
    return parsed


def _server_engine(url: sa.URL) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=16)
    except ImportError as error:
        raise ConfigError("A PostgreSQL store needs the extra: pip install 'jumpgate[postgresql]'.") from error


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, pool_size=8, max_overflow=16)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Take transactions into our own hands and set what SQLite leaves off."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def open_store(config: Config) -> Store:
    """Open the configured database, whose tables must have been migrated."""
    url = config.value("store", "url")
    if url is None:
        url = f"sqlite:///{(config.state() / 'jumpgate.sqlite').absolute()}"
    elif url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return Store(url)
