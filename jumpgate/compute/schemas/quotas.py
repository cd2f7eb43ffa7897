"""The bodies and queries of quota sets and limits, and which resources each microversion knows."""

from __future__ import annotations

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas import parameters as a
from jumpgate.compute.schemas.parameters import body, closed, extended, query, several, versioned

RESOURCES = (
    "instances",
    "cores",
    "ram",
    "fixed_ips",
    "floating_ips",
    "key_pairs",
    "metadata_items",
    "security_groups",
    "security_group_rules",
    "server_groups",
    "server_group_members",
    "injected_files",
    "injected_file_content_bytes",
    "injected_file_path_bytes",
)
# The network service's own, gone since 2.36, and those of files, gone with personality since 2.57.
OF_NETWORKS = frozenset({"fixed_ips", "floating_ips", "security_groups", "security_group_rules"})
OF_FILES = frozenset({"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"})

_KEY = "quota_set"
_LIMIT: JsonSchema = a.whole(-1, a.LARGEST_INTEGER)
_UPDATE = body(_KEY, {**dict.fromkeys(RESOURCES, _LIMIT), "force": a.BOOLEAN})
_WITHOUT_NETWORKS = extended(_UPDATE, _KEY, dict.fromkeys(OF_NETWORKS))
UPDATE = versioned(
    _UPDATE,
    {"2.36": _WITHOUT_NETWORKS, "2.57": extended(_WITHOUT_NETWORKS, _KEY, dict.fromkeys(OF_FILES))},
)
_CLASS = "quota_class_set"
_UPDATE_CLASS = body(_CLASS, dict.fromkeys(RESOURCES, _LIMIT))
_CLASS_WITHOUT_NETWORKS = extended(_UPDATE_CLASS, _CLASS, dict.fromkeys(OF_NETWORKS))
UPDATE_CLASS = versioned(
    _UPDATE_CLASS,
    {"2.50": _CLASS_WITHOUT_NETWORKS, "2.57": extended(_CLASS_WITHOUT_NETWORKS, _CLASS, dict.fromkeys(OF_FILES))},
)
_USER = query({"user_id": several()})
QUERY = Schema(_USER, {"2.75": closed(_USER)})
_TENANT = query({"tenant_id": several()})
LIMITS_QUERY = Schema(_TENANT, {"2.75": closed(_TENANT)})
