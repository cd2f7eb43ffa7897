"""The snapshots of SoftLayer's volumes, kept in the snapshot space that was ordered with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from jumpgate.block_storage.contract import Snapshots
from jumpgate.block_storage.drivers.softlayer.volumes import SERVICE, SoftLayerVolumes
from jumpgate.block_storage.models import Snapshot, SnapshotSpec
from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.clouds.softlayer.volumes import ORDER_MASK, native_id
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query

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
        for snapshot in self.find(ctx, Query()):
            if snapshot.id == resource_id:
                return snapshot
        raise NotFound(f"Snapshot {resource_id} could not be found.", reason="SnapshotNotFound")

    def create(self, ctx: Context, spec: SnapshotSpec) -> Snapshot:
        volume = self._volumes.record(ctx, spec.volume_id)
        note = spec.name or spec.description or ""
        made = self._session.call(ctx, SERVICE, "createSnapshot", note, id=int(volume["id"]))
        return self.get(ctx, text(made, "id"))

    def delete(self, ctx: Context, resource_id: str, *, force: bool = False) -> None:
        self.get(ctx, resource_id)
        self._session.call(ctx, SERVICE, "deleteObject", id=int(resource_id))


def _snapshot(volume: Record, record: Record, ctx: Context) -> Snapshot:
    return Snapshot(
        id=text(record, "id"),
        volume_id=native_id(volume),
        project_id=ctx.project,
        user_id=ctx.user_id,
        size_gib=number(volume, "capacityGb"),
        status="available",
        created_at=moment(record, "createDate") or EPOCH,
        name=text(record, "notes") or None,
    )
