"""The secrets that users of the embedded cloud keep for other services."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.identity.contract import Credentials
from jumpgate.identity.drivers.embedded import rows, users
from jumpgate.identity.models import Credential, CredentialSpec
from jumpgate.identity.tokens.keys import KeyRepository
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

TABLE = tables.credentials
COLUMNS = rows.columns(TABLE, "id", "type", "user_id", "project_id")


class EmbeddedCredentials(Credentials):
    """Credentials as rows, sealed by keys of their own: losing the keys loses the credentials."""

    def __init__(self, store: Store, keys: KeyRepository) -> None:
        self._store = store
        self._keys = keys

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Credential]:
        return rows.find(self._store, sa.select(TABLE), COLUMNS, query, self._credential)

    def get(self, ctx: Context, resource_id: str) -> Credential:
        with self._store.read() as connection:
            return self._credential(_get_row(connection, resource_id))

    def create(self, ctx: Context, spec: CredentialSpec) -> Credential:
        values: dict[str, Any] = {
            "id": spec.id or rows.new_id(),
            "type": spec.type,
            "user_id": spec.user_id,
            "project_id": spec.project_id,
            "blob": self._seal(spec.blob),
            "extra": dict(spec.extra),
        }
        with self._store.write(rows.TOPIC) as connection:
            users.get_row(connection, spec.user_id)
            rows.insert(connection, TABLE, values, rows.conflict("credential", "Duplicate entry"))
            return self._credential(_get_row(connection, values["id"]))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Credential:
        values = dict(changes)
        if "blob" in values:
            values["blob"] = self._seal(values["blob"])
        with self._store.write(rows.TOPIC) as connection:
            row = _get_row(connection, resource_id)
            rows.update(
                connection,
                TABLE,
                resource_id,
                {**values, "extra": {**row.extra, **values.get("extra", {})}},
                rows.conflict("credential", "Duplicate entry"),
            )
            return self._credential(_get_row(connection, resource_id))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            _get_row(connection, resource_id)
            connection.execute(TABLE.delete().where(TABLE.c.id == resource_id))

    def _seal(self, blob: str) -> str:
        return self._keys.fernet().encrypt(blob.encode()).decode()

    def _credential(self, row: sa.Row[Any]) -> Credential:
        return Credential(
            id=row.id,
            type=row.type,
            user_id=row.user_id,
            project_id=row.project_id,
            blob=self._keys.fernet().decrypt(row.blob).decode(),
            extra=row.extra,
        )


def _get_row(connection: sa.Connection, credential_id: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(TABLE).where(TABLE.c.id == credential_id)).one_or_none()
    if row is None:
        raise NotFound(f"Could not find credential: {credential_id}.")
    return row
