"""The interfaces of SoftLayer's guests. They come and go with their guests, so none is plugged in or out."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.softlayer import interfaces
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import text
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.compute.contract import Interfaces
from jumpgate.compute.models import FixedAddress, Interface

MASK = f"mask[id,powerState[keyName],{interfaces.mask()}]"


class SoftLayerInterfaces(Interfaces):
    """One on the private network and, unless it was ordered without, one on the public network."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, server_id: str) -> Iterable[Interface]:
        try:
            guest: Record | None = self._session.call(ctx, "Virtual_Guest", "getObject", id=server_id, mask=MASK)
        except NotFound:
            guest = None
        if not guest:
            raise NotFound(f"Instance {server_id} could not be found.", reason="InstanceNotFound")
        return [_interface(guest, component) for component in interfaces.components(guest)]


def _interface(guest: Record, component: Record) -> Interface:
    return Interface(
        port_id=text(component, "id"),
        network_id=text(component, "networkVlan.id"),
        mac_address=text(component, "macAddress"),
        status=interfaces.status(guest, component),
        addresses=tuple(
            FixedAddress(subnet_id=item.subnet_id, address=item.address) for item in interfaces.addresses(component)
        ),
    )
