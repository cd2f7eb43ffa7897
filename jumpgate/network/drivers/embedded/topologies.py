"""The embedded auto-allocated topologies: a network, subnets from the default pools and a router, in one write."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.network.contract import AutoAllocatedTopologies
from jumpgate.network.drivers.embedded.networks import EmbeddedNetworks
from jumpgate.network.drivers.embedded.records import TOPIC, Row
from jumpgate.network.drivers.embedded.routers import EmbeddedRouters
from jumpgate.network.drivers.embedded.subnets import EmbeddedSubnets
from jumpgate.network.models import Gateway, NetworkSpec, RouterSpec, SubnetSpec
from jumpgate.network.models.agents import Topology
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import networks, subnet_pools, subnets
from jumpgate.store.tables.network_agents import topologies


class EmbeddedAutoAllocatedTopologies(AutoAllocatedTopologies):
    """Which network was made for which project."""

    def __init__(self, places: EmbeddedNetworks, blocks: EmbeddedSubnets, ways: EmbeddedRouters) -> None:
        self._store = places.store
        self._networks = places
        self._subnets = blocks
        self._routers = ways

    def get(self, ctx: Context, project_id: str) -> Topology:
        with self._store.read() as connection:
            made = _made(connection, project_id)
        if made is None:
            with self._store.write(TOPIC) as connection:
                made = _made(connection, project_id) or self._make(connection, project_id)
        return Topology(network_id=made.network_id, project_id=project_id)

    def check(self, ctx: Context) -> None:
        with self._store.read() as connection:
            _external(connection)
            if not _versions(connection):
                raise fault("AutoAllocationFailure", "No default subnetpools defined")

    def _make(self, connection: sa.Connection, project_id: str) -> Row:
        ctx = service_context(project_id)
        external = _external(connection)
        network_id = self._networks.add(connection, ctx, NetworkSpec(name="auto_allocated_network"))
        try:
            subnet_ids = [self._add_subnet(connection, ctx, network_id, version) for version in _versions(connection)]
        except (BadRequest, Conflict) as error:
            raise fault("AutoAllocationFailure", "Unable to provide project private network") from error
        if not subnet_ids:
            raise fault("AutoAllocationFailure", "Unable to provide project private network")
        spec = RouterSpec(name="auto_allocated_router", gateway=Gateway(network_id=external))
        router_id = self._routers.add(connection, ctx, spec)
        for subnet_id in subnet_ids:
            self._routers.join(connection, ctx, router_id, subnet_id=subnet_id)
        row = {"project_id": project_id, "network_id": network_id, "router_id": router_id}
        connection.execute(topologies.insert().values(row))
        made = _made(connection, project_id)
        assert made is not None  # it was just entered
        return made

    def _add_subnet(self, connection: sa.Connection, ctx: Context, network_id: str, version: int) -> str:
        spec = SubnetSpec(
            network_id=network_id,
            name=f"auto_allocated_subnet_v{version}",
            ip_version=version,
            use_default_pool=True,
        )
        return self._subnets.add(connection, ctx, spec)

    def delete(self, ctx: Context, project_id: str) -> None:
        worker = service_context(project_id)
        with self._store.write(TOPIC) as connection:
            made = _made(connection, project_id)
            if made is None:
                return
            within = sa.select(subnets.c.id).where(subnets.c.network_id == made.network_id)
            if made.router_id is not None:
                for subnet_id in connection.execute(within).scalars().all():
                    # A leg that its owner has taken away already needs no removal.
                    with contextlib.suppress(NotFound):
                        self._routers.leave(connection, worker, made.router_id, subnet_id=subnet_id)
                self._routers.drop(connection, worker, made.router_id)
            self._networks.drop(connection, worker, made.network_id)


def _made(connection: sa.Connection, project_id: str) -> Row | None:
    return connection.execute(sa.select(topologies).where(topologies.c.project_id == project_id)).one_or_none()


def _external(connection: sa.Connection) -> str:
    """Return the external network by default; raise Conflict where there is none."""
    found = connection.execute(sa.select(networks.c.id).where(networks.c.is_default.is_(True))).scalar()
    if found is None:
        raise fault("AutoAllocationFailure", "No default router:external network")
    return str(found)


def _versions(connection: sa.Connection) -> list[int]:
    """Return the IP versions for which there is a subnet pool by default."""
    default = sa.select(subnet_pools.c.ip_version).where(subnet_pools.c.is_default.is_(True))
    return list(connection.execute(default.order_by(subnet_pools.c.ip_version)).scalars())
