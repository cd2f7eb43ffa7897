"""How much of image templates an account has. SoftLayer limits it by nothing but the bill."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.softlayer.session import Session
from jumpgate.clouds.softlayer.values import at, flag, number, text
from jumpgate.common.context import Context
from jumpgate.image.contract import Usages
from jumpgate.image.models import Usage

MASK = "mask[accountId,publicFlag,transaction[id],blockDevicesDiskSpaceTotal]"
NO_LIMIT = -1
_MIB = 1024 * 1024


class SoftLayerUsages(Usages):
    """Counts of the account's own private templates; nothing is staged."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context) -> Iterable[Usage]:
        found = self._session.pages(ctx, "Account", "getPrivateBlockDeviceTemplateGroups", mask=MASK)
        own = [item for item in found if text(item, "accountId") == ctx.project and not flag(item, "publicFlag")]
        used = {
            "image_size_total": sum(number(item, "blockDevicesDiskSpaceTotal") for item in own) // _MIB,
            "image_stage_total": 0,
            "image_count_total": len(own),
            "image_count_uploading": sum(at(item, "transaction.id") is not None for item in own),
        }
        return [Usage(resource=name, used=count, limit=NO_LIMIT) for name, count in used.items()]
