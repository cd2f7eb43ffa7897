"""User messages: why something failed, as the note of the volume or the backup has it, with which they go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jumpgate.block_storage.contract import Messages
from jumpgate.block_storage.drivers.lxd.records import NOTE, Place, backup_key, moment
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.models import Message
from jumpgate.block_storage.models.events import BACKUP, VOLUME
from jumpgate.clouds.lxd.notes import Note, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query

LIFETIME = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A note that has a fault: the volume that has the note, under which key, and what the note is of."""

    place: Place
    key: str
    note: Note
    resource_type: str
    resource_id: str


class LxdMessages(Messages):
    """The last failure of each volume and backup of a project."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def find(self, ctx: Context, query: Query) -> Iterable[Message]:
        return [self._message(failure) for failure in self._all(ctx, everything=False)]

    def get(self, ctx: Context, message_id: str) -> Message:
        return self._message(self._found(ctx, message_id))

    def delete(self, ctx: Context, message_id: str) -> None:
        failure = self._found(ctx, message_id)

        def edit(current: Place) -> dict[str, str]:
            now = notes_of(current).get(failure.key, {})
            mine = (now.get("fault") or {}).get("id") == message_id
            return {failure.key: written(touched(now, {"fault": None}))} if mine else {}

        self._shelf.change(failure.place, edit)

    def _all(self, ctx: Context, *, everything: bool) -> Iterator[Failure]:
        for place in self._shelf.find(ctx, everything=everything):
            for key, note in notes_of(place).items():
                if note.get("fault") and utcnow() - moment(note["fault"]["at"]) < LIFETIME:
                    resource_type, resource_id = (VOLUME, place.id) if key == NOTE else (BACKUP, note["id"])
                    yield Failure(place=place, key=key, note=note, resource_type=resource_type, resource_id=resource_id)

    def _found(self, ctx: Context, message_id: str) -> Failure:
        for failure in self._all(ctx, everything=ctx.is_admin):
            if failure.note["fault"]["id"] == message_id:
                return failure
        raise NotFound(f"Message {message_id} could not be found.")

    def _message(self, failure: Failure) -> Message:
        fault = failure.note["fault"]
        created_at = moment(fault["at"])
        return Message(
            id=fault["id"],
            project_id=self._shelf.owner(failure.place),
            request_id=fault["request_id"],
            resource_type=failure.resource_type,
            resource_id=failure.resource_id,
            action_id=fault["action"],
            detail_id=fault["detail"],
            text=fault["text"],
            created_at=created_at,
            expires_at=created_at + LIFETIME,
        )


def notes_of(place: Place) -> dict[str, Note]:
    """Return a volume's own note and those of its backups, by their keys."""
    return {NOTE: place.note, **{backup_key(note["id"]): note for note in place.backup_notes}}
