"""The encryption of volume types: written down, for the embedded cloud has no keys to encrypt a volume with."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, new_id
from jumpgate.block_storage.drivers.embedded.rows import Row
from jumpgate.block_storage.models.operators import Encryption, EncryptionSpec
from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.format import utcnow
from jumpgate.common.resource import Changes
from jumpgate.store.engine import Store
from jumpgate.store.tables.block_storage import volume_type_encryptions, volumes

_COLUMNS = {"key_size_bits": "key_size"}


class Encryptions:
    """The rows of volume_type_encryptions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, type_id: str) -> Encryption | None:
        """Return a type's encryption, None for a type without."""
        with self._store.read() as connection:
            row = _row(connection, type_id)
        return _encryption_of(row) if row is not None else None

    def create(self, type_id: str, spec: EncryptionSpec) -> Encryption:
        """Write a type's encryption; raise BadRequest if it has one or volumes."""
        with self._store.write(TOPIC) as connection:
            _require_unused(connection, type_id, "create")
            if _row(connection, type_id) is not None:
                raise BadRequest(f"Volume type encryption for type {type_id} already exists.")
            values = {
                "id": new_id(),
                "volume_type_id": type_id,
                "provider": spec.provider,
                "control_location": spec.control_location,
                "cipher": spec.cipher,
                "key_size": spec.key_size_bits,
                "created_at": utcnow(),
            }
            connection.execute(volume_type_encryptions.insert().values(values))
            return _encryption_of(_existing(connection, type_id))

    def update(self, type_id: str, changes: Changes) -> Encryption:
        """Change a type's encryption; raise NotFound without one, BadRequest if there are volumes."""
        with self._store.write(TOPIC) as connection:
            _require_unused(connection, type_id, "update")
            _existing(connection, type_id)
            values: dict[str, Any] = {_COLUMNS.get(name, name): value for name, value in changes.items()}
            mine = volume_type_encryptions.c.volume_type_id == type_id
            connection.execute(volume_type_encryptions.update().where(mine).values(updated_at=utcnow(), **values))
            return _encryption_of(_existing(connection, type_id))

    def delete(self, type_id: str) -> None:
        """Remove a type's encryption; raise NotFound without one, BadRequest if there are volumes."""
        with self._store.write(TOPIC) as connection:
            _require_unused(connection, type_id, "delete")
            _existing(connection, type_id)
            mine = volume_type_encryptions.c.volume_type_id == type_id
            connection.execute(volume_type_encryptions.delete().where(mine))


def _row(connection: sa.Connection, type_id: str) -> Row | None:
    mine = volume_type_encryptions.c.volume_type_id == type_id
    return connection.execute(sa.select(volume_type_encryptions).where(mine)).one_or_none()


def _existing(connection: sa.Connection, type_id: str) -> Row:
    row = _row(connection, type_id)
    if row is None:
        raise NotFound(f"Volume type encryption for type {type_id} does not exist.")
    return row


def _encryption_of(row: Row) -> Encryption:
    return Encryption(
        id=row.id,
        volume_type_id=row.volume_type_id,
        provider=row.provider,
        control_location=row.control_location,
        cipher=row.cipher,
        key_size_bits=row.key_size,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _require_unused(connection: sa.Connection, type_id: str, doing: str) -> None:
    of_it = sa.select(volumes.c.id).where(volumes.c.volume_type_id == type_id)
    if connection.execute(of_it.limit(1)).first() is not None:
        raise BadRequest(f"Cannot {doing} encryption specs. Volume type in use.")


def require_plain(connection: sa.Connection, type_id: str, name: str) -> None:
    """Raise NotSupported for a type whose volumes are to be encrypted."""
    if _row(connection, type_id) is not None:
        raise NotSupported(
            f"This cloud keeps no keys, so it cannot make volumes of the encrypted type {name}; choose another type."
        )
