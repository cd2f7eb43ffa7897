"""SoftLayer's sizes of virtual servers: the presets that the account may order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from jumpgate.clouds.softlayer.remembered import Remembered
from jumpgate.clouds.softlayer.session import Record, Session, is_equal, nested
from jumpgate.clouds.softlayer.values import text
from jumpgate.common.context import Context
from jumpgate.common.errors import CloudError, NotFound
from jumpgate.common.ids import IdMap, Kind, Opaque
from jumpgate.common.listing import Query
from jumpgate.compute.contract import Flavors
from jumpgate.compute.models import Flavor

PACKAGE = "PUBLIC_CLOUD_SERVER"
PACKAGE_MASK = "mask[id]"
PRESETS_MASK = "mask[id,keyName,description]"

# B1_2X8X100: a family, cores, GiB of memory, GB of the first disk. A name that ends otherwise is of another kind of
# server (a transient one, say).
_PRESET = re.compile(r"([A-Z][A-Z0-9]*)_(\d+)X(\d+)X(\d+)")
# What guests that were ordered without a preset have, written the same way.
_CUSTOM = "CUSTOM"


class SoftLayerFlavors(Flavors):
    """Presets as flavors, remembered for a while per account. A flavor's id is the preset's key name."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.FLAVOR: Opaque()}

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: Remembered[Mapping[str, Flavor]] = Remembered(session.settings.flavors_lifetime_s)

    def find(self, ctx: Context, query: Query) -> Iterable[Flavor]:
        return self._all(ctx).values()

    def get(self, ctx: Context, flavor_id: str) -> Flavor:
        known = self._all(ctx).get(flavor_id)
        if known is not None:
            return known
        if flavor_id.startswith(_CUSTOM):
            custom = named(flavor_id)
            if custom is not None:
                return custom
        raise NotFound(f"Flavor {flavor_id} could not be found.", reason="FlavorNotFound")

    def _all(self, ctx: Context) -> Mapping[str, Flavor]:
        return self._known.get(ctx.project, lambda: {item.id: item for item in self._ask(ctx)})

    def _ask(self, ctx: Context) -> Iterator[Flavor]:
        package = self.package(ctx)
        for method in ("getActivePresets", "getAccountRestrictedActivePresets"):
            presets = self._session.pages(ctx, "Product_Package", method, id=package, mask=PRESETS_MASK)
            for preset in presets:
                yield from _flavors(preset)

    def package(self, ctx: Context) -> int:
        """Return the number of the package that virtual servers are ordered from."""
        found = self._session.call(
            ctx,
            "Product_Package",
            "getAllObjects",
            mask=PACKAGE_MASK,
            filter=nested("keyName", is_equal(PACKAGE)),
            limit=1,
        )
        if not found:
            raise CloudError(
                f"This SoftLayer account has no package {PACKAGE}, from which virtual servers are ordered."
            )
        return int(found[0]["id"])


def _flavors(preset: Record) -> Iterator[Flavor]:
    flavor = named(text(preset, "keyName"), preset=text(preset, "id"), description=text(preset, "description"))
    if flavor is not None:
        yield flavor


def named(key_name: str, *, preset: str = "", description: str = "") -> Flavor | None:
    """Return the flavor that a preset's name describes, None for a name of another form."""
    parts = _PRESET.fullmatch(key_name)
    if parts is None:
        return None
    family, cores, ram_gib, disk_gib = parts.groups()
    return Flavor(
        id=key_name,
        name=key_name,
        vcpus=int(cores),
        ram_mib=int(ram_gib) * 1024,
        disk_gib=int(disk_gib),
        description=description or None,
        disabled=family == _CUSTOM,
        extra_specs={"softlayer:family": family, "softlayer:preset": preset} if preset else {},
    )


def custom(*, vcpus: int, ram_mib: int, disk_gib: int) -> Flavor:
    """Return the flavor of a guest that was ordered without a preset; nobody can order another like it."""
    name = f"{_CUSTOM}_{vcpus}X{max(ram_mib // 1024, 1)}X{disk_gib}"
    return Flavor(id=name, name=name, vcpus=vcpus, ram_mib=ram_mib, disk_gib=disk_gib, disabled=True)
