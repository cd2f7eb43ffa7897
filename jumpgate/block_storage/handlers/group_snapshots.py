"""Group snapshots."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage, GroupSnapshots
from jumpgate.block_storage.handlers.actions import Action, perform
from jumpgate.block_storage.handlers.groups import find_group
from jumpgate.block_storage.handlers.lists import ListFilter, Listing, answer
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volumes import names
from jumpgate.block_storage.models import GroupSnapshot, GroupSnapshotSpec
from jumpgate.block_storage.schemas import groups as schemas
from jumpgate.block_storage.schemas.volumes import NOTHING
from jumpgate.block_storage.views import groups as views
from jumpgate.common.errors import BadRequest, NotSupported
from jumpgate.common.typed import Call, Handler, operation

SINCE = "3.14"
STATUSES = ("error", "available", "creating", "deleting", "deleted", "updating", "error_deleting")

LISTING = Listing(
    resource="group_snapshot",
    plural="group_snapshots",
    label="GroupSnapshot",
    filters={
        "name": ListFilter(attribute="name", is_text=True),
        "status": ListFilter(attribute="status", is_text=True),
        "group_id": ListFilter(attribute="group_id"),
        "id": ListFilter(attribute="id", admin=True),
        "project_id": ListFilter(attribute="project_id", admin=True),
        "user_id": ListFilter(attribute="user_id", admin=True),
    },
    sort_keys={"id": "id", "name": "name", "status": "status", "group_id": "group_id", "created_at": "created_at"},
    links="group_snapshot_links",
)


def _snapshots(call: Call[BlockStorage]) -> GroupSnapshots:
    if call.cloud.group_snapshots is None:
        raise NotSupported("This cloud has no snapshots of groups.")
    return call.cloud.group_snapshots


def _find(call: Call[BlockStorage], group_snapshot_id: str) -> GroupSnapshot:
    snapshot = _snapshots(call).get(call.ctx, group_snapshot_id)
    call.require("group:get_group_snapshot", target(snapshot))
    return snapshot


class GroupSnapshotsHandler(Handler[BlockStorage]):
    """The collection in its short form, and creation."""

    @operation("group_snapshots.find", policy="group:get_all_group_snapshots", since=SINCE, cached="group_snapshots")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, _snapshots(call), views.GROUP_SNAPSHOT_SUMMARY.bind(call))

    @operation("group_snapshots.create", body=schemas.CREATE_SNAPSHOT, since=SINCE, status=202)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        body = call.body["group_snapshot"]
        group = find_group(call, body["group_id"])
        call.require("group:create_group_snapshot", target(group))
        spec = GroupSnapshotSpec(group_id=group.id, **names(body))
        snapshot = _snapshots(call).create(call.ctx, spec)
        return {"group_snapshot": views.GROUP_SNAPSHOT_CREATED.render(snapshot, call)}


class GroupSnapshotsDetailHandler(Handler[BlockStorage]):
    """The collection in its full form."""

    @operation("group_snapshots.find", policy="group:get_all_group_snapshots", since=SINCE, cached="group_snapshots")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, _snapshots(call), views.GROUP_SNAPSHOT.bind(call))


class GroupSnapshotHandler(Handler[BlockStorage]):
    """One group snapshot."""

    @operation("group_snapshots.get", since=SINCE, cached="group_snapshots")
    def on_get(self, call: Call[BlockStorage], group_snapshot_id: str) -> dict[str, Any]:
        """Show."""
        return {"group_snapshot": views.GROUP_SNAPSHOT.render(_find(call, group_snapshot_id), call)}

    @operation("group_snapshots.delete", since=SINCE, status=202)
    def on_delete(self, call: Call[BlockStorage], group_snapshot_id: str) -> None:
        """Delete."""
        snapshot = _find(call, group_snapshot_id)
        call.require("group:delete_group_snapshot", target(snapshot))
        _snapshots(call).delete(call.ctx, snapshot.id)


def _reset_status(call: Call[BlockStorage], snapshot: GroupSnapshot, body: Any) -> None:
    status = body["status"].lower()
    if status not in STATUSES:
        raise BadRequest(
            f"Invalid GroupSnapshot Status: Group snapshot status: {body['status']} is invalid, valid statuses are: "
            f"{STATUSES}.",
            reason="InvalidGroupSnapshotStatus",
        )
    _snapshots(call).reset_status(call.ctx, snapshot.id, status)


ACTIONS: dict[str, Action] = {
    "reset_status": Action(
        capability="group_snapshots.reset_status",
        run=_reset_status,
        schema=schemas.RESET_STATUS,
        rule="group:reset_group_snapshot_status",
        since="3.19",
    ),
}


class GroupSnapshotActionHandler(Handler[BlockStorage]):
    """``POST /group_snapshots/{id}/action``."""

    actions = ACTIONS

    @operation(body=NOTHING, since=SINCE)
    def on_post(self, call: Call[BlockStorage], group_snapshot_id: str) -> dict[str, Any] | None:
        """Act."""
        return perform(call, ACTIONS, lambda: _find(call, group_snapshot_id), target)
