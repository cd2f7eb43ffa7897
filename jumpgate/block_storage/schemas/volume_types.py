"""The bodies of volume types, beside those that the field table makes."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import EXTRA_SPECS, REQUIRED_NAME, Json, closed, wrapped
from jumpgate.common.schema import Schema

_PROJECT: Json = closed({"project": {"type": "string", "minLength": 1, "maxLength": 255}}, "project")

ADD_ACCESS = Schema(wrapped("addProjectAccess", _PROJECT))
REMOVE_ACCESS = Schema(wrapped("removeProjectAccess", _PROJECT))
EXTRA_SPECS_BODY = Schema(wrapped("extra_specs", EXTRA_SPECS))
EXTRA_SPEC = Schema({**EXTRA_SPECS, "minProperties": 1, "maxProperties": 1})
DEFAULT_TYPE = Schema(wrapped("default_type", closed({"volume_type": REQUIRED_NAME}, "volume_type")))
