"""SoftLayer's endurance tiers as volume types."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from jumpgate.block_storage.contract import VolumeTypes
from jumpgate.block_storage.models import VolumeType
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query

# By what SoftLayer calls the tier of a volume: the operations a second that each GB brings.
TIERS: Mapping[str, float] = {
    "LOW_INTENSITY_TIER": 0.25,
    "READHEAVY_TIER": 2,
    "WRITEHEAVY_TIER": 4,
    "10_IOPS_PER_GB": 10,
}
_NAMESPACE = uuid.UUID("6a1ff7c1-2f0e-4a2a-9a57-2c1a1c8c7f10")


def _type(tier: str, iops: float) -> VolumeType:
    name = f"endurance-{iops:g}"
    return VolumeType(
        id=str(uuid.uuid5(_NAMESPACE, tier)),
        name=name,
        description=f"{iops:g} operations a second for each GB",
        extra_specs={"softlayer:tier": tier},
    )


TYPES: Mapping[str, VolumeType] = {tier: _type(tier, iops) for tier, iops in TIERS.items()}
DEFAULT = TYPES["READHEAVY_TIER"]


def tier_of(wanted: str | None) -> str:
    """Return the tier of a volume type by its name or id, the default's for None; or raise NotFound."""
    known = DEFAULT.id if wanted is None else wanted
    for tier, kind in TYPES.items():
        if known in (kind.id, kind.name):
            return tier
    raise NotFound(f"Volume type {wanted} could not be found.", reason="VolumeTypeNotFound")


class SoftLayerVolumeTypes(VolumeTypes):
    """The tiers, which are the same for every account."""

    def find(self, ctx: Context, query: Query) -> Iterable[VolumeType]:
        return TYPES.values()

    def get(self, ctx: Context, resource_id: str) -> VolumeType:
        for volume_type in TYPES.values():
            if volume_type.id == resource_id:
                return volume_type
        raise NotFound(f"Volume type {resource_id} could not be found.", reason="VolumeTypeNotFound")

    def default(self, ctx: Context) -> VolumeType:
        return DEFAULT
