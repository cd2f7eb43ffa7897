"""The policies that services keep with the embedded cloud."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from jumpgate.identity.contract import Policies
from jumpgate.identity.drivers.embedded import rows
from jumpgate.identity.drivers.embedded.plain import PlainRows
from jumpgate.identity.models import PolicyDocument, PolicyDocumentSpec
from jumpgate.store.tables.identity import policies


class EmbeddedPolicies(PlainRows[PolicyDocument, PolicyDocumentSpec], Policies):
    """Policies as rows. Jumpgate's services have their own rules and read none of them."""

    table = policies
    kind = "policy"
    columns = rows.columns(policies, "id", "type")

    def model(self, row: sa.Row[Any]) -> PolicyDocument:
        return PolicyDocument(id=row.id, type=row.type, blob=row.blob, extra=row.extra)

    def new(self, spec: PolicyDocumentSpec) -> dict[str, Any]:
        return {"type": spec.type, "blob": spec.blob, "extra": dict(spec.extra)}
