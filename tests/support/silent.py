"""A driver that handles nothing: it stands in for the services that a test does not need."""

from __future__ import annotations

from typing import Any


def setup_routes(app: Any, disp: Any) -> None:
    """Leave every endpoint unanswered."""
