"""What projects may have of volumes: notes of their LXD projects, which Jumpgate looks at before it makes anything.

LXD has a limit of its own (`limits.disk`), which counts every image and root disk as well, and refuses things that have
no size. An operator can set it besides; what LXD refuses for it is over quota, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from jumpgate.block_storage.contract import QuotaSets
from jumpgate.block_storage.drivers.lxd.records import Place
from jumpgate.block_storage.drivers.lxd.shelf import Shelf
from jumpgate.block_storage.models import QuotaSet
from jumpgate.clouds.lxd.notes import PREFIX, read, written
from jumpgate.clouds.lxd.projects import DEFAULT
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import BadRequest, NotFound, OverQuota
from jumpgate.store.turns import Turns

UNLIMITED = -1
_NOTE = "quota.block_storage"
_RESOURCES = ("volumes", "per_volume_gigabytes", "snapshots", "gigabytes", "backups", "backup_gigabytes", "groups")
_PER_TYPE = ("volumes", "snapshots", "gigabytes")
# What Cinder says of each that is over.
_WORDS: Mapping[str, str] = {
    "gigabytes": "Requested volume or snapshot exceeds allowed {name} quota. Requested {asked}G, quota is {limit}G and "
    "{used}G has been consumed.",
    "volumes": "Maximum number of volumes allowed ({limit}) exceeded for quota '{name}'.",
    "snapshots": "Maximum number of snapshots allowed ({limit}) exceeded",
    "backups": "Maximum number of backups allowed ({limit}) exceeded",
    "backup": "Requested backup exceeds allowed Backup gigabytes quota. Requested {asked}G, quota is {limit}G and "
    "{used}G has been consumed.",
}


class LxdQuotaSets(QuotaSets):
    """A project without limits of its own has those of LXD's own project, or as much as there is."""

    def __init__(self, shelf: Shelf, turns: Turns) -> None:
        """`turns` are those of all processes of one Jumpgate."""
        self._shelf = shelf
        self._turns = turns

    def get(self, ctx: Context, project_id: str) -> QuotaSet:
        return QuotaSet(project_id=project_id, limits=self._limits(project_id), used=self._used(project_id))

    def _limits(self, project_id: str) -> dict[str, int]:
        return {**self._defaults(), **self._noted(self._shelf.projects.name(project_id))}

    def _defaults(self) -> dict[str, int]:
        pools = [str(pool["name"]) for pool in self._shelf.pools()]
        per_type = [f"{resource}_{pool}" for pool in pools for resource in _PER_TYPE]
        return {**dict.fromkeys((*_RESOURCES, *per_type), UNLIMITED), **self._noted(DEFAULT)}

    def _noted(self, name: str) -> dict[str, int]:
        try:
            config = self._shelf.session.get("projects", name)["config"]
        except NotFound:
            # It has never been used.
            return {}
        return {key: int(limit) for key, limit in read(config, _NOTE).items()}

    def _used(self, project_id: str) -> dict[str, int]:
        used: Counter[str] = Counter(dict.fromkeys(("volumes", "gigabytes", "snapshots", "backups"), 0))
        names = self._shelf.snapshot_names()
        for place in self._shelf.find(service_context(project_id)):
            taken = len(names.get((place.project, place.path), ()))
            sizes = place.size_gib * (1 + taken)
            for suffix in ("", f"_{place.pool}"):
                used.update({f"volumes{suffix}": 1, f"gigabytes{suffix}": sizes, f"snapshots{suffix}": taken})
            backups = self._shelf.backups(place)
            used.update({"backups": len(backups), "backup_gigabytes": sum(note["size_gib"] for note in backups)})
        return dict(used)

    def defaults(self, ctx: Context, project_id: str) -> QuotaSet:
        return QuotaSet(project_id=project_id, limits=self._defaults())

    def update(self, ctx: Context, project_id: str, limits: Mapping[str, int]) -> QuotaSet:
        current = self.get(ctx, project_id)
        _require_known(limits, current.limits, "quota set")
        for name, limit in limits.items():
            used = current.used.get(name, 0)
            if limit != UNLIMITED and limit < used:
                raise BadRequest(
                    f"Quota {name} limit must be equal or greater than existing resources. Current usage is {used} "
                    f"and the requested limit is {limit}."
                )
        self._note(self._shelf.projects.ensure(project_id), limits)
        return self.get(ctx, project_id)

    def _note(self, name: str, limits: Mapping[str, int]) -> None:
        noted = written({**self._noted(name), **limits})
        self._shelf.projects.configure(name, {f"{PREFIX}{_NOTE}": noted})

    def reset(self, ctx: Context, project_id: str) -> None:
        name = self._shelf.projects.name(project_id)
        if self._noted(name):
            self._shelf.projects.configure(name, {f"{PREFIX}{_NOTE}": ""})

    def class_limits(self, ctx: Context, name: str) -> Mapping[str, int]:
        return self._defaults()

    def update_class(self, ctx: Context, name: str, limits: Mapping[str, int]) -> Mapping[str, int]:
        if name != "default":
            raise BadRequest("Invalid input received: There is one class of quotas here, called default.")
        _require_known(limits, self._defaults(), "quota class set")
        self._note(DEFAULT, limits)
        return self._defaults()

    @contextmanager
    def room_for_volume(
        self, project_id: str, size_gib: int, pool: str, *, more_gib: int | None = None
    ) -> Iterator[None]:
        """Let a project have a volume of a size, which is made inside; or one that grows by `more_gib` to it."""
        limit = self._limits(project_id)["per_volume_gigabytes"]
        if limit != UNLIMITED and size_gib > limit:
            text = f"Requested volume size {size_gib}G is larger than maximum allowed limit {limit}G."
            raise OverQuota(text, reason="OverQuota")
        demand = {"gigabytes": size_gib, "volumes": 1} if more_gib is None else {"gigabytes": more_gib}
        with self._room(project_id, demand, pool):
            yield

    @contextmanager
    def room_for_snapshot(self, place: Place) -> Iterator[None]:
        """Let a volume's project have one more snapshot of it, which is made inside."""
        with self._room(self._shelf.owner(place), {"gigabytes": place.size_gib, "snapshots": 1}, place.pool):
            yield

    @contextmanager
    def room_for_backup(self, place: Place) -> Iterator[None]:
        """Let a volume's project have one more backup of it, which is made inside."""
        with self._room(self._shelf.owner(place), {"backup_gigabytes": place.size_gib, "backups": 1}, None):
            yield

    @contextmanager
    def _room(self, project_id: str, demand: Mapping[str, int], pool: str | None) -> Iterator[None]:
        """Raise OverQuota where there is no room. What is inside is made before anybody else's is counted."""
        per_type = {} if pool is None else {f"{name}_{pool}": amount for name, amount in demand.items()}
        asked, limits = {**demand, **per_type}, self._limits(project_id)
        if all(limits.get(name, UNLIMITED) == UNLIMITED for name in asked):
            yield
            return
        with self._turns:
            _require_room(asked, self._limits(project_id), self._used(project_id))
            yield


def _require_room(asked: Mapping[str, int], limits: Mapping[str, int], used: Mapping[str, int]) -> None:
    for name, amount in sorted(asked.items()):
        limit, taken = limits.get(name, UNLIMITED), used.get(name, 0)
        if limit != UNLIMITED and taken + amount > limit:
            word = _WORDS.get(name) or _WORDS[name.partition("_")[0]]
            raise OverQuota(word.format(name=name, asked=amount, limit=limit, used=taken), reason="OverQuota")


def _require_known(limits: Mapping[str, int], known: Mapping[str, int], what: str) -> None:
    unknown = [name for name in limits if name not in known]
    if unknown:
        raise BadRequest(f"Invalid input received: Bad key(s) in {what}: {', '.join(unknown)}")
