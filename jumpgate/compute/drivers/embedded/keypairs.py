"""The embedded cloud's keypairs: each user's own, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound, OverQuota
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Query, Sort
from jumpgate.compute import keys
from jumpgate.compute.contract import Keypairs
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.models import Keypair, KeypairSpec
from jumpgate.store import listing
from jumpgate.store.quotas import UNLIMITED
from jumpgate.store.tables.compute import keypairs

_COLUMNS = {"name": keypairs.c.name}


def _to_keypair(row: sa.Row[Any]) -> Keypair:
    return Keypair(
        number=row.number,
        name=row.name,
        user_id=row.user_id,
        type=row.type,
        public_key=row.public_key,
        fingerprint=row.fingerprint,
        created_at=row.created_at,
    )


class EmbeddedKeypairs(Keypairs):
    """Keypairs in the store."""

    def __init__(self, region: Region) -> None:
        self._store = region.store
        self._quotas = region.quotas

    def find(self, ctx: Context, user_id: str, query: Query) -> Iterable[Keypair]:
        mine = sa.select(keypairs).where(keypairs.c.user_id == user_id)
        by_name = dataclasses.replace(query, filters=(), sort=(Sort("name"),))
        with self._store.read() as connection:
            rows = listing.rows(connection, mine, _COLUMNS, by_name, key="name")
        return Applied([_to_keypair(row) for row in rows])

    def get(self, ctx: Context, user_id: str, name: str) -> Keypair:
        with self._store.read() as connection:
            row = connection.execute(sa.select(keypairs).where(_named(user_id, name))).one_or_none()
        if row is None:
            raise _missing(user_id, name)
        return _to_keypair(row)

    def create(self, ctx: Context, spec: KeypairSpec) -> Keypair:
        private_key, public_key = None, spec.public_key
        if public_key is None:
            private_key, public_key = keys.generate(spec.type, spec.user_id)
        row = {
            "user_id": spec.user_id,
            "name": spec.name,
            "type": spec.type,
            "public_key": public_key,
            "fingerprint": keys.fingerprint(public_key, spec.type),
            "created_at": utcnow(),
        }
        with self._store.write(TOPIC) as connection:
            self._check_quota(connection, ctx, spec.user_id)
            if connection.execute(sa.select(keypairs.c.name).where(_named(spec.user_id, spec.name))).first():
                raise Conflict(f"Key pair '{spec.name}' already exists.", reason="KeyPairExists")
            connection.execute(keypairs.insert().values(row))
        return dataclasses.replace(self.get(ctx, spec.user_id, spec.name), private_key=private_key)

    def _check_quota(self, connection: sa.Connection, ctx: Context, user_id: str) -> None:
        limit = self._quotas.limits(ctx.project)["key_pairs"]
        count = sa.select(sa.func.count()).select_from(keypairs).where(keypairs.c.user_id == user_id)
        if limit != UNLIMITED and connection.execute(count).scalar_one() >= limit:
            raise OverQuota("Quota exceeded, too many key pairs.", reason="KeypairLimitExceeded")

    def delete(self, ctx: Context, user_id: str, name: str) -> None:
        with self._store.write(TOPIC) as connection:
            if connection.execute(keypairs.delete().where(_named(user_id, name))).rowcount == 0:
                raise _missing(user_id, name)


def _named(user_id: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(keypairs.c.user_id == user_id, keypairs.c.name == name)


def _missing(user_id: str, name: str) -> NotFound:
    return NotFound(f"Keypair {name} not found for user {user_id}", reason="KeypairNotFound")
