"""The bodies of backups."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import (
    BOOLEAN,
    DESCRIPTION,
    METADATA,
    NAME,
    OPTIONAL_METADATA,
    OPTIONAL_UUID,
    UUID,
    Json,
    closed,
    wrapped,
)
from jumpgate.common.schema import Schema

_NEW: Json = {
    "volume_id": UUID,
    "container": NAME,
    "description": DESCRIPTION,
    "incremental": BOOLEAN,
    "force": BOOLEAN,
    "name": NAME,
    "snapshot_id": OPTIONAL_UUID,
}
_NEW_3_43: Json = {**_NEW, "metadata": OPTIONAL_METADATA}
_NEW_3_51: Json = {**_NEW_3_43, "availability_zone": NAME}

CREATE = Schema(
    wrapped("backup", closed(_NEW, "volume_id")),
    {
        "3.43": wrapped("backup", closed(_NEW_3_43, "volume_id")),
        "3.51": wrapped("backup", closed(_NEW_3_51, "volume_id")),
    },
)
_CHANGES: Json = {"name": NAME, "description": DESCRIPTION}
UPDATE = Schema(
    wrapped("backup", closed(_CHANGES)),
    {"3.43": wrapped("backup", closed({**_CHANGES, "metadata": METADATA}))},
)
RESTORE = Schema(wrapped("restore", {**closed({"name": NAME, "volume_id": OPTIONAL_UUID}), "type": ["object", "null"]}))
IMPORT = Schema(
    wrapped(
        "backup-record",
        closed(
            {
                "backup_service": {"type": "string", "maxLength": 255},
                "backup_url": {"type": "string", "minLength": 1},
            },
            "backup_service",
            "backup_url",
        ),
    )
)
RESET_STATUS = Schema(wrapped("os-reset_status", closed({"status": {"type": "string"}}, "status")))
