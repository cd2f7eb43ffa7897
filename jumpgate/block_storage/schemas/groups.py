"""The bodies of groups of volumes, of their types and of their snapshots."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import (
    BOOLEAN,
    DESCRIPTION,
    EXTRA_SPECS,
    NAME,
    REQUIRED_NAME,
    UUID,
    Json,
    closed,
    pairs,
    wrapped,
)
from jumpgate.common.schema import Schema

_NAMES: Json = {"name": NAME, "description": DESCRIPTION}

CREATE = Schema(
    wrapped(
        "group",
        closed(
            {
                **_NAMES,
                "group_type": REQUIRED_NAME,
                "volume_types": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "string", "maxLength": 255},
                    "uniqueItems": True,
                },
                "availability_zone": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
            },
            "group_type",
            "volume_types",
        ),
    )
)
COPY = Schema(
    wrapped(
        "create-from-src",
        {
            **closed({**_NAMES, "source_group_id": UUID, "group_snapshot_id": UUID}),
            "oneOf": [{"required": ["group_snapshot_id"]}, {"required": ["source_group_id"]}],
        },
    )
)
UPDATE = Schema(
    wrapped(
        "group",
        {**closed({**_NAMES, "add_volumes": DESCRIPTION, "remove_volumes": DESCRIPTION}), "minProperties": 1},
    )
)
DELETE = Schema(wrapped("delete", closed({"delete-volumes": BOOLEAN})))
RESET_STATUS = Schema(wrapped("reset_status", closed({"status": {"type": "string"}}, "status")))

CREATE_SNAPSHOT = Schema(wrapped("group_snapshot", closed({**_NAMES, "group_id": UUID}, "group_id")))

_SPECS: Json = pairs("^[a-zA-Z0-9_:. /-]{1,255}$", {"type": ["string", "null"], "maxLength": 255})
_TYPE: Json = {"description": DESCRIPTION, "is_public": BOOLEAN}

CREATE_TYPE = Schema(wrapped("group_type", closed({**_TYPE, "name": REQUIRED_NAME, "group_specs": _SPECS}, "name")))
UPDATE_TYPE = Schema(wrapped("group_type", closed({**_TYPE, "name": NAME})))
SPECS = Schema(wrapped("group_specs", EXTRA_SPECS))
SPEC = Schema({**EXTRA_SPECS, "minProperties": 1, "maxProperties": 1})
