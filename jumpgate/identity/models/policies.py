"""Documents that services keep with the identity service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """A policy that some service reads: `type` is a media type (``application/json``), `blob` what that type says."""

    id: str
    type: str
    blob: str
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocumentSpec:
    """What a client gives to keep a policy."""

    type: str
    blob: str
    extra: Mapping[str, Any] = field(default_factory=dict)
