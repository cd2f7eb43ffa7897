"""What an account has of networks: SoftLayer counts it, and limits it only by refusing an order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jumpgate.clouds.softlayer.session import Session
from jumpgate.clouds.softlayer.values import at, flag, number
from jumpgate.common.context import Context
from jumpgate.network.contract import Quotas
from jumpgate.network.models import Quota

COUNTS_MASK = "mask[id,networkVlanCount,globalIpRecordCount]"
SUBNETS_MASK = "mask[id,networkVlanId]"
GUESTS_MASK = "mask[id,privateNetworkOnlyFlag]"
GROUPS_MASK = "mask[id,rules[id]]"
NO_LIMIT = -1
_NAMES = ("network", "subnet", "port", "floatingip", "security_group", "security_group_rule")


class SoftLayerQuotas(Quotas):
    """The account's use. No limit is known beforehand, so none is claimed, and no project has one of its own."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context) -> Iterable[Quota]:
        return ()

    def get(self, ctx: Context, project_id: str) -> Quota:
        used = self._used(ctx) if project_id == ctx.project else {}
        return Quota(project_id=project_id, limits=self.defaults(ctx), used=used)

    def defaults(self, ctx: Context) -> Mapping[str, int]:
        return dict.fromkeys(_NAMES, NO_LIMIT)

    def _used(self, ctx: Context) -> Mapping[str, int]:
        counts = self._session.call(ctx, "Account", "getObject", mask=COUNTS_MASK)
        subnets = self._session.pages(ctx, "Account", "getSubnets", mask=SUBNETS_MASK)
        guests = self._session.pages(ctx, "Account", "getVirtualGuests", mask=GUESTS_MASK)
        groups = list(self._session.pages(ctx, "Network_SecurityGroup", "getAllObjects", mask=GROUPS_MASK))
        return {
            "network": number(counts, "networkVlanCount"),
            "subnet": sum(number(subnet, "networkVlanId") > 0 for subnet in subnets),
            "port": sum(1 if flag(guest, "privateNetworkOnlyFlag") else 2 for guest in guests),
            "floatingip": number(counts, "globalIpRecordCount"),
            "security_group": len(groups),
            "security_group_rule": sum(len(at(group, "rules") or ()) for group in groups),
        }
