"""SoftLayer's block volumes: ordered as endurance storage, reached by the guests that are let in."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import orjson

from jumpgate.block_storage.contract import Volumes
from jumpgate.block_storage.drivers.softlayer.volume_types import DEFAULT, TIERS, TYPES
from jumpgate.block_storage.models import Attachment, Volume, VolumeSpec, VolumeType
from jumpgate.clouds.softlayer.sdk import BlockStorageManager
from jumpgate.clouds.softlayer.session import Record, Session, is_equal, nested
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.clouds.softlayer.volumes import ORDER, ORDER_MASK, VolumeIds, native_id
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes

MASK = (
    f"mask[id,accountId,username,capacityGb,createDate,notes,nasType,storageTierLevel,{ORDER_MASK},activeTransactionCount,"
    "serviceResource[datacenter[name]],allowedVirtualGuests[id,globalIdentifier],snapshots[id]]"
)
LIST = "iscsiNetworkStorage"
SERVICE = "Network_Storage"
ORDERS_MASK = "mask[id,accountId,createDate,status,items[categoryCode,description]]"
_NAMESPACE = uuid.UUID("0c8a2f3e-54cb-4b3a-a8c1-5a7f8e2d9b11")
_KEY = "openstack"
# What stands for the volume of an order that SoftLayer has not made yet.
_APPROVED = "APPROVED"


class SoftLayerVolumes(Volumes):
    """Volumes by their orders. SoftLayer makes one some time after it was ordered; until then it is creating."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.VOLUME: VolumeIds()}

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, query: Query) -> Iterable[Volume]:
        records = self._session.pages(ctx, "Account", "getIscsiNetworkStorage", mask=MASK)
        return (volume(record, ctx) for record in records if at(record, "billingItem.id") is not None)

    def get(self, ctx: Context, resource_id: str) -> Volume:
        record = self._record(ctx, resource_id)
        return self._ordered(ctx, resource_id) if record is None else volume(record, ctx)

    def record(self, ctx: Context, volume_id: str) -> Record:
        """Return a volume that SoftLayer has made; raise NotFound, BadRequest for one that is still being made."""
        record = self._record(ctx, volume_id)
        if record is None:
            self._ordered(ctx, volume_id)
            raise BadRequest(f"Volume {volume_id} is still being made; wait until it is available.")
        return record

    def _record(self, ctx: Context, volume_id: str) -> Record | None:
        number_text = volume_id.removeprefix(ORDER)
        path = "billingItem.orderItem.order.id" if volume_id.startswith(ORDER) else "id"
        wanted = nested(f"{LIST}.{path}", is_equal(int(number_text)))
        found = self._session.call(ctx, "Account", "getIscsiNetworkStorage", mask=MASK, filter=wanted)
        return next((item for item in found if native_id(item) == volume_id), None)

    def _ordered(self, ctx: Context, volume_id: str) -> Volume:
        """Return the volume of an order that has not been made yet; raise NotFound where there is none."""
        missing = NotFound(f"Volume {volume_id} could not be found.", reason="VolumeNotFound")
        if not volume_id.startswith(ORDER):
            raise missing
        try:
            order = self._session.call(
                ctx, "Billing_Order", "getObject", id=int(volume_id.removeprefix(ORDER)), mask=ORDERS_MASK
            )
        except NotFound:
            raise missing from None
        categories = {text(item, "categoryCode") for item in at(order, "items") or ()}
        if "storage_as_a_service" not in categories or text(order, "status") != _APPROVED:
            raise missing
        return Volume(
            id=volume_id,
            project_id=ctx.project,
            user_id=ctx.user_id,
            size_gib=0,
            status="creating",
            created_at=moment(order, "createDate") or EPOCH,
            volume_type_id=DEFAULT.id,
            volume_type=DEFAULT.name,
        )

    def create(self, ctx: Context, spec: VolumeSpec) -> Volume:
        if spec.snapshot_id or spec.source_volume_id or spec.image_id or spec.backup_id or spec.group_id:
            raise NotSupported("SoftLayer's new volumes are empty: copy what they shall hold from a server.")
        if not spec.size_gib:
            raise BadRequest("A SoftLayer volume needs a size.")
        kind = _kind(spec.volume_type)
        zone = spec.availability_zone or self._session.settings.datacenter
        if not zone or zone == "nova":
            zone = self._first_datacenter(ctx)
        receipt = self._order(ctx, spec.size_gib, kind, zone)
        native = f"{ORDER}{receipt['orderId']}"
        record = self._record(ctx, native)
        note = {"name": spec.name, "description": spec.description, "metadata": dict(spec.metadata)}
        if record is not None:
            self._write(ctx, record, note)
            return self.get(ctx, native)
        return self._promised(ctx, native, spec, kind, zone)

    def _promised(self, ctx: Context, native: str, spec: VolumeSpec, kind: VolumeType, zone: str) -> Volume:
        """Return a volume that SoftLayer has not made yet. It has no name: there is nothing yet to write one on."""
        return dataclasses.replace(
            self._ordered(ctx, native),
            size_gib=spec.size_gib or 0,
            availability_zone=zone,
            volume_type_id=kind.id,
            volume_type=kind.name,
        )

    def _order(self, ctx: Context, size_gib: int, kind: VolumeType, zone: str) -> Record:
        """Order endurance storage by the SDK, which knows which prices make it up."""
        manager = BlockStorageManager(self._session.client(ctx))
        tier = TIERS[kind.extra_specs["softlayer:tier"]]
        with self._session.words("order_block_volume"):
            receipt: Record = manager.order_block_volume(
                "endurance", zone, size_gib, "LINUX", tier_level=tier, hourly_billing_flag=True
            )
        return receipt

    def _first_datacenter(self, ctx: Context) -> str:
        centers = self._session.call(ctx, "Location_Datacenter", "getDatacenters", mask="mask[name]")
        return text(centers[0], "name")

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Volume:
        unknown = changes.keys() - {"name", "description", "metadata"}
        if unknown:
            raise BadRequest(f"SoftLayer's volumes have no {', '.join(sorted(unknown))} to change.")
        record = self.record(ctx, resource_id)
        self._write(ctx, record, {**read_note(record), **changes})
        return self.get(ctx, resource_id)

    def _write(self, ctx: Context, record: Record, note: Mapping[str, Any]) -> None:
        self._session.call(ctx, SERVICE, "editObject", {"notes": written_note(note)}, id=int(record["id"]))

    def set_metadata(
        self, ctx: Context, volume_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> Mapping[str, str]:
        record = self.record(ctx, volume_id)
        note = read_note(record)
        merged = dict(metadata) if replace else {**note.get("metadata", {}), **metadata}
        self._write(ctx, record, {**note, "metadata": merged})
        return merged

    def delete_metadata(self, ctx: Context, volume_id: str, key: str) -> None:
        record = self.record(ctx, volume_id)
        note = read_note(record)
        known = dict(note.get("metadata", {}))
        if key not in known:
            raise NotFound(f"Volume {volume_id} has no metadata with key {key}.", reason="VolumeMetadataNotFound")
        del known[key]
        self._write(ctx, record, {**note, "metadata": known})

    def delete(self, ctx: Context, resource_id: str, *, cascade: bool = False, force: bool = False) -> None:
        record = self.record(ctx, resource_id)
        if at(record, "allowedVirtualGuests"):
            raise BadRequest("Invalid volume: it is attached to a server, which must let it go first.")
        if at(record, "snapshots") and not cascade:
            raise BadRequest("Invalid volume: it has snapshots; delete them first, or cascade.")
        billing = int(record["billingItem"]["id"])
        self._session.call(ctx, "Billing_Item", "cancelItem", True, True, "No longer needed", id=billing)


def _kind(wanted: str | None) -> VolumeType:
    for kind in TYPES.values():
        if wanted in (kind.id, kind.name):
            return kind
    if wanted is None:
        return DEFAULT
    raise NotFound(f"Volume type {wanted} could not be found.", reason="VolumeTypeNotFound")


def written_note(note: Mapping[str, Any]) -> str:
    """Return notes that say a name, a description and metadata."""
    return orjson.dumps({_KEY: {name: value for name, value in note.items() if value}}).decode()


def read_note(record: Record) -> dict[str, Any]:
    """Return what a volume's notes say, whoever wrote them."""
    written = text(record, "notes")
    if written.startswith(f'{{"{_KEY}":'):
        try:
            return dict(orjson.loads(written)[_KEY])
        except (ValueError, KeyError, TypeError):
            return {"description": written}
    return {"description": written} if written else {}


def volume(record: Record, ctx: Context) -> Volume:
    """Return a volume of the caller's account."""
    note = read_note(record)
    kind = TYPES.get(text(record, "storageTierLevel"), DEFAULT)
    attachments = tuple(_attachment(record, guest, ctx) for guest in at(record, "allowedVirtualGuests") or ())
    under_way = number(record, "activeTransactionCount") > 0
    return Volume(
        id=native_id(record),
        project_id=ctx.project,
        user_id=ctx.user_id,
        size_gib=number(record, "capacityGb"),
        status="in-use" if attachments else "creating" if under_way else "available",
        created_at=moment(record, "createDate") or EPOCH,
        name=note.get("name") or (None if note else text(record, "username") or None),
        description=note.get("description"),
        availability_zone=text(record, "serviceResource.datacenter.name") or None,
        volume_type_id=kind.id,
        volume_type=kind.name,
        metadata=note.get("metadata", {}),
        attachments=attachments,
    )


def _attachment(record: Record, guest: Record, ctx: Context) -> Attachment:
    tie = f"{text(record, 'id')}/{text(guest, 'id')}"
    return Attachment(
        id=str(uuid.uuid5(_NAMESPACE, tie)),
        volume_id=native_id(record),
        project_id=ctx.project,
        status="attached",
        server_id=text(guest, "globalIdentifier"),
    )
