"""What policy rules look at: whose a thing is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Owned(Protocol):
    """A thing of a project."""

    @property
    def project_id(self) -> str: ...


def target(model: Owned) -> Mapping[str, object]:
    """Return the policy target of a thing."""
    return {"project_id": model.project_id, "user_id": getattr(model, "user_id", None)}
