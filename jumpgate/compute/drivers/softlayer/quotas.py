"""What an account has and may have: SoftLayer tells the first, and limits only by refusing an order."""

from __future__ import annotations

from collections.abc import Mapping

from jumpgate.clouds.softlayer.session import Session
from jumpgate.clouds.softlayer.values import number
from jumpgate.common.context import Context
from jumpgate.compute.contract.operators import Quotas
from jumpgate.compute.models.operations import QuotaUse

GUESTS_MASK = "mask[id,maxCpu,maxMemory]"
COUNTS_MASK = "mask[id,sshKeyCount,securityGroupCount]"
NO_LIMIT = -1
_NAMES = ("instances", "cores", "ram", "key_pairs", "metadata_items", "server_groups", "server_group_members")
_OF_NETWORKS = ("fixed_ips", "floating_ips", "security_groups", "security_group_rules")
_OF_FILES = ("injected_files", "injected_file_content_bytes", "injected_file_path_bytes")


class SoftLayerQuotas(Quotas):
    """Counts of the account's own. No limit is known beforehand, so none is claimed; files are never injected."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, ctx: Context, project_id: str) -> Mapping[str, QuotaUse]:
        limits = self.defaults(ctx)
        used = self._used(ctx) if project_id == ctx.project else {}
        return {name: QuotaUse(limit=limit, in_use=used.get(name, 0)) for name, limit in limits.items()}

    def defaults(self, ctx: Context) -> Mapping[str, int]:
        return {**dict.fromkeys(_NAMES + _OF_NETWORKS, NO_LIMIT), **dict.fromkeys(_OF_FILES, 0)}

    def _used(self, ctx: Context) -> Mapping[str, int]:
        guests = list(self._session.pages(ctx, "Account", "getVirtualGuests", mask=GUESTS_MASK))
        counts = self._session.call(ctx, "Account", "getObject", mask=COUNTS_MASK)
        return {
            "instances": len(guests),
            "cores": sum(number(guest, "maxCpu") for guest in guests),
            "ram": sum(number(guest, "maxMemory") for guest in guests),
            "key_pairs": number(counts, "sshKeyCount"),
            "security_groups": number(counts, "securityGroupCount"),
        }
