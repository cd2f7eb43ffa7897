"""Attachments: notes of the volume. The LXD device in their connection is what a compute service gives the instance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.block_storage.contract import Attachments
from jumpgate.block_storage.drivers.lxd.carrying import brought
from jumpgate.block_storage.drivers.lxd.records import Place, attachment, attachment_key, attachments, living, volume
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.errors import InvalidVolume
from jumpgate.block_storage.models import Attachment, AttachmentSpec
from jumpgate.clouds.lxd.notes import Note, fresh, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes


class LxdAttachments(Attachments):
    """One at a time for each volume. A disk that somebody gave an instance by hand is an attachment too."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def find(self, ctx: Context, query: Query) -> Iterable[Attachment]:
        places = list(self._shelf.find(ctx, everything=query.all_projects))
        known = self._shelf.uses(*places)
        return [item for place in places for item in attachments(place, self._shelf.owner(place), known)]

    def get(self, ctx: Context, resource_id: str) -> Attachment:
        for item in self.find(ctx, Query(all_projects=ctx.is_admin)):
            if item.id == resource_id:
                return item
        raise _missing(resource_id)

    def create(self, ctx: Context, spec: AttachmentSpec) -> Attachment:
        place = self._shelf.get(ctx, spec.volume_id)
        known = self._shelf.uses(place)
        if spec.connector is not None and not known:
            place = brought(self._shelf.session, place, str(spec.connector.get("host") or ""))
        note = _note(spec, read_only=place.note.get("flags", {}).get("readonly") == "True")

        def edit(current: Place) -> dict[str, str | None]:
            state = volume(current, self._shelf.owner(current), known).status
            if state != "available":
                raise InvalidVolume(f"status must be available, but is {state}: {spec.volume_id} cannot be attached.")
            servers = {disk.server_id for disk in known if disk.volume_id == current.id}
            kept = {item["id"] for item in living(current, servers)}
            over = {attachment_key(item["id"]): None for item in current.attachment_notes if item["id"] not in kept}
            return {**over, attachment_key(note["id"]): written(note)}

        return attachment(self._shelf.change(place, edit), self._shelf.owner(place), note)

    def _noted(self, ctx: Context, attachment_id: str) -> tuple[Place, Note]:
        """Return an attachment that OpenStack made and that the caller sees; raise NotFound."""
        for place in self._shelf.find(ctx, everything=ctx.is_admin):
            for note in place.attachment_notes:
                if note["id"] == attachment_id:
                    return place, note
        raise _missing(attachment_id)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Attachment:
        connector = changes.get("connector")
        if connector is None:
            raise BadRequest("An attachment is updated by its connector.")
        place, _ = self._noted(ctx, resource_id)
        if not self._shelf.uses(place):
            brought(self._shelf.session, place, str(connector.get("host") or ""))
        return self._renoted(ctx, resource_id, {"connector": dict(connector), "status": "attaching"})

    def complete(self, ctx: Context, attachment_id: str) -> None:
        self._renoted(ctx, attachment_id, {"status": "attached", "attached_at": utcnow().isoformat()})

    def _renoted(self, ctx: Context, attachment_id: str, changes: dict[str, Any]) -> Attachment:
        place, note = self._noted(ctx, attachment_id)
        after = touched(note, changes)
        changed = self._shelf.change(place, lambda _: {attachment_key(attachment_id): written(after)})
        return attachment(changed, self._shelf.owner(place), after)

    def delete(self, ctx: Context, resource_id: str) -> None:
        try:
            place, _ = self._noted(ctx, resource_id)
        except NotFound:
            self.get(ctx, resource_id)
            raise BadRequest("This disk was given to the instance in LXD, where it is to be taken away.") from None
        self._shelf.change(place, lambda _: {attachment_key(resource_id): None})

    def holder(self, ctx: Context, attachment: Attachment) -> str | None:
        place = self._shelf.get(ctx, attachment.volume_id)
        servers = {disk.server_id for disk in self._shelf.uses(place) if disk.volume_id == place.id}
        return attachment.server_id if attachment.server_id in servers else None


def _missing(attachment_id: str) -> NotFound:
    return NotFound(f"Volume attachment could not be found with filter: attachment_id = {attachment_id}.")


def _note(spec: AttachmentSpec, *, read_only: bool) -> Note:
    connector = dict(spec.connector) if spec.connector is not None else None
    state = "attached" if spec.complete else "attaching" if connector is not None else "reserved"
    return fresh(
        "",
        server_id=spec.server_id,
        host_name=connector.get("host") if connector else None,
        mountpoint=spec.mountpoint,
        mode=spec.mode or ("ro" if read_only else "rw"),
        connector=connector,
        status=state,
        attached_at=utcnow().isoformat() if spec.complete else None,
    )
