"""The bodies that create and change servers, and the queries that list them.

Source: the API reference, "Servers"; each row of a table below is a line of the REST API Version History.
"""

from __future__ import annotations

from jumpgate.common.schema import JsonSchema, Schema
from jumpgate.compute.schemas import parameters as a
from jumpgate.compute.schemas.parameters import body, closed, extended, query, relaxed, several, versioned

_HINTS: JsonSchema = {
    "type": "object",
    "properties": {
        "group": {"anyOf": [a.UUID, {"type": "array", "items": a.UUID}]},
        "different_host": {"anyOf": [a.UUID, {"type": "array", "items": a.UUID}]},
        "same_host": {"anyOf": [{"type": "string"}, {"type": "array", "items": a.UUID}]},
        "query": {"type": ["string", "object"]},
        "target_cell": a.NAME,
        "different_cell": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "build_near_host_ip": a.IP,
        "cidr": {"type": "string", "pattern": "^/[0-9a-f.:]+$"},
    },
}

_DEVICE: JsonSchema = {
    "virtual_name": {"type": "string", "maxLength": 255},
    "volume_id": a.UUID,
    "snapshot_id": a.UUID,
    "volume_size": a.SIZE,
    "device_name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._/-]*$"},
    "delete_on_termination": a.BOOLEAN,
    "no_device": {},
    "connection_info": {"type": "string"},
}
_DEVICE_2: JsonSchema = {
    **_DEVICE,
    "source_type": {"enum": ["volume", "image", "snapshot", "blank"]},
    "uuid": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._-]*$"},
    "image_id": a.UUID,
    "destination_type": {"enum": ["local", "volume"]},
    "guest_format": {"type": "string", "maxLength": 255},
    "device_type": {"type": "string", "maxLength": 255},
    "disk_bus": {"type": "string", "maxLength": 255},
    "boot_index": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$"},
}
_NETWORK: JsonSchema = {"fixed_ip": a.IP, "port": a.UUID_OR_NULL, "uuid": {"type": "string"}}


def _list(properties: JsonSchema, *required: str) -> JsonSchema:
    item = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"type": "array", "items": item}


def _networks(**more: JsonSchema) -> JsonSchema:
    """Since 2.37 networks must be said: a list, or auto or none."""
    listed = _list({**_NETWORK, "uuid": a.UUID, **more})
    return {"anyOf": [listed, {"enum": ["none", "auto"]}]}


_PERSONALITY = _list({"path": {"type": "string"}, "contents": a.BASE64}, "path", "contents")
_TRUSTED: JsonSchema = {
    "type": ["array", "null"],
    "minItems": 1,
    "maxItems": 50,
    "uniqueItems": True,
    "items": {"type": "string", "minLength": 1},
}
_USER_DATA: JsonSchema = {**a.BASE64, "maxLength": 65535}
_FLAVOR_REF: JsonSchema = {"type": ["string", "integer"], "minLength": 1}

_SERVER: JsonSchema = {
    "name": a.NAME,
    "imageRef": {"anyOf": [a.UUID, {"type": "string", "maxLength": 0}]},
    "flavorRef": _FLAVOR_REF,
    "adminPass": {"type": "string"},
    "metadata": a.METADATA,
    "networks": _list(_NETWORK),
    "OS-DCF:diskConfig": a.DISK_CONFIG,
    "accessIPv4": a.IPV4,
    "accessIPv6": a.IPV6,
    "personality": _PERSONALITY,
    "availability_zone": a.NAME,
    "block_device_mapping": _list(_DEVICE),
    "block_device_mapping_v2": _list(_DEVICE_2),
    "config_drive": a.BOOLEAN,
    "key_name": a.NAME,
    "min_count": a.POSITIVE,
    "max_count": a.POSITIVE,
    "return_reservation_id": a.BOOLEAN,
    "security_groups": _list({"name": a.NAME}),
    "user_data": _USER_DATA,
}


def _create() -> Schema:
    key = "server"
    # The legacy API gave imageRef and flavorRef as URLs as well.
    first = body(key, _SERVER, "name", "flavorRef")
    first = {
        **first,
        "properties": {**first["properties"], "os:scheduler_hints": _HINTS, "OS-SCH-HNT:scheduler_hints": _HINTS},
    }
    legacy = extended(
        first,
        key,
        {
            "name": a.LOOSE_NAME,
            "availability_zone": a.LOOSE_NAME,
            "key_name": a.LOOSE_NAME,
            "user_data": {**_USER_DATA, "type": ["string", "null"]},
        },
    )
    v19 = extended(first, key, {"description": a.DESCRIPTION})
    v32 = extended(
        v19,
        key,
        {
            "networks": _list({**_NETWORK, "tag": a.TAG}),
            "block_device_mapping_v2": _list({**_DEVICE_2, "tag": a.TAG}),
        },
    )
    # 2.33 lost the disks' tags again, and 2.37 the interfaces'; 2.42 brought both back.
    v33 = extended(v32, key, {"block_device_mapping_v2": _list(_DEVICE_2)})
    v37 = extended(v33, key, {"networks": _networks()}, "networks")
    v42 = extended(
        v37,
        key,
        {"networks": _networks(tag=a.TAG), "block_device_mapping_v2": _list({**_DEVICE_2, "tag": a.TAG})},
    )
    v52 = extended(v42, key, {"tags": {"type": "array", "items": a.TAG, "maxItems": 50}})
    v57 = extended(v52, key, {"personality": None})
    v63 = extended(v57, key, {"trusted_image_certificates": _TRUSTED})
    volume_type = {"type": ["string", "null"], "maxLength": 255}
    v67 = extended(
        v63, key, {"block_device_mapping_v2": _list({**_DEVICE_2, "tag": a.TAG, "volume_type": volume_type})}
    )
    v74 = extended(v67, key, {"host": a.FQDN, "hypervisor_hostname": a.FQDN})
    v90 = extended(v74, key, {"hostname": a.HOSTNAME})
    v94 = extended(v90, key, {"hostname": a.FQDN})
    return Schema(
        relaxed(legacy),
        {
            "2.1": first,
            "2.19": v19,
            "2.32": v32,
            "2.33": v33,
            "2.37": v37,
            "2.42": v42,
            "2.52": v52,
            "2.57": v57,
            "2.63": v63,
            "2.67": v67,
            "2.74": v74,
            "2.90": v90,
            "2.94": v94,
        },
    )


def _update() -> Schema:
    key = "server"
    names = ("name", "OS-DCF:diskConfig", "accessIPv4", "accessIPv6")
    first = body(key, {name: _SERVER[name] for name in names})
    v19 = extended(first, key, {"description": a.DESCRIPTION})
    v90 = extended(v19, key, {"hostname": a.HOSTNAME})
    v94 = extended(v90, key, {"hostname": a.FQDN})
    legacy = extended(first, key, {"name": a.LOOSE_NAME})
    v104 = extended(v94, key, {"pinned_availability_zone": a.NAME_OR_NULL})
    return versioned(first, {"2.19": v19, "2.90": v90, "2.94": v94, "2.104": v104}, legacy=legacy)


def _rebuild() -> Schema:
    key = "rebuild"
    names = ("name", "adminPass", "metadata", "OS-DCF:diskConfig", "accessIPv4", "accessIPv6", "personality")
    properties = {name: _SERVER[name] for name in names}
    first = body(key, {**properties, "imageRef": a.UUID, "preserve_ephemeral": a.BOOLEAN}, "imageRef")
    v19 = extended(first, key, {"description": a.DESCRIPTION})
    v54 = extended(v19, key, {"key_name": a.NAME_OR_NULL})
    v57 = extended(v54, key, {"personality": None, "user_data": {**_USER_DATA, "type": ["string", "null"]}})
    v63 = extended(v57, key, {"trusted_image_certificates": _TRUSTED})
    v90 = extended(v63, key, {"hostname": a.HOSTNAME})
    v94 = extended(v90, key, {"hostname": a.FQDN})
    later = {"2.19": v19, "2.54": v54, "2.57": v57, "2.63": v63, "2.90": v90, "2.94": v94}
    return versioned(first, later, legacy=extended(first, key, {"name": a.LOOSE_NAME}))


CREATE = _create()
UPDATE = _update()
REBUILD = _rebuild()

# Sort keys that were once columns of Nova's own: they are taken and mean nothing, until 2.75 refuses them.
IGNORED_SORT_KEYS = frozenset(
    {
        "architecture",
        "cell_name",
        "cleaned",
        "default_ephemeral_device",
        "default_swap_device",
        "deleted",
        "deleted_at",
        "disable_terminate",
        "ephemeral_gb",
        "ephemeral_key_uuid",
        "id",
        "key_data",
        "launched_on",
        "locked",
        "memory_mb",
        "os_type",
        "reservation_id",
        "root_gb",
        "shutdown_terminate",
        "user_data",
        "vcpus",
        "vm_mode",
    }
)
SORT_KEYS = (
    "access_ip_v4",
    "access_ip_v6",
    "auto_disk_config",
    "availability_zone",
    "config_drive",
    "created_at",
    "display_description",
    "display_name",
    "host",
    "hostname",
    "image_ref",
    "instance_type_id",
    "kernel_id",
    "key_name",
    "launch_index",
    "launched_at",
    "locked_by",
    "node",
    "power_state",
    "progress",
    "project_id",
    "ramdisk_id",
    "root_device_name",
    "task_state",
    "terminated_at",
    "updated_at",
    "user_id",
    "uuid",
    "vm_state",
)

_REGEX: JsonSchema = {"type": "string", "format": "regular-expression"}
_TIME: JsonSchema = {"type": "string", "format": "iso-8601-time"}
_WORDS = (
    "user_id",
    "project_id",
    "tenant_id",
    "launch_index",
    "image_ref",
    "image",
    "vm_state",
    "task_state",
    "host",
    "uuid",
    "sort_dir",
    "all_tenants",
    "soft_deleted",
    "deleted",
    "status",
    # Nova's tables behind a server: they pass here and are refused by name.
    "block_device_mapping",
    "services",
    "metadata",
    "system_metadata",
    "info_cache",
    "security_groups",
    "pci_devices",
)
_PATTERNS = (
    "kernel_id",
    "ramdisk_id",
    "hostname",
    "key_name",
    "power_state",
    "node",
    "flavor",
    "reservation_id",
    "launched_at",
    "terminated_at",
    "availability_zone",
    "name",
    "display_name",
    "description",
    "display_description",
    "locked_by",
    "root_device_name",
    "config_drive",
    "access_ip_v4",
    "access_ip_v6",
    "auto_disk_config",
    "progress",
    "ip",
    "ip6",
    "created_at",
)
_TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")


def _list_query() -> Schema:
    properties = {
        **dict.fromkeys(_WORDS, several()),
        **dict.fromkeys(_PATTERNS, several(_REGEX)),
        **a.PAGING,
        "changes-since": several(_TIME),
        "sort_key": several({"enum": [*SORT_KEYS, *sorted(IGNORED_SORT_KEYS)]}),
    }
    first = query(properties)
    tags = {**properties, **dict.fromkeys(_TAG_FILTERS, several(_REGEX))}
    before = {**tags, "changes-before": several(_TIME)}
    locked = {**before, "locked": several()}
    strict = {**locked, "sort_key": several({"enum": [*SORT_KEYS, "locked"]})}
    return Schema(
        first, {"2.26": query(tags), "2.66": query(before), "2.73": query(locked), "2.75": closed(query(strict))}
    )


LIST_QUERY = _list_query()
