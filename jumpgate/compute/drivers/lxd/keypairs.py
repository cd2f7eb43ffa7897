"""Users' keypairs, in LXD's own configuration (``user.openstack.keypair.*``): they belong to no project."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from jumpgate.clouds.lxd.session import Session
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound, OverQuota
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.common.listing import Query
from jumpgate.compute import keys
from jumpgate.compute.contract import Keypairs
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.models import Keypair, KeypairSpec

MOST = 100
_PREFIX = notes.key("keypair.")


class LxdKeypairs(Keypairs):
    """One key of LXD's configuration for each keypair."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, user_id: str, query: Query) -> Iterable[Keypair]:
        config = self._session.server["config"]
        mine = f"{_PREFIX}{user_id}."
        found = [_keypair(orjson.loads(text)) for name, text in config.items() if name.startswith(mine)]
        return sorted(found, key=lambda keypair: keypair.name)

    def get(self, ctx: Context, user_id: str, name: str) -> Keypair:
        for keypair in self.find(ctx, user_id, Query()):
            if keypair.name == name:
                return keypair
        raise NotFound(f"Keypair {name} not found for user {user_id}", reason="KeypairNotFound")

    def create(self, ctx: Context, spec: KeypairSpec) -> Keypair:
        known = list(self.find(ctx, spec.user_id, Query()))
        if len(known) >= MOST:
            raise OverQuota("Quota exceeded, too many key pairs.", reason="KeypairLimitExceeded")
        if any(keypair.name == spec.name for keypair in known):
            raise Conflict(f"Key pair '{spec.name}' already exists.", reason="KeyPairExists")
        private_key, public_key = None, spec.public_key
        if public_key is None:
            private_key, public_key = keys.generate(spec.type, spec.user_id)
        values = {
            "name": spec.name,
            "user_id": spec.user_id,
            "type": spec.type,
            "public_key": public_key,
            "fingerprint": keys.fingerprint(public_key, spec.type),
            "created_at": utcnow().isoformat(),
        }
        self._write(spec.user_id, spec.name, orjson.dumps(values).decode())
        return dataclasses.replace(_keypair(values), private_key=private_key)

    def delete(self, ctx: Context, user_id: str, name: str) -> None:
        self.get(ctx, user_id, name)
        self._write(user_id, name, "")

    def _write(self, user_id: str, name: str, text: str) -> None:
        hashed = hashlib.sha256(name.encode()).hexdigest()[:32]
        self._session.patch(body={"config": {f"{_PREFIX}{user_id}.{hashed}": text}})


def _keypair(values: dict[str, Any]) -> Keypair:
    return Keypair(**{**values, "created_at": parse_iso(values["created_at"])})
