"""The bodies and queries of flavors, their extra specs and their access lists."""

from __future__ import annotations

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas import parameters as a
from jumpgate.compute.schemas.parameters import body, closed, extended, query, several, versioned

_DESCRIPTION: JsonSchema = {"type": ["string", "null"], "format": "printable-text", "maxLength": 65535}
_KEY = "flavor"
_FLAVOR: JsonSchema = {
    "name": a.NAME,
    "id": {
        "type": ["string", "number", "null"],
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^(?! )[a-zA-Z0-9. _-]+(?<! )$",
    },
    "ram": a.SIZE,
    "vcpus": a.SIZE,
    "disk": a.SIZE_OR_NONE,
    "OS-FLV-EXT-DATA:ephemeral": a.SIZE_OR_NONE,
    "swap": a.SIZE_OR_NONE,
    "rxtx_factor": {
        "type": ["number", "string"],
        "pattern": r"^[0-9]+(\.[0-9]+)?$",
        "exclusiveMinimum": 0,
        "maximum": 3.40282e38,
    },
    "os-flavor-access:is_public": a.BOOLEAN,
}
_CREATE = body(_KEY, _FLAVOR, "name", "ram", "vcpus", "disk")
_DESCRIBED = extended(_CREATE, _KEY, {"description": _DESCRIPTION})
CREATE = versioned(
    _CREATE,
    {"2.55": _DESCRIBED, "2.102": extended(_DESCRIBED, _KEY, {"rxtx_factor": None})},
    legacy=extended(_CREATE, _KEY, {"name": a.LOOSE_NAME}),
)
UPDATE = Schema(body(_KEY, {"description": _DESCRIPTION}, "description"))

SORT_KEYS = {
    "created_at": "created_at",
    "description": "description",
    "disabled": "disabled",
    "ephemeral_gb": "ephemeral_gib",
    "flavorid": "id",
    "id": "created_at",
    "is_public": "is_public",
    "memory_mb": "ram_mib",
    "name": "name",
    "root_gb": "disk_gib",
    "rxtx_factor": "rxtx_factor",
    "swap": "swap_mib",
    "updated_at": "updated_at",
    "vcpu_weight": "vcpus",
    "vcpus": "vcpus",
}
_LIST = query(
    {
        **a.PAGING,
        "is_public": several(),
        "minRam": several(),
        "minDisk": several(),
        "sort_key": several({"enum": list(SORT_KEYS)}),
        "sort_dir": several({"enum": ["asc", "desc"]}),
    }
)
_WITHOUT_FACTOR = {
    **_LIST["properties"],
    "name": several(),
    "sort_key": several({"enum": [key for key in SORT_KEYS if key != "rxtx_factor"]}),
}
LIST_QUERY = Schema(_LIST, {"2.75": closed(_LIST), "2.102": closed(query(_WITHOUT_FACTOR))})

_SPECS: JsonSchema = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9_:. -]{1,255}$": {"type": ["string", "number"], "maxLength": 255}},
    "additionalProperties": False,
}
EXTRA_SPECS = versioned(
    {
        "type": "object",
        "properties": {"extra_specs": _SPECS},
        "required": ["extra_specs"],
        "additionalProperties": False,
    }
)
EXTRA_SPEC = versioned({**_SPECS, "minProperties": 1, "maxProperties": 1})


def _tenant(key: str) -> Schema:
    return versioned(body(key, {"tenant": {"type": "string", "minLength": 1, "maxLength": 255}}, "tenant"))


ACTIONS = {"addTenantAccess": _tenant("addTenantAccess"), "removeTenantAccess": _tenant("removeTenantAccess")}
