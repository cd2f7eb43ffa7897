"""Which handler answers which endpoint of the network service."""

from __future__ import annotations

from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.typed import Application, Handler, TypedService, attach
from jumpgate.network.contract import Network
from jumpgate.network.handlers import (
    agents,
    availabilities,
    extensions,
    quotas,
    routers,
    subnet_pools,
    topologies,
    trunks,
    versions,
    zones,
)
from jumpgate.network.handlers.address_scopes import ADDRESS_SCOPES
from jumpgate.network.handlers.agents import AGENTS
from jumpgate.network.handlers.attributes import Resource, expose_resource
from jumpgate.network.handlers.floating_ips import FLOATING_IPS
from jumpgate.network.handlers.metering import METERING_LABEL_RULES, METERING_LABELS
from jumpgate.network.handlers.networks import NETWORKS
from jumpgate.network.handlers.ports import PORTS
from jumpgate.network.handlers.routers import ROUTERS
from jumpgate.network.handlers.security_groups import SECURITY_GROUP_RULES, SECURITY_GROUPS
from jumpgate.network.handlers.subnet_pools import SUBNET_POOLS
from jumpgate.network.handlers.subnets import SUBNETS
from jumpgate.network.handlers.tags import expose_tags
from jumpgate.network.handlers.trunks import TRUNKS
from jumpgate.network.policies import RULES, register_checks

_RESOURCES: tuple[tuple[str, str, Resource], ...] = (
    ("v2_networks", "v2_network", NETWORKS),
    ("v2_subnets", "v2_subnet", SUBNETS),
    ("v2_subnetpools", "v2_subnetpool", SUBNET_POOLS),
    ("v2_ports", "v2_port", PORTS),
    ("v2_security_groups", "v2_security_group", SECURITY_GROUPS),
    ("v2_security_group_rules", "v2_security_group_rule", SECURITY_GROUP_RULES),
    ("v2_routers", "v2_router", ROUTERS),
    ("v2_floatingips", "v2_floatingip", FLOATING_IPS),
    ("v2_trunks", "v2_trunk", TRUNKS),
    ("v2_address_scopes", "v2_address_scope", ADDRESS_SCOPES),
    ("v2_agents", "v2_agent", AGENTS),
    ("v2_metering_labels", "v2_metering_label", METERING_LABELS),
    ("v2_metering_label_rules", "v2_metering_label_rule", METERING_LABEL_RULES),
)

_TAGGED: tuple[tuple[str, str, Resource], ...] = (
    ("v2_network_tags", "v2_network_tag", NETWORKS),
    ("v2_subnet_tags", "v2_subnet_tag", SUBNETS),
    ("v2_subnetpool_tags", "v2_subnetpool_tag", SUBNET_POOLS),
    ("v2_port_tags", "v2_port_tag", PORTS),
    ("v2_security_group_tags", "v2_security_group_tag", SECURITY_GROUPS),
    ("v2_router_tags", "v2_router_tag", ROUTERS),
    ("v2_floatingip_tags", "v2_floatingip_tag", FLOATING_IPS),
    ("v2_trunk_tags", "v2_trunk_tag", TRUNKS),
)

# What is served beside a resource's own endpoints, where the cloud has the resource.
_OPTIONAL: tuple[tuple[str, tuple[tuple[str, type[Handler[Network]]], ...]], ...] = (
    ("routers", routers.HANDLERS),
    ("subnet_pools", subnet_pools.HANDLERS),
    ("availability_zones", zones.ZONE_HANDLERS),
    ("network_availabilities", availabilities.HANDLERS),
    ("quotas", quotas.HANDLERS),
    ("agents", agents.HANDLERS),
    ("trunks", trunks.HANDLERS),
    ("auto_allocated_topologies", topologies.HANDLERS),
)


def expose(app: Application, disp: Dispatcher, network: Network) -> None:
    """Serve a cloud's network service."""
    register_checks()
    service = TypedService(app, disp, network, RULES)
    for many, one, resource in _RESOURCES:
        expose_resource(service, resource, many=many, one=one)
    for many, one, resource in _TAGGED:
        expose_tags(service, resource, many=many, one=one)
    attach(service, (*versions.HANDLERS, *extensions.HANDLERS, *zones.HANDLERS))
    if network.agents is None:
        attach(service, zones.NO_AGENT_HANDLERS)
    for part, handlers in _OPTIONAL:
        if getattr(network, part) is not None:
            attach(service, handlers)
