"""SoftLayer's block volumes: ordered as endurance storage, reached by the guests that are let in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar

from jumpgate.block_storage.contract import Volumes
from jumpgate.block_storage.drivers.softlayer.notes import Note, is_ours, read_note, task, written_note
from jumpgate.block_storage.drivers.softlayer.orders import Orders
from jumpgate.block_storage.drivers.softlayer.promises import Promise, Promises
from jumpgate.block_storage.drivers.softlayer.records import MASK, SERVICE, promised, unnamed, volume
from jumpgate.block_storage.drivers.softlayer.volume_types import tier_of
from jumpgate.block_storage.models import Volume, VolumeSpec
from jumpgate.clouds.softlayer.session import Record, Session, is_equal, nested
from jumpgate.clouds.softlayer.values import at, number, text
from jumpgate.clouds.softlayer.volumes import ORDER, VolumeIds, find_volume, known_order
from jumpgate.common.context import Context
from jumpgate.common.errors import (
    BadRequest,
    CloudError,
    CloudTimeout,
    CloudUnreachable,
    JumpgateError,
    NotFound,
    NotSupported,
)
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes

# The zone that stands for any in Cinder.
ANYWHERE = "nova"
LIST = "iscsiNetworkStorage"
# After these it is not known whether SoftLayer took an order.
_UNCERTAIN = (CloudError, CloudTimeout, CloudUnreachable)


class SoftLayerVolumes(Volumes):
    """Volumes by their orders. SoftLayer makes one some time after it was ordered; until then it is creating."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.VOLUME: VolumeIds()}

    def __init__(self, session: Session, promises: Promises) -> None:
        self._session = session
        self._promises = promises
        self._orders = Orders(session)

    def find(self, ctx: Context, query: Query) -> Iterable[Volume]:
        # Promises first: one that is kept meanwhile stands in its volume's notes.
        promises = self._promises.find(ctx)
        records = [item for item in self._records(ctx) if at(item, "billingItem.id") is not None]
        kept = self._promises.kept(promises, records)
        for record in records:
            yield volume(_with_note(record, kept.get(text(record, "id"))), ctx)
        ids = {promise.id for promise in kept.values()}
        yield from self._unmade(ctx, [item for item in promises if item.order and item.id not in ids])

    def _records(self, ctx: Context) -> Iterator[Record]:
        return self._session.pages(ctx, "Account", "getIscsiNetworkStorage", mask=MASK)

    def _unmade(self, ctx: Context, promises: Sequence[Promise]) -> Iterator[Volume]:
        """Yield the volumes that are still to be made; of an order that has come to nothing no volume is expected."""
        standing = self._orders.standing(ctx, [promise.order or "" for promise in promises])
        for promise in promises:
            if promise.order in standing:
                yield promised(promise, ctx)
            else:
                self._promises.drop(promise)

    def get(self, ctx: Context, resource_id: str) -> Volume:
        record = self._record(ctx, resource_id)
        return self._ordered(ctx, resource_id) if record is None else volume(self._delivered(ctx, record), ctx)

    def record(self, ctx: Context, volume_id: str) -> Record:
        """Return a volume that SoftLayer has made; raise NotFound, BadRequest for one that is still being made."""
        record = self._record(ctx, volume_id)
        if record is None:
            self._ordered(ctx, volume_id)
            raise BadRequest(f"Volume {volume_id} is still being made; wait until it is available.")
        return self._delivered(ctx, record)

    def access(self, ctx: Context, volume_id: str, mask: str) -> Record:
        """Return what a mask asks for of a volume that SoftLayer has made, or raise NotFound."""
        record = self._record(ctx, volume_id, mask)
        if record is None:
            raise NotFound(f"Volume {volume_id} could not be found.", reason="VolumeNotFound")
        return record

    def _record(self, ctx: Context, volume_id: str, mask: str = MASK) -> Record | None:
        is_new = self._promise(ctx, volume_id) is not None
        return find_volume(self._session, ctx, volume_id, mask, is_new=is_new)

    def _delivered(self, ctx: Context, record: Record) -> Record:
        """Return a volume's record with what was promised of it, which moves into its notes.

        Where whoever asks may not write them, or SoftLayer does not take them, the promise stays.
        """
        promise = self._promises.kept(self._promises.find(ctx), [record]).get(text(record, "id"))
        if promise is None:
            return record
        delivered = _with_note(record, promise)
        try:
            if not is_ours(record):
                self._edit(ctx, record, read_note(delivered))
        except JumpgateError:
            return delivered
        self._promises.drop(promise)
        return delivered

    def _promise(self, ctx: Context, volume_id: str) -> Promise | None:
        found = (item for item in self._promises.find(ctx) if f"{ORDER}{item.order}" == volume_id)
        return next(found, None)

    def _ordered(self, ctx: Context, volume_id: str) -> Volume:
        """Return the volume of an order that has not been made yet; raise NotFound where there is none."""
        if volume_id.startswith(ORDER):
            promise = self._promise(ctx, volume_id)
            if promise is not None:
                for made in self._unmade(ctx, [promise]):
                    return made
            elif order := self._orders.standing(ctx, [volume_id.removeprefix(ORDER)]).get(
                volume_id.removeprefix(ORDER)
            ):
                return unnamed(order, ctx)
        raise NotFound(f"Volume {volume_id} could not be found.", reason="VolumeNotFound")

    def create(self, ctx: Context, spec: VolumeSpec) -> Volume:
        if spec.image_id or spec.backup_id or spec.group_id:
            raise NotSupported("SoftLayer's volumes begin empty or as copies of volumes: it makes none of an image.")
        if spec.snapshot_id or spec.source_volume_id:
            return self._duplicate(ctx, spec)
        if not spec.size_gib:
            raise BadRequest("A SoftLayer volume needs a size.")
        zone, tier, size_gib = self._zone(ctx, spec), tier_of(spec.volume_type), spec.size_gib
        promise = self._promises.make(ctx, size_gib=size_gib, tier=tier, zone=zone, note=_note(ctx, spec))
        with self._placing(promise):
            order = self._orders.place(ctx, size_gib=size_gib, tier=tier, zone=zone)
        return self._bound(ctx, promise, order)

    def _duplicate(self, ctx: Context, spec: VolumeSpec) -> Volume:
        """Order a copy: SoftLayer makes it beside the volume that it is copied from."""
        snapshot = spec.snapshot_id
        origin = self.record(ctx, spec.source_volume_id or "") if snapshot is None else self.origin(ctx, snapshot)
        zone, tier = text(origin, "serviceResource.datacenter.name"), text(origin, "storageTierLevel")
        if spec.availability_zone not in (None, ANYWHERE, zone):
            raise BadRequest(f"SoftLayer copies a volume within its data center: give no availability zone, or {zone}.")
        if spec.volume_type and not tier:
            raise BadRequest("A volume that is sold by operations is copied as one: give no volume type.")
        tier = tier_of(spec.volume_type) if spec.volume_type else tier
        size_gib = spec.size_gib or number(origin, "capacityGb")
        promise = self._promises.make(ctx, size_gib=size_gib, tier=tier, zone=zone, note=_note(ctx, spec))
        with self._placing(promise):
            order = self._orders.place_duplicate(ctx, origin, snapshot, size_gib=size_gib, tier=tier)
        return self._bound(ctx, promise, order)

    @contextmanager
    def _placing(self, promise: Promise) -> Iterator[None]:
        """Place an order: a promise goes with its refusal, and stays where nobody knows whether SoftLayer took it."""
        try:
            yield
        except _UNCERTAIN:
            raise
        except JumpgateError:
            self._promises.drop(promise)
            raise

    def _bound(self, ctx: Context, promise: Promise, order: str) -> Volume:
        self._promises.bind(promise, order)
        return promised(dataclasses.replace(promise, order=order), ctx)

    def _zone(self, ctx: Context, spec: VolumeSpec) -> str:
        zone = spec.availability_zone or self._session.settings.datacenter
        if zone and zone != ANYWHERE:
            return zone
        centers = self._session.call(ctx, "Location_Datacenter", "getDatacenters", mask="mask[name]")
        return text(centers[0], "name")

    def origin(self, ctx: Context, snapshot_id: str) -> Record:
        """Return the volume that a snapshot was taken of, or raise NotFound."""
        wanted = nested(f"{LIST}.snapshots.id", is_equal(int(snapshot_id)))
        for record in self._session.call(ctx, "Account", "getIscsiNetworkStorage", mask=MASK, filter=wanted):
            if any(text(item, "id") == snapshot_id for item in at(record, "snapshots") or ()):
                return dict(record)
        raise NotFound(f"Snapshot {snapshot_id} could not be found.", reason="SnapshotNotFound")

    # Changing

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Volume:
        unknown = changes.keys() - {"name", "description", "metadata"}
        if unknown:
            raise BadRequest(f"SoftLayer's volumes have no {', '.join(sorted(unknown))} to change.")
        self._rewrite(ctx, resource_id, lambda note: {**note, **changes})
        return self.get(ctx, resource_id)

    def _rewrite(self, ctx: Context, volume_id: str, change: Callable[[Note], Note]) -> Note:
        """Change a volume's notes, or what they will be, and return what they are now."""
        record = self._record(ctx, volume_id)
        if record is not None:
            delivered = self._delivered(ctx, record)
            changed = change(read_note(delivered))
            self._edit(ctx, record, changed)
            return changed
        self._ordered(ctx, volume_id)
        promise = self._promise(ctx, volume_id)
        if promise is None:
            raise BadRequest(f"Volume {volume_id} is still being made; wait until it is available.")
        changed = change(promise.note)
        self._promises.rewrite(promise, changed)
        return changed

    def _edit(self, ctx: Context, record: Record, note: Note) -> None:
        notes = written_note({**note, "order": known_order(record)})
        self._session.call(ctx, SERVICE, "editObject", {"notes": notes}, id=int(record["id"]))

    def set_metadata(
        self, ctx: Context, volume_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> Mapping[str, str]:
        def change(note: Note) -> Note:
            known = {} if replace else note.get("metadata", {})
            return {**note, "metadata": {**known, **metadata}}

        merged: Mapping[str, str] = self._rewrite(ctx, volume_id, change)["metadata"]
        return merged

    def delete_metadata(self, ctx: Context, volume_id: str, key: str) -> None:
        def change(note: Note) -> Note:
            known = dict(note.get("metadata", {}))
            if key not in known:
                raise NotFound(f"Volume {volume_id} has no metadata with key {key}.", reason="VolumeMetadataNotFound")
            del known[key]
            return {**note, "metadata": known}

        self._rewrite(ctx, volume_id, change)

    def extend(self, ctx: Context, volume_id: str, size_gib: int, *, attached: bool = False) -> None:
        record = self._in_state(ctx, volume_id, ("available", "in-use") if attached else ("available",), "extend")
        current = number(record, "capacityGb")
        if size_gib <= current:
            raise BadRequest(f"New size for extend must be greater than current size. (current: {current} GiB)")
        self._keep_order(ctx, record)
        self._orders.modify(ctx, record, size_gib=size_gib)
        self._edit(ctx, record, {**read_note(record), **task("extending", capacityGb=size_gib)})

    def retype(self, ctx: Context, volume_id: str, volume_type: str, migration_policy: str) -> None:
        record = self._in_state(ctx, volume_id, ("available", "in-use"), "retype")
        tier = tier_of(volume_type)
        if tier == text(record, "storageTierLevel"):
            raise BadRequest(f"Invalid volume: volume {volume_id} is of type {volume_type} already.")
        self._keep_order(ctx, record)
        self._orders.modify(ctx, record, tier=tier)
        self._edit(ctx, record, {**read_note(record), **task("retyping", storageTierLevel=tier)})

    def revert(self, ctx: Context, volume_id: str, snapshot_id: str) -> None:
        """Let SoftLayer restore a volume, which it does in place. As in Cinder, only the newest snapshot will do."""
        record = self._in_state(ctx, volume_id, ("available",), "revert")
        taken = sorted(at(record, "snapshots") or (), key=lambda item: (text(item, "createDate"), number(item, "id")))
        if not taken or text(taken[-1], "id") != snapshot_id:
            raise BadRequest(f"Invalid snapshot: {snapshot_id} is not the latest one of volume {volume_id}.")
        self._session.call(ctx, SERVICE, "restoreFromSnapshot", int(snapshot_id), id=int(record["id"]))
        self._edit(ctx, record, {**read_note(record), **task("reverting")})

    def _keep_order(self, ctx: Context, record: Record) -> None:
        """Write down which order a volume is known by, before another one gives it another billing item."""
        note = read_note(record)
        if note.get("order", "") != known_order(record):
            self._edit(ctx, record, note)

    def _in_state(self, ctx: Context, volume_id: str, states: Sequence[str], verb: str) -> Record:
        """Return a volume that is in one of some states, or raise BadRequest."""
        record = self.record(ctx, volume_id)
        status = volume(record, ctx).status
        if status not in states:
            wanted = " or ".join(states)
            raise BadRequest(f"Invalid volume: Volume {volume_id} status must be {wanted} to {verb}, it is {status}.")
        return record

    def delete(self, ctx: Context, resource_id: str, *, cascade: bool = False, force: bool = False) -> None:
        record = self._in_state(ctx, resource_id, ("available",), "delete")
        if at(record, "snapshots") and not cascade:
            raise BadRequest("Invalid volume: it has snapshots; delete them first, or cascade.")
        billing = int(record["billingItem"]["id"])
        self._session.call(ctx, "Billing_Item", "cancelItem", True, True, "No longer needed", id=billing)


def _note(ctx: Context, spec: VolumeSpec) -> Note:
    """Return what a new volume's notes shall say."""
    return {
        "name": spec.name,
        "description": spec.description,
        "metadata": dict(spec.metadata),
        "user_id": ctx.user_id,
        "snapshot_id": spec.snapshot_id,
        "source_volume_id": spec.source_volume_id,
    }


def _with_note(record: Record, promise: Promise | None) -> Record:
    """Return a record with what was promised of it, unless its notes say so already."""
    if promise is None or is_ours(record):
        return record
    promised_note = {name: value for name, value in promise.note.items() if value}
    return {**record, "notes": written_note({**read_note(record), **promised_note})}
