"""The bodies of server actions: ``{"os-start": null}`` and the like.

Source: the API reference, "Servers - run an action" and the sections after it.
"""

from __future__ import annotations

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas import parameters as a
from jumpgate.compute.schemas.parameters import body, extended, versioned

_FLAVOR_REF: JsonSchema = {"type": ["string", "integer"], "minLength": 1}


def _only(key: str, value: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}


def bare(key: str) -> Schema:
    """Return the schema of an action that takes nothing, whatever the client writes there."""
    return versioned(_only(key, {}))


def null(key: str) -> Schema:
    """Return the schema of an action that takes null."""
    return versioned(_only(key, {"type": "null"}))


REBOOT = versioned(body("reboot", {"type": {"enum": ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]}}, "type"))
RESIZE = versioned(body("resize", {"flavorRef": _FLAVOR_REF, "OS-DCF:diskConfig": a.DISK_CONFIG}, "flavorRef"))
_IMAGE = body("createImage", {"name": a.NAME, "metadata": a.METADATA}, "name")
CREATE_IMAGE = versioned(_IMAGE, legacy=extended(_IMAGE, "createImage", {"name": a.LOOSE_NAME}))
CHANGE_PASSWORD = versioned(body("changePassword", {"adminPass": {"type": "string"}}, "adminPass"))
_LENGTH = {**a.whole(-1), "type": ["integer", "string", "null"]}
CONSOLE_OUTPUT = versioned(body("os-getConsoleOutput", {"length": _LENGTH}))
LOCK = versioned(
    _only("lock", {}),
    {
        "2.73": _only(
            "lock",
            {
                "type": ["object", "null"],
                "properties": {"locked_reason": {"type": "string", "minLength": 1, "maxLength": 255}},
                "additionalProperties": False,
            },
        )
    },
)
_RESCUE = {
    "adminPass": {"type": "string"},
    "rescue_image_ref": a.UUID,
}
RESCUE = versioned(_only("rescue", {"type": ["object", "null"], "properties": _RESCUE, "additionalProperties": False}))
RESET_STATE = versioned(body("os-resetState", {"state": {"enum": ["active", "error"]}}, "state"))
_BACKUP = body(
    "createBackup",
    {"name": a.NAME, "backup_type": {"type": "string"}, "rotation": a.NON_NEGATIVE, "metadata": a.METADATA},
    "name",
    "backup_type",
    "rotation",
)
CREATE_BACKUP = versioned(_BACKUP, legacy=extended(_BACKUP, "createBackup", {"name": a.LOOSE_NAME}))
ADD_SECURITY_GROUP = versioned(body("addSecurityGroup", {"name": {"type": "string", "minLength": 1}}, "name"))
REMOVE_SECURITY_GROUP = versioned(body("removeSecurityGroup", {"name": {"type": "string", "minLength": 1}}, "name"))
_ZONE = {"type": "object", "properties": {"availability_zone": a.NAME}, "additionalProperties": False}
_ANYWHERE = {
    "type": ["object", "null"],
    "properties": {"availability_zone": a.NAME_OR_NULL, "host": a.FQDN},
    "additionalProperties": False,
}
UNSHELVE = versioned(
    _only("unshelve", {}),
    {
        "2.77": _only("unshelve", {**_ZONE, "type": ["object", "null"], "required": ["availability_zone"]}),
        "2.91": _only("unshelve", _ANYWHERE),
    },
)
_NETWORK: JsonSchema = {"type": ["string", "number"], "minLength": 1, "maxLength": 36}
ADD_FIXED_IP = versioned(body("addFixedIp", {"networkId": _NETWORK}, "networkId"))
REMOVE_FIXED_IP = versioned(body("removeFixedIp", {"address": a.IP}, "address"))
ADD_FLOATING_IP = versioned(body("addFloatingIp", {"address": a.IP, "fixed_address": a.IP}, "address"))
REMOVE_FLOATING_IP = versioned(body("removeFloatingIp", {"address": a.IP}, "address"))

_HOST: JsonSchema = {**a.FQDN, "type": ["string", "null"]}
_MOVE: JsonSchema = {"type": ["object", "null"], "properties": {"host": _HOST}, "additionalProperties": False}
MIGRATE = versioned(_only("migrate", {}), {"2.56": _only("migrate", _MOVE)})
_LIVE = "os-migrateLive"
_MIGRATE_LIVE = body(
    _LIVE,
    {"block_migration": a.BOOLEAN, "disk_over_commit": a.BOOLEAN, "host": _HOST},
    *("block_migration", "disk_over_commit", "host"),
)
_BLOCK: JsonSchema = {"enum": [*a.BOOLEAN["enum"], "auto"]}
_MIGRATE_LIVE_AUTO = body(_LIVE, {"block_migration": _BLOCK, "host": _HOST}, "block_migration", "host")
MIGRATE_LIVE = versioned(
    _MIGRATE_LIVE,
    {
        "2.25": _MIGRATE_LIVE_AUTO,
        "2.30": extended(_MIGRATE_LIVE_AUTO, _LIVE, {"force": a.BOOLEAN}),
        "2.68": _MIGRATE_LIVE_AUTO,
    },
)
_TO_HOST = {"host": a.FQDN, "adminPass": {"type": "string"}}
_EVACUATE = body("evacuate", _TO_HOST)
EVACUATE = versioned(
    body("evacuate", {**_TO_HOST, "onSharedStorage": a.BOOLEAN}, "onSharedStorage"),
    {"2.14": _EVACUATE, "2.29": extended(_EVACUATE, "evacuate", {"force": a.BOOLEAN}), "2.68": _EVACUATE},
)
