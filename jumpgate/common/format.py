"""How values are written in OpenStack's JSON: times above all."""

from __future__ import annotations

import datetime as dt

_EPOCH_FORMAT = "%Y-%m-%dT%H:%M:%S"


def utcnow() -> dt.datetime:
    """Return the present time, aware and in UTC."""
    return dt.datetime.now(dt.UTC)


def iso_seconds_z(moment: dt.datetime | None) -> str | None:
    """``2025-01-31T12:00:00Z``: Nova, Glance and Neutron."""
    return None if moment is None else moment.strftime(_EPOCH_FORMAT) + "Z"


def iso_microseconds(moment: dt.datetime | None) -> str | None:
    """``2025-01-31T12:00:00.000000``, UTC without saying so: Cinder, and Nova's extensions."""
    return None if moment is None else moment.strftime(_EPOCH_FORMAT + ".%f")


def iso_microseconds_z(moment: dt.datetime | None) -> str | None:
    """``2025-01-31T12:00:00.000000Z``: Keystone."""
    return None if moment is None else moment.strftime(_EPOCH_FORMAT + ".%fZ")


def parse_iso(text: str) -> dt.datetime:
    """Read an ISO 8601 time; one without a zone is UTC. Raises ValueError."""
    moment = dt.datetime.fromisoformat(text)
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def links(**hrefs: str) -> list[dict[str, str]]:
    """Return a resource's links: ``links(self=url, bookmark=other)`` is a list of ``{"rel": "self", "href": url}``."""
    return [{"rel": rel, "href": href} for rel, href in hrefs.items()]
