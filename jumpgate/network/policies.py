"""Who may do what in the network: Neutron's rules and their defaults of today.

Source: ``neutron.conf.policies``, with the new defaults enforced. A target has ``project_id``, and what lies on a
network or in a security group has ``network:project_id`` or ``security_group:project_id``, the owner of that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from oslo_policy import policy as oslo

from jumpgate.common.policy import Rule

_ADMIN = "rule:admin_only"
_SERVICE = "rule:service_api"
_MEMBER = "role:member and project_id:%(project_id)s"
_READER = "role:reader and project_id:%(project_id)s"
_MANAGER = "role:manager and project_id:%(project_id)s"
_NET_MEMBER = "role:member and rule:network_owner"
_NET_READER = "role:reader and rule:network_owner"


def _any(*checks: str) -> str:
    return " or ".join(f"({check})" for check in checks)


_ADMIN_OR_SERVICE = _any(_ADMIN, _SERVICE)
_ADMIN_OR_MEMBER = _any(_ADMIN, _MEMBER)
_ADMIN_OR_READER = _any(_ADMIN, _READER)
_ADMIN_OR_NET_MEMBER = _any(_ADMIN, _NET_MEMBER)


class FieldCheck(oslo.Check):
    """``field:networks:shared=True``: compares an attribute of the target, with ``~`` by a regular expression."""

    def __init__(self, kind: str, match: str) -> None:
        super().__init__(kind, match)
        field, self._wanted = match.split(":", 1)[1].rsplit("=", 1)
        self._field = field
        self._pattern = re.compile(self._wanted[1:]) if self._wanted.startswith("~") else None

    def __call__(self, target: Mapping[str, Any], creds: Mapping[str, Any], enforcer: Any, rule: Any = None) -> bool:
        value = target.get(self._field)
        if value is None:
            return False
        return bool(self._pattern.match(value)) if self._pattern else str(value) == self._wanted


def register_checks() -> None:
    """Teach oslo.policy the kind of check that is Neutron's own."""
    oslo.register("field", FieldCheck)


_BASE: Mapping[str, str] = {
    "service_api": "role:service",
    "context_is_advsvc": "role:advsvc",
    "admin_only": "rule:context_is_admin",
    "regular_user": "",
    "default": "rule:admin_or_owner",
    "admin_or_network_owner": "rule:context_is_admin or project_id:%(network:project_id)s",
    "admin_owner_or_network_owner": "rule:owner or rule:admin_or_network_owner",
    "network_owner": "project_id:%(network:project_id)s",
    "sg_owner": "project_id:%(security_group:project_id)s",
    "admin_or_sg_owner": "rule:context_is_admin or project_id:%(security_group:project_id)s",
    "admin_owner_or_sg_owner": "rule:owner or rule:admin_or_sg_owner",
    "shared": "field:networks:shared=True",
    "external": "field:networks:router:external=True",
    "external_network": "field:subnets:router:external=True",
    "shared_address_scopes": "field:address_scopes:shared=True",
    "shared_subnetpools": "field:subnetpools:shared=True",
    "shared_security_group": "field:security_groups:shared=True",
    "rule_default_sg": "field:security_group_rules:belongs_to_default_sg=True",
    "network_device": "field:port:device_owner=~^network:",
    "compute_device": "field:port:device_owner=~^compute:",
    "baremetal_device": "field:port:device_owner=~^baremetal:",
    "manila_device": "field:port:device_owner=~^manila:",
}


def _rules(check: str, *names: str) -> Iterator[Rule]:
    """Yield the rules that have the same default."""
    for name in names:
        yield Rule(name, check)


def _both(name: str) -> tuple[str, str]:
    return f"create_{name}", f"update_{name}"


_NETWORKS = (
    *_rules(_ADMIN_OR_MEMBER, "create_network", "update_network", "delete_network"),
    *_rules(_ADMIN_OR_MEMBER, *_both("network:port_security_enabled"), *_both("network:tags"), "delete_network:tags"),
    *_rules(_ADMIN, *_both("network:shared"), *_both("network:router:external"), *_both("network:is_default")),
    *_rules(
        _ADMIN,
        *(
            f"{verb}_network:provider:{name}"
            for verb in ("create", "get", "update")
            for name in ("network_type", "physical_network", "segmentation_id")
        ),
    ),
    *_rules(
        _any(_ADMIN, _READER, _SERVICE, "rule:shared", "rule:external", "rule:context_is_advsvc"),
        "get_network",
        "get_network:tags",
    ),
)

_SUBNETS = (
    *_rules(_ADMIN_OR_NET_MEMBER, "create_subnet"),
    *_rules(_any(_MEMBER, _ADMIN, _NET_MEMBER), "update_subnet", "delete_subnet", *_both("subnet:tags")),
    *_rules(_any(_MEMBER, _ADMIN, _NET_MEMBER), "delete_subnet:tags"),
    *_rules(_ADMIN, *_both("subnet:service_types"), *_both("subnet:segment_id"), "get_subnet:segment_id"),
    *_rules(
        _any(_READER, "rule:shared", "rule:external_network", _ADMIN, _NET_READER, _SERVICE),
        "get_subnet",
        "get_subnet:tags",
    ),
)

_POOLS = (
    *_rules(_ADMIN_OR_MEMBER, "create_subnetpool", "update_subnetpool", "delete_subnetpool"),
    *_rules(_ADMIN_OR_MEMBER, *_both("subnetpool:tags"), "delete_subnetpool:tags", "add_prefixes", "remove_prefixes"),
    *_rules(_ADMIN, "create_subnetpool:shared", *_both("subnetpool:is_default")),
    *_rules(_any(_ADMIN, _READER, "rule:shared_subnetpools"), "get_subnetpool", "get_subnetpool:tags"),
)

_PLACED = _any(_ADMIN, _SERVICE, _NET_MEMBER)
_OWNED = f"({_any(_NET_MEMBER, _MEMBER)})"
_DELETABLE = "not rule:compute_device and not rule:baremetal_device and not rule:manila_device"

_PORTS = (
    *_rules(_any(_ADMIN, _SERVICE, _NET_MEMBER, "rule:shared"), "create_port", "create_port:fixed_ips"),
    *_rules(_any(_ADMIN, _SERVICE, _NET_MEMBER, "rule:shared"), *_both("port:fixed_ips:subnet_id")),
    *_rules(_PLACED, "create_port:mac_address", "update_port:fixed_ips", *_both("port:fixed_ips:ip_address")),
    *_rules(_PLACED, *_both("port:port_security_enabled"), *_both("port:allowed_address_pairs")),
    *_rules(_PLACED, *_both("port:allowed_address_pairs:mac_address")),
    *_rules(_PLACED, *_both("port:allowed_address_pairs:ip_address")),
    *_rules(_any("not rule:network_device", _ADMIN, _SERVICE, _NET_MEMBER), *_both("port:device_owner")),
    *_rules(_any(_ADMIN, _SERVICE, "role:manager and rule:network_owner"), "update_port:mac_address"),
    *_rules(_any(_ADMIN, _MEMBER, _SERVICE), "update_port", *_both("port:device_id")),
    *_rules(_any(_ADMIN, _MEMBER, _SERVICE), *_both("port:binding:vnic_type")),
    *_rules(_ADMIN_OR_SERVICE, *_both("port:binding:host_id")),
    *_rules(_SERVICE, *_both("port:binding:profile")),
    *_rules(
        _ADMIN_OR_SERVICE,
        "get_port:binding:vif_type",
        "get_port:binding:vif_details",
        "get_port:binding:host_id",
        "get_port:binding:profile",
    ),
    *_rules(_any(_ADMIN, _SERVICE, _NET_READER, _READER), "get_port"),
    *_rules(_any("rule:context_is_advsvc", _ADMIN, _NET_READER, _READER), "get_port:tags"),
    *_rules(_any(_ADMIN, _MEMBER, "rule:context_is_advsvc"), *_both("port:tags")),
    *_rules(_any("rule:context_is_advsvc", _MEMBER, _ADMIN, _NET_MEMBER), "delete_port:tags"),
    *_rules(
        _any(
            _ADMIN,
            _SERVICE,
            f"service_roles:service and {_OWNED}",
            f"{_DELETABLE} and {_OWNED}",
        ),
        "delete_port",
    ),
)

_SECURITY_GROUPS = (
    *_rules(_ADMIN_OR_MEMBER, "create_security_group", "update_security_group", "delete_security_group"),
    *_rules(_ADMIN_OR_MEMBER, *_both("security_group:tags"), "delete_security_group:tags"),
    *_rules(_any(_ADMIN, _READER, "rule:shared_security_group"), "get_security_group", "get_security_group:tags"),
    *_rules(_any(_ADMIN, "role:member and rule:sg_owner"), "create_security_group_rule", "delete_security_group_rule"),
    *_rules(_any(_ADMIN, "role:reader and rule:sg_owner"), "get_security_group_rule"),
)

_GATEWAY = "router:external_gateway_info"

_ROUTERS = (
    *_rules(_ADMIN_OR_MEMBER, "create_router", "update_router", "delete_router", *_both("router:tags")),
    *_rules(_ADMIN_OR_MEMBER, "delete_router:tags", *_both(_GATEWAY), *_both(f"{_GATEWAY}:network_id")),
    *_rules(_ADMIN_OR_MEMBER, "add_router_interface", "remove_router_interface"),
    *_rules(_ADMIN_OR_MEMBER, "add_extraroutes", "remove_extraroutes"),
    *_rules(_ADMIN, *_both(f"{_GATEWAY}:enable_snat"), *_both(f"{_GATEWAY}:external_fixed_ips")),
    *_rules(_ADMIN_OR_READER, "get_router", "get_router:tags"),
    *_rules(_ADMIN, *_both("router:distributed"), "get_router:distributed", *_both("router:ha"), "get_router:ha"),
    *_rules(_ADMIN_OR_MEMBER, "create_floatingip", "update_floatingip", "delete_floatingip"),
    *_rules(_ADMIN_OR_MEMBER, *_both("floatingip:tags"), "delete_floatingip:tags"),
    *_rules(_any(_ADMIN, _MANAGER), "create_floatingip:floating_ip_address"),
    *_rules(_ADMIN_OR_READER, "get_floatingip", "get_floatingip:tags"),
)

_TRUNKS = (
    *_rules(_ADMIN_OR_MEMBER, "create_trunk", "update_trunk", "delete_trunk", "add_subports", "remove_subports"),
    *_rules(_ADMIN_OR_MEMBER, *_both("trunk:tags"), "delete_trunk:tags"),
    *_rules(_ADMIN_OR_READER, "get_trunk", "get_trunk:tags", "get_subports"),
)

_SCOPES = (
    *_rules(_ADMIN_OR_MEMBER, "create_address_scope", "update_address_scope", "delete_address_scope"),
    *_rules(_ADMIN, *_both("address_scope:shared")),
    *_rules(_any(_ADMIN, _READER, "rule:shared_address_scopes"), "get_address_scope"),
)

_OTHERS = (
    *_rules(_any(_ADMIN, _MANAGER), "get_quota"),
    *_rules(_ADMIN, "update_quota", "delete_quota", "get_agent", "update_agent", "delete_agent", "create_agent"),
    *_rules(_ADMIN, "get_dhcp-agents", "get_dhcp-networks", "create_dhcp-network", "delete_dhcp-network"),
    *_rules(_ADMIN, "get_l3-agents", "get_l3-routers", "create_l3-router", "delete_l3-router"),
    *_rules(_ADMIN_OR_READER, "get_auto_allocated_topology"),
    *_rules(_ADMIN_OR_MEMBER, "delete_auto_allocated_topology"),
    *_rules(_ADMIN_OR_READER, "get_metering_label", "get_metering_label_rule"),
    *_rules(_any(_ADMIN, _MANAGER), "create_metering_label", "update_metering_label", "delete_metering_label"),
    *_rules(_any(_ADMIN, _MANAGER), "create_metering_label_rule", "update_metering_label_rule"),
    *_rules(_any(_ADMIN, _MANAGER), "delete_metering_label_rule"),
    *_rules("role:reader", "get_availability_zone"),
    *_rules(_ADMIN_OR_SERVICE, "get_network_ip_availability"),
)

RULES: tuple[Rule, ...] = (
    *(Rule(name, check) for name, check in _BASE.items()),
    *_NETWORKS,
    *_SUBNETS,
    *_POOLS,
    *_PORTS,
    *_SECURITY_GROUPS,
    *_ROUTERS,
    *_TRUNKS,
    *_SCOPES,
    *_OTHERS,
)
