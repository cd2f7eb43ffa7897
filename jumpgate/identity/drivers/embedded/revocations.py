"""The revoked tokens of the embedded cloud."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from jumpgate.common.context import Context
from jumpgate.identity.contract import Revocations
from jumpgate.identity.drivers.embedded import rows
from jumpgate.store.engine import Store
from jumpgate.store.revocations import are_revoked, revoke


class EmbeddedRevocations(Revocations):
    """Audit ids in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, ctx: Context, audit_id: str, until: dt.datetime) -> None:
        with self._store.write(rows.TOPIC) as connection:
            revoke(connection, audit_id, until)

    def are_revoked(self, ctx: Context, audit_ids: Iterable[str]) -> bool:
        with self._store.read() as connection:
            return are_revoked(connection, audit_ids)
