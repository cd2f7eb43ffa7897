"""The actions of volumes."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.handlers.actions import Action, perform
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volumes import find_volume, type_reference
from jumpgate.block_storage.models import AttachSpec, ImageUploadSpec, StatusChanges, Volume
from jumpgate.block_storage.schemas import volumes as schemas
from jumpgate.block_storage.schemas.parameters import is_true
from jumpgate.block_storage.views import volumes as views
from jumpgate.common.errors import BadRequest, Conflict
from jumpgate.common.ids import Kind
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, operation

STATUSES = (
    "creating",
    "available",
    "deleting",
    "error",
    "error_deleting",
    "error_managing",
    "managing",
    "attaching",
    "in-use",
    "detaching",
    "maintenance",
    "restoring-backup",
    "error_restoring",
    "reserved",
    "awaiting-transfer",
    "backing-up",
    "error_backing-up",
    "error_extending",
    "downloading",
    "uploading",
    "retyping",
    "extending",
)
ATTACH_STATUSES = ("attached", "detached")
MIGRATION_STATUSES = ("migrating", "error", "success", "completing", "none", "starting")

Answer = dict[str, Any] | None


def _reserve(call: Call[BlockStorage], volume: Volume, _body: Any) -> None:
    call.cloud.volumes.reserve(call.ctx, volume.id)


def _unreserve(call: Call[BlockStorage], volume: Volume, _body: Any) -> None:
    call.cloud.volumes.unreserve(call.ctx, volume.id)


def _begin_detaching(call: Call[BlockStorage], volume: Volume, _body: Any) -> None:
    call.cloud.volumes.begin_detaching(call.ctx, volume.id)


def _roll_detaching(call: Call[BlockStorage], volume: Volume, _body: Any) -> None:
    call.cloud.volumes.roll_detaching(call.ctx, volume.id)


def _attach(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    server = body.get("instance_uuid")
    spec = AttachSpec(
        server_id=call.native_in_body(Kind.SERVER, server) if server else None,
        host_name=body.get("host_name"),
        mountpoint=body["mountpoint"],
        mode=body.get("mode", "rw"),
    )
    call.cloud.volumes.attach(call.ctx, volume.id, spec)


def _attachment_id(call: Call[BlockStorage], body: Any) -> str | None:
    text = (body or {}).get("attachment_id")
    return call.native_in_body(Kind.ATTACHMENT, text) if text else None


def _detach(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    attachment_id = _attachment_id(call, body)
    require_unheld(call, volume, attachment_id)
    call.cloud.volumes.detach(call.ctx, volume.id, attachment_id)


def _force_detach(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    attachment_id = _attachment_id(call, body)
    require_unheld(call, volume, attachment_id)
    call.cloud.volumes.force_detach(call.ctx, volume.id, attachment_id)


def require_unheld(call: Call[BlockStorage], volume: Volume, attachment_id: str | None) -> None:
    """Raise Conflict if a server still uses an attachment of the volume, which only its compute service may end."""
    if call.cloud.attachments is None:
        return
    held = [item for item in volume.attachments if attachment_id in (None, item.id)]
    for item in held if len(held) == 1 else ():
        server_id = call.cloud.attachments.holder(call.ctx, item)
        if server_id is not None:
            raise Conflict(f"Detach volume from instance {server_id} using the Compute API")


def _initialize_connection(call: Call[BlockStorage], volume: Volume, body: Any) -> Answer:
    connector = body["connector"]
    if not isinstance(connector, dict):
        raise BadRequest("Invalid input received: The connector is a description of the host, not a word.")
    info = dict(call.cloud.volumes.initialize_connection(call.ctx, volume.id, connector))
    return {"connection_info": {**info, "enforce_multipath": connector.get("enforce_multipath", False)}}


def _terminate_connection(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    require_unheld(call, volume, None)
    connector = body["connector"]
    call.cloud.volumes.terminate_connection(call.ctx, volume.id, connector if isinstance(connector, dict) else {})


def _extend(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    attached = call.at_least("3.42") and volume.status == "in-use"
    call.require("volume:extend_attached_volume" if attached else "volume:extend", target(volume))
    call.cloud.volumes.extend(call.ctx, volume.id, int(body["new_size"]), attached=attached)


def _finish_extending(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    call.cloud.volumes.finish_extending(call.ctx, volume.id, failed=is_true(body.get("error")))


def _migrate(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    host = body.get("host")
    if not host:
        raise BadRequest("Invalid input received: One and only one of cluster and host must be set.")
    call.cloud.volumes.migrate(call.ctx, volume.id, host, locks=is_true(body.get("lock_volume")))


def _unmanage(call: Call[BlockStorage], volume: Volume, _body: Any) -> None:
    call.cloud.volumes.unmanage(call.ctx, volume.id)


def _set_bootable(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    call.cloud.volumes.set_bootable(call.ctx, volume.id, is_true(body["bootable"]))


def _set_read_only(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    call.cloud.volumes.set_read_only(call.ctx, volume.id, is_true(body["readonly"]))


def _retype(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    wanted = type_reference(call, body["new_type"]) or ""
    call.cloud.volumes.retype(call.ctx, volume.id, wanted, body.get("migration_policy") or "never")


def _upload(call: Call[BlockStorage], volume: Volume, body: Any) -> Answer:
    with_visibility = call.at_least("3.1")
    visibility = body.get("visibility", "private") if with_visibility else None
    if visibility == "public":
        call.require("volume_extension:volume_actions:upload_public")
    spec = ImageUploadSpec(
        image_name=body["image_name"],
        disk_format=body.get("disk_format", "raw"),
        container_format=body.get("container_format") or "bare",
        force=is_true(body.get("force")),
        visibility=visibility,
        is_protected=is_true(body.get("protected")) if with_visibility else None,
    )
    upload = call.cloud.volumes.upload(call.ctx, volume.id, spec)
    return views.image_upload(upload, call, with_visibility=with_visibility)


def _reimage(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    call.require("volume:reimage_reserved" if volume.status == "reserved" else "volume:reimage", target(volume))
    image_id = call.native_in_body(Kind.IMAGE, body["image_id"])
    call.cloud.volumes.reimage(call.ctx, volume.id, image_id, reserved=is_true(body.get("reimage_reserved")))


def _revert(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    snapshot_id = body.get("snapshot_id")
    if snapshot_id is None:
        raise BadRequest(f"Specified snapshot None is None or not the latest one of volume {volume.id}.")
    call.cloud.volumes.revert(call.ctx, volume.id, call.native_in_body(Kind.SNAPSHOT, snapshot_id))


def _force_delete(call: Call[BlockStorage], volume: Volume, _body: Any) -> None:
    call.cloud.volumes.delete(call.ctx, volume.id, force=True)


def _reset_status(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    changes = StatusChanges(
        status=_state(body, "status", STATUSES, "Volume status"),
        attach_status=_state(body, "attach_status", ATTACH_STATUSES, "Volume attach status"),
        migration_status=_state(body, "migration_status", MIGRATION_STATUSES, "Volume migration status"),
    )
    if changes == StatusChanges():
        raise BadRequest("Must specify 'status', 'attach_status' or 'migration_status' for update.")
    call.cloud.volumes.reset_status(call.ctx, volume.id, changes)


def _state(body: Any, name: str, valid: tuple[str, ...], label: str) -> str | None:
    state: str | None = body.get(name)
    if state and state.lower() not in valid:
        raise BadRequest(f"{label}: {state} is invalid, valid statuses are: {valid}.")
    return state.lower() if state else None


def _show_image_metadata(_call: Call[BlockStorage], volume: Volume, _body: Any) -> Answer:
    return {"metadata": volume.image_metadata}


def _set_image_metadata(call: Call[BlockStorage], volume: Volume, body: Any) -> Answer:
    return {"metadata": call.cloud.volumes.set_image_metadata(call.ctx, volume.id, body["metadata"])}


def _unset_image_metadata(call: Call[BlockStorage], volume: Volume, body: Any) -> None:
    call.cloud.volumes.delete_image_metadata(call.ctx, volume.id, body["key"])


def _actions_rule(name: str) -> str:
    return f"volume_extension:volume_actions:{name}"


def _admin_rule(name: str) -> str:
    return f"volume_extension:volume_admin_actions:{name}"


_ANY: Schema = schemas.NOTHING

ACTIONS: dict[str, Action] = {
    "os-reserve": Action(capability="volumes.reserve", run=_reserve, schema=_ANY, rule=_actions_rule("reserve")),
    "os-unreserve": Action(
        capability="volumes.unreserve", run=_unreserve, schema=_ANY, rule=_actions_rule("unreserve")
    ),
    "os-begin_detaching": Action(
        capability="volumes.begin_detaching", run=_begin_detaching, schema=_ANY, rule=_actions_rule("begin_detaching")
    ),
    "os-roll_detaching": Action(
        capability="volumes.roll_detaching", run=_roll_detaching, schema=_ANY, rule=_actions_rule("roll_detaching")
    ),
    "os-attach": Action(capability="volumes.attach", run=_attach, schema=schemas.ATTACH, rule=_actions_rule("attach")),
    "os-detach": Action(capability="volumes.detach", run=_detach, schema=schemas.DETACH, rule=_actions_rule("detach")),
    "os-force_detach": Action(
        capability="volumes.force_detach",
        run=_force_detach,
        schema=schemas.FORCE_DETACH,
        rule=_admin_rule("force_detach"),
    ),
    "os-initialize_connection": Action(
        capability="volumes.initialize_connection",
        run=_initialize_connection,
        schema=schemas.INITIALIZE_CONNECTION,
        rule=_actions_rule("initialize_connection"),
        status=200,
    ),
    "os-terminate_connection": Action(
        capability="volumes.terminate_connection",
        run=_terminate_connection,
        schema=schemas.TERMINATE_CONNECTION,
        rule=_actions_rule("terminate_connection"),
    ),
    "os-extend": Action(capability="volumes.extend", run=_extend, schema=schemas.EXTEND),
    "os-set_bootable": Action(
        capability="volumes.set_bootable",
        run=_set_bootable,
        schema=schemas.SET_BOOTABLE,
        rule="volume:update",
        status=200,
    ),
    "os-update_readonly_flag": Action(
        capability="volumes.set_read_only",
        run=_set_read_only,
        schema=schemas.SET_READ_ONLY,
        rule="volume:update_readonly_flag",
    ),
    "os-retype": Action(capability="volumes.retype", run=_retype, schema=schemas.RETYPE, rule="volume:retype"),
    "os-volume_upload_image": Action(
        capability="volumes.upload", run=_upload, schema=schemas.UPLOAD, rule=_actions_rule("upload_image")
    ),
    "os-reimage": Action(capability="volumes.reimage", run=_reimage, schema=schemas.REIMAGE, since="3.68"),
    "revert": Action(
        capability="volumes.revert",
        run=_revert,
        schema=schemas.REVERT,
        rule="volume:revert_to_snapshot",
        since="3.40",
    ),
    "os-extend_volume_completion": Action(
        capability="volumes.finish_extending",
        run=_finish_extending,
        schema=schemas.FINISH_EXTENDING,
        rule=_admin_rule("extend_volume_completion"),
    ),
    "os-migrate_volume": Action(
        capability="volumes.migrate", run=_migrate, schema=schemas.MIGRATE, rule=_admin_rule("migrate_volume")
    ),
    "os-unmanage": Action(
        capability="volumes.unmanage", run=_unmanage, schema=_ANY, rule="volume_extension:volume_unmanage"
    ),
    "os-force_delete": Action(
        capability="volumes.delete", run=_force_delete, schema=_ANY, rule=_admin_rule("force_delete")
    ),
    "os-reset_status": Action(
        capability="volumes.reset_status",
        run=_reset_status,
        schema=schemas.RESET_STATUS,
        rule=_admin_rule("reset_status"),
    ),
    "os-show_image_metadata": Action(
        capability="volumes.get",
        run=_show_image_metadata,
        schema=_ANY,
        rule="volume:get_volume_metadata",
        status=200,
    ),
    "os-set_image_metadata": Action(
        capability="volumes.set_image_metadata",
        run=_set_image_metadata,
        schema=schemas.SET_IMAGE_METADATA,
        rule="volume_extension:volume_image_metadata:set",
        status=200,
    ),
    "os-unset_image_metadata": Action(
        capability="volumes.delete_image_metadata",
        run=_unset_image_metadata,
        schema=schemas.UNSET_IMAGE_METADATA,
        rule="volume_extension:volume_image_metadata:remove",
        status=200,
    ),
}


class VolumeActionHandler(DialectHandler):
    """``POST /volumes/{id}/action``."""

    actions = ACTIONS

    @operation(body=schemas.NOTHING)
    def on_post(self, call: Call[BlockStorage], volume_id: str) -> Answer:
        """Act."""
        return perform(call, ACTIONS, lambda: find_volume(call, volume_id), target)
