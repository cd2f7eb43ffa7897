"""The body of a domain's configuration."""

from __future__ import annotations

from jumpgate.common.schema import Schema

CONFIG = Schema({"type": "object", "properties": {"config": {"type": "object"}}, "required": ["config"]})
