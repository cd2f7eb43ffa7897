"""How much block storage an account has and may have: SoftLayer limits how many volumes there are."""

from __future__ import annotations

from collections.abc import Mapping

from jumpgate.block_storage.contract import QuotaSets
from jumpgate.block_storage.drivers.softlayer.records import SERVICE
from jumpgate.block_storage.drivers.softlayer.snapshots import SoftLayerSnapshots
from jumpgate.block_storage.drivers.softlayer.volumes import SoftLayerVolumes
from jumpgate.block_storage.models import QuotaSet
from jumpgate.clouds.softlayer.session import Session
from jumpgate.clouds.softlayer.values import number, text
from jumpgate.common.context import Context
from jumpgate.common.listing import EVERYTHING

NO_LIMIT = -1
_NAMES = ("snapshots", "gigabytes", "per_volume_gigabytes")
# SoftLayer has none of these.
_NONE = ("backups", "backup_gigabytes", "groups")
# The limit that counts in all data centers together.
_EVERYWHERE = "global"


class SoftLayerQuotaSets(QuotaSets):
    """Counts of the account's own, and SoftLayer's limit of volumes, which those of files count against too."""

    def __init__(self, session: Session, volumes: SoftLayerVolumes, snapshots: SoftLayerSnapshots) -> None:
        self._session = session
        self._volumes = volumes
        self._snapshots = snapshots

    def get(self, ctx: Context, project_id: str) -> QuotaSet:
        used = self._used(ctx) if project_id == ctx.project else {}
        return QuotaSet(project_id=project_id, limits=self._limits(ctx), used=used)

    def defaults(self, ctx: Context, project_id: str) -> QuotaSet:
        return QuotaSet(project_id=project_id, limits=self._limits(ctx))

    def _used(self, ctx: Context) -> Mapping[str, int]:
        volumes = list(self._volumes.find(ctx, EVERYTHING))
        snapshots = sum(1 for _ in self._snapshots.find(ctx, EVERYTHING))
        gigabytes = sum(volume.size_gib for volume in volumes)
        return {"volumes": len(volumes), "snapshots": snapshots, "gigabytes": gigabytes}

    def _limits(self, ctx: Context) -> Mapping[str, int]:
        found = self._session.call(ctx, SERVICE, "getVolumeCountLimits") or ()
        volumes = (
            number(item, "maximumAvailableCount") for item in found if text(item, "datacenterName") == _EVERYWHERE
        )
        limits = {**dict.fromkeys(_NAMES, NO_LIMIT), **dict.fromkeys(_NONE, 0)}
        return {"volumes": next(volumes, NO_LIMIT), **limits}
