"""SoftLayer's global IPs as floating IPs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.sdk import NetworkManager
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import EPOCH, at, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, CloudTimeout, JumpgateError, NotFound
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import FloatingIps
from jumpgate.network.drivers.softlayer.networks import GLOBAL
from jumpgate.network.drivers.softlayer.ports import SoftLayerPorts
from jumpgate.network.models import FloatingIp, FloatingIpSpec

MASK = (
    "mask[id,ipAddress[ipAddress],billingItem[id,orderItem[order[id]]],"
    "destinationIpAddress[ipAddress,virtualGuest[globalIdentifier,primaryNetworkComponent[id]]]]"
)
SERVICE = "Network_Subnet_IpAddress_Global"
# How long to wait between two looks for what has been ordered.
_PAUSE_S = 2.0


class SoftLayerFloatingIps(FloatingIps):
    """Global IPs, which are routed to the public address of a guest."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.FLOATING_IP: ids.FLOATING_IP}

    def __init__(self, session: Session, ports: SoftLayerPorts, pause: Callable[[float], None] = time.sleep) -> None:
        """`pause` waits for a number of seconds."""
        self._session = session
        self._ports = ports
        self._pause = pause

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
        with self._session.words("add_global_ip"):
            receipt = NetworkManager(self._session.client(ctx)).add_global_ip(version=4)
        made = self._ordered(ctx, text(receipt, "orderId"))
        if target is None:
            return _floating_ip(made, ctx.project)
        try:
            self._session.call(ctx, SERVICE, "route", target, id=number(made, "id"))
        except JumpgateError:
            self._give_back(ctx, made)
            raise
        return self.get(ctx, text(made, "id"))

    def _ordered(self, ctx: Context, order: str) -> Record:
        """Return the global IP that an order has led to, which takes a moment; raise CloudTimeout."""
        waits = int(self._session.settings.timeout_s / _PAUSE_S)
        for _ in range(max(waits, 1)):
            for record in self._session.pages(ctx, "Account", "getGlobalIpRecords", mask=MASK):
                if text(record, "billingItem.orderItem.order.id") == order:
                    return record
            self._pause(_PAUSE_S)
        raise CloudTimeout("SoftLayer has taken the order of a global IP; it will soon be in the list.")

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
        self._give_back(ctx, self._record(ctx, resource_id))

    def _give_back(self, ctx: Context, record: Record) -> None:
        billing = at(record, "billingItem.id")
        if billing is None:
            raise BadRequest(f"Global IP {text(record, 'id')} is not this account's to give back.")
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
