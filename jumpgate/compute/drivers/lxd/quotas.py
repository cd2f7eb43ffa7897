"""Projects' quotas: the limits of LXD's projects, which LXD keeps itself, whoever makes an instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound, OverQuota
from jumpgate.compute.contract.operators import Quotas
from jumpgate.compute.drivers.lxd import keypairs, records
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.drivers.lxd.room import KEYS, limits
from jumpgate.compute.models import Flavor
from jumpgate.compute.models.operations import QuotaUse

UNLIMITED = -1
# What nobody limits, and what has one limit for everybody.
_FIXED: Mapping[str, int] = {
    "metadata_items": UNLIMITED,
    "injected_files": UNLIMITED,
    "injected_file_content_bytes": UNLIMITED,
    "injected_file_path_bytes": 255,
    "key_pairs": keypairs.MOST,
    "server_groups": UNLIMITED,
    "server_group_members": UNLIMITED,
    "fixed_ips": UNLIMITED,
    "floating_ips": UNLIMITED,
    "security_groups": UNLIMITED,
    "security_group_rules": UNLIMITED,
}
# LXD takes an instance's own id, which Jumpgate gives it, for something low where a project has limits.
_ALLOWED = {"restricted.containers.lowlevel": "allow"}


class LxdQuotas(Quotas):
    """A project's limits. One without has as much as there is."""

    def __init__(self, region: Region, instances: Instances) -> None:
        self._session = region.session
        self._projects = region.projects
        self._room = region.room
        self._instances = instances

    def get(self, ctx: Context, project_id: str) -> Mapping[str, QuotaUse]:
        limits, used = self._limits(project_id), self._used(project_id)
        counted = {name: QuotaUse(limit=limits[name], in_use=used[name]) for name in KEYS}
        return {**counted, **{name: QuotaUse(limit=limit) for name, limit in _FIXED.items()}}

    def defaults(self, ctx: Context) -> Mapping[str, int]:
        return {**dict.fromkeys(KEYS, UNLIMITED), **_FIXED}

    def class_limits(self, ctx: Context, name: str) -> Mapping[str, int]:
        return self.defaults(ctx)

    def update(self, ctx: Context, project_id: str, limits: Mapping[str, int]) -> None:
        others = [name for name, limit in limits.items() if name not in KEYS and limit != _FIXED.get(name)]
        if others:
            raise BadRequest(f"LXD has no limit of {', '.join(others)}, only of {', '.join(KEYS)}.")
        written = {KEYS[name]: _written(name, limit) for name, limit in limits.items() if name in KEYS}
        if written:
            self._room.configure(self._projects.ensure(project_id), {**_ALLOWED, **written})

    def delete(self, ctx: Context, project_id: str) -> None:
        try:
            self._room.configure(self._projects.name(project_id), dict.fromkeys(KEYS.values(), ""))
        except NotFound:
            # It has never been used.
            return

    def _limits(self, project_id: str) -> dict[str, int]:
        try:
            config = limits(self._session.get("projects", self._projects.name(project_id))["config"])
        except NotFound:
            config = {}
        return {name: _read(name, config.get(key, "")) for name, key in KEYS.items()}

    def _used(self, project_id: str) -> dict[str, int]:
        there = [records.flavor(record) for record in self._of(project_id)]
        cores, ram = sum(item.vcpus for item in there), sum(item.ram_mib for item in there)
        return {"instances": len(there), "cores": cores, "ram": ram}

    def _of(self, project_id: str) -> Iterable[Record]:
        return self._instances.find(Context(user_id="jumpgate", project_id=project_id))

    def fit(self, project_id: str, flavor: Flavor, least: int, most: int) -> int:
        """Return how many servers of a flavor, up to `most`, a project may have more; raise OverQuota below `least`."""
        each = {"instances": 1, "cores": flavor.vcpus, "ram": flavor.ram_mib}
        limits = self._limits(project_id)
        if all(limit == UNLIMITED for limit in limits.values()):
            return most
        used = self._used(project_id)
        rooms = {
            name: max(0, limits[name] - used[name]) // amount
            for name, amount in each.items()
            if amount and limits[name] != UNLIMITED
        }
        fits = min([most, *rooms.values()])
        if fits < least:
            raise _over({name: (each[name] * least, used[name], limits[name]) for name in rooms if rooms[name] < least})
        return fits

    def check_growth(self, record: Record, flavor: Flavor) -> None:
        """Raise OverQuota where a project may not give an instance a larger flavor."""
        project_id, old = self._instances.owner(record), records.flavor(record)
        more = {"cores": flavor.vcpus - old.vcpus, "ram": flavor.ram_mib - old.ram_mib}
        limits, used = self._limits(project_id), self._used(project_id)
        over = {
            name: (amount, used[name], limits[name])
            for name, amount in more.items()
            if amount > 0 and limits[name] != UNLIMITED and used[name] + amount > limits[name]
        }
        if over:
            raise _over(over)


def _over(over: Mapping[str, tuple[int, int, int]]) -> OverQuota:
    names = ", ".join(over)
    asked, used, limits = (", ".join(str(figures[place]) for figures in over.values()) for place in range(3))
    text = f"Quota exceeded for {names}: Requested {asked}, but already used {used} of {limits} {names}"
    return OverQuota(text, reason="TooManyInstances")


def _written(name: str, limit: int) -> str:
    if limit == UNLIMITED:
        return ""
    return f"{limit}MiB" if name == "ram" else str(limit)


def _read(name: str, text: str) -> int:
    if not text:
        return UNLIMITED
    return records.size_bytes(text) // 1024**2 if name == "ram" else int(text)
