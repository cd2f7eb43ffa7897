"""The bodies and queries of server groups and usage."""

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
