"""The snapshots of SoftLayer's volumes, kept in the snapshot space that was ordered with them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import ClassVar

from jumpgate.block_storage.contract import Snapshots
from jumpgate.block_storage.drivers.softlayer.notes import read_note, written_note
from jumpgate.block_storage.drivers.softlayer.records import SERVICE
from jumpgate.block_storage.drivers.softlayer.volumes import LIST, SoftLayerVolumes
from jumpgate.block_storage.models import Snapshot, SnapshotSpec
from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.session import Record, Session, is_equal, nested
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.clouds.softlayer.volumes import ORDER_MASK, native_id
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes

MASK = f"mask[id,capacityGb,{ORDER_MASK},snapshots[id,notes,createDate]]"


class SoftLayerSnapshots(Snapshots):
    """Snapshots by number; a list costs one call."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SNAPSHOT: ids.SNAPSHOT}

    def __init__(self, session: Session, volumes: SoftLayerVolumes) -> None:
        self._session = session
        self._volumes = volumes

    def find(self, ctx: Context, query: Query) -> Iterable[Snapshot]:
        for volume in self._session.pages(ctx, "Account", "getIscsiNetworkStorage", mask=MASK):
            for record in at(volume, "snapshots") or ():
                yield _snapshot(volume, record, ctx)

    def get(self, ctx: Context, resource_id: str) -> Snapshot:
        wanted = nested(f"{LIST}.snapshots.id", is_equal(int(resource_id)))
        for volume in self._session.call(ctx, "Account", "getIscsiNetworkStorage", mask=MASK, filter=wanted):
            for record in at(volume, "snapshots") or ():
                if text(record, "id") == resource_id:
                    return _snapshot(volume, record, ctx)
        raise NotFound(f"Snapshot {resource_id} could not be found.", reason="SnapshotNotFound")

    def create(self, ctx: Context, spec: SnapshotSpec) -> Snapshot:
        volume = self._volumes.record(ctx, spec.volume_id)
        if at(volume, "allowedVirtualGuests") and not spec.force:
            raise BadRequest(f"Invalid volume: volume {spec.volume_id} is in use; take its snapshot by force.")
        if at(volume, "snapshotCapacityGb") is None:
            raise BadRequest(
                f"Volume {spec.volume_id} has no space for snapshots: order some for it in SoftLayer, or set "
                "snapshot_space in [softlayer] before volumes are made."
            )
        note = {"name": spec.name, "description": spec.description, "metadata": dict(spec.metadata)}
        notes, now = written_note(note), dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        made = self._session.call(ctx, SERVICE, "createSnapshot", notes, id=int(volume["id"]))
        # SoftLayer may answer with a number and nothing else, and lists the snapshot some time later.
        return _snapshot(volume, {"createDate": now, **made, "notes": notes}, ctx)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Snapshot:
        unknown = changes.keys() - {"name", "description", "metadata"}
        if unknown:
            raise BadRequest(f"SoftLayer's snapshots have no {', '.join(sorted(unknown))} to change.")
        self._write(ctx, self.get(ctx, resource_id), changes)
        return self.get(ctx, resource_id)

    def set_metadata(
        self, ctx: Context, snapshot_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> Mapping[str, str]:
        snapshot = self.get(ctx, snapshot_id)
        merged = dict(metadata) if replace else {**snapshot.metadata, **metadata}
        self._write(ctx, snapshot, {"metadata": merged})
        return merged

    def delete_metadata(self, ctx: Context, snapshot_id: str, key: str) -> None:
        snapshot = self.get(ctx, snapshot_id)
        if key not in snapshot.metadata:
            raise NotFound(f"Snapshot {snapshot_id} has no metadata with key {key}.")
        kept = {name: value for name, value in snapshot.metadata.items() if name != key}
        self._write(ctx, snapshot, {"metadata": kept})

    def _write(self, ctx: Context, snapshot: Snapshot, changes: Changes) -> None:
        known = {name: getattr(snapshot, name) for name in ("name", "description", "metadata")}
        edited = {"notes": written_note({**known, **changes})}
        self._session.call(ctx, SERVICE, "editObject", edited, id=int(snapshot.id))

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        self.get(ctx, resource_id)
        self._session.call(ctx, SERVICE, "deleteObject", id=int(resource_id))


def _snapshot(volume: Record, record: Record, ctx: Context) -> Snapshot:
    note = read_note(record)
    return Snapshot(
        id=text(record, "id"),
        volume_id=native_id(volume),
        project_id=ctx.project,
        user_id=ctx.user_id,
        size_gib=number(volume, "capacityGb"),
        status="available",
        created_at=moment(record, "createDate") or EPOCH,
        name=note.get("name"),
        description=note.get("description"),
        metadata=note.get("metadata", {}),
    )
