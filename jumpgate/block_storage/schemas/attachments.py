"""The bodies of attachments."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import UUID, Json, closed, wrapped
from jumpgate.common.schema import Schema

_NEW: Json = {"instance_uuid": UUID, "connector": {"type": ["object", "null"]}, "volume_uuid": UUID}
_NEW_3_54: Json = {**_NEW, "mode": {"type": "string", "enum": ["rw", "ro"]}}

CREATE = Schema(
    wrapped("attachment", closed(_NEW, "volume_uuid")),
    {"3.54": wrapped("attachment", closed(_NEW_3_54, "volume_uuid"))},
)
UPDATE = Schema(wrapped("attachment", closed({"connector": {"type": "object", "minProperties": 1}}, "connector")))
COMPLETE = Schema(wrapped("os-complete", {}))
