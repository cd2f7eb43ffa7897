"""SoftLayer's SSH keys, which belong to the account: every user of it sees the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from jumpgate.clouds.softlayer.session import Record, Session, is_equal, nested
from jumpgate.clouds.softlayer.values import moment, text
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound, NotSupported
from jumpgate.common.listing import Query
from jumpgate.compute import keys
from jumpgate.compute.contract import Keypairs
from jumpgate.compute.models import Keypair, KeypairSpec

MASK = "mask[id,label,key,fingerprint,createDate]"


class SoftLayerKeypairs(Keypairs):
    """Keys by their labels. Of several with one label the oldest counts. Private keys are kept by nobody."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, user_id: str, query: Query) -> Iterable[Keypair]:
        found: dict[str, Keypair] = {}
        for record in self._session.pages(ctx, "Account", "getSshKeys", mask=MASK):
            found.setdefault(text(record, "label"), _keypair(record, user_id))
        return found.values()

    def get(self, ctx: Context, user_id: str, name: str) -> Keypair:
        return _keypair(_record(self._session, ctx, name), user_id)

    def create(self, ctx: Context, spec: KeypairSpec) -> Keypair:
        if spec.type != "ssh":
            raise NotSupported("SoftLayer keeps SSH keys only.")
        private_key, public_key = (None, spec.public_key) if spec.public_key else keys.generate(spec.type, spec.user_id)
        keys.fingerprint(public_key or "", spec.type)
        if _named(self._session, ctx, spec.name):
            raise Conflict(f"Key pair '{spec.name}' already exists.", reason="KeyPairExists")
        wanted = {"label": spec.name, "key": public_key}
        try:
            record = self._session.call(ctx, "Security_Ssh_Key", "createObject", wanted)
        except Conflict as error:
            raise Conflict("SoftLayer keeps each key once, and the account has this one under another name.") from error
        return dataclasses.replace(_keypair(record, spec.user_id), private_key=private_key)

    def delete(self, ctx: Context, user_id: str, name: str) -> None:
        record = _record(self._session, ctx, name)
        self._session.call(ctx, "Security_Ssh_Key", "deleteObject", id=int(record["id"]))


def number_of(session: Session, ctx: Context, name: str) -> int:
    """Return SoftLayer's number of the key with a label; raise NotFound."""
    return int(_record(session, ctx, name)["id"])


def _named(session: Session, ctx: Context, name: str) -> list[Record]:
    by_label = nested("sshKeys.label", is_equal(name))
    found = session.call(ctx, "Account", "getSshKeys", mask=MASK, filter=by_label)
    # SoftLayer compares without regard to case.
    return [record for record in found if record.get("label") == name]


def _record(session: Session, ctx: Context, name: str) -> Record:
    found = _named(session, ctx, name)
    if not found:
        raise NotFound(f"Keypair {name} not found for user {ctx.user_id}", reason="KeypairNotFound")
    return found[0]


def _keypair(record: Record, user_id: str) -> Keypair:
    return Keypair(
        name=text(record, "label"),
        user_id=user_id,
        public_key=text(record, "key"),
        fingerprint=text(record, "fingerprint"),
        number=int(record["id"]),
        created_at=moment(record, "createDate"),
    )
