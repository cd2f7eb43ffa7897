"""Opening the database, and the two ways to use it: `read` and `write`.

SQLite runs in WAL mode with one writer at a time; PostgreSQL serialises the writers of one topic by a row lock. Both
give the same promise: inside ``store.write("compute")`` nobody else writes compute's tables, so what was read there
(a quota's usage, a free address) still holds when it commits.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DataError

from jumpgate.common.config import Config
from jumpgate.common.errors import BadRequest, ConfigError
from jumpgate.common.patterns import found
from jumpgate.store.metadata import METADATA
from jumpgate.store.revision import SqliteWatch
from jumpgate.store.turns import Turns

BUSY_TIMEOUT_S = 30

_DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}

# Every connection has a page cache of its own, so it is small: the kernel's cache holds the file for all of them.
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-2000",
    "temp_store=MEMORY",
    "journal_size_limit=67108864",
)

revisions = sa.Table(
    "revisions",
    METADATA,
    sa.Column("topic", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)

# Counting a topic up also locks its row against other writers until the commit.
_BUMP = sa.text(
    "INSERT INTO revisions (topic, number) VALUES (:topic, 1) "
    "ON CONFLICT (topic) DO UPDATE SET number = revisions.number + 1"
)

_REVISION = sa.select(sa.func.coalesce(sa.func.sum(revisions.c.number), 0)).where(
    revisions.c.topic.in_(sa.bindparam("topics", expanding=True))
)


class Store:
    """A database. Times are UTC, ids are text, and a commit that returned is on disk.

    Threads share a store. Processes do not: whoever forks calls `close` before, and each process connects anew.
    """

    def __init__(self, url: str) -> None:
        self.url = _parse(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = self._reader = self._single = _sqlite_engine(self.url)
        else:
            self.engine, self._reader = _server_engine(self.url), _snapshot_engine(self.url)
            self._single = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._local = threading.local()
        self._turns = Turns(f"{self.url.database}-turns") if self.is_sqlite else None
        self._watch = SqliteWatch(str(self.url.database), self._read_revision) if self.is_sqlite else None

    @contextlib.contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection that sees one consistent state. Inside a `write` it is that transaction's own."""
        current: sa.Connection | None = getattr(self._local, "connection", None)
        if current is not None:
            yield current
            return
        with self._reader.connect() as connection, _refused_values():
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
        with self.exclusive() as connection, _refused_values():
            self._local.connection, self._local.after = connection, after
            try:
                for topic in sorted(topics):
                    connection.execute(_BUMP, {"topic": topic})
                yield connection
            finally:
                self._local.connection = self._local.after = None
        for action in after:
            action()

    @contextlib.contextmanager
    def exclusive(self, *, foreign_keys: bool = True) -> Iterator[sa.Connection]:
        """Yield a connection in a transaction, on SQLite the only one that writes; `write` is built on it.

        SQLite's lock is taken at once, so that a write cannot fail halfway for want of it. There `foreign_keys` can be
        left unchecked, which a migration that makes a table anew depends on.
        """
        with self._turns or contextlib.nullcontext(), self.engine.connect() as connection:
            if self.is_sqlite:
                if not foreign_keys:
                    connection.detach()
                    _raw(connection).execute("PRAGMA foreign_keys=OFF").close()
                _raw(connection).execute("BEGIN IMMEDIATE").close()
            with connection.begin():
                yield connection

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the current write has been committed; never if it is rolled back."""
        after: list[Callable[[], None]] | None = getattr(self._local, "after", None)
        if after is None:
            raise RuntimeError("There is no write to wait for: call after_commit inside store.write().")
        after.append(action)

    def revision(self, *topics: str) -> int:
        """Return a number that grows whenever one of the topics is written."""
        if self._watch is None or getattr(self._local, "connection", None) is not None:
            return self._read_revision(topics)
        return self._watch.revision(topics)

    def _read_revision(self, topics: tuple[str, ...]) -> int:
        current: sa.Connection | None = getattr(self._local, "connection", None)
        with contextlib.nullcontext(current) if current is not None else self._single.connect() as connection:
            return int(connection.execute(_REVISION, {"topics": topics}).scalar_one())

    def close(self) -> None:
        """Give all connections back, before a fork for instance. The store can be used again afterwards."""
        self.engine.dispose()
        self._reader.dispose()
        if self._watch is not None:
            self._watch.close()
        if self._turns is not None:
            self._turns.close()


@contextlib.contextmanager
def _refused_values() -> Iterator[None]:
    """Blame the request for a value that no column can hold or be compared with: a number too large, a NUL in text."""
    try:
        yield
    except (DataError, OverflowError) as error:
        raise BadRequest("A value in the request is too large, or has a character that cannot be stored.") from error


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except ArgumentError as error:
        raise ConfigError("[store] url is no SQLAlchemy URL: write sqlite:////path or postgresql://...") from error
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise ConfigError(f"[store] url: {parsed.drivername} is not supported; use sqlite or postgresql.")
    if driver == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigError("[store] url: SQLite needs a file, since several processes share it.")
    return parsed.set(drivername=driver)


# What a failed statement was given stays out of the log: a password's hash may be among it.
_POOL: Mapping[str, Any] = {"pool_use_lifo": True, "pool_size": 8, "max_overflow": 16, "hide_parameters": True}


def _server_engine(url: sa.URL, **options: Any) -> sa.Engine:
    try:
        return sa.create_engine(url, pool_pre_ping=True, **_POOL, **options)
    except ImportError as error:
        raise ConfigError("A PostgreSQL store needs the extra: pip install 'jumpgate[postgresql]'.") from error


def _snapshot_engine(url: sa.URL) -> sa.Engine:
    """Return an engine for reading: all statements of a transaction see the same state, as they do in SQLite."""
    engine = _server_engine(url, isolation_level="REPEATABLE READ")
    sa.event.listen(engine, "connect", _forbid_writing)
    return engine


def _forbid_writing(connection: Any, _: Any) -> None:
    connection.read_only = True


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_S, "isolation_level": None},
        **_POOL,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    # The "begin" event would do as well, and costs 15 microseconds more: a third of a small read.
    engine.dialect.do_begin = _begin_sqlite  # type: ignore[method-assign]
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()
    connection.create_function("regexp", 2, found, deterministic=True)


def _begin_sqlite(dbapi_connection: Any) -> None:
    """Begin a transaction for reading, unless `exclusive` has begun one for writing."""
    if not dbapi_connection.in_transaction:
        dbapi_connection.execute("BEGIN").close()


def _raw(connection: sa.Connection) -> Any:
    return connection.connection.dbapi_connection


def open_store(config: Config) -> Store:
    """Open the configured database, whose tables must have been migrated; an SQLite file's folder is made."""
    url = config.value("store", "url")
    if url is None:
        return Store(f"sqlite:///{(config.state() / 'jumpgate.sqlite').absolute()}")
    store = Store(url)
    if store.is_sqlite:
        folder = Path(str(store.url.database)).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"[store] url: {folder} cannot be made: {error.strerror}") from error
    return store
