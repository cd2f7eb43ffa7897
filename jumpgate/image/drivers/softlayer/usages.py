"""How much of image templates an account has. SoftLayer limits it by nothing but the bill."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.softlayer.session import Session
from jumpgate.clouds.softlayer.values import at, flag, number, text
from jumpgate.common.context import Context
from jumpgate.image.contract import Usages
from jumpgate.image.drivers.softlayer.waiting import QUEUED, WaitingImages
from jumpgate.image.models import Usage

MASK = "mask[accountId,publicFlag,transaction[id],blockDevicesDiskSpaceTotal]"
NO_LIMIT = -1
_MIB = 1024 * 1024


class SoftLayerUsages(Usages):
    """Counts of the account's own private templates and of its images that wait for data; nothing is staged."""

    def __init__(self, session: Session, waiting: WaitingImages) -> None:
        self._session = session
        self._waiting = waiting

    def find(self, ctx: Context) -> Iterable[Usage]:
        found = self._session.pages(ctx, "Account", "getPrivateBlockDeviceTemplateGroups", mask=MASK)
        own = [item for item in found if text(item, "accountId") == ctx.project and not flag(item, "publicFlag")]
        waiting = [item for item in self._waiting.find(ctx) if item.reference is None]
        coming = sum(item.status != QUEUED and not item.is_abandoned for item in waiting)
        used = {
            "image_size_total": sum(number(item, "blockDevicesDiskSpaceTotal") for item in own) // _MIB,
            "image_stage_total": 0,
            "image_count_total": len(own) + len(waiting),
            "image_count_uploading": sum(at(item, "transaction.id") is not None for item in own) + coming,
        }
        return [Usage(resource=name, used=count, limit=NO_LIMIT) for name, count in used.items()]
