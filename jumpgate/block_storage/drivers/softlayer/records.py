"""SoftLayer's records of volumes as Cinder's volumes."""

from __future__ import annotations

from jumpgate.block_storage.drivers.softlayer.notes import read_note, task_status
from jumpgate.block_storage.drivers.softlayer.promises import Promise
from jumpgate.block_storage.drivers.softlayer.volume_types import TYPES
from jumpgate.block_storage.models import Attachment, Volume
from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.clouds.softlayer.volumes import ORDER, attachment_id, native_id
from jumpgate.common.context import Context

SERVICE = "Network_Storage"
MASK = (
    "mask[id,username,capacityGb,createDate,notes,storageTierLevel,activeTransactionCount,"
    "billingItem[id,orderItem[order[id,createDate]]],"
    "serviceResource[datacenter[name]],allowedVirtualGuests[id,globalIdentifier],snapshots[id,createDate],"
    "snapshotCapacityGb,replicationPartnerCount,replicationStatus]"
)
# What SoftLayer's words for the state of a volume's replicants begin with or contain, in Cinder's.
_REPLICATION = (
    ("FAILOVER_COMPLETED", "failed-over"),
    ("FAILOVER", "failing-over"),
    ("FAILBACK_COMPLETED", "enabled"),
    ("FAILBACK", "failing-over"),
    ("COMPLETED", "enabled"),
    ("PROVISIONING", "enabling"),
)


def volume(record: Record, ctx: Context) -> Volume:
    """Return a volume of the caller's account. One that SoftLayer sells by the operation has no type."""
    note = read_note(record)
    kind = TYPES.get(text(record, "storageTierLevel"))
    attachments = tuple(_attachment(record, guest, ctx) for guest in at(record, "allowedVirtualGuests") or ())
    idle = "in-use" if attachments else "creating" if number(record, "activeTransactionCount") else "available"
    return Volume(
        id=native_id(record),
        project_id=ctx.project,
        user_id=note.get("user_id") or ctx.user_id,
        size_gib=number(record, "capacityGb"),
        status=task_status(record, note) or idle,
        created_at=moment(record, "createDate") or EPOCH,
        name=note.get("name") or (None if note else text(record, "username") or None),
        description=note.get("description"),
        availability_zone=text(record, "serviceResource.datacenter.name") or None,
        volume_type_id=kind.id if kind else None,
        volume_type=kind.name if kind else None,
        snapshot_id=note.get("snapshot_id"),
        source_volume_id=note.get("source_volume_id"),
        metadata=note.get("metadata", {}),
        attachments=attachments,
        replication_status=_replication_status(record),
    )


def promised(promise: Promise, ctx: Context) -> Volume:
    """Return a volume that SoftLayer has not made yet, as it was asked for."""
    kind = TYPES.get(promise.tier)
    return Volume(
        id=f"{ORDER}{promise.order}",
        project_id=ctx.project,
        user_id=promise.note.get("user_id") or ctx.user_id,
        size_gib=promise.size_gib,
        status="creating",
        created_at=promise.created_at.replace(microsecond=0),
        name=promise.note.get("name"),
        description=promise.note.get("description"),
        availability_zone=promise.zone,
        volume_type_id=kind.id if kind else None,
        volume_type=kind.name if kind else None,
        snapshot_id=promise.note.get("snapshot_id"),
        source_volume_id=promise.note.get("source_volume_id"),
        metadata=promise.note.get("metadata", {}),
    )


def unnamed(order: Record, ctx: Context) -> Volume:
    """Return the volume of an order that was placed elsewhere: nobody knows its size yet."""
    return Volume(
        id=f"{ORDER}{text(order, 'id')}",
        project_id=ctx.project,
        user_id=ctx.user_id,
        size_gib=0,
        status="creating",
        created_at=moment(order, "createDate") or EPOCH,
    )


def _replication_status(record: Record) -> str:
    """Return Cinder's word: disabled without replicants, else what SoftLayer says of them."""
    if not number(record, "replicationPartnerCount"):
        return "disabled"
    said = text(record, "replicationStatus").upper().replace(" ", "_")
    return next((word for part, word in _REPLICATION if part in said), "enabled")


def _attachment(record: Record, guest: Record, ctx: Context) -> Attachment:
    server_id, volume_id = text(guest, "globalIdentifier"), native_id(record)
    return Attachment(
        id=attachment_id(server_id, volume_id),
        volume_id=volume_id,
        project_id=ctx.project,
        status="attached",
        server_id=server_id,
    )
