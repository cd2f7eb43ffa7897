"""Transfers: a volume is offered to whoever has a key, and is theirs when they accept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Hashable, Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import Transfers
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud, new_id
from jumpgate.block_storage.drivers.embedded.quotas import StorageQuotas, snapshot_demand, volume_demand
from jumpgate.block_storage.drivers.embedded.rows import SELECT_VOLUMES, Row, is_visible, save, volume_row
from jumpgate.block_storage.errors import InvalidVolume
from jumpgate.block_storage.models import Transfer, TransferSpec
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query
from jumpgate.store.listing import rows, supports
from jumpgate.store.tables.block_storage import volume_snapshots, volume_transfers, volumes

_COLUMNS: dict[str, sa.ColumnElement[Any]] = {
    name: volume_transfers.c[name] for name in ("id", "volume_id", "project_id", "name", "created_at")
}


class EmbeddedTransfers(Transfers):
    """The offers of a project."""

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._store = cloud.store
        self._quotas = StorageQuotas(cloud.store)

    def revision(self, ctx: Context) -> Hashable:
        return self._store.revision(TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Transfer]:
        statement = sa.select(volume_transfers)
        if not query.all_projects:
            statement = statement.where(volume_transfers.c.project_id == ctx.project)
        with self._store.read() as connection:
            if supports(_COLUMNS, query):
                return Applied([_transfer_of(row) for row in rows(connection, statement, _COLUMNS, query)])
            return [_transfer_of(row) for row in connection.execute(statement)]

    def get(self, ctx: Context, resource_id: str) -> Transfer:
        with self._store.read() as connection:
            return _transfer_of(_own_row(connection, ctx, resource_id))

    def create(self, ctx: Context, spec: TransferSpec) -> Transfer:
        auth_key, salt = secrets.token_hex(8), secrets.token_hex(8)
        with self._store.write(TOPIC) as connection:
            volume = volume_row(connection, ctx, spec.volume_id)
            if volume.status != "available":
                raise InvalidVolume("status must be available")
            if volume.group_id is not None:
                raise InvalidVolume(f"Volume {volume.id} must not be part of a group.")
            if not spec.no_snapshots:
                _require_settled(_snapshots(connection, volume.id))
            row = {
                "id": new_id(),
                "volume_id": volume.id,
                "project_id": volume.project_id,
                "name": spec.name,
                "salt": salt,
                "key_hash": _hash(salt, auth_key),
                "no_snapshots": spec.no_snapshots,
                "created_at": utcnow(),
            }
            connection.execute(volume_transfers.insert().values(row))
            save(connection, volumes, volume.id, {"status": "awaiting-transfer"})
            return _transfer_of(_row(connection, str(row["id"])), auth_key=auth_key)

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            row = _own_row(connection, ctx, resource_id)
            _end(connection, row)
            save(connection, volumes, row.volume_id, {"status": "available"})

    def accept(self, ctx: Context, transfer_id: str, auth_key: str) -> Transfer:
        with self._store.write(TOPIC) as connection:
            row = _row(connection, transfer_id)
            if not hmac.compare_digest(_hash(row.salt, auth_key), row.key_hash):
                raise BadRequest(f"Invalid auth key: Attempt to transfer {transfer_id} with invalid auth key.")
            volume = connection.execute(SELECT_VOLUMES.where(volumes.c.id == row.volume_id)).one()
            if volume.status != "awaiting-transfer":
                raise InvalidVolume(
                    f"Transfer {transfer_id}: Volume id {volume.id} expected in state awaiting-transfer"
                )
            snapshots = [] if row.no_snapshots else _snapshots(connection, volume.id)
            if ctx.project != volume.project_id:
                self._require_room(connection, ctx, volume, snapshots)
            owner = {"project_id": ctx.project, "user_id": ctx.user_id}
            save(connection, volumes, volume.id, {"status": "available", **owner})
            for snapshot in snapshots:
                save(connection, volume_snapshots, snapshot.id, owner)
            _end(connection, row)
        return _transfer_of(row)

    def _require_room(self, connection: sa.Connection, ctx: Context, volume: Row, snapshots: Iterable[Row]) -> None:
        """Raise OverQuota unless the caller's project may have the volume and the snapshots that come with it."""
        self._quotas.require_size(ctx.project, volume.size_gib)
        demand = volume_demand(1, volume.size_gib, volume.volume_type)
        for snapshot in snapshots:
            for name, amount in snapshot_demand(snapshot.size_gib, volume.volume_type).items():
                demand[name] = demand.get(name, 0) + amount
        self._quotas.require(connection, ctx.project, demand)


def _transfer_of(row: Row, *, auth_key: str | None = None) -> Transfer:
    return Transfer(
        id=row.id,
        volume_id=row.volume_id,
        project_id=row.project_id,
        created_at=row.created_at,
        name=row.name,
        no_snapshots=row.no_snapshots,
        auth_key=auth_key,
    )


def _row(connection: sa.Connection, transfer_id: str) -> Row:
    """Return a transfer's row: whoever knows its id may see it, or he could not accept it."""
    row = connection.execute(sa.select(volume_transfers).where(volume_transfers.c.id == transfer_id)).one_or_none()
    if row is None:
        raise NotFound(f"Transfer {transfer_id} could not be found.", reason="TransferNotFound")
    return row


def _own_row(connection: sa.Connection, ctx: Context, transfer_id: str) -> Row:
    row = _row(connection, transfer_id)
    if not is_visible(row, ctx):
        raise NotFound(f"Transfer {transfer_id} could not be found.", reason="TransferNotFound")
    return row


def _snapshots(connection: sa.Connection, volume_id: str) -> list[Row]:
    of_it = volume_snapshots.c.volume_id == volume_id
    return list(connection.execute(sa.select(volume_snapshots).where(of_it)).all())


def _require_settled(snapshots: Iterable[Row]) -> None:
    for snapshot in snapshots:
        if snapshot.status != "available":
            raise BadRequest(f"Invalid snapshot: snapshot: {snapshot.id} status must be available")


def _end(connection: sa.Connection, row: Row) -> None:
    connection.execute(volume_transfers.delete().where(volume_transfers.c.id == row.id))


def _hash(salt: str, auth_key: str) -> str:
    return hmac.new(salt.encode(), auth_key.encode(), hashlib.sha256).hexdigest()
