"""The bodies and queries of the other services' things by way of compute."""

from __future__ import annotations

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas import parameters as a
from jumpgate.compute.schemas.parameters import body, query, several, versioned

LIMITED = Schema(query({"limit": several(a.NON_NEGATIVE), "offset": several(a.NON_NEGATIVE)}))
_STRING: JsonSchema = {"type": "string"}
CREATE_VOLUME = versioned(
    body(
        "volume",
        {
            "volume_type": _STRING,
            "metadata": {"type": "object"},
            "snapshot_id": _STRING,
            "size": a.POSITIVE,
            "availability_zone": _STRING,
            "display_name": _STRING,
            "display_description": _STRING,
        },
        "size",
    )
)
CREATE_SNAPSHOT = versioned(
    body(
        "snapshot",
        {"volume_id": _STRING, "force": a.BOOLEAN, "display_name": _STRING, "display_description": _STRING},
        "volume_id",
    )
)
CREATE_FLOATING_IP = Schema({"type": ["object", "null"], "properties": {"pool": {"type": ["string", "null"]}}})

_SECURITY_GROUP = "security_group"
_TEXT: JsonSchema = {"type": "string", "maxLength": 255}
SECURITY_GROUP = Schema(
    {
        "type": "object",
        "properties": {
            _SECURITY_GROUP: {
                "type": "object",
                "properties": {"name": _TEXT, "description": _TEXT},
                "required": ["name", "description"],
            }
        },
        "required": [_SECURITY_GROUP],
    }
)
SECURITY_GROUP_RULE = Schema(
    {
        "type": "object",
        "properties": {
            "security_group_rule": {
                "type": "object",
                "properties": {
                    "group_id": a.UUID_OR_NULL,
                    "parent_group_id": a.UUID,
                    "from_port": {},
                    "to_port": {},
                    "ip_protocol": {},
                    "cidr": {"type": ["string", "null"]},
                },
                "required": ["parent_group_id"],
            }
        },
        "required": ["security_group_rule"],
    }
)
IMAGE_METADATA = versioned(
    {"type": "object", "properties": {"metadata": a.METADATA}, "required": ["metadata"], "additionalProperties": False}
)
IMAGE_METADATA_ITEM = versioned(
    {
        "type": "object",
        "properties": {"meta": {**a.METADATA, "minProperties": 1, "maxProperties": 1}},
        "required": ["meta"],
        "additionalProperties": False,
    }
)
