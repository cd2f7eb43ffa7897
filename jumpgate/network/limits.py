"""How much a project may have without limits of its own: Neutron's defaults (``[quotas]`` in neutron.conf)."""

from __future__ import annotations

from collections.abc import Mapping

from jumpgate.common.errors import OverQuota

DEFAULTS: Mapping[str, int] = {
    "network": 100,
    "subnet": 100,
    "subnetpool": -1,
    "port": 500,
    "security_group": 10,
    "security_group_rule": 100,
    "router": 10,
    "floatingip": 50,
    "rbac_policy": 10,
    "trunk": -1,
}


def exceeded(resource: str) -> OverQuota:
    """Return the error for a project that has all that it may have of a resource."""
    return OverQuota(f"Quota exceeded for resources: ['{resource}'].", reason="OverQuota")
