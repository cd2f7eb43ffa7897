"""The models of the contract in these tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A thing of a project; `secret` is for administrators, `parent_id` names another thing."""

    id: str
    name: str
    size: int = 0
    color: str = "grey"
    secret: str = "hidden"
    parent_id: str | None = None
    friend_ids: tuple[str, ...] = ()
    project_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingSpec:
    """What makes a thing."""

    name: str = ""
    size: int = 1
    color: str = "grey"
    secret: str = "hidden"
    parent_id: str | None = None
    friend_ids: tuple[str, ...] = ()
    project_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
