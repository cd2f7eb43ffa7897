"""The ids of SoftLayer's volumes, which have none before they are made: an order is known at once, its volume later."""

from __future__ import annotations

import uuid

from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.values import text
from jumpgate.common.ids import Kind, MalformedId, Packed

ORDER = "order-"
ORDER_MASK = "billingItem[id,orderItem[order[id]]]"


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


def native_id(volume: Record) -> str:
    """Return the native id of a volume whose mask has its order."""
    order = text(volume, "billingItem.orderItem.order.id")
    return f"{ORDER}{order}" if order else text(volume, "id")
