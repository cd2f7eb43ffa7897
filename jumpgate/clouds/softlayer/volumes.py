"""The ids of SoftLayer's volumes, which have none before they are made: an order is known at once, its volume later."""

from __future__ import annotations

import uuid
from typing import Any

import orjson

from jumpgate.clouds.softlayer.session import Record, Session, is_equal, nested
from jumpgate.clouds.softlayer.values import text
from jumpgate.common.context import Context
from jumpgate.common.ids import Kind, MalformedId, Packed

ORDER = "order-"
ORDER_MASK = "notes,billingItem[id,orderItem[order[id]]]"
# Where Jumpgate's own words are in notes.
KEY = "openstack"
_LIST, _BILLED = "iscsiNetworkStorage", "billingItem.orderItem.order"


class VolumeIds:
    """A volume's native id is ``order-`` and its order's number; that of a volume without an order is its own number.

    Packed as a number, twice as large and odd for an order.
    """

    def __init__(self) -> None:
        self._packed = Packed(Kind.VOLUME, numbers=True)

    def to_openstack(self, native: str) -> str:
        number = int(native.removeprefix(ORDER))
        return self._packed.to_openstack(str(number * 2 + native.startswith(ORDER)))

    def to_cloud(self, openstack: str) -> str:
        number, is_order = divmod(int(self._packed.to_cloud(openstack)), 2)
        if not number:
            raise MalformedId(openstack)
        return f"{ORDER if is_order else ''}{number}"


def attachment_id(server_id: str, volume_id: str) -> str:
    """Return the id under which compute and block storage both know that a server may reach a volume."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"softlayer:{server_id}/{volume_id}"))


def told(record: Record) -> dict[str, Any]:
    """Return what Jumpgate has written in a record's notes, nothing where somebody else did.

    Notes that tell of the order of another volume were copied with its content, and are not this one's.
    """
    written = text(record, "notes")
    if not written.startswith(f'{{"{KEY}":'):
        return {}
    try:
        document = dict(orjson.loads(written)[KEY])
    except (ValueError, KeyError, TypeError):
        return {}
    owner = str(document.get("order", "")).partition("/")[0]
    return document if owner in ("", text(record, "id")) else {}


def known_order(volume: Record) -> str:
    """Return what a volume's notes shall keep of its order, "" for a volume without one."""
    order = order_of(volume)
    return f"{text(volume, 'id')}/{order}" if order else ""


def order_of(volume: Record) -> str:
    """Return the number of the order that a volume is known by.

    That is the first one. An upgrade gives a volume a billing item of another order, so the notes keep its number.
    """
    return str(told(volume).get("order", "")).partition("/")[2] or text(volume, f"{_BILLED}.id")


def native_id(volume: Record) -> str:
    """Return the native id of a volume whose mask has its order and its notes."""
    order = order_of(volume)
    return f"{ORDER}{order}" if order else text(volume, "id")


def find_volume(session: Session, ctx: Context, volume_id: str, mask: str, *, is_new: bool = False) -> Record | None:
    """Return a volume that SoftLayer has made, None where there is none.

    It costs one call, and a second one for a volume that is not found by the order of its billing item, which only a
    volume that `is_new` is sure to have.
    """
    number = int(volume_id.removeprefix(ORDER))
    is_ordered = volume_id.startswith(ORDER)
    filters = [nested(f"{_LIST}.{_BILLED}.id" if is_ordered else f"{_LIST}.id", is_equal(number))]
    if is_ordered and not is_new:
        filters.append(nested(f"{_LIST}.notes", is_equal(f'*= /{number}"')))
    for wanted in filters:
        found = session.call(ctx, "Account", "getIscsiNetworkStorage", mask=mask, filter=wanted)
        for record in found or ():
            if native_id(record) == volume_id:
                return dict(record)
    return None
