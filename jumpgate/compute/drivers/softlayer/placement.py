"""Which VLANs and subnets new guests are put on, of those that a client names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.interfaces import DEFAULT_GROUP, INTERFACES
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import at, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import MalformedId
from jumpgate.compute.models import NetworkRequest, ServerSpec

VLAN_MASK = "mask[id,networkSpace]"
SUBNETS_MASK = "mask[id,subnets[id,networkIdentifier,cidr,subnetType]]"
SUBNET_MASK = "mask[id,subnetType,networkVlan[id,networkSpace]]"
# The scheduler hint that names a subnet: Nova itself lets a client choose one by a port only.
HINT = "subnet"
# The others are routed to guests that have an address already.
_PRIMARY = ("PRIMARY", "ADDITIONAL_PRIMARY")
_NO_PORTS = "SoftLayer makes the ports of a server with the server: name the network in place of the port."


def interfaces(session: Session, ctx: Context, spec: ServerSpec) -> dict[str, Any]:
    """Return what a guest's template says of its interfaces; what is not said SoftLayer chooses itself."""
    named = _named(session, ctx, spec)
    vlans = {space: {"id": number(vlan, "id")} for space, vlan in named.items()}
    for space, vlan in _of_subnets(session, ctx, spec):
        if named and vlans.get(space, {}).get("id") != vlan["id"]:
            raise BadRequest("A subnet that the hint names is not on the networks that the server is put on.")
        vlans[space] = vlan
    made: dict[str, Any] = {INTERFACES[space]: {"networkVlan": vlan} for space, vlan in vlans.items()}
    if named.keys() == {"PRIVATE"}:
        made["privateNetworkOnlyFlag"] = True
    if DEFAULT_GROUP in (spec.security_groups or ()):
        raise BadRequest("SoftLayer's default group stands for being in no other: leave it or the others out.")
    if spec.security_groups:
        bindings = [{"securityGroup": {"id": int(group)}} for group in spec.security_groups]
        for name in INTERFACES.values():
            made[name] = {**made.get(name, {}), "securityGroupBindings": bindings}
    return made


def _named(session: Session, ctx: Context, spec: ServerSpec) -> Mapping[str, Record]:
    """Return the VLANs that a client names, by their network space; none for SoftLayer to choose both."""
    found: dict[str, Record] = {}
    for request in spec.networks:
        if request.port_id is not None:
            raise BadRequest(_NO_PORTS)
        if request.address is not None:
            raise _refused(session, ctx, request)
        if request.network_id is not None:
            vlan = _vlan(session, ctx, request, VLAN_MASK)
            space = text(vlan, "networkSpace") or "PRIVATE"
            if space in found:
                raise BadRequest("A SoftLayer guest has one interface on a public and one on a private network.")
            found[space] = vlan
    if found.keys() == {"PUBLIC"}:
        raise BadRequest("Every SoftLayer guest is on the private network as well: name a private network, too.")
    return found


def _vlan(session: Session, ctx: Context, request: NetworkRequest, mask: str) -> Record:
    try:
        vlan: Record = session.call(ctx, "Network_Vlan", "getObject", id=request.network_id, mask=mask)
    except NotFound:
        raise BadRequest(f"Network {request.network_id} could not be found.") from None
    return vlan


def _refused(session: Session, ctx: Context, request: NetworkRequest) -> BadRequest:
    """Return why a server cannot have an address, and what comes next to it."""
    address = ipaddress.ip_address(str(request.address))
    for subnet in at(_vlan(session, ctx, request, SUBNETS_MASK), "subnets") or ():
        block = ipaddress.ip_network(f"{text(subnet, 'networkIdentifier')}/{text(subnet, 'cidr')}", strict=False)
        if address in block and text(subnet, "subnetType") in _PRIMARY:
            shown = ids.SUBNET.to_openstack(text(subnet, "id"))
            return BadRequest(
                f"SoftLayer chooses the addresses of {block} itself: leave fixed_ip out. The scheduler hint "
                f"{HINT}={shown} puts the server on that subnet."
            )
    return BadRequest(f"SoftLayer gives servers no addresses like {address} on this network: leave fixed_ip out.")


def _of_subnets(session: Session, ctx: Context, spec: ServerSpec) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the network spaces and VLANs of the subnets that a client's hint names, one in each space."""
    seen = set()
    for shown in _hinted(spec):
        subnet = _subnet(session, ctx, shown)
        space = text(subnet, "networkVlan.networkSpace") or "PRIVATE"
        if space in seen:
            raise BadRequest("A SoftLayer guest has its addresses from one public and one private subnet.")
        seen.add(space)
        yield space, {"id": number(subnet, "networkVlan.id"), "primarySubnet": {"id": number(subnet, "id")}}


def _hinted(spec: ServerSpec) -> list[str]:
    hint = spec.scheduler_hints.get(HINT) or ()
    return [str(item) for item in hint] if isinstance(hint, list | tuple) else [str(hint)]


def _subnet(session: Session, ctx: Context, shown: str) -> Record:
    try:
        native = ids.SUBNET.to_cloud(shown)
        subnet: Record | None = session.call(ctx, "Network_Subnet", "getObject", id=native, mask=SUBNET_MASK)
    except (MalformedId, NotFound):
        subnet = None
    if not subnet:
        raise BadRequest(f"Subnet {shown} could not be found.", reason="SubnetNotFound")
    if text(subnet, "subnetType") not in _PRIMARY:
        raise BadRequest(f"SoftLayer gives servers no addresses of subnet {shown}: it is routed to one that has some.")
    return subnet
