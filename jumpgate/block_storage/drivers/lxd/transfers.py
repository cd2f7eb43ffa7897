"""Transfers: a volume is offered in a note of its own, and moves to the LXD project of whoever has the key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator

from jumpgate.block_storage.contract import Transfers
from jumpgate.block_storage.drivers.lxd.quota_sets import LxdQuotaSets
from jumpgate.block_storage.drivers.lxd.records import NOTE, Place, moment, volume
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.errors import InvalidVolume
from jumpgate.block_storage.models import Transfer, TransferSpec
from jumpgate.clouds.lxd.notes import PREFIX, Note, fresh, read, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.listing import Query

_KEY = f"{PREFIX}transfer"
_AWAITING = "awaiting-transfer"


class LxdTransfers(Transfers):
    """The offers of a project. Snapshots go along with their volume."""

    def __init__(self, shelf: Shelf, quota_sets: LxdQuotaSets) -> None:
        self._shelf = shelf
        self._quotas = quota_sets

    def _offers(self, ctx: Context, *, everything: bool) -> Iterator[tuple[Place, Note]]:
        for place in self._shelf.find(ctx, everything=everything):
            note = read(place.config, "transfer")
            if note:
                yield place, note

    def _found(self, ctx: Context, transfer_id: str, *, everything: bool) -> tuple[Place, Note]:
        for place, note in self._offers(ctx, everything=everything):
            if note["id"] == transfer_id:
                return place, note
        raise NotFound(f"Transfer {transfer_id} could not be found.", reason="TransferNotFound")

    def find(self, ctx: Context, query: Query) -> Iterable[Transfer]:
        return [self._transfer(*found) for found in self._offers(ctx, everything=query.all_projects)]

    def get(self, ctx: Context, resource_id: str) -> Transfer:
        return self._transfer(*self._found(ctx, resource_id, everything=ctx.is_admin))

    def _transfer(self, place: Place, note: Note, auth_key: str | None = None) -> Transfer:
        return Transfer(
            id=note["id"],
            volume_id=place.id,
            project_id=self._shelf.owner(place),
            created_at=moment(note["created_at"]),
            name=note["name"],
            no_snapshots=note["no_snapshots"],
            auth_key=auth_key,
        )

    def create(self, ctx: Context, spec: TransferSpec) -> Transfer:
        place = self._shelf.get(ctx, spec.volume_id)
        known = self._shelf.uses(place)
        if spec.no_snapshots and self._shelf.snapshot_names().get((place.project, place.path)):
            raise InvalidVolume("LXD moves a volume with its snapshots: delete them first, or transfer them as well.")
        if self._shelf.backups(place):
            raise InvalidVolume("LXD keeps a volume's backups with it: delete the backups first.")
        auth_key, salt = secrets.token_hex(8), secrets.token_hex(8)
        note = fresh(
            ctx.project, name=spec.name, no_snapshots=spec.no_snapshots, salt=salt, key_hash=_hash(salt, auth_key)
        )

        def edit(current: Place) -> dict[str, str]:
            if volume(current, self._shelf.owner(current), known).status != "available":
                raise InvalidVolume("status must be available")
            return {_KEY: written(note), NOTE: written(touched(current.note_or_first, {"status": _AWAITING}))}

        return self._transfer(self._shelf.change(place, edit), note, auth_key)

    def delete(self, ctx: Context, resource_id: str) -> None:
        place, _ = self._found(ctx, resource_id, everything=ctx.is_admin)
        self._shelf.change(place, lambda current: _ended(current, {}))

    def accept(self, ctx: Context, transfer_id: str, auth_key: str) -> Transfer:
        # Whoever knows an offer's id may see it, or could not accept it.
        place, note = self._found(ctx, transfer_id, everything=True)
        if not hmac.compare_digest(_hash(note["salt"], auth_key), note["key_hash"]):
            raise BadRequest(f"Invalid auth key: Attempt to transfer {transfer_id} with invalid auth key.")
        if place.note.get("status") != _AWAITING:
            raise InvalidVolume(f"Transfer {transfer_id}: Volume id {place.id} expected in state {_AWAITING}")
        accepted = self._transfer(place, note)
        with self._quotas.room_for_volume(ctx.project, place.size_gib, place.pool):
            moved = self._shelf.move(place, project=self._shelf.projects.ensure(ctx.project))
        self._shelf.change(moved, lambda current: _ended(current, {"user_id": ctx.user_id, "project_id": ctx.project}))
        return accepted


def _ended(place: Place, changes: dict[str, str]) -> dict[str, str | None]:
    return {_KEY: None, NOTE: written(touched(place.note_or_first, {"status": None, **changes}))}


def _hash(salt: str, auth_key: str) -> str:
    return hmac.new(salt.encode(), auth_key.encode(), hashlib.sha256).hexdigest()
