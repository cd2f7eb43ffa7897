"""The programs that are known for OAuth 1.0a."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A program that is known for OAuth. `secret` is shown only when the consumer has just been made."""

    id: str
    description: str | None = None
    secret: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerSpec:
    """What a client gives to make a consumer; the secret is generated."""

    description: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
