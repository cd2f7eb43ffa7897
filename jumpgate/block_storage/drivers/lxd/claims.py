"""What is only said of a volume: that somebody wants it or has it outside of LXD, what it is good for, how it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jumpgate.block_storage.contract import Volumes
from jumpgate.block_storage.drivers.lxd.records import NOTE, Place, attachment_key, connection, volume
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.errors import InvalidInput, InvalidVolume
from jumpgate.block_storage.models import AttachSpec, StatusChanges, Volume
from jumpgate.clouds.lxd.notes import fresh, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow

Change = Callable[[Place, Volume], Mapping[str, Any]]


class ClaimedVolumes(Volumes):
    """Notes of the volume. What an LXD instance has counts more: see `records.attachments`."""

    _shelf: Shelf

    def _volume(self, place: Place) -> Volume:
        return volume(place, self._shelf.owner(place), self._shelf.uses(place))

    def _changed(self, ctx: Context, volume_id: str, change: Change, keys: Mapping[str, str | None]) -> Place:
        """Change a volume's note by what `change` makes of the volume as it is, and other keys of it as well."""
        place = self._shelf.get(ctx, volume_id)
        known = self._shelf.uses(place)

        def edit(current: Place) -> dict[str, str | None]:
            changes = change(current, volume(current, self._shelf.owner(current), known))
            return {**keys, NOTE: written(touched(current.note_or_first, changes))}

        return self._shelf.change(place, edit)

    def reserve(self, ctx: Context, volume_id: str) -> None:
        def change(_: Place, found: Volume) -> Mapping[str, Any]:
            if found.status != "available":
                raise InvalidVolume(f"Volume status must be available to reserve, but the status is {found.status}.")
            return {"status": "attaching"}

        self._changed(ctx, volume_id, change, {})

    def unreserve(self, ctx: Context, volume_id: str) -> None:
        self._changed(ctx, volume_id, _without("attaching"), {})

    def begin_detaching(self, ctx: Context, volume_id: str) -> None:
        def change(_: Place, found: Volume) -> Mapping[str, Any]:
            if found.status != "in-use":
                raise InvalidVolume(
                    "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' "
                    "to detach."
                )
            return {"status": "detaching"}

        self._changed(ctx, volume_id, change, {})

    def roll_detaching(self, ctx: Context, volume_id: str) -> None:
        self._changed(ctx, volume_id, _without("detaching"), {})

    def attach(self, ctx: Context, volume_id: str, spec: AttachSpec) -> None:
        note = fresh(
            "",
            server_id=spec.server_id,
            host_name=spec.host_name,
            mountpoint=spec.mountpoint,
            mode=spec.mode,
            connector=None,
            status="attached",
            attached_at=utcnow().isoformat(),
        )

        def change(_: Place, found: Volume) -> Mapping[str, Any]:
            if found.status not in ("available", "attaching", "reserved"):
                raise BadRequest(
                    "Error attaching volume - InvalidVolume: Invalid volume: status must be available or attaching to "
                    f"attach, but the status is {found.status}",
                    reason="InvalidVolume",
                )
            if found.is_read_only and spec.mode != "ro":
                mode = f"Invalid attaching mode '{spec.mode}' for volume {found.id}."
                raise BadRequest(mode, reason="InvalidVolumeAttachMode")
            return {"status": None}

        self._changed(ctx, volume_id, change, {attachment_key(note["id"]): written(note)})

    def detach(self, ctx: Context, volume_id: str, attachment_id: str | None) -> None:
        noted = [note["id"] for note in self._shelf.get(ctx, volume_id).attachment_notes]
        if attachment_id is not None and attachment_id not in noted:
            raise InvalidInput("Mismatched volume and attachment")
        ended = noted if attachment_id is None else [attachment_id]
        self._changed(ctx, volume_id, lambda *_: {"status": None}, {attachment_key(item): None for item in ended})

    def force_detach(self, ctx: Context, volume_id: str, attachment_id: str | None) -> None:
        self.detach(ctx, volume_id, attachment_id)

    def initialize_connection(self, ctx: Context, volume_id: str, connector: Mapping[str, Any]) -> Mapping[str, Any]:
        place = self._shelf.get(ctx, volume_id)
        return connection(place, {"mode": "ro" if self._volume(place).is_read_only else "rw"})

    def terminate_connection(self, ctx: Context, volume_id: str, connector: Mapping[str, Any]) -> None:
        self._changed(ctx, volume_id, _without("attaching"), {})

    def set_bootable(self, ctx: Context, volume_id: str, bootable: bool) -> None:
        self._changed(ctx, volume_id, lambda *_: {"bootable": bootable}, {})

    def set_read_only(self, ctx: Context, volume_id: str, read_only: bool) -> None:
        def change(place: Place, _: Volume) -> Mapping[str, Any]:
            return {"flags": {**place.note.get("flags", {}), "readonly": str(read_only)}}

        self._changed(ctx, volume_id, change, {})

    def set_image_metadata(self, ctx: Context, volume_id: str, metadata: Mapping[str, str]) -> Mapping[str, str]:
        def change(place: Place, _: Volume) -> Mapping[str, Any]:
            return {"image_metadata": {**place.note.get("image_metadata", {}), **metadata}}

        return self._volume(self._changed(ctx, volume_id, change, {})).image_metadata

    def delete_image_metadata(self, ctx: Context, volume_id: str, key: str) -> None:
        def change(place: Place, _: Volume) -> Mapping[str, Any]:
            known = dict(place.note.get("image_metadata", {}))
            if known.pop(key, None) is None:
                raise NotFound(f"Volume {volume_id} has no metadata with key {key}.")
            return {"image_metadata": known}

        self._changed(ctx, volume_id, change, {})

    def reset_status(self, ctx: Context, volume_id: str, changes: StatusChanges) -> None:
        place = self._shelf.get(ctx, volume_id)
        ended = place.attachment_notes if changes.attach_status == "detached" else []
        status = None if changes.status == "available" else changes.status
        noted = {} if changes.status is None else {"status": status, "work": None}
        self._changed(ctx, volume_id, lambda *_: noted, {attachment_key(note["id"]): None for note in ended})


def _without(status: str) -> Change:
    """Return the change that takes a state away again."""
    return lambda place, _: {"status": None} if place.note.get("status") == status else {}
