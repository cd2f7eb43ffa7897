"""The bodies and queries of what operators use: services, hosts, hypervisors, aggregates, migrations, events."""

from __future__ import annotations

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas import parameters as a
from jumpgate.compute.schemas.parameters import body, closed, query, several, versioned

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
_SWITCH: JsonSchema = {
    "type": "object",
    "properties": {
        "host": a.FQDN,
        "binary": {"type": "string", "minLength": 1, "maxLength": 255},
        "disabled_reason": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "required": ["host", "binary"],
    "additionalProperties": False,
}
_FORCE: JsonSchema = {**_SWITCH, "properties": {**_SWITCH["properties"], "forced_down": a.BOOLEAN}}
SWITCH_SERVICE = versioned(_SWITCH, {"2.11": _FORCE})

_SWITCHED: JsonSchema = {"enum": ["enable", "Enable", "ENABLE", "disable", "Disable", "DISABLE"]}
UPDATE_HOST = Schema(
    {
        "type": "object",
        "properties": {"status": _SWITCHED, "maintenance_mode": _SWITCHED},
        "minProperties": 1,
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

_ZONE: JsonSchema = {"anyOf": [{**a.NAME, "pattern": "^[^:]*$"}, {"type": "null"}]}
_LOOSE_ZONE: JsonSchema = {"anyOf": [{**a.LOOSE_NAME, "pattern": "^[^:]*$"}, {"type": "null"}]}
_AGGREGATE = "aggregate"
CREATE_AGGREGATE = versioned(
    body(_AGGREGATE, {"name": a.NAME, "availability_zone": _ZONE}, "name"),
    legacy=body(_AGGREGATE, {"name": a.LOOSE_NAME, "availability_zone": _LOOSE_ZONE}, "name"),
)


def _some(schema: JsonSchema) -> JsonSchema:
    """Return an aggregate's schema that asks for at least one property."""
    inner = {**schema["properties"][_AGGREGATE], "minProperties": 1}
    return {**schema, "properties": {_AGGREGATE: inner}}


UPDATE_AGGREGATE = versioned(
    _some(body(_AGGREGATE, {"name": a.LOOSE_NAME, "availability_zone": _ZONE})),
    legacy=_some(body(_AGGREGATE, {"name": a.LOOSE_NAME, "availability_zone": _LOOSE_ZONE})),
)
ADD_HOST = versioned(body("add_host", {"host": a.FQDN}, "host"))
REMOVE_HOST = versioned(body("remove_host", {"host": a.FQDN}, "host"))
_ITEMS: JsonSchema = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": ["string", "null"], "maxLength": 255}},
    "additionalProperties": False,
}
SET_METADATA = versioned(body("set_metadata", {"metadata": _ITEMS}, "metadata"))

MIGRATION_FILTERS = ("hidden", "host", "instance_uuid", "source_compute", "status", "migration_type")
_MIGRATIONS = query(dict.fromkeys(MIGRATION_FILTERS, several()))
_TIME = several({"type": "string", "format": "iso-8601-time"})
_PAGED = {**dict.fromkeys(MIGRATION_FILTERS, several()), **a.PAGING, "changes-since": _TIME}
_BEFORE = {**_PAGED, "changes-before": _TIME}
LIST_MIGRATIONS = Schema(
    _MIGRATIONS,
    {
        "2.59": closed(query(_PAGED)),
        "2.66": closed(query(_BEFORE)),
        "2.80": closed(query({**_BEFORE, "user_id": several(), "project_id": several()})),
    },
)

_EVENTS = ("network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted")
_LATER_EVENTS = (
    ("2.51", "volume-extended"),
    ("2.76", "power-update"),
    ("2.82", "accelerator-request-bound"),
    ("2.93", "volume-reimaged"),
)


def _events(*names: str) -> JsonSchema:
    event = {
        "type": "object",
        "properties": {
            "name": {"enum": [*_EVENTS, *names]},
            "server_uuid": a.UUID,
            "status": {"enum": ["failed", "completed", "in-progress"]},
            "tag": {"type": "string", "maxLength": 255},
        },
        "required": ["name", "server_uuid"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"events": {"type": "array", "minItems": 1, "items": event}},
        "required": ["events"],
        "additionalProperties": False,
    }


CREATE_EVENTS = versioned(
    _events(),
    {
        version: _events(*(name for _, name in _LATER_EVENTS[: index + 1]))
        for index, (version, _) in enumerate(_LATER_EVENTS)
    },
)
