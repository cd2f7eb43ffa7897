"""Ports as a table of attributes.

Source: the API reference's "Ports" and the extensions binding, security-group, allowed-address-pairs, extra_dhcp_opt,
port-security, dns-integration, ip-substring-filtering.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.listing import Filter, FilterParameter
from jumpgate.common.typed import Call
from jumpgate.network.handlers import readers
from jumpgate.network.handlers.attributes import PAGES, Resource
from jumpgate.network.handlers.standard import (
    ADMIN_STATE,
    DESCRIPTION,
    NAME,
    OWNER,
    STATUS,
    TAG_FILTERS,
    TIMES,
    identifier,
)
from jumpgate.network.handlers.subnets import new_target as on_network
from jumpgate.network.models import AddressPair, FixedIp, Port, PortSpec
from jumpgate.network.schemas import addresses
from jumpgate.network.schemas import values as read

VNIC_TYPES = (
    "normal",
    "direct",
    "macvtap",
    "baremetal",
    "direct-physical",
    "virtio-forwarder",
    "smart-nic",
    "vdpa",
    "accelerator-direct",
    "accelerator-direct-physical",
    "remote-managed",
)


def target(port: Port) -> Mapping[str, object]:
    """Return what the policy rules for a port look at; ``shared`` is its network's."""
    return {
        "project_id": port.project_id,
        "tenant_id": port.project_id,
        "network:project_id": port.network_owner_id,
        "network:tenant_id": port.network_owner_id,
        "shared": port.network_shared,
        "device_owner": port.device_owner,
    }


def _new_target(call: Call[Any], values: Mapping[str, Any]) -> Mapping[str, object]:
    return {**on_network(call, values), "device_owner": ""}


def fixed_ips(items: Iterable[FixedIp], scene: Any) -> list[dict[str, Any]]:
    """Return addresses as JSON."""
    subnet_id = scene.ids[Kind.SUBNET].to_openstack
    return [{"subnet_id": subnet_id(item.subnet_id), "ip_address": item.ip_address} for item in items]


def _pair(port: Port, pair: AddressPair) -> dict[str, str]:
    return {"mac_address": pair.mac_address or port.mac_address, "ip_address": pair.ip_address}


def _options(port: Port, _: Any) -> list[dict[str, Any]]:
    return [
        {"opt_name": item.name, "opt_value": item.value, "ip_version": item.ip_version} for item in port.extra_dhcp_opts
    ]


def _dns_assignment(port: Port, _: Any) -> list[dict[str, Any]]:
    """Say under which names the port's addresses are known; without a name of its own, by the address."""
    domain = port.dns_domain or "openstacklocal."
    found = []
    for item in port.fixed_ips:
        address = item.ip_address or ""
        host = port.dns_name or f"host-{address.replace('.', '-').replace(':', '-')}"
        found.append({"ip_address": address, "hostname": host, "fqdn": f"{host}.{domain}"})
    return found


def _binding(name: str, attribute: str, convert: Any = None, filter_by: Any = None) -> Field:
    """Return a field of how a port is plugged: the business of services and administrators."""
    rule = f"{{verb}}_port:binding:{name}"
    given = None if convert is None else Input(to_model=convert, rule=rule)
    return Field(f"binding:{name}", attribute, visible=f"get_port:binding:{name}", input=given, filter=filter_by)


def _key_and_value(text: str) -> tuple[tuple[str, str], ...]:
    key, equals, value = (part.strip() for part in text.partition("="))
    if not key or not equals:
        raise read.invalid(f"'{text}' is not of the form <key>=[value]")
    return ((key, value),)


_ADDRESS_FILTERS = {
    "ip_address": ("fixed_ips.ip_address", "any"),
    "subnet_id": ("fixed_ips.subnet_id", "any"),
    "ip_address_substr": ("fixed_ips.ip_address", "part"),
}


def _refine(item: Filter) -> Iterable[Filter]:
    """Turn ``fixed_ips=ip_address=10.0.0.1&fixed_ips=subnet_id=…`` into a filter for each key."""
    if item.attribute != "fixed_ips":
        return (item,)
    wanted = defaultdict(list)
    for key, value in item.values:
        if key not in _ADDRESS_FILTERS:
            raise read.invalid(f"'{key}' is no key of fixed_ips")
        wanted[key].append(value)
    return [Filter(_ADDRESS_FILTERS[key][0], tuple(values), _ADDRESS_FILTERS[key][1]) for key, values in wanted.items()]


def _mac(text: str) -> str:
    try:
        return addresses.mac_address(text)
    except ValueError:
        return text


PORTS = Resource(
    singular="port",
    plural="ports",
    contract="ports",
    kind=Kind.PORT,
    path_field="port_id",
    missing="PortNotFound",
    spec=PortSpec,
    target=target,
    new_target=_new_target,
    refine=_refine,
    parameters=dataclasses.replace(
        PAGES,
        filters={
            **TAG_FILTERS,
            "fixed_ips": FilterParameter("fixed_ips", _key_and_value),
            "security_groups": FilterParameter("security_group_ids", str, "any"),
        },
    ),
    fields=(
        identifier(Kind.PORT),
        NAME,
        Field(
            "network_id",
            kind=Kind.NETWORK,
            input=Input(to_model=read.uuid, update=False, required=True),
            filter=str,
            sort=True,
        ),
        *OWNER,
        Field(
            "mac_address",
            input=Input(to_model=addresses.mac_address, rule="{verb}_port:mac_address"),
            filter=_mac,
            sort=True,
        ),
        ADMIN_STATE,
        STATUS,
        Field(
            "device_id",
            input=Input(to_model=read.string(255), rule="{verb}_port:device_id"),
            filter=str,
            sort=True,
        ),
        Field(
            "device_owner",
            input=Input(to_model=read.string(255), rule="{verb}_port:device_owner"),
            filter=str,
            sort=True,
        ),
        Field(
            "fixed_ips",
            lambda port, scene: fixed_ips(port.fixed_ips, scene),
            input=Input(to_model=readers.fixed_ips, rule="{verb}_port:fixed_ips", attribute="fixed_ips"),
        ),
        Field(
            "allowed_address_pairs",
            lambda port, _: [_pair(port, pair) for pair in port.allowed_address_pairs],
            input=Input(
                to_model=readers.address_pairs,
                rule="{verb}_port:allowed_address_pairs",
                attribute="allowed_address_pairs",
            ),
        ),
        Field("extra_dhcp_opts", _options, input=Input(to_model=readers.dhcp_options, attribute="extra_dhcp_opts")),
        Field(
            "security_groups",
            "security_group_ids",
            kind=Kind.SECURITY_GROUP,
            input=Input(to_model=read.none_as_empty(read.items_of(read.uuid))),
        ),
        DESCRIPTION,
        Field(
            "binding:vnic_type",
            "binding_vnic_type",
            input=Input(to_model=read.one_of(VNIC_TYPES), rule="{verb}_port:binding:vnic_type"),
            filter=str,
        ),
        _binding("host_id", "binding_host_id", read.none_as("", read.string(255)), str),
        _binding("profile", "binding_profile", read.mapping),
        _binding("vif_type", "binding_vif_type"),
        _binding("vif_details", "binding_vif_details"),
        Field("port_security_enabled", input=Input(to_model=read.flag, rule="{verb}_port:port_security_enabled")),
        Field("dns_name", input=Input(to_model=read.dns_name)),
        Field("dns_domain", input=Input(to_model=read.dns_domain)),
        Field("dns_assignment", _dns_assignment),
        Field("qos_policy_id"),
        Field("ip_allocation", filter=str, sort=True),
        Field("tags", input=Input(to_model=read.tags, update=False, rule="{verb}_port:tags")),
        *TIMES,
    ),
)
