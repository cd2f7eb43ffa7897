"""Subnet pools: prefixes from which subnets are cut that no other bridge of LXD's has."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jumpgate.clouds.lxd.notes import Note, fresh, standard, touched
from jumpgate.common.context import Context
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.network import prefixes
from jumpgate.network.contract import SubnetPools
from jumpgate.network.drivers.lxd.bridges import Bridges
from jumpgate.network.drivers.lxd.kept import Kept
from jumpgate.network.drivers.lxd.prefixes import subnets_of
from jumpgate.network.drivers.lxd.quotas import LxdQuotas
from jumpgate.network.models import SubnetPool, SubnetPoolSpec, SubnetSpec
from jumpgate.network.tagging import Tags
from jumpgate.network.views.faults import fault

_NOTED = ("name", "min_prefix_length", "max_prefix_length", "default_prefix_length", "default_quota", "is_default")
_CHANGED = (*_NOTED, "description", "prefixes", "shared", "tags")


class LxdSubnetPools(Tags, SubnetPools):
    """LXD's host routes a prefix to one bridge, so a pool gives none that is in use anywhere on this LXD."""

    def __init__(self, bridges: Bridges, pools: Kept, quotas: LxdQuotas) -> None:
        self._bridges = bridges
        self._quotas = quotas
        self._pools = pools

    def find(self, ctx: Context, query: Query) -> Iterable[SubnetPool]:
        return [pool for pool in self._all() if query.all_projects or _is_visible(pool, ctx)]

    def _all(self) -> list[SubnetPool]:
        return [_pool(note) for note in self._pools.all()]

    def get(self, ctx: Context, resource_id: str) -> SubnetPool:
        for pool in self._all():
            if pool.id == resource_id and (ctx.is_admin or _is_visible(pool, ctx)):
                return pool
        raise fault("SubnetPoolNotFound", resource_id)

    def create(self, ctx: Context, spec: SubnetPoolSpec) -> SubnetPool:
        _check_scope(spec.address_scope_id)
        given = prefixes.compact(spec.prefixes)
        version = prefixes.version_of(given)
        asked = (spec.min_prefix_length, spec.max_prefix_length, spec.default_prefix_length)
        low, high, usual = prefixes.lengths(version, *asked)
        if spec.is_default:
            self._check_only_default(version)
        note = fresh(
            spec.project_id or ctx.project,
            description=spec.description,
            name=spec.name,
            ip_version=version,
            prefixes=list(given),
            min_prefix_length=low,
            max_prefix_length=high,
            default_prefix_length=usual,
            default_quota=spec.default_quota,
            is_default=spec.is_default,
            shared=spec.shared,
        )
        with self._quotas.spending(note["project_id"], "subnetpool"):
            self._pools.change(note["id"], lambda _: note)
        return _pool(note)

    def _check_only_default(self, version: int) -> None:
        if self._default(version) is not None:
            raise prefixes.second_default()

    def _default(self, version: int) -> SubnetPool | None:
        return next((pool for pool in self._all() if pool.is_default and pool.ip_version == version), None)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> SubnetPool:
        before = self.get(ctx, resource_id)
        _check_scope(changes.get("address_scope_id"))
        if changes.get("is_default") and not before.is_default:
            self._check_only_default(before.ip_version)
        return self._change(resource_id, lambda pool: prefixes.widened(pool, changes))

    def _change(self, pool_id: str, edit: Callable[[SubnetPool], Mapping[str, Any]]) -> SubnetPool:
        found: Note = {}

        def rewrite(note: Note | None) -> Note:
            if note is None:
                raise fault("SubnetPoolNotFound", pool_id)
            wanted = edit(_pool(note))
            found.update(touched(note, {name: wanted[name] for name in _CHANGED if name in wanted}))
            return found

        self._pools.change(pool_id, rewrite)
        return _pool(found)

    def delete(self, ctx: Context, resource_id: str) -> None:
        self.get(ctx, resource_id)
        if self._taken(resource_id):
            raise fault("SubnetPoolDeleteError", "Subnet pool has existing allocations")
        self._pools.change(resource_id, lambda _: None)

    def _taken(self, pool_id: str, project_id: str | None = None) -> list[str]:
        """Return the prefixes of the subnets that were cut from a pool, a project's own or all."""
        found = (subnet for bridge in self._bridges.all() for subnet in subnets_of(bridge))
        return [item.cidr for item in found if item.subnetpool_id == pool_id and project_id in (None, item.project_id)]

    def add_prefixes(self, ctx: Context, pool_id: str, given: Iterable[str]) -> SubnetPool:
        self.get(ctx, pool_id)
        more = tuple(given)
        return self._change(pool_id, lambda pool: prefixes.widened(pool, {"prefixes": (*pool.prefixes, *more)}))

    def remove_prefixes(self, ctx: Context, pool_id: str, given: Iterable[str]) -> SubnetPool:
        self.get(ctx, pool_id)
        gone, taken = tuple(given), self._taken(pool_id)
        return self._change(pool_id, lambda pool: {"prefixes": prefixes.narrowed(pool.prefixes, gone, taken)})

    def retag(self, ctx: Context, resource_id: str, tags: Iterable[str]) -> None:
        self.update(ctx, resource_id, {"tags": list(tags)})

    def tags_of(self, ctx: Context, resource_id: str) -> tuple[str, ...]:
        return self.get(ctx, resource_id).tags

    def cut(self, ctx: Context, spec: SubnetSpec) -> SubnetSpec:
        """Return the spec of a new subnet with its prefix, which is cut from a pool where it asks for that."""
        prefixes.check_choice(spec)
        pool = self.get(ctx, spec.subnetpool_id) if spec.subnetpool_id is not None else None
        if spec.use_default_pool:
            pool = self._default(spec.ip_version)
            if pool is None:
                raise prefixes.no_default(spec.ip_version)
        prefixes.check_request(spec, pool)
        if pool is None:
            return spec
        in_use = [subnet.cidr for bridge in self._bridges.all() for subnet in subnets_of(bridge)]
        cidr = prefixes.allocate(pool, in_use, length=spec.prefix_length, cidr=spec.cidr)
        if pool.default_quota:
            used = self._taken(pool.id, spec.project_id or ctx.project)
            if prefixes.units(pool.ip_version, [*used, cidr]) > pool.default_quota:
                raise fault("SubnetPoolQuotaExceeded")
        return dataclasses.replace(spec, cidr=cidr, subnetpool_id=pool.id)


def _is_visible(pool: SubnetPool, ctx: Context) -> bool:
    return pool.shared or (bool(ctx.project) and pool.project_id == ctx.project)


def _check_scope(address_scope_id: str | None) -> None:
    if address_scope_id is not None:
        raise fault("AddressScopeNotFound", address_scope_id)


def _pool(note: Note) -> SubnetPool:
    given: Mapping[str, Any] = {name: note.get(name) for name in _NOTED}
    return SubnetPool(
        **standard(note),
        **given,
        ip_version=note["ip_version"],
        prefixes=tuple(note["prefixes"]),
        shared=bool(note.get("shared")),
    )
