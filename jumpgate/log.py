"""Logging: one line for each request, as text or as JSON."""

from __future__ import annotations

import datetime as dt
import logging
import os
import sys
import threading
import time
from collections import deque
from functools import lru_cache
from multiprocessing.util import Finalize
from typing import TextIO

import orjson


class TextFormatter(logging.Formatter):
    """``2025-01-01T10:00:00.123Z req-… compute v2_servers GET project=… 200 1.52ms``."""

    def format(self, record: logging.LogRecord) -> str:
        request = getattr(record, "request", None)
        if request is None:
            text = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}"
            return text if record.exc_info is None else f"{text}\n{self.formatException(record.exc_info)}"
        return (
            f"{_time(record)} {request['id']} {request['service']} {request['endpoint']} {request['method']} "
            f"project={request['project']} {request['status']} {request['ms']}ms"
        )


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {"time": _time(record), "level": record.levelname, "logger": record.name}
        request = getattr(record, "request", None)
        if request is None:
            entry["message"] = record.getMessage()
        if record.exc_info is not None:
            entry["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps({**entry, **(request or {})}).decode()


def _time(record: logging.LogRecord) -> str:
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=4)
def _second(timestamp: int) -> str:
    return dt.datetime.fromtimestamp(timestamp, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")


class BatchingHandler(logging.Handler):
    """Writes to a stream from a thread of its own, all that came in a moment at once.

    A request then neither waits for the stream nor formats its line. What was logged in the last moment before a
    ``kill -9`` is lost; any other end writes it.
    """

    def __init__(self, stream: TextIO, *, pause_s: float = 0.02) -> None:
        super().__init__()
        self._stream = stream
        self._pause_s = pause_s
        self._records: deque[logging.LogRecord] = deque()
        self._wake = threading.Event()
        self._writing = threading.Lock()
        self._process: int | None = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record; a deque needs no lock."""
        self._records.append(record)
        if not self._wake.is_set():
            self._wake.set()
            if self._process != os.getpid():
                self._begin()
        return True

    def _begin(self) -> None:
        """Start the thread of this process, which a forked one has to do anew."""
        self._process = os.getpid()
        threading.Thread(target=self._work, name="log", daemon=True).start()
        Finalize(None, self.flush, exitpriority=0)

    def _work(self) -> None:
        while True:
            self._wake.wait()
            time.sleep(self._pause_s)
            self._wake.clear()
            self.flush()

    def flush(self) -> None:
        """Write what has come so far."""
        with self._writing:
            lines = []
            while self._records:
                lines.append(self.format(self._records.popleft()) + "\n")
            if lines:
                self._stream.write("".join(lines))
                self._stream.flush()


def configure(*, log_format: str, level: str) -> None:
    """Send every log line to standard error in the chosen format."""
    handler = BatchingHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("urllib3", "oslo_policy", "stevedore", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Nothing shows these, and collecting them costs more than the rest of a line (the logging HOWTO, "Optimization").
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
