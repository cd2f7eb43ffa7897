"""Backups: the collection, its members, their restoration, records and actions."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import Backups, BlockStorage
from jumpgate.block_storage.handlers.actions import Action, perform
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.lists import ListFilter, Listing, answer, ids
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volumes import find_volume, names
from jumpgate.block_storage.models import Backup, BackupRecord, BackupSpec
from jumpgate.block_storage.schemas import backups as schemas
from jumpgate.block_storage.schemas.parameters import is_true
from jumpgate.block_storage.schemas.volumes import NOTHING
from jumpgate.block_storage.views import backups as views
from jumpgate.common.errors import BadRequest, NotSupported
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, operation

STATUSES = ("available", "error")

LISTING = Listing(
    resource="backup",
    plural="backups",
    label="Backup",
    kind=Kind.BACKUP,
    filters={
        "name": ListFilter(attribute="name", is_text=True),
        "status": ListFilter(attribute="status", is_text=True),
        "volume_id": ListFilter(attribute="volume_id", make=ids(Kind.VOLUME)),
        "id": ListFilter(attribute="id", make=ids(Kind.BACKUP), admin=True),
        "parent_id": ListFilter(attribute="parent_id", make=ids(Kind.BACKUP), admin=True),
        "snapshot_id": ListFilter(attribute="snapshot_id", make=ids(Kind.SNAPSHOT), admin=True),
        "project_id": ListFilter(attribute="project_id", admin=True),
        "user_id": ListFilter(attribute="user_id", admin=True),
    },
    sort_keys={
        "id": "id",
        "name": "name",
        "display_name": "name",
        "status": "status",
        "size": "size_gib",
        "volume_id": "volume_id",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "data_timestamp": "data_timestamp",
    },
)


def backups_of(call: Call[BlockStorage]) -> Backups:
    """Return the cloud's backups; raise NotSupported where it has none."""
    if call.cloud.backups is None:
        raise NotSupported("This cloud has no backups of volumes.")
    return call.cloud.backups


def find_backup(call: Call[BlockStorage], backup_id: str) -> Backup:
    """Return the backup of a path, which the caller must be able to see."""
    return backups_of(call).get(call.ctx, call.native_in_path(Kind.BACKUP, backup_id))


def _allowed(call: Call[BlockStorage], backup_id: str, rule: str) -> Backup:
    backup = find_backup(call, backup_id)
    call.require(rule, target(backup))
    return backup


class BackupsHandler(DialectHandler):
    """The collection in its short form, and creation."""

    @operation("backups.find", policy="backup:get_all", cached="backups")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, backups_of(call), views.SUMMARY[self.dialect].bind(call), counts=True)

    @operation("backups.create", body=schemas.CREATE, status=202)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        body = call.body["backup"]
        volume = find_volume(call, body["volume_id"])
        call.require("backup:create", target(volume))
        snapshot_id = body.get("snapshot_id")
        spec = BackupSpec(
            **names(body),
            volume_id=volume.id,
            container=body.get("container"),
            snapshot_id=call.native_in_path(Kind.SNAPSHOT, snapshot_id) if snapshot_id else None,
            availability_zone=body.get("availability_zone"),
            metadata=body.get("metadata") or {},
            is_incremental=is_true(body.get("incremental")),
            force=is_true(body.get("force")),
        )
        backup = backups_of(call).create(call.ctx, spec)
        return {"backup": views.SUMMARY[self.dialect].render(backup, call)}


class BackupsDetailHandler(DialectHandler):
    """The collection in its full form."""

    @operation("backups.find", policy="backup:get_all", cached="backups")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, backups_of(call), views.DETAIL[self.dialect].bind(call), counts=True)


class BackupHandler(DialectHandler):
    """One backup."""

    @operation("backups.get", cached="backups")
    def on_get(self, call: Call[BlockStorage], backup_id: str) -> dict[str, Any]:
        """Show."""
        backup = _allowed(call, backup_id, "backup:get")
        return {"backup": views.DETAIL[self.dialect].render(backup, call)}

    @operation("backups.update", body=schemas.UPDATE, since="3.9")
    def on_put(self, call: Call[BlockStorage], backup_id: str) -> dict[str, Any]:
        """Update."""
        backup = _allowed(call, backup_id, "backup:update")
        body = call.body["backup"]
        changes = names(body) | ({"metadata": body["metadata"]} if "metadata" in body else {})
        changed = backups_of(call).update(call.ctx, backup.id, changes)
        return {"backup": views.SUMMARY[self.dialect].render(changed, call)}

    @operation("backups.delete", status=202)
    def on_delete(self, call: Call[BlockStorage], backup_id: str) -> None:
        """Delete."""
        backups_of(call).delete(call.ctx, _allowed(call, backup_id, "backup:delete").id)


class BackupRestoreHandler(DialectHandler):
    """``POST /backups/{id}/restore``."""

    @operation("backups.restore", body=schemas.RESTORE, status=202)
    def on_post(self, call: Call[BlockStorage], backup_id: str) -> dict[str, Any]:
        """Restore."""
        backup = _allowed(call, backup_id, "backup:restore")
        body = call.body["restore"] or {}
        volume_id = body.get("volume_id")
        into = find_volume(call, volume_id).id if volume_id else None
        volume = backups_of(call).restore(call.ctx, backup.id, into, body.get("name"))
        return views.restoration(backup_id, volume, call)


class BackupExportHandler(DialectHandler):
    """``GET /backups/{id}/export_record``."""

    @operation("backups.export_record")
    def on_get(self, call: Call[BlockStorage], backup_id: str) -> dict[str, Any]:
        """Export."""
        backup = _allowed(call, backup_id, "backup:export-import")
        record = backups_of(call).export_record(call.ctx, backup.id)
        return {"backup-record": {"backup_service": record.service, "backup_url": record.url}}


class BackupImportHandler(DialectHandler):
    """``POST /backups/import_record``."""

    @operation("backups.import_record", policy="backup:backup-import", body=schemas.IMPORT, status=201)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Import."""
        body = call.body["backup-record"]
        record = BackupRecord(service=body["backup_service"], url=body["backup_url"])
        backup = backups_of(call).import_record(call.ctx, record)
        return {"backup": views.SUMMARY[self.dialect].render(backup, call)}


def _reset_status(call: Call[BlockStorage], backup: Backup, body: Any) -> None:
    status = body["status"].lower()
    if status not in STATUSES:
        raise BadRequest(f"Backup status: {body['status']} is invalid, valid statuses are: {list(STATUSES)}.")
    backups_of(call).reset_status(call.ctx, backup.id, status)


def _force_delete(call: Call[BlockStorage], backup: Backup, _body: Any) -> None:
    backups_of(call).delete(call.ctx, backup.id, force=True)


ACTIONS: dict[str, Action] = {
    "os-reset_status": Action(
        capability="backups.reset_status",
        run=_reset_status,
        schema=schemas.RESET_STATUS,
        rule="volume_extension:backup_admin_actions:reset_status",
    ),
    "os-force_delete": Action(
        capability="backups.delete",
        run=_force_delete,
        schema=NOTHING,
        rule="volume_extension:backup_admin_actions:force_delete",
    ),
}


class BackupActionHandler(DialectHandler):
    """``POST /backups/{id}/action``."""

    actions = ACTIONS

    @operation(body=NOTHING)
    def on_post(self, call: Call[BlockStorage], backup_id: str) -> dict[str, Any] | None:
        """Act."""
        return perform(call, ACTIONS, lambda: find_backup(call, backup_id), target)
