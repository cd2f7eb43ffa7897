"""The bodies and queries of what stands below a server: metadata, tags, volumes, interfaces, actions."""

from __future__ import annotations

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas import parameters as a
from jumpgate.compute.schemas.parameters import body, closed, extended, query, several, versioned


def _only(key: str, value: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}


METADATA = versioned(_only("metadata", a.METADATA))
METADATA_ITEM = versioned(_only("meta", {**a.METADATA, "minProperties": 1, "maxProperties": 1}))

TAGS = Schema(_only("tags", {"type": "array", "items": a.TAG, "maxItems": 50}))
TAG = Schema(a.TAG)

_DEVICE: JsonSchema = {"type": ["string", "null"], "pattern": "(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$"}
_KEY = "volumeAttachment"
_ATTACH = body(_KEY, {"volumeId": a.UUID, "device": _DEVICE}, "volumeId")
ATTACH_VOLUME = versioned(
    _ATTACH,
    {
        "2.49": extended(_ATTACH, _KEY, {"tag": a.TAG}),
        "2.79": extended(_ATTACH, _KEY, {"tag": a.TAG, "delete_on_termination": a.BOOLEAN}),
    },
)
_SWAP = body(_KEY, {"volumeId": a.UUID}, "volumeId")
UPDATE_VOLUME = versioned(
    _SWAP,
    {
        "2.85": extended(
            _SWAP,
            _KEY,
            {
                "device": _DEVICE,
                "tag": a.TAG,
                "delete_on_termination": a.BOOLEAN,
                "serverId": a.UUID,
                "id": a.UUID,
            },
        )
    },
)
_VOLUMES = query({"limit": several(a.NON_NEGATIVE), "offset": several(a.NON_NEGATIVE)})
LIST_VOLUMES = Schema(_VOLUMES, {"2.75": closed(_VOLUMES)})

_WORD: JsonSchema = {"type": "string", "minLength": 1}
_CREATE_INFO: JsonSchema = {
    "type": "object",
    "properties": {"snapshot_id": _WORD, "type": {"enum": ["qcow2"]}, "new_file": _WORD, "id": _WORD},
    "required": ["snapshot_id", "type", "new_file"],
    "additionalProperties": False,
}
_SNAPSHOT = {"volume_id": _WORD, "create_info": _CREATE_INFO}
ASSIST_SNAPSHOT = Schema(body("snapshot", _SNAPSHOT, *_SNAPSHOT))
_MERGE = query({"delete_info": several()})
MERGE_SNAPSHOT = Schema(_MERGE, {"2.75": closed(_MERGE)})

_ADDRESS: JsonSchema = {
    "type": "array",
    "minItems": 1,
    "maxItems": 1,
    "items": {
        "type": "object",
        "properties": {"ip_address": a.IP},
        "required": ["ip_address"],
        "additionalProperties": False,
    },
}
_INTERFACE = "interfaceAttachment"
_PLUG = {
    **body(_INTERFACE, {"net_id": a.UUID, "port_id": a.UUID, "fixed_ips": _ADDRESS}),
    "required": [],
}
ATTACH_INTERFACE = versioned(_PLUG, {"2.49": extended(_PLUG, _INTERFACE, {"tag": a.TAG})})

_TIME: JsonSchema = several({"type": "string", "format": "iso-8601-time"})
_LATER = {"changes-since": _TIME, **a.PAGING}
LIST_ACTIONS = Schema(
    query({}),
    {"2.58": closed(query(_LATER)), "2.66": closed(query({**_LATER, "changes-before": _TIME}))},
)
