"""The embedded network's quotas: limits in the store, usage counted from the rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.network.contract import Quotas
from jumpgate.network.drivers.embedded.records import Ground
from jumpgate.network.models import Quota
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import (
    floating_ips,
    networks,
    ports,
    routers,
    security_group_rules,
    security_groups,
    subnet_pools,
    subnets,
)
from jumpgate.store.tables.network_trunks import trunks

_COUNTED: Mapping[str, sa.Table] = {
    "network": networks,
    "subnet": subnets,
    "subnetpool": subnet_pools,
    "port": ports,
    "security_group": security_groups,
    "security_group_rule": security_group_rules,
    "router": routers,
    "trunk": trunks,
    "floatingip": floating_ips,
}


class EmbeddedQuotas(Quotas):
    """Quotas in the store."""

    def __init__(self, ground: Ground) -> None:
        self._store = ground.store
        self._quotas = ground.quotas

    def find(self, ctx: Context) -> Iterable[Quota]:
        limits = self._quotas.all_limits()
        return [Quota(project_id=project_id, limits=limits[project_id]) for project_id in sorted(limits)]

    def get(self, ctx: Context, project_id: str) -> Quota:
        with self._store.read() as connection:
            used = {name: _count(connection, table, project_id) for name, table in _COUNTED.items()}
            limits = self._quotas.limits(project_id)
        return Quota(project_id=project_id, limits=limits, used={name: used.get(name, 0) for name in limits})

    def defaults(self, ctx: Context) -> Mapping[str, int]:
        return self._quotas.defaults

    def update(self, ctx: Context, project_id: str, limits: Mapping[str, int]) -> Quota:
        self._quotas.set(project_id, limits)
        return self.get(ctx, project_id)

    def delete(self, ctx: Context, project_id: str) -> None:
        if not self._quotas.reset(project_id):
            raise fault("TenantQuotaNotFound", project_id)


def _count(connection: sa.Connection, table: sa.Table, project_id: str) -> int:
    counted = sa.select(sa.func.count()).select_from(table).where(table.c.project_id == project_id)
    return int(connection.execute(counted).scalar_one())
