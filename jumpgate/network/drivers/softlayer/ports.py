"""The interfaces of SoftLayer's guests as ports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from jumpgate.clouds.softlayer import ids, interfaces
from jumpgate.clouds.softlayer.session import Record, Session, is_in, nested
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Ports
from jumpgate.network.models import FixedIp, Port

MASK = (
    "mask[id,globalIdentifier,createDate,hostname,powerState[keyName],"
    + interfaces.mask("maxSpeed", "securityGroupBindings[securityGroup[id]]")
    + "]"
)
_CHANGED = {"security_group_ids", "admin_state_up"}
# SoftLayer switches an interface off by the speed 0.
_SPEEDS = {"PRIVATE": "setPrivateNetworkInterfaceSpeed", "PUBLIC": "setPublicNetworkInterfaceSpeed"}


class SoftLayerPorts(Ports):
    """Ports come and go with their guests. They are switched on and off, and put into security groups."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.PORT: ids.PORT}

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, query: Query) -> Iterable[Port]:
        devices = query.values("device_id")
        by_device = nested("virtualGuests.globalIdentifier", is_in(devices)) if devices else None
        for guest in self._session.pages(ctx, "Account", "getVirtualGuests", mask=MASK, filter=by_device):
            yield from ports(guest, ctx.project)

    def get(self, ctx: Context, resource_id: str) -> Port:
        _, guest, component = self._find(ctx, resource_id)
        return _port(guest, component, ctx.project)

    def _find(self, ctx: Context, resource_id: str) -> tuple[str, Record, Record]:
        """Return the network space of an interface, its guest and itself; raise NotFound."""
        for space, name in interfaces.INTERFACES.items():
            wanted = nested(f"virtualGuests.{name}.id", {"operation": int(resource_id)})
            for guest in self._session.call(ctx, "Account", "getVirtualGuests", mask=MASK, filter=wanted):
                for component in interfaces.components(guest):
                    if text(component, "id") == resource_id:
                        return space, guest, component
        raise NotFound(f"Port {resource_id} could not be found.", reason="PortNotFound")

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Port:
        space, guest, component = self._find(ctx, resource_id)
        if changes.keys() - _CHANGED:
            raise BadRequest("Only the security groups and the administrative state of SoftLayer's ports can change.")
        if "security_group_ids" in changes:
            self._regroup(ctx, component, set(changes["security_group_ids"] or ()))
        if changes.get("admin_state_up", interfaces.is_up(component)) != interfaces.is_up(component):
            speed = number(component, "maxSpeed") if changes["admin_state_up"] else 0
            self._session.call(ctx, "Virtual_Guest", _SPEEDS[space], speed, id=number(guest, "id"))
        return self.get(ctx, resource_id)

    def _regroup(self, ctx: Context, component: Record, wanted: set[str]) -> None:
        if len(wanted) > 1 and interfaces.DEFAULT_GROUP in wanted:
            raise BadRequest("SoftLayer's default group stands for being in no other: leave it or the others out.")
        known = set(_groups(component))
        wanted -= {interfaces.DEFAULT_GROUP}
        for method, groups in (
            ("attachNetworkComponents", wanted - known),
            ("detachNetworkComponents", known - wanted),
        ):
            for group in sorted(groups):
                numbers = [number(component, "id")]
                self._session.call(ctx, "Network_SecurityGroup", method, numbers, id=int(group))


def ports(guest: Record, project_id: str) -> Iterator[Port]:
    """Yield the ports of a guest that is somewhere already."""
    return (_port(guest, component, project_id) for component in interfaces.components(guest))


def _groups(component: Record) -> tuple[str, ...]:
    return tuple(sorted(text(item, "securityGroup.id") for item in at(component, "securityGroupBindings") or ()))


def _port(guest: Record, component: Record, project_id: str) -> Port:
    when = moment(guest, "createDate") or EPOCH
    return Port(
        id=text(component, "id"),
        project_id=project_id,
        network_id=text(component, "networkVlan.id"),
        mac_address=text(component, "macAddress"),
        admin_state_up=interfaces.is_up(component),
        status=interfaces.status(guest, component),
        fixed_ips=tuple(
            FixedIp(subnet_id=item.subnet_id or None, ip_address=item.address)
            for item in interfaces.addresses(component)
        ),
        device_id=text(guest, "globalIdentifier"),
        device_owner="compute:nova",
        security_group_ids=_groups(component) or (interfaces.DEFAULT_GROUP,),
        dns_name=text(guest, "hostname"),
        network_owner_id=project_id,
        created_at=when,
        updated_at=when,
    )
