"""The bodies of transfers."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import BOOLEAN, REQUIRED_NAME, UUID, Json, closed, wrapped
from jumpgate.common.schema import Schema

_NEW: Json = {"volume_id": UUID, "name": {"anyOf": [{"type": "null"}, REQUIRED_NAME]}}

CREATE = Schema(
    wrapped("transfer", closed(_NEW, "volume_id")),
    {"3.55": wrapped("transfer", closed({**_NEW, "no_snapshots": BOOLEAN}, "volume_id"))},
)
ACCEPT = Schema(wrapped("accept", closed({"auth_key": {"type": ["string", "integer"]}}, "auth_key")))
