"""Orders of block storage: the SDK knows which prices make one up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jumpgate.block_storage.drivers.softlayer.volume_types import TIERS
from jumpgate.clouds.softlayer.sdk import BlockStorageManager
from jumpgate.clouds.softlayer.session import Record, Session, is_in, nested
from jumpgate.clouds.softlayer.values import at, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Forbidden

MASK = "mask[id,createDate,status,items[categoryCode,billingItem[cancellationDate]]]"
_CATEGORY = "storage_as_a_service"
# The states of an order whose volume is made, or will be.
_STANDING = ("APPROVED", "PENDING_APPROVAL", "PENDING_AUTO_APPROVAL", "COMPLETED")


class Orders:
    """What an account orders. `snapshot_space_gib` is bought with each volume; without it there are no snapshots."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._snapshot_space_gib = session.settings.snapshot_space_gib

    def place(self, ctx: Context, *, size_gib: int, tier: str, zone: str) -> str:
        """Order an empty volume and return the order's number."""
        with self._session.words("order_block_volume"):
            receipt = self._manager(ctx).order_block_volume(
                "endurance",
                zone,
                size_gib,
                "LINUX",
                tier_level=TIERS[tier],
                snapshot_size=self._snapshot_space_gib or None,
                hourly_billing_flag=True,
            )
        return text(receipt, "orderId")

    def place_duplicate(self, ctx: Context, origin: Record, snapshot: str | None, *, size_gib: int, tier: str) -> str:
        """Order a volume that begins as another is, or was at a snapshot, and return the order's number.

        `tier` is empty for one that is sold by operations, whose copy has as many.
        """
        if at(origin, "snapshotCapacityGb") is None:
            raise BadRequest(
                f"Volume {text(origin, 'username')} has no snapshot space, without which SoftLayer does not copy it: "
                "order some for it in SoftLayer."
            )
        with self._session.words("order_duplicate_volume"):
            receipt = self._manager(ctx).order_duplicate_volume(
                int(origin["id"]),
                origin_snapshot_id=None if snapshot is None else int(snapshot),
                duplicate_size=size_gib,
                duplicate_tier_level=TIERS.get(tier),
                duplicate_snapshot_size=self._snapshot_space_gib,
                hourly_billing_flag=True,
            )
        return text(receipt, "orderId")

    def modify(self, ctx: Context, volume: Record, *, size_gib: int | None = None, tier: str | None = None) -> None:
        """Order another size or tier for a volume."""
        level = None if tier is None else TIERS[tier]
        with self._session.words("order_modified_volume"):
            self._manager(ctx).order_modified_volume(int(volume["id"]), new_size=size_gib, new_tier_level=level)

    def _manager(self, ctx: Context) -> Any:
        return BlockStorageManager(self._session.client(ctx))

    def standing(self, ctx: Context, numbers: Iterable[str]) -> dict[str, Record]:
        """Return those of some orders that have led to a volume or still will, by their numbers; costs one call.

        Whoever may order need not be allowed to look at orders: what cannot be seen is taken to stand.
        """
        wanted = list(numbers)
        if not wanted:
            return {}
        by_number = nested("id", is_in(map(int, wanted)))
        try:
            orders = list(self._session.pages(ctx, "Billing_Order", "getAllObjects", mask=MASK, filter=by_number))
        except Forbidden:
            return {number: {} for number in wanted}
        found = {text(order, "id"): order for order in orders if _stands(order)}
        return {number: found[number] for number in wanted if number in found}


def _stands(order: Record) -> bool:
    items = at(order, "items") or ()
    is_storage = any(text(item, "categoryCode") == _CATEGORY for item in items)
    is_cancelled = any(at(item, "billingItem.cancellationDate") is not None for item in items)
    return is_storage and not is_cancelled and text(order, "status") in _STANDING
