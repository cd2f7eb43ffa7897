"""What an empty embedded network begins with: a way out, and pools of which projects get their subnets."""

from __future__ import annotations

from jumpgate.common.context import service_context
from jumpgate.common.listing import Filter, Query
from jumpgate.common.siblings import Siblings
from jumpgate.network.drivers.embedded.networks import EmbeddedNetworks
from jumpgate.network.drivers.embedded.records import TOPIC
from jumpgate.network.drivers.embedded.subnet_pools import EmbeddedSubnetPools
from jumpgate.network.drivers.embedded.subnets import EmbeddedSubnets
from jumpgate.network.models import AllocationPool, NetworkSpec, SubnetPoolSpec, SubnetSpec
from jumpgate.store.engine import Store

ADMIN_PROJECT = "admin"

PUBLIC = NetworkSpec(
    name="public",
    external=True,
    is_default=True,
    network_type="flat",
    physical_network="public",
    port_security_enabled=True,
)
CIDR = "172.24.4.0/24"
GATEWAY = "172.24.4.1"
POOL = AllocationPool(start="172.24.4.2", end="172.24.4.254")


POOLS = (
    SubnetPoolSpec(
        name="shared-default-subnetpool-v4",
        prefixes=("10.0.0.0/8",),
        default_prefix_length=26,
        shared=True,
        is_default=True,
    ),
    SubnetPoolSpec(
        name="shared-default-subnetpool-v6",
        prefixes=("fd00:10::/48",),
        default_prefix_length=64,
        shared=True,
        is_default=True,
    ),
)


def fill(
    store: Store,
    networks: EmbeddedNetworks,
    subnets: EmbeddedSubnets,
    pools: EmbeddedSubnetPools,
    siblings: Siblings,
) -> None:
    """Make the external network and the pools, in a store in which the network service has never written anything."""
    if store.revision(TOPIC) > 0:
        return
    ctx = service_context(_admin_project_id(siblings))
    with store.write(TOPIC) as connection:
        spec = SubnetSpec(
            network_id=networks.add(connection, ctx, PUBLIC),
            name="public-subnet",
            cidr=CIDR,
            gateway_ip=GATEWAY,
            allocation_pools=(POOL,),
            enable_dhcp=False,
        )
        subnets.add(connection, ctx, spec)
        for pool in POOLS:
            pools.add(connection, ctx, pool)


def _admin_project_id(siblings: Siblings) -> str:
    """Return the id of the administrators' project, its name where no identity service knows it."""
    if not siblings.has("identity"):
        return ADMIN_PROJECT
    query = Query(filters=(Filter("name", (ADMIN_PROJECT,)), Filter("domain_id", ("default",))), all_projects=True)
    found = list(siblings["identity"].projects.find(service_context(""), query))
    return next((project.id for project in found if project.name == ADMIN_PROJECT), ADMIN_PROJECT)
