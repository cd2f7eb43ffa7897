"""Floating IPs as a table of attributes. Source: the API reference's "Floating IPs"."""

from __future__ import annotations

import dataclasses
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.network.handlers.attributes import PAGES, Resource
from jumpgate.network.handlers.standard import DESCRIPTION, OWNER, STATUS, TAG_FILTERS, TAGS, TIMES, identifier
from jumpgate.network.models import FloatingIp, FloatingIpSpec
from jumpgate.network.schemas import addresses
from jumpgate.network.schemas import values as read


def _port_details(floating: FloatingIp, scene: Any) -> dict[str, Any] | None:
    port = floating.port
    if port is None:
        return None
    return {
        "name": port.name,
        "network_id": scene.ids[Kind.NETWORK].to_openstack(port.network_id),
        "mac_address": port.mac_address,
        "admin_state_up": port.admin_state_up,
        "status": port.status,
        "device_id": port.device_id,
        "device_owner": port.device_owner,
    }


_ADDRESS = read.or_none(addresses.ip_address)

FLOATING_IPS = Resource(
    singular="floatingip",
    plural="floatingips",
    contract="floating_ips",
    kind=Kind.FLOATING_IP,
    path_field="floatingip_id",
    missing="FloatingIPNotFound",
    spec=FloatingIpSpec,
    parameters=dataclasses.replace(PAGES, filters=TAG_FILTERS),
    fields=(
        identifier(Kind.FLOATING_IP),
        *OWNER,
        STATUS,
        Field(
            "floating_network_id",
            kind=Kind.NETWORK,
            input=Input(to_model=read.uuid, update=False, required=True),
            filter=str,
            sort=True,
        ),
        Field(
            "floating_ip_address",
            input=Input(to_model=_ADDRESS, update=False, rule="{verb}_floatingip:floating_ip_address"),
            filter=str,
            sort=True,
        ),
        Field("port_id", kind=Kind.PORT, input=Input(to_model=read.or_none(read.uuid)), filter=str),
        Field("fixed_ip_address", input=Input(to_model=_ADDRESS), filter=str, sort=True),
        Field("router_id", kind=Kind.ROUTER, filter=str, sort=True),
        DESCRIPTION,
        Field("dns_name", input=Input(to_model=read.relative_dns_name, update=False)),
        Field("dns_domain", input=Input(to_model=read.dns_domain, update=False)),
        Field("qos_policy_id"),
        Field("port_details", _port_details),
        TAGS,
        *TIMES,
    ),
    unseen=(Field("subnet_id", kind=Kind.SUBNET, input=Input(to_model=read.or_none(read.uuid), update=False)),),
)
