"""Networks as a table of attributes.

Source: the API reference's "Networks" and the extensions external-net, provider, net-mtu-writable, port-security and
dns-integration.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call
from jumpgate.network.handlers.attributes import PAGES, Resource, own_target
from jumpgate.network.handlers.standard import (
    ADMIN_STATE,
    DESCRIPTION,
    NAME,
    OWNER,
    STATUS,
    TAG_FILTERS,
    TAGS,
    TIMES,
    identifier,
)
from jumpgate.network.models import Network, NetworkSpec
from jumpgate.network.schemas import values as read

SMALLEST_MTU = 68


def target(network: Network) -> Mapping[str, object]:
    """Return what the policy rules for a network look at."""
    return {
        "project_id": network.project_id,
        "tenant_id": network.project_id,
        "shared": network.shared,
        "router:external": network.external,
    }


def _new_target(call: Call[Any], values: Mapping[str, Any]) -> Mapping[str, object]:
    return {**own_target(call, values), "shared": False, "router:external": False}


def _provider(name: str, convert: Any, filter_by: Any = str) -> Field:
    return Field(
        f"provider:{name}",
        name,
        visible=f"get_network:provider:{name}",
        input=Input(to_model=convert, rule=f"{{verb}}_network:provider:{name}"),
        filter=filter_by,
    )


NETWORKS = Resource(
    singular="network",
    plural="networks",
    contract="networks",
    kind=Kind.NETWORK,
    path_field="network_id",
    missing="NetworkNotFound",
    spec=NetworkSpec,
    target=target,
    new_target=_new_target,
    parameters=dataclasses.replace(PAGES, filters=TAG_FILTERS),
    fields=(
        identifier(Kind.NETWORK),
        NAME,
        *OWNER,
        ADMIN_STATE,
        Field("mtu", input=Input(to_model=read.not_negative), filter=read.integer, sort=True),
        STATUS,
        Field(
            "subnets", lambda network, scene: [scene.ids[Kind.SUBNET].to_openstack(item) for item in network.subnet_ids]
        ),
        Field("shared", input=Input(to_model=read.flag, rule="{verb}_network:shared"), filter=read.flag),
        Field("availability_zone_hints", input=Input(to_model=read.zone_hints, update=False), sort=True),
        Field("availability_zones"),
        Field("ipv4_address_scope"),
        Field("ipv6_address_scope"),
        Field(
            "router:external",
            "external",
            input=Input(to_model=read.flag, rule="{verb}_network:router:external"),
            filter=read.flag,
        ),
        Field("is_default", input=Input(to_model=read.flag, rule="{verb}_network:is_default"), filter=read.flag),
        DESCRIPTION,
        Field("port_security_enabled", input=Input(to_model=read.flag, rule="{verb}_network:port_security_enabled")),
        Field("dns_domain", input=Input(to_model=read.dns_domain)),
        Field("qos_policy_id"),
        Field("l2_adjacency"),
        _provider("network_type", read.string(32)),
        _provider("physical_network", read.string(64)),
        _provider("segmentation_id", read.integer, read.integer),
        TAGS,
        *TIMES,
    ),
)
