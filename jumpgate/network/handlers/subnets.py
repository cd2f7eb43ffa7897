"""Subnets as a table of attributes. Source: the API reference's "Subnets"."""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call
from jumpgate.network.handlers import readers
from jumpgate.network.handlers.attributes import PAGES, Resource, own_target
from jumpgate.network.handlers.standard import DESCRIPTION, NAME, OWNER, TAG_FILTERS, TAGS, TIMES, identifier
from jumpgate.network.models import HostRoute, Subnet, SubnetSpec
from jumpgate.network.schemas import addresses
from jumpgate.network.schemas import values as read

IPV6_MODES = ("dhcpv6-stateful", "dhcpv6-stateless", "slaac", None)


def target(subnet: Subnet) -> Mapping[str, object]:
    """Return what the policy rules for a subnet look at."""
    return {
        "project_id": subnet.project_id,
        "tenant_id": subnet.project_id,
        "network:project_id": subnet.network_owner_id,
        "network:tenant_id": subnet.network_owner_id,
        "shared": subnet.shared,
        "router:external": subnet.external,
    }


def new_target(call: Call[Any], values: Mapping[str, Any]) -> Mapping[str, object]:
    """Return the policy target of a thing that is about to be made on a network, which the caller must see."""
    network = call.cloud.networks.get(call.ctx, values["network_id"])
    return {
        **own_target(call, values),
        "network:project_id": network.project_id,
        "network:tenant_id": network.project_id,
        "shared": network.shared,
        "router:external": network.external,
    }


def routes(items: tuple[HostRoute, ...]) -> list[dict[str, str]]:
    """Return static routes as JSON."""
    return [{"destination": item.destination, "nexthop": item.nexthop} for item in items]


def _prefix(text: str) -> str:
    """Read the prefix by which a list is filtered; one that no subnet can have finds none."""
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        raise read.invalid(f"{text} is not in a CIDR format") from None
    return text


def _mode(name: str) -> Field:
    return Field(name, input=Input(to_model=read.one_of(IPV6_MODES), update=False), filter=str, sort=True)


SUBNETS = Resource(
    singular="subnet",
    plural="subnets",
    contract="subnets",
    kind=Kind.SUBNET,
    path_field="subnet_id",
    missing="SubnetNotFound",
    spec=SubnetSpec,
    target=target,
    new_target=new_target,
    parameters=dataclasses.replace(PAGES, filters=TAG_FILTERS),
    fields=(
        identifier(Kind.SUBNET),
        NAME,
        *OWNER,
        Field(
            "network_id",
            kind=Kind.NETWORK,
            input=Input(to_model=read.uuid, update=False, required=True),
            filter=str,
            sort=True,
        ),
        Field(
            "ip_version",
            input=Input(to_model=read.integer_of((4, 6)), update=False, required=True),
            filter=read.integer,
            sort=True,
        ),
        Field(
            "subnetpool_id",
            kind=Kind.SUBNET_POOL,
            input=Input(to_model=read.or_none(read.uuid), update=False),
            filter=str,
            sort=True,
        ),
        Field("enable_dhcp", input=Input(to_model=read.flag), filter=read.flag, sort=True),
        _mode("ipv6_ra_mode"),
        _mode("ipv6_address_mode"),
        Field("gateway_ip", input=Input(to_model=read.or_none(addresses.ip_address)), filter=str, sort=True),
        Field("cidr", input=Input(to_model=read.or_none(addresses.cidr), update=False), filter=_prefix, sort=True),
        Field(
            "allocation_pools",
            lambda subnet, _: [{"start": pool.start, "end": pool.end} for pool in subnet.allocation_pools],
            input=Input(to_model=readers.allocation_pools, attribute="allocation_pools"),
        ),
        Field(
            "host_routes",
            lambda subnet, _: routes(subnet.host_routes),
            input=Input(to_model=read.none_as_empty(readers.host_routes), attribute="host_routes"),
        ),
        Field("dns_nameservers", input=Input(to_model=read.none_as_empty(readers.nameservers))),
        DESCRIPTION,
        Field("router:external", "external", filter=read.flag),
        Field("service_types", input=Input(to_model=readers.service_types, rule="{verb}_subnet:service_types")),
        Field("segment_id", visible="get_subnet:segment_id", filter=str, sort=True),
        Field("dns_publish_fixed_ip", input=Input(to_model=read.flag)),
        TAGS,
        *TIMES,
    ),
    unseen=(
        Field("prefixlen", "prefix_length", input=Input(to_model=read.integer_between(0, 128), update=False)),
        Field("use_default_subnetpool", "use_default_pool", input=Input(to_model=read.flag, update=False)),
        Field("shared"),
    ),
)
