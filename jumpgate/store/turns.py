"""Waiting for one's turn to write an SQLite file.

SQLite lets a writer wait by sleeping, up to 100 ms at a time, and does not care who came first: where sixteen busy
threads in four processes write, the slowest of a hundred writes took 130 to 430 ms, and takes 16 ms with turns, since a
lock file wakes the next one at once. It only orders those who write through this module; the database is protected by
SQLite's own lock, which each takes afterwards. (Where SQLite does not wait at all, when two processes put a new file
into WAL mode, the turns keep them apart as well.)
"""

from __future__ import annotations

import fcntl
import os
import threading


class Turns:
    """A lock among the threads of all processes that name the same file; a process that dies gives it back."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: int | None = None

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, *_: object) -> None:
        try:
            if self._file is not None:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the file, which a forked process must not share; nobody may be having his turn."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
