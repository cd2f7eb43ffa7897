"""The APIs that the handlers speak: v3, v2 before microversions, and v1 with its own names for things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.common.fields import Scene


@dataclass(frozen=True, slots=True)
class Dialect:
    """One API: `version` begins the names of its endpoints, `accepted` is the status of a creation."""

    version: str
    accepted: int = 202

    def endpoint(self, name: str) -> str:
        """Return the name of one of its endpoints."""
        return f"{self.version}_{name}"


V3 = Dialect("v3")
V2 = Dialect("v2")
V1 = Dialect("v1", accepted=200)


def links(scene: Scene, dialect: Dialect, endpoint: str, path: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a thing's links: itself, and the same without the API's version."""
    href = scene.url(dialect.endpoint(endpoint), **path)
    return [
        {"rel": "self", "href": href},
        {"rel": "bookmark", "href": "/".join(href.rsplit(f"/{dialect.version}/", 1))},
    ]
