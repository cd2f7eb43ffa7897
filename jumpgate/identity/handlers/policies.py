"""``/v3/policies``: documents that services keep with the identity service."""

from __future__ import annotations

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.identity.handlers.collections import KeystoneCollection, KeystoneUniform, envelope
from jumpgate.identity.handlers.fields import link, rules
from jumpgate.identity.models import PolicyDocumentSpec

_TEXT = {"type": "string"}

UNIFORM = KeystoneUniform(
    KeystoneCollection(
        singular="policy",
        plural="policies",
        contract="policies",
        kind=Kind.CATALOG,
        path_field="policy_id",
        spec=PolicyDocumentSpec,
        rules={**rules("policy"), "find": "identity:list_policies"},
        envelope=envelope,
        confined_by=None,
        fields=(
            Field("id", kind=Kind.CATALOG, sort=True),
            Field("type", input=Input(schema={**_TEXT, "maxLength": 255}, required=True), filter=str, sort=True),
            Field("blob", input=Input(schema=_TEXT, required=True)),
            link("v3_policy", "policy_id"),
        ),
    )
)
