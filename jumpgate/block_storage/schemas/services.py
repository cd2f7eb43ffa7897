"""The bodies of what is done to workers."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import Json, closed
from jumpgate.common.schema import Schema

_TEXT: Json = {"type": "string", "minLength": 1, "maxLength": 255}
_OPTIONAL_TEXT: Json = {"type": ["string", "null"], "maxLength": 255}
_HOST: Json = {"type": ["string", "null"], "minLength": 1, "maxLength": 255}
_WORKER: Json = {"binary": _TEXT, "host": _HOST, "cluster": _OPTIONAL_TEXT, "service": _TEXT}
_NAMED: Json = {"anyOf": [{"required": ["binary"]}, {"required": ["service"]}]}
_REASON: Json = {**_TEXT, "pattern": r"^(?=.*\S).*$"}
_BINARIES = ["cinder-scheduler", "cinder-volume", "cinder-backup", "cinder-api", "", "*", None]

ANY = Schema({"type": "object"})
SWITCH = Schema({**closed(_WORKER), **_NAMED})
DISABLE_WITH_REASON = Schema({**closed({**_WORKER, "disabled_reason": _REASON}), **_NAMED})
FREEZE = Schema(closed({"cluster": _OPTIONAL_TEXT, "host": _HOST}))
FAIL_OVER = Schema(closed({"cluster": _OPTIONAL_TEXT, "host": _HOST, "backend_id": _OPTIONAL_TEXT}))
LOG = Schema(
    closed({"binary": {"enum": _BINARIES}, "server": _OPTIONAL_TEXT, "prefix": _OPTIONAL_TEXT, "level": _OPTIONAL_TEXT})
)
