"""SoftLayer's subnets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import ClassVar

from jumpgate.clouds.softlayer import ids
from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.tags import MASK as TAGS
from jumpgate.clouds.softlayer.tags import read_tags, write_tags
from jumpgate.clouds.softlayer.values import EPOCH, moment, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network.contract import Subnets
from jumpgate.network.models import Subnet
from jumpgate.network.subnetting import default_pools
from jumpgate.network.tagging import Tags

MASK = f"mask[id,networkIdentifier,cidr,gateway,networkVlanId,version,subnetType,note,modifyDate,{TAGS}]"


class SoftLayerSubnets(Tags, Subnets):
    """Subnets that lie on a VLAN; those that are routed to one address are no subnets of Neutron's."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SUBNET: ids.SUBNET}

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, query: Query) -> Iterable[Subnet]:
        for record in self._session.pages(ctx, "Account", "getSubnets", mask=MASK):
            if number(record, "networkVlanId"):
                yield subnet(record, ctx.project)

    def get(self, ctx: Context, resource_id: str) -> Subnet:
        try:
            record = self._session.call(ctx, "Network_Subnet", "getObject", id=resource_id, mask=MASK)
        except NotFound:
            record = None
        if not record or not number(record, "networkVlanId"):
            raise NotFound(f"Subnet {resource_id} could not be found.", reason="SubnetNotFound")
        return subnet(record, ctx.project)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Subnet:
        self.get(ctx, resource_id)
        if changes.keys() - {"description"}:
            raise BadRequest("Only the description of a subnet can be changed in SoftLayer.")
        self._session.call(ctx, "Network_Subnet", "editNote", changes.get("description") or "", id=resource_id)
        return self.get(ctx, resource_id)

    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        return self.get(ctx, resource_id).tags

    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        self.get(ctx, resource_id)
        write_tags(self._session, ctx, "Network_Subnet", resource_id, tags)


def subnet(record: Record, project_id: str) -> Subnet:
    """Return a subnet of a project."""
    length = text(record, "cidr").removeprefix("/") or "32"
    block = ipaddress.ip_network(f"{text(record, 'networkIdentifier')}/{length}", strict=False)
    gateway, when = text(record, "gateway") or None, moment(record, "modifyDate") or EPOCH
    return Subnet(
        id=text(record, "id"),
        project_id=project_id,
        name=str(block),
        description=text(record, "note"),
        network_id=text(record, "networkVlanId"),
        ip_version=block.version,
        cidr=str(block),
        gateway_ip=gateway,
        allocation_pools=default_pools(str(block), gateway),
        enable_dhcp=False,
        network_owner_id=project_id,
        tags=tuple(sorted(read_tags(record))),
        created_at=when,
        updated_at=when,
    )
