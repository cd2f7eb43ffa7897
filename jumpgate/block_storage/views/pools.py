"""Pools and what backends say of themselves, in JSON."""

from __future__ import annotations

import dataclasses
from typing import Any

from jumpgate.block_storage.models.operators import BackendCapabilities, Pool


def summary(pool: Pool) -> dict[str, Any]:
    """Return the short form."""
    return {"name": pool.name}


def detail(pool: Pool) -> dict[str, Any]:
    """Return the form with all that a scheduler knows of a pool; its time is naive, as Cinder's is."""
    looked_at = pool.updated_at.replace(tzinfo=None).isoformat() if pool.updated_at else None
    return {"name": pool.name, "capabilities": {**pool.capabilities, "timestamp": looked_at}}


def capabilities(host: str, found: BackendCapabilities) -> dict[str, Any]:
    """Return what the backend of a host says of itself."""
    return {"namespace": f"OS::Storage::Capabilities::{host}", **dataclasses.asdict(found)}
