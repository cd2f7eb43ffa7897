"""SoftLayer's global IPs as floating IPs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import EPOCH, at, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, CloudTimeout, NotFound
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import FloatingIps
from jumpgate.network.drivers.softlayer.networks import GLOBAL
from jumpgate.network.drivers.softlayer.ports import SoftLayerPorts
from jumpgate.network.models import FloatingIp, FloatingIpSpec

MASK = (
    "mask[id,ipAddress[ipAddress],billingItem[id],"
    "destinationIpAddress[ipAddress,virtualGuest[globalIdentifier,primaryNetworkComponent[id]]]]"
)
SERVICE = "Network_Subnet_IpAddress_Global"
ITEMS_MASK = "mask[id,capacity,itemCategory[categoryCode],prices[id]]"
# Whatever is no server is sold in this package.
_PACKAGE = 0
_CATEGORY = "global_ipv4"


class SoftLayerFloatingIps(FloatingIps):
    """Global IPs, which are routed to the public address of a guest."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.FLOATING_IP: ids.FLOATING_IP}

    def __init__(self, session: Session, ports: SoftLayerPorts) -> None:
        self._session = session
        self._ports = ports

    def find(self, ctx: Context, query: Query) -> Iterable[FloatingIp]:
        records = self._session.pages(ctx, "Account", "getGlobalIpRecords", mask=MASK)
        return (_floating_ip(record, ctx.project) for record in records)

    def get(self, ctx: Context, resource_id: str) -> FloatingIp:
        return _floating_ip(self._record(ctx, resource_id), ctx.project)

    def _record(self, ctx: Context, resource_id: str) -> Record:
        try:
            record: Record | None = self._session.call(ctx, SERVICE, "getObject", id=resource_id, mask=MASK)
        except NotFound:
            record = None
        if not record:
            raise NotFound(f"Floating IP {resource_id} could not be found", reason="FloatingIPNotFound")
        return record

    def create(self, ctx: Context, spec: FloatingIpSpec) -> FloatingIp:
        if spec.floating_network_id != GLOBAL:
            raise BadRequest("SoftLayer's floating IPs are of the network called global.")
        if spec.floating_ip_address or spec.subnet_id:
            raise BadRequest("SoftLayer chooses the address of a global IP itself.")
        target = self._target(ctx, spec.port_id, spec.fixed_ip_address) if spec.port_id else None
        known = {item.id for item in self.find(ctx, Query())}
        order = {
            "complexType": "SoftLayer_Container_Product_Order_Network_Subnet",
            "packageId": _PACKAGE,
            "prices": [{"id": self._price(ctx)}],
            "quantity": 1,
        }
        self._session.call(ctx, "Product_Order", "placeOrder", order)
        made = next((item for item in self.find(ctx, Query()) if item.id not in known), None)
        if made is None:
            raise CloudTimeout("SoftLayer has taken the order of a global IP; it will soon be in the list.")
        if target is None:
            return made
        self._session.call(ctx, SERVICE, "route", target, id=int(made.id))
        return self.get(ctx, made.id)

    def _price(self, ctx: Context) -> int:
        items = self._session.pages(ctx, "Product_Package", "getItems", id=_PACKAGE, mask=ITEMS_MASK)
        for item in items:
            if text(item, "itemCategory.categoryCode") == _CATEGORY and number(item, "capacity") == 0:
                return int(item["prices"][0]["id"])
        raise BadRequest("SoftLayer sells no global IPs to this account.")

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> FloatingIp:
        self._record(ctx, resource_id)
        if changes.get("description"):
            raise BadRequest("SoftLayer's global IPs have no description.")
        if "port_id" in changes:
            self._route(ctx, resource_id, changes)
        return self.get(ctx, resource_id)

    def _route(self, ctx: Context, resource_id: str, changes: Changes) -> None:
        port_id = changes["port_id"]
        if port_id is None:
            self._session.call(ctx, SERVICE, "unroute", id=resource_id)
            return
        target = self._target(ctx, port_id, changes.get("fixed_ip_address"))
        self._session.call(ctx, SERVICE, "route", target, id=resource_id)

    def _target(self, ctx: Context, port_id: str, wanted: Any) -> str:
        """Return the address of a port to route to; raise BadRequest for one that has none, or not that."""
        addresses = [item.ip_address for item in self._ports.get(ctx, port_id).fixed_ips if item.ip_address]
        if not addresses or (wanted and wanted not in addresses):
            raise BadRequest(f"Port {port_id} has no such address that a global IP could be routed to.")
        return str(wanted or addresses[0])

    def delete(self, ctx: Context, resource_id: str) -> None:
        billing = at(self._record(ctx, resource_id), "billingItem.id")
        if billing is None:
            raise BadRequest(f"Global IP {resource_id} is not this account's to give back.")
        self._session.call(ctx, "Billing_Item", "cancelService", id=int(billing))


def _floating_ip(record: Record, project_id: str) -> FloatingIp:
    target = text(record, "destinationIpAddress.ipAddress") or None
    port = text(record, "destinationIpAddress.virtualGuest.primaryNetworkComponent.id") or None
    return FloatingIp(
        id=text(record, "id"),
        project_id=project_id,
        floating_network_id=GLOBAL,
        floating_ip_address=text(record, "ipAddress.ipAddress"),
        status="ACTIVE" if target else "DOWN",
        port_id=port,
        fixed_ip_address=target if port else None,
        created_at=EPOCH,
        updated_at=EPOCH,
    )
