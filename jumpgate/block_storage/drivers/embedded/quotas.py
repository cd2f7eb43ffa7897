"""Limits and usage: counted from the rows each time, inside the transaction that adds to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.contract import QuotaSets
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC
from jumpgate.block_storage.models import QuotaSet
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, OverQuota
from jumpgate.store.engine import Store
from jumpgate.store.quotas import UNLIMITED, Excess, Quotas, quotas
from jumpgate.store.tables.block_storage import (
    volume_backups,
    volume_groups,
    volume_snapshots,
    volume_types,
    volumes,
)

DEFAULTS: Mapping[str, int] = {
    "volumes": 10,
    "per_volume_gigabytes": -1,
    "snapshots": 10,
    "gigabytes": 1000,
    "backups": 10,
    "backup_gigabytes": 1000,
    "groups": 10,
}
# What the names of classes begin with where projects' ids stand.
_CLASS = "class:"
# What is counted for each volume type as well, without a limit unless one is set.
PER_TYPE = ("volumes", "snapshots", "gigabytes")


def volume_demand(count: int, size_gib: int, type_name: str) -> dict[str, int]:
    """Return what volumes of a type take, by resource, in the order in which Cinder reports what is over."""
    return _with_type({"gigabytes": size_gib, "volumes": count}, type_name)


def snapshot_demand(size_gib: int, type_name: str) -> dict[str, int]:
    """Return what a snapshot takes."""
    return _with_type({"gigabytes": size_gib, "snapshots": 1}, type_name)


def backup_demand(size_gib: int) -> dict[str, int]:
    """Return what a backup takes."""
    return {"backup_gigabytes": size_gib, "backups": 1}


def _with_type(demand: Mapping[str, int], type_name: str) -> dict[str, int]:
    return dict(sorted({**demand, **{f"{name}_{type_name}": amount for name, amount in demand.items()}}.items()))


class StorageQuotas:
    """The quotas of block storage, whose resources grow with the volume types."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def _built_in(self) -> Quotas:
        """Return the quotas of the resources that there are now, as they are where nobody has changed anything."""
        with self._store.read() as connection:
            names = connection.execute(sa.select(volume_types.c.name).order_by(volume_types.c.created_at)).scalars()
            per_type = {f"{resource}_{name}": UNLIMITED for name in names for resource in PER_TYPE}
        return Quotas(self._store, TOPIC, {**DEFAULTS, **per_type})

    def _current(self) -> Quotas:
        """Return the quotas with the defaults that an administrator has set."""
        return Quotas(self._store, TOPIC, self.class_limits("default"))

    def class_limits(self, name: str) -> dict[str, int]:
        """Return the limits of a class, which are kept like a project's."""
        return self._built_in().limits(f"{_CLASS}{name}")

    def set_class(self, name: str, limits: Mapping[str, int]) -> None:
        """Change the limits of a class."""
        self._built_in().set(f"{_CLASS}{name}", limits)

    def defaults(self) -> dict[str, int]:
        """Return the limits of a project that has none of its own."""
        return dict(self._current().defaults)

    def limits(self, project_id: str) -> dict[str, int]:
        """Return a project's limits."""
        return self._current().limits(project_id)

    def set(self, project_id: str, limits: Mapping[str, int]) -> None:
        """Give a project limits of its own."""
        self._current().set(project_id, limits)

    def reset(self, project_id: str) -> None:
        """Give a project the defaults again."""
        Quotas(self._store, TOPIC, DEFAULTS).reset(project_id)

    def require(self, connection: sa.Connection, project_id: str, demand: Mapping[str, int]) -> None:
        """Raise OverQuota, in Cinder's words, unless a project may have `demand` more; called inside the write."""
        used = usage(connection, project_id)
        over = self._current().excesses(connection, project_id, demand, used)
        if over:
            raise OverQuota(_complaint(over[0]), reason="OverQuota")

    def require_size(self, project_id: str, size_gib: int) -> None:
        """Raise OverQuota for a volume that is larger than any of the project may be."""
        limit = self.limits(project_id)["per_volume_gigabytes"]
        if limit != UNLIMITED and size_gib > limit:
            raise OverQuota(
                f"Requested volume size {size_gib}G is larger than maximum allowed limit {limit}G.", reason="OverQuota"
            )


def _complaint(over: Excess) -> str:
    words = {
        "gigabytes": f"Requested volume or snapshot exceeds allowed {over.resource} quota. Requested {over.asked}G, "
        f"quota is {over.limit}G and {over.used}G has been consumed.",
        "volumes": f"Maximum number of volumes allowed ({over.limit}) exceeded for quota '{over.resource}'.",
        "snapshots": f"Maximum number of snapshots allowed ({over.limit}) exceeded",
        "backups": f"Maximum number of backups allowed ({over.limit}) exceeded",
        "backup_gigabytes": f"Requested backup exceeds allowed Backup gigabytes quota. Requested {over.asked}G, "
        f"quota is {over.limit}G and {over.used}G has been consumed.",
        "groups": f"Maximum number of groups allowed ({over.limit}) exceeded",
    }
    return words.get(over.resource) or words[over.resource.partition("_")[0]]


def usage(connection: sa.Connection, project_id: str) -> dict[str, int]:
    """Return how much a project has of each resource, what extensions were promised included."""
    return _count(connection, project_id, volumes.c.promised_gib)


def _count(connection: sa.Connection, project_id: str, size: sa.Column[int]) -> dict[str, int]:
    used: Counter[str] = Counter()
    for resource, statement in (
        ("volumes", _by_type(volumes, size, project_id)),
        ("snapshots", _snapshots_by_type(project_id)),
    ):
        for type_name, count, size_gib in connection.execute(statement):
            used.update({resource: count, "gigabytes": size_gib})
            used.update({f"{resource}_{type_name}": count, f"gigabytes_{type_name}": size_gib})
    backed_up = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(volume_backups.c.size_gib), 0))
    count, size_gib = connection.execute(backed_up.where(volume_backups.c.project_id == project_id)).one()
    grouped = sa.select(sa.func.count()).where(volume_groups.c.project_id == project_id)
    groups = connection.execute(grouped).scalar_one()
    return {**used, "backups": count, "backup_gigabytes": size_gib, "groups": groups}


def _by_type(table: sa.Table, size: sa.Column[int], project_id: str) -> sa.Select[Any]:
    return (
        sa.select(volume_types.c.name, sa.func.count(), sa.func.sum(size))
        .select_from(table.join(volume_types, volume_types.c.id == volumes.c.volume_type_id))
        .where(table.c.project_id == project_id)
        .group_by(volume_types.c.name)
    )


def _snapshots_by_type(project_id: str) -> sa.Select[Any]:
    return (
        sa.select(volume_types.c.name, sa.func.count(), sa.func.sum(volume_snapshots.c.size_gib))
        .select_from(volume_snapshots.join(volumes).join(volume_types))
        .where(volume_snapshots.c.project_id == project_id)
        .group_by(volume_types.c.name)
    )


def rename_type(connection: sa.Connection, old: str, new: str) -> None:
    """Let the limits of a volume type keep up with its name."""
    for resource in PER_TYPE:
        mine = sa.and_(quotas.c.service == TOPIC, quotas.c.resource == f"{resource}_{old}")
        connection.execute(quotas.update().where(mine).values(resource=f"{resource}_{new}"))


class EmbeddedQuotaSets(QuotaSets):
    """What projects may have."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._quotas = StorageQuotas(store)

    def get(self, ctx: Context, project_id: str) -> QuotaSet:
        with self._store.read() as connection:
            used = _count(connection, project_id, volumes.c.size_gib)
            promised = usage(connection, project_id)
        reserved = {name: promised[name] - used[name] for name in used if promised[name] != used[name]}
        return QuotaSet(project_id=project_id, limits=self._quotas.limits(project_id), used=used, reserved=reserved)

    def defaults(self, ctx: Context, project_id: str) -> QuotaSet:
        return QuotaSet(project_id=project_id, limits=self._quotas.defaults())

    def update(self, ctx: Context, project_id: str, limits: Mapping[str, int]) -> QuotaSet:
        current = self.get(ctx, project_id)
        _require_known(limits, current.limits, "quota set")
        for name, limit in limits.items():
            _require_room(current, name, limit)
        self._quotas.set(project_id, limits)
        return self.get(ctx, project_id)

    def reset(self, ctx: Context, project_id: str) -> None:
        self._quotas.reset(project_id)

    def class_limits(self, ctx: Context, name: str) -> Mapping[str, int]:
        return self._quotas.class_limits(name)

    def update_class(self, ctx: Context, name: str, limits: Mapping[str, int]) -> Mapping[str, int]:
        _require_known(limits, self._quotas.defaults(), "quota class set")
        self._quotas.set_class(name, limits)
        return self._quotas.class_limits(name)


def _require_known(limits: Mapping[str, int], known: Mapping[str, int], what: str) -> None:
    unknown = [name for name in limits if name not in known]
    if unknown:
        raise BadRequest(f"Invalid input received: Bad key(s) in {what}: {', '.join(unknown)}")


def _require_room(current: QuotaSet, name: str, limit: int) -> None:
    """Raise BadRequest for a limit below what the project already uses."""
    used = current.used.get(name, 0) + current.reserved.get(name, 0)
    if limit != UNLIMITED and limit < used:
        raise BadRequest(
            f"Quota {name} limit must be equal or greater than existing resources. Current usage is {used} "
            f"and the requested limit is {limit}."
        )
