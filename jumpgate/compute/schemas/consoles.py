"""The bodies that ask for consoles. Source: the API reference, "Create Remote Console"."""

from __future__ import annotations

from collections.abc import Sequence

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas.parameters import body, versioned

_PROTOCOLS = ("vnc", "spice", "serial", "rdp")
_TYPES = ("novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5")


def _remote(protocols: Sequence[str], types: Sequence[str]) -> JsonSchema:
    fields: dict[str, JsonSchema] = {"protocol": {"enum": list(protocols)}, "type": {"enum": list(types)}}
    return body("remote_console", fields, "protocol", "type")


REMOTE_CONSOLE = versioned(
    _remote(_PROTOCOLS, _TYPES),
    {
        "2.8": _remote((*_PROTOCOLS, "mks"), (*_TYPES, "webmks")),
        "2.99": _remote((*_PROTOCOLS, "mks"), (*_TYPES, "webmks", "spice-direct")),
    },
)


def old_console(action: str, *types: str) -> Schema:
    """Return the schema of an action that asks for a console of one of some types."""
    return versioned(body(action, {"type": {"enum": list(types)}}, "type"))
