"""The bodies of snapshots and their actions."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import (
    BOOLEAN,
    DESCRIPTION,
    NAME,
    OPTIONAL_METADATA,
    OPTIONAL_UUID,
    Json,
    closed,
    wrapped,
)
from jumpgate.common.schema import Schema

_NAMES: Json = {"name": NAME, "description": DESCRIPTION, "display_name": NAME, "display_description": DESCRIPTION}

CREATE = Schema(
    wrapped(
        "snapshot",
        closed(
            {**_NAMES, "volume_id": OPTIONAL_UUID, "force": BOOLEAN, "metadata": OPTIONAL_METADATA},
            "volume_id",
        ),
    )
)
UPDATE = Schema(wrapped("snapshot", {**closed(_NAMES), "minProperties": 1}))
RESET_STATUS = Schema(wrapped("os-reset_status", closed({"status": {"type": "string"}}, "status")))
REPORT_STATUS = Schema(
    wrapped(
        "os-update_snapshot_status",
        closed(
            {"status": {"type": "string"}, "progress": {"type": "string", "pattern": "^([0-9]|[1-9][0-9]|100)%$"}},
            "status",
        ),
    )
)
