"""Telling cheaply whether anything was written since the last look.

Each write of a topic counts its row in `revisions` up, in the same transaction. Reading the row is a query; on SQLite
``PRAGMA data_version`` tells in two microseconds that no other connection has committed anything, so the row need not
be read again.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

Topics = tuple[str, ...]


class SqliteWatch:
    """Remembers revisions for as long as the file has not changed. Each thread watches by a connection of its own."""

    def __init__(self, path: str, read: Callable[[Topics], int]) -> None:
        self._path = path
        self._read = read
        self._local = threading.local()

    def revision(self, topics: Topics) -> int:
        """Return the sum of the topics' revisions."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = sqlite3.connect(self._path, isolation_level=None)
            self._local.version, self._local.known = -1, {}
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._local.version:
            self._local.version, self._local.known = version, {}
        known: dict[Topics, int] = self._local.known
        if topics not in known:
            known[topics] = self._read(topics)
        return known[topics]

    def forget(self) -> None:
        """Drop every connection, before a fork for instance."""
        self._local = threading.local()
