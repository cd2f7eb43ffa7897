"""Logging: one line for each request, as text or as JSON."""

from __future__ import annotations

import datetime as dt
import logging
import sys

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
    moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(record.msecs):03d}Z"


def configure(*, log_format: str, level: str) -> None:
    """Send every log line to standard error in the chosen format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("urllib3", "oslo_policy", "stevedore", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
