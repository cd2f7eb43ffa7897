"""Snapshots: LXD's snapshots of custom volumes. What LXD has no place for is in keys of the volume."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping

from jumpgate.block_storage.contract import Snapshots
from jumpgate.block_storage.drivers.lxd.quota_sets import LxdQuotaSets
from jumpgate.block_storage.drivers.lxd.records import Place, described, moment, volume, volume_type_id
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.errors import InvalidVolume
from jumpgate.block_storage.models import Snapshot, SnapshotSpec
from jumpgate.clouds.lxd.notes import PREFIX, Note, derived_id, notes, touched, written
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes

Found = tuple[Place, str, Note]


class LxdSnapshots(Snapshots):
    """A snapshot that somebody made by hand is one too; it may be named when it is first changed."""

    def __init__(self, shelf: Shelf, quota_sets: LxdQuotaSets) -> None:
        self._shelf = shelf
        self._quotas = quota_sets

    def _all(self, ctx: Context, *, everything: bool) -> Iterator[Found]:
        names = self._shelf.snapshot_names()
        for place in self._shelf.find(ctx, everything=everything):
            known = {note["id"]: note for note in notes(place.config, "snapshot")}
            for name in names.get((place.project, place.path), ()):
                snapshot_id = _id(place, name)
                yield place, name, known.get(snapshot_id) or {"id": snapshot_id, "name": name}

    def _found(self, ctx: Context, snapshot_id: str) -> Found:
        for found in self._all(ctx, everything=ctx.is_admin):
            if found[2]["id"] == snapshot_id:
                return found
        raise NotFound(f"Snapshot {snapshot_id} could not be found.", reason="SnapshotNotFound")

    def place(self, ctx: Context, snapshot_id: str) -> tuple[Place, str]:
        """Return the volume of a snapshot that the caller sees, and the snapshot's name in LXD; raise NotFound."""
        place, name, _ = self._found(ctx, snapshot_id)
        return place, name

    def newest(self, ctx: Context, place: Place) -> str | None:
        """Return the id of a volume's newest snapshot, None where it has none. LXD lists the oldest first."""
        found = self._shelf.session.find(*place.path, "snapshots", project=place.project)
        names = [str(item["name"]).rpartition("/")[2] for item in found]
        notes_by_id = {note["id"]: note for note in notes(place.config, "snapshot")}
        ids = sorted(
            (_id(place, name) for name in names), key=lambda key: notes_by_id.get(key, {}).get("created_at", "")
        )
        return ids[-1] if ids else None

    def find(self, ctx: Context, query: Query) -> Iterable[Snapshot]:
        return [self._snapshot(found) for found in self._all(ctx, everything=query.all_projects)]

    def get(self, ctx: Context, resource_id: str) -> Snapshot:
        return self._snapshot(self._found(ctx, resource_id))

    def _snapshot(self, found: Found) -> Snapshot:
        place, _, note = found
        return Snapshot(
            id=note["id"],
            volume_id=place.id,
            project_id=self._shelf.owner(place),
            user_id=note.get("user_id", ""),
            size_gib=note.get("size_gib", place.size_gib),
            status=note.get("status", "available"),
            created_at=moment(note.get("created_at")),
            updated_at=moment(note["updated_at"]) if note.get("updated_at") else None,
            name=note.get("name"),
            description=note.get("description"),
            volume_type_id=volume_type_id(place.pool),
            metadata=note.get("metadata", {}),
        )

    def create(self, ctx: Context, spec: SnapshotSpec) -> Snapshot:
        place = self._shelf.get(ctx, spec.volume_id)
        state = volume(place, self._shelf.owner(place), self._shelf.uses(place)).status
        allowed = ("available", "in-use") if spec.force else ("available",)
        if state not in allowed:
            raise InvalidVolume(
                f"Volume {spec.volume_id} status must be {', '.join(allowed)}, but current status is: {state}."
            )
        note = described(ctx, spec, size_gib=place.size_gib)
        with self._quotas.room_for_snapshot(place):
            self._shelf.session.post(*place.path, "snapshots", body={"name": note["id"]}, project=place.project)
        changed = self._shelf.change(place, lambda _: {_key(note["id"]): written(note)})
        return self._snapshot((changed, note["id"], note))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Snapshot:
        place, name, note = self._found(ctx, resource_id)
        noted = {key: dict(value) if isinstance(value, Mapping) else value for key, value in changes.items()}
        after = touched(note, noted)
        return self._snapshot((self._shelf.change(place, lambda _: {_key(resource_id): written(after)}), name, after))

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        place, name, _ = self._found(ctx, resource_id)
        self._shelf.session.delete(*place.path, "snapshots", name, project=place.project)
        self._shelf.change(place, lambda _: {_key(resource_id): None})

    def reset_status(self, ctx: Context, snapshot_id: str, status: str) -> None:
        self.update(ctx, snapshot_id, {"status": status})

    def set_metadata(
        self, ctx: Context, snapshot_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> Mapping[str, str]:
        known = {} if replace else self.get(ctx, snapshot_id).metadata
        return self.update(ctx, snapshot_id, {"metadata": {**known, **metadata}}).metadata

    def delete_metadata(self, ctx: Context, snapshot_id: str, key: str) -> None:
        known = dict(self.get(ctx, snapshot_id).metadata)
        if key not in known:
            raise NotFound(f"Snapshot {snapshot_id} has no metadata with key {key}.")
        del known[key]
        self.update(ctx, snapshot_id, {"metadata": known})


def _key(snapshot_id: str) -> str:
    return f"{PREFIX}snapshot.{snapshot_id}"


def _is_made_here(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _id(place: Place, name: str) -> str:
    return name if _is_made_here(name) else derived_id("snapshot", place.project, place.pool, place.name, name)
