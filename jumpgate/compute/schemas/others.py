"""The bodies and queries of server groups, usage, services, hypervisors and the proxies."""

from __future__ import annotations

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas import parameters as a
from jumpgate.compute.schemas.parameters import body, closed, query, several, versioned

_GROUP = "server_group"


def _policies(*names: str) -> JsonSchema:
    return {"type": "array", "items": {"enum": list(names)}, "minItems": 1, "maxItems": 1}


_HARD, _SOFT = ("anti-affinity", "affinity"), ("soft-anti-affinity", "soft-affinity")
_RULES: JsonSchema = {
    "type": "object",
    "properties": {"max_server_per_host": a.POSITIVE},
    "additionalProperties": False,
}
_CREATE = body(_GROUP, {"name": a.NAME, "policies": _policies(*_HARD)}, "name", "policies")
_CREATE_SOFT = body(_GROUP, {"name": a.NAME, "policies": _policies(*_HARD, *_SOFT)}, "name", "policies")
_CREATE_ONE = body(_GROUP, {"name": a.NAME, "policy": {"enum": [*_HARD, *_SOFT]}, "rules": _RULES}, "name", "policy")
CREATE_GROUP = versioned(_CREATE, {"2.15": _CREATE_SOFT, "2.64": _CREATE_ONE})
_GROUPS = query({"all_projects": several(), "limit": several(a.NON_NEGATIVE), "offset": several(a.NON_NEGATIVE)})
LIST_GROUPS = Schema(_GROUPS, {"2.75": closed(_GROUPS)})

_PERIOD = {"start": several(), "end": several()}
_USAGES = query({**_PERIOD, "detailed": several()})
_PAGED_USAGES = query({**_PERIOD, "detailed": several(), **a.PAGING})
LIST_USAGES = Schema(_USAGES, {"2.40": _PAGED_USAGES, "2.75": closed(_PAGED_USAGES)})
_USAGE = query(_PERIOD)
_PAGED_USAGE = query({**_PERIOD, **a.PAGING})
SHOW_USAGE = Schema(_USAGE, {"2.40": _PAGED_USAGE, "2.75": closed(_PAGED_USAGE)})

_SERVICES = query({"host": several(), "binary": several()})
LIST_SERVICES = Schema(_SERVICES, {"2.75": closed(_SERVICES)})
UPDATE_SERVICE = Schema(
    {
        "type": "object",
        "properties": {
            "status": {"enum": ["enabled", "disabled"]},
            "disabled_reason": {"type": "string", "minLength": 1, "maxLength": 255},
            "forced_down": a.BOOLEAN,
        },
        "additionalProperties": False,
    }
)
_HYPERVISORS = query({})
_FOUND = {
    **a.PAGING,
    "hypervisor_hostname_pattern": several(),
    "with_servers": several(a.BOOLEAN),
}
LIST_HYPERVISORS = Schema(_HYPERVISORS, {"2.33": query(a.PAGING), "2.53": closed(query(_FOUND))})
SHOW_HYPERVISOR = Schema(_HYPERVISORS, {"2.53": closed(query({"with_servers": several(a.BOOLEAN)}))})

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
