"""How much a project has of what its quota counts, and its limits."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.compute.contract.operators import Quotas
from jumpgate.compute.drivers.embedded.region import Region
from jumpgate.compute.models.operations import QuotaUse
from jumpgate.store.tables.compute import server_groups, servers


def used(connection: sa.Connection, project_id: str) -> dict[str, int]:
    """Return how many servers, cores and MiB of memory a project has, in every state until they are deleted."""
    mine = sa.and_(servers.c.project_id == project_id, servers.c.deleted.is_(False))
    sums = sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(servers.c.vcpus), 0),
        sa.func.coalesce(sa.func.sum(servers.c.ram_mib), 0),
    ).where(mine)
    instances, cores, ram = connection.execute(sums).one()
    return {"instances": instances, "cores": int(cores), "ram": int(ram)}


class EmbeddedQuotas(Quotas):
    """Limits in the store, and what is used of them."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def get(self, ctx: Context, project_id: str) -> Mapping[str, QuotaUse]:
        limits = self._region.quotas.limits(project_id)
        with self._region.store.read() as connection:
            in_use = used(connection, project_id)
            mine = server_groups.c.project_id == project_id
            in_use["server_groups"] = connection.execute(
                sa.select(sa.func.count()).select_from(server_groups).where(mine)
            ).scalar_one()
        return {name: QuotaUse(limit=limit, in_use=in_use.get(name, 0)) for name, limit in limits.items()}

    def defaults(self, ctx: Context) -> Mapping[str, int]:
        return self._region.quotas.class_limits("default")

    def update(self, ctx: Context, project_id: str, limits: Mapping[str, int]) -> None:
        self._region.quotas.set(project_id, limits)

    def delete(self, ctx: Context, project_id: str) -> None:
        self._region.quotas.reset(project_id)

    def class_limits(self, ctx: Context, name: str) -> Mapping[str, int]:
        return self._region.quotas.class_limits(name)

    def update_class(self, ctx: Context, name: str, limits: Mapping[str, int]) -> None:
        self._region.quotas.set_class(name, limits)
