"""The interfaces of SoftLayer's guests as ports: one on the private network, and one on the public network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.session import Record, Session, is_in, nested
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Ports
from jumpgate.network.models import FixedIp, Port

COMPONENT = (
    "id,macAddress,networkVlan[id],primaryIpAddressRecord[ipAddress,subnetId],securityGroupBindings[securityGroup[id]]"
)
INTERFACES = ("primaryBackendNetworkComponent", "primaryNetworkComponent")
MASK = (
    "mask[id,globalIdentifier,createDate,hostname,powerState[keyName],"
    + ",".join(f"{name}[{COMPONENT}]" for name in INTERFACES)
    + "]"
)


class SoftLayerPorts(Ports):
    """Interfaces come and go with their guests; what can be changed is the security groups that they are in."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.PORT: ids.PORT}

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, query: Query) -> Iterable[Port]:
        devices = query.values("device_id")
        by_device = nested("virtualGuests.globalIdentifier", is_in(devices)) if devices else None
        for guest in self._session.pages(ctx, "Account", "getVirtualGuests", mask=MASK, filter=by_device):
            yield from ports(guest, ctx.project)

    def get(self, ctx: Context, resource_id: str) -> Port:
        for name in INTERFACES:
            wanted = nested(f"virtualGuests.{name}.id", {"operation": int(resource_id)})
            for guest in self._session.call(ctx, "Account", "getVirtualGuests", mask=MASK, filter=wanted):
                for port in ports(guest, ctx.project):
                    if port.id == resource_id:
                        return port
        raise NotFound(f"Port {resource_id} could not be found.", reason="PortNotFound")

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Port:
        port = self.get(ctx, resource_id)
        if changes.keys() - {"security_group_ids"}:
            raise BadRequest("Only the security groups of a port can be changed in SoftLayer.")
        wanted = set(changes.get("security_group_ids") or ())
        known = set(port.security_group_ids)
        for method, groups in (
            ("attachNetworkComponents", wanted - known),
            ("detachNetworkComponents", known - wanted),
        ):
            for group in sorted(groups):
                self._session.call(ctx, "Network_SecurityGroup", method, [int(resource_id)], id=int(group))
        return self.get(ctx, resource_id)


def ports(guest: Record, project_id: str) -> Iterator[Port]:
    """Yield the ports of a guest that is somewhere already."""
    for name in INTERFACES:
        component = at(guest, name)
        if component is not None and at(component, "networkVlan.id") is not None:
            yield _port(guest, component, project_id)


def _port(guest: Record, component: Any, project_id: str) -> Port:
    when = moment(guest, "createDate") or EPOCH
    address = text(component, "primaryIpAddressRecord.ipAddress")
    subnet_id = text(component, "primaryIpAddressRecord.subnetId") or None
    return Port(
        id=text(component, "id"),
        project_id=project_id,
        network_id=text(component, "networkVlan.id"),
        mac_address=text(component, "macAddress"),
        status="ACTIVE" if text(guest, "powerState.keyName") == "RUNNING" else "DOWN",
        fixed_ips=(FixedIp(subnet_id=subnet_id, ip_address=address),) if address else (),
        device_id=text(guest, "globalIdentifier"),
        device_owner="compute:nova",
        security_group_ids=tuple(
            sorted(text(item, "securityGroup.id") for item in at(component, "securityGroupBindings") or ())
        ),
        dns_name=text(guest, "hostname"),
        network_owner_id=project_id,
        created_at=when,
        updated_at=when,
    )
