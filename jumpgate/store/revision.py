"""Telling cheaply whether anything was written since the last look.

Each write of a topic counts its row in `revisions` up, in the same transaction. Reading the row is a query. On SQLite
the header of the WAL index, which all processes share as mapped memory, changes with every commit: while it is the same
the row need not be read again. Looking costs no system call and, unlike ``PRAGMA data_version``, does not make a thread
give up the interpreter.

Source: "WAL-mode File Format", section 2.1 of https://sqlite.org/walformat.html (the WAL-index header).
"""

from __future__ import annotations

import mmap
import os
import sqlite3
import threading
from collections.abc import Callable

Topics = tuple[str, ...]

# The first of two copies of the header; SQLite writes it last, so it is there when a commit has returned.
_HEADER_BYTES = 48


class SqliteWatch:
    """Remembers revisions for as long as the file has not changed."""

    def __init__(self, path: str, read: Callable[[Topics], int]) -> None:
        self._path = path
        self._read = read
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: int | None = None
        self._index: mmap.mmap | None = None
        self._seen: tuple[bytes, dict[Topics, int]] = (b"", {})

    def revision(self, topics: Topics) -> int:
        """Return the sum of the topics' revisions."""
        index = self._index or self._open()
        header = index[:_HEADER_BYTES]
        seen, known = self._seen
        if header != seen:
            known = {}
            self._seen = (header, known)
        number = known.get(topics)
        if number is None:
            # Read after the header was: what is written in between changes the header for the next look.
            number = known[topics] = self._read(topics)
        return number

    def _open(self) -> mmap.mmap:
        """Map the WAL index. A connection that stays open keeps SQLite from removing the file and making another.

        The file stays open too: to close it would take away the locks that SQLite holds on it in this process.
        """
        with self._lock:
            if self._index is None:
                self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
                self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
                self._file = os.open(f"{self._path}-shm", os.O_RDONLY | os.O_CLOEXEC)
                self._index = mmap.mmap(self._file, _HEADER_BYTES, prot=mmap.PROT_READ)
            return self._index

    def close(self) -> None:
        """Let go of the file, which a forked process must not share; no other connection may be open."""
        with self._lock:
            if self._index is not None and self._file is not None and self._connection is not None:
                self._connection.close()
                self._index.close()
                os.close(self._file)
            self._connection = self._file = self._index = None
            self._seen = (b"", {})
