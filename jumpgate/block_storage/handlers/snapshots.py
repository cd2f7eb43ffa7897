"""Snapshots: the collection, its members and their actions."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage, Snapshots
from jumpgate.block_storage.handlers.actions import Action, perform
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.lists import ListFilter, Listing, answer, constant, ids, pairs
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volumes import find_volume, names
from jumpgate.block_storage.models import Snapshot, SnapshotSpec
from jumpgate.block_storage.schemas import snapshots as schemas
from jumpgate.block_storage.schemas.parameters import is_true
from jumpgate.block_storage.schemas.volumes import NOTHING
from jumpgate.block_storage.views import snapshots as views
from jumpgate.common.errors import BadRequest, NotSupported
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, operation

IN_USE_SINCE = "3.66"
STATUSES = (
    "error",
    "available",
    "creating",
    "deleting",
    "deleted",
    "updating",
    "error_deleting",
    "unmanaging",
    "backing-up",
    "restoring",
)

LISTING = Listing(
    resource="snapshot",
    plural="snapshots",
    label="Snapshot",
    kind=Kind.SNAPSHOT,
    filters={
        "name": ListFilter(attribute="name", is_text=True),
        "status": ListFilter(attribute="status", is_text=True),
        "volume_id": ListFilter(attribute="volume_id", make=ids(Kind.VOLUME)),
        "metadata": ListFilter(attribute="metadata", make=pairs, since="3.22"),
        "availability_zone": ListFilter(attribute="availability_zone", since="3.31"),
        "consumes_quota": ListFilter(attribute="consumes_quota", make=constant(True), since="3.31"),
        "display_name": ListFilter(attribute="name", is_text=True, admin=True),
        "id": ListFilter(attribute="id", make=ids(Kind.SNAPSHOT), admin=True),
        "project_id": ListFilter(attribute="project_id", admin=True),
        "user_id": ListFilter(attribute="user_id", admin=True),
    },
    sort_keys={
        "id": "id",
        "name": "name",
        "display_name": "name",
        "status": "status",
        "volume_id": "volume_id",
        "created_at": "created_at",
        "updated_at": "updated_at",
    },
)


def snapshots_of(call: Call[BlockStorage]) -> Snapshots:
    """Return the cloud's snapshots; raise NotSupported where it has none."""
    if call.cloud.snapshots is None:
        raise NotSupported("This cloud has no snapshots of volumes.")
    return call.cloud.snapshots


def find_snapshot(call: Call[BlockStorage], snapshot_id: str) -> Snapshot:
    """Return the snapshot of a path, which the caller must be able to see."""
    return snapshots_of(call).get(call.ctx, call.native_in_path(Kind.SNAPSHOT, snapshot_id))


class SnapshotsHandler(DialectHandler):
    """The collection in its short form, and creation."""

    @operation("snapshots.find", policy="volume:get_all_snapshots", cached="snapshots")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        render = views.summary(self.dialect).bind(call)
        return answer(call, LISTING, snapshots_of(call), render, counts=True)

    @operation("snapshots.create", body=schemas.CREATE)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        body = call.body["snapshot"]
        volume = find_volume(call, body["volume_id"] or "")
        call.require("volume:create_snapshot", target(volume))
        spec = SnapshotSpec(
            volume_id=volume.id,
            metadata=body.get("metadata") or {},
            force=_force(call, body.get("force")),
            **names(body),
        )
        snapshot = snapshots_of(call).create(call.ctx, spec)
        call.resp.status = self.dialect.accepted
        return {"snapshot": views.changed(self.dialect).render(snapshot, call)}


def _force(call: Call[BlockStorage], given: object) -> bool:
    """Tell whether the volume may be in use: if the client says so, and since 3.66 always."""
    if not call.at_least(IN_USE_SINCE):
        return is_true(given)
    if given is not None and not is_true(given):
        raise BadRequest(
            "Since microversion 3.66 the 'force' flag is invalid for this request.  For backward compatability, "
            "however, when the 'force' flag is passed with a value evaluating to True, it is silently ignored."
        )
    return True


class SnapshotsDetailHandler(DialectHandler):
    """The collection in its full form."""

    @operation("snapshots.find", policy="volume:get_all_snapshots", cached="snapshots")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        render = views.detail(self.dialect).bind(call)
        return answer(call, LISTING, snapshots_of(call), render, counts=True)


class SnapshotHandler(DialectHandler):
    """One snapshot."""

    @operation("snapshots.get", cached="snapshots")
    def on_get(self, call: Call[BlockStorage], snapshot_id: str) -> dict[str, Any]:
        """Show."""
        snapshot = find_snapshot(call, snapshot_id)
        call.require("volume:get_snapshot", target(snapshot))
        return {"snapshot": views.detail(self.dialect).render(snapshot, call)}

    @operation("snapshots.update", body=schemas.UPDATE)
    def on_put(self, call: Call[BlockStorage], snapshot_id: str) -> dict[str, Any]:
        """Update."""
        snapshot = find_snapshot(call, snapshot_id)
        call.require("volume:update_snapshot", target(snapshot))
        changed = snapshots_of(call).update(call.ctx, snapshot.id, names(call.body["snapshot"]))
        return {"snapshot": views.changed(self.dialect).render(changed, call)}

    @operation("snapshots.delete", status=202)
    def on_delete(self, call: Call[BlockStorage], snapshot_id: str) -> None:
        """Delete."""
        snapshot = find_snapshot(call, snapshot_id)
        call.require("volume:delete_snapshot", target(snapshot))
        snapshots_of(call).delete(call.ctx, snapshot.id)


def _reset_status(call: Call[BlockStorage], snapshot: Snapshot, body: Any) -> None:
    status = body["status"].lower()
    if status not in STATUSES:
        raise BadRequest(f"Snapshot status: {body['status']} is invalid, valid statuses are: {STATUSES}.")
    snapshots_of(call).reset_status(call.ctx, snapshot.id, status)


def _report_status(call: Call[BlockStorage], snapshot: Snapshot, body: Any) -> None:
    progress = body.get("progress")
    percent = int(progress.rstrip("%")) if progress else None
    snapshots_of(call).report_status(call.ctx, snapshot.id, body["status"], percent)


def _unmanage(call: Call[BlockStorage], snapshot: Snapshot, _body: Any) -> None:
    snapshots_of(call).unmanage(call.ctx, snapshot.id)


def _force_delete(call: Call[BlockStorage], snapshot: Snapshot, _body: Any) -> None:
    snapshots_of(call).delete(call.ctx, snapshot.id, force=True)


ACTIONS: dict[str, Action] = {
    "os-reset_status": Action(
        capability="snapshots.reset_status",
        run=_reset_status,
        schema=schemas.RESET_STATUS,
        rule="volume_extension:snapshot_admin_actions:reset_status",
    ),
    "os-update_snapshot_status": Action(
        capability="snapshots.report_status",
        run=_report_status,
        schema=schemas.REPORT_STATUS,
        rule="snapshot_extension:snapshot_actions:update_snapshot_status",
    ),
    "os-unmanage": Action(
        capability="snapshots.unmanage",
        run=_unmanage,
        schema=NOTHING,
        rule="snapshot_extension:snapshot_unmanage",
    ),
    "os-force_delete": Action(
        capability="snapshots.delete",
        run=_force_delete,
        schema=NOTHING,
        rule="volume_extension:snapshot_admin_actions:force_delete",
    ),
}


class SnapshotActionHandler(DialectHandler):
    """``POST /snapshots/{id}/action``."""

    actions = ACTIONS

    @operation(body=NOTHING)
    def on_post(self, call: Call[BlockStorage], snapshot_id: str) -> dict[str, Any] | None:
        """Act."""
        return perform(call, ACTIONS, lambda: find_snapshot(call, snapshot_id), target)
