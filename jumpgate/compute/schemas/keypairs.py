"""The bodies and queries of keypairs."""

from __future__ import annotations

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas import parameters as a
from jumpgate.compute.schemas.parameters import body, closed, extended, query, several, versioned

_KEY = "keypair"
_NAME: JsonSchema = {**a.NAME, "pattern": r"^[_\- a-zA-Z0-9]+$"}
_CREATE = body(_KEY, {"name": _NAME, "public_key": {"type": "string"}}, "name")
_TYPED = extended(_CREATE, _KEY, {"type": {"enum": ["ssh", "x509"]}})
_OWNED = extended(_TYPED, _KEY, {"user_id": {"type": "string"}})
# Since 2.92 a user brings the key, and its name may be an address.
_BROUGHT = extended(_OWNED, _KEY, {"name": {**a.NAME, "pattern": r"^[_\-@. a-zA-Z0-9]+$"}}, "public_key")
CREATE = versioned(
    _CREATE,
    {"2.2": _TYPED, "2.10": _OWNED, "2.92": _BROUGHT},
    legacy=extended(_CREATE, _KEY, {"name": a.LOOSE_NAME}),
)

_OWN = query({})
_OTHERS = query({"user_id": several()})
_PAGED = query({"user_id": several(), **a.PAGING})
LIST_QUERY = Schema(_OWN, {"2.10": _OTHERS, "2.35": _PAGED, "2.75": closed(_PAGED)})
SHOW_QUERY = Schema(_OWN, {"2.10": _OTHERS, "2.75": closed(_OTHERS)})
