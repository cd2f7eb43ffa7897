"""SoftLayer's VLANs as networks, and the one from which global IPs come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.tags import MASK as TAGS
from jumpgate.clouds.softlayer.tags import read_tags, write_tags
from jumpgate.clouds.softlayer.values import EPOCH, at, moment, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Networks
from jumpgate.network.models import Network
from jumpgate.network.tagging import Tags

MASK = (
    "mask[id,accountId,name,note,vlanNumber,networkSpace,modifyDate,primaryRouter[hostname,datacenter[name]],"
    f"subnets[id,subnetType],{TAGS}]"
)
# No VLAN has this number: global IPs are routed to a guest wherever it is.
GLOBAL = "0"
_OWNER = "softlayer"


class SoftLayerNetworks(Tags, Networks):
    """VLANs, called by their names or, without one, by space and number. They are bought in SoftLayer's portal."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.NETWORK: ids.NETWORK}

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, query: Query) -> Iterable[Network]:
        yield _global()
        for vlan in self._session.pages(ctx, "Account", "getNetworkVlans", mask=MASK):
            yield network(vlan, ctx.project)

    def get(self, ctx: Context, resource_id: str) -> Network:
        if resource_id == GLOBAL:
            return _global()
        try:
            vlan = self._session.call(ctx, "Network_Vlan", "getObject", id=resource_id, mask=MASK)
        except NotFound:
            vlan = None
        if not vlan:
            raise NotFound(f"Network {resource_id} could not be found.", reason="NetworkNotFound")
        return network(vlan, ctx.project)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Network:
        self.get(ctx, resource_id)
        unknown = changes.keys() - {"name", "description"}
        if unknown or resource_id == GLOBAL:
            raise BadRequest("Only the name and the description of a VLAN can be changed in SoftLayer.")
        names = {"name": "name", "description": "note"}
        edited = {names[name]: value or "" for name, value in changes.items()}
        self._session.call(ctx, "Network_Vlan", "editObject", edited, id=resource_id)
        return self.get(ctx, resource_id)

    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        return self.get(ctx, resource_id).tags

    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        self.get(ctx, resource_id)
        if resource_id == GLOBAL:
            raise BadRequest("The network called global is no VLAN, so it has no tags.")
        write_tags(self._session, ctx, "Network_Vlan", resource_id, tags)


def _global() -> Network:
    return Network(
        id=GLOBAL,
        project_id=_OWNER,
        name="global",
        description="Global IPs: addresses that are routed to a guest of any data center",
        external=True,
        created_at=EPOCH,
        updated_at=EPOCH,
    )


def network(vlan: Record, project_id: str) -> Network:
    """Return a VLAN of a project as a network."""
    space, when = text(vlan, "networkSpace").lower() or "private", moment(vlan, "modifyDate") or EPOCH
    datacenter = text(vlan, "primaryRouter.datacenter.name")
    return Network(
        id=text(vlan, "id"),
        project_id=project_id,
        name=text(vlan, "name") or f"{space}-{text(vlan, 'vlanNumber')}",
        description=text(vlan, "note"),
        network_type="vlan",
        physical_network=text(vlan, "primaryRouter.hostname") or datacenter or None,
        segmentation_id=number(vlan, "vlanNumber"),
        availability_zones=(datacenter,) if datacenter else (),
        port_security_enabled=True,
        subnet_ids=tuple(_subnet_ids(vlan)),
        tags=tuple(sorted(read_tags(vlan))),
        created_at=when,
        updated_at=when,
    )


def _subnet_ids(vlan: Record) -> Iterator[str]:
    return (text(subnet, "id") for subnet in at(vlan, "subnets") or ())
