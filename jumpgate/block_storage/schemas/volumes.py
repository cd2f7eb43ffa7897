"""The bodies of volumes and their actions."""

from __future__ import annotations

from jumpgate.block_storage.schemas.parameters import (
    BOOLEAN,
    DESCRIPTION,
    METADATA,
    NAME,
    OPTIONAL_BOOLEAN,
    OPTIONAL_METADATA,
    OPTIONAL_SIZE,
    OPTIONAL_UUID,
    SIZE,
    UUID,
    Json,
    closed,
    pairs,
    wrapped,
)
from jumpgate.common.schema import Schema

_NAMES: Json = {"name": NAME, "description": DESCRIPTION, "display_name": NAME, "display_description": DESCRIPTION}
_NEW: Json = {
    **_NAMES,
    "volume_type": NAME,
    "metadata": OPTIONAL_METADATA,
    "snapshot_id": OPTIONAL_UUID,
    "source_volid": OPTIONAL_UUID,
    "consistencygroup_id": OPTIONAL_UUID,
    "size": OPTIONAL_SIZE,
    "availability_zone": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
    "multiattach": OPTIONAL_BOOLEAN,
    "image_id": NAME,
    "imageRef": NAME,
}
_NEW_3_13: Json = {**_NEW, "group_id": NAME}
_NEW_3_47: Json = {**_NEW_3_13, "backup_id": OPTIONAL_UUID}


def _create(properties: Json, *, strict: bool = False) -> Json:
    volume = {"type": "object", "properties": properties, "additionalProperties": not strict}
    hints = {"type": ["object", "null"]}
    return closed({"volume": volume, "OS-SCH-HNT:scheduler_hints": hints}, "volume")


CREATE = Schema(
    _create(_NEW),
    {
        "3.13": _create(_NEW_3_13),
        "3.47": _create(_NEW_3_47),
        "3.53": _create(_NEW_3_47, strict=True),
    },
)

_CHANGES: Json = {**_NAMES, "metadata": METADATA}
UPDATE = Schema(
    wrapped("volume", closed(_CHANGES)),
    {"3.53": wrapped("volume", {**closed(_CHANGES), "minProperties": 1})},
)

METADATA_BODY = Schema(wrapped("metadata", METADATA))
METADATA_ITEM = Schema(wrapped("meta", {**METADATA, "minProperties": 1, "maxProperties": 1}))

NOTHING = Schema({"type": "object"})
_CONNECTOR: Json = {"type": ["object", "string"]}
_OPTIONAL_CONNECTOR: Json = {"type": ["object", "string", "null"]}

ATTACH = Schema(
    wrapped(
        "os-attach",
        {
            **closed(
                {
                    "instance_uuid": UUID,
                    "mountpoint": {"type": "string", "minLength": 1, "maxLength": 255},
                    "host_name": {"type": "string", "maxLength": 255},
                    "mode": {"type": "string", "enum": ["rw", "ro"]},
                },
                "mountpoint",
            ),
            "anyOf": [{"required": ["instance_uuid"]}, {"required": ["host_name"]}],
        },
    )
)
DETACH = Schema(wrapped("os-detach", {**closed({"attachment_id": OPTIONAL_UUID}), "type": ["object", "null"]}))
FORCE_DETACH = Schema(
    wrapped(
        "os-force_detach",
        closed({"connector": _OPTIONAL_CONNECTOR, "attachment_id": {"type": ["string", "null"]}}),
    )
)
INITIALIZE_CONNECTION = Schema(wrapped("os-initialize_connection", closed({"connector": _CONNECTOR}, "connector")))
TERMINATE_CONNECTION = Schema(
    wrapped("os-terminate_connection", closed({"connector": _OPTIONAL_CONNECTOR}, "connector"))
)
EXTEND = Schema(wrapped("os-extend", closed({"new_size": SIZE}, "new_size")))
FINISH_EXTENDING = Schema(
    wrapped("os-extend_volume_completion", closed({"error": {"type": ["string", "null", "boolean"]}}))
)
SET_BOOTABLE = Schema(wrapped("os-set_bootable", closed({"bootable": BOOLEAN}, "bootable")))
SET_READ_ONLY = Schema(wrapped("os-update_readonly_flag", closed({"readonly": BOOLEAN}, "readonly")))
RETYPE = Schema(
    wrapped(
        "os-retype",
        closed(
            {
                "new_type": {"type": "string"},
                "migration_policy": {"enum": ["on-demand", "never", None]},
            },
            "new_type",
        ),
    )
)
_MIGRATE: Json = {
    "host": {"type": "string", "maxLength": 255},
    "force_host_copy": BOOLEAN,
    "lock_volume": BOOLEAN,
}
_MIGRATE_3_16: Json = {**_MIGRATE, "host": {"type": ["string", "null"], "maxLength": 255}, "cluster": NAME}
MIGRATE = Schema(
    wrapped("os-migrate_volume", closed(_MIGRATE, "host")),
    {"3.16": wrapped("os-migrate_volume", closed(_MIGRATE_3_16))},
)
REIMAGE = Schema(wrapped("os-reimage", closed({"image_id": UUID, "reimage_reserved": BOOLEAN}, "image_id")))
REVERT = Schema(wrapped("revert", {"type": "object", "properties": {"snapshot_id": {"type": ["string", "null"]}}}))

_STATUS: Json = {"type": ["string", "null"]}
RESET_STATUS = Schema(
    wrapped(
        "os-reset_status",
        closed({"status": _STATUS, "attach_status": _STATUS, "migration_status": _STATUS}),
    )
)

_UPLOAD: Json = {
    "image_name": {"type": "string", "minLength": 1, "maxLength": 255},
    "force": BOOLEAN,
    "disk_format": {"type": "string", "enum": ["raw", "vmdk", "vdi", "qcow2", "vhd", "vhdx", "ploop"]},
    "container_format": DESCRIPTION,
}
_UPLOAD_3_1: Json = {
    **_UPLOAD,
    "visibility": {"type": "string", "enum": ["community", "public", "private", "shared"]},
    "protected": BOOLEAN,
}
UPLOAD = Schema(
    wrapped("os-volume_upload_image", closed(_UPLOAD, "image_name")),
    {"3.1": wrapped("os-volume_upload_image", closed(_UPLOAD_3_1, "image_name"))},
)

SET_IMAGE_METADATA = Schema(
    wrapped(
        "os-set_image_metadata",
        closed({"metadata": pairs("^[a-zA-Z0-9_:. /-]{1,255}$", {"type": "string", "maxLength": 65535})}, "metadata"),
    )
)
UNSET_IMAGE_METADATA = Schema(
    wrapped(
        "os-unset_image_metadata",
        closed({"key": {"type": "string", "minLength": 1, "maxLength": 255}}, "key"),
    )
)
