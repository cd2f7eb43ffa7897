"""The body of a new pair of EC2 keys."""

from __future__ import annotations

from jumpgate.common.schema import Schema

EC2 = Schema(
    {"type": "object", "properties": {"tenant_id": {"type": "string", "minLength": 1}}, "required": ["tenant_id"]}
)
