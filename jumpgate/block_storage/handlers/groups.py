"""Groups of volumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jumpgate.block_storage.contract import BlockStorage, Groups
from jumpgate.block_storage.handlers.actions import Action, perform
from jumpgate.block_storage.handlers.lists import ListFilter, Listing, answer, flag
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volumes import names, type_reference
from jumpgate.block_storage.models import Group, GroupCopySpec, GroupSpec
from jumpgate.block_storage.schemas import groups as schemas
from jumpgate.block_storage.schemas.parameters import is_true
from jumpgate.block_storage.schemas.volumes import NOTHING
from jumpgate.block_storage.views import groups as views
from jumpgate.common.errors import BadRequest, NotSupported
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, operation

SINCE = "3.13"
COPIES_SINCE = "3.14"
STATUSES = ("error", "available", "creating", "deleting", "deleted", "updating", "in-use", "error_deleting")

LISTING = Listing(
    resource="group",
    plural="groups",
    label="Group",
    filters={
        "name": ListFilter(attribute="name", is_text=True),
        "id": ListFilter(attribute="id", admin=True),
        "status": ListFilter(attribute="status", admin=True),
        "group_type_id": ListFilter(attribute="group_type_id", admin=True),
        "project_id": ListFilter(attribute="project_id", admin=True),
        "user_id": ListFilter(attribute="user_id", admin=True),
    },
    besides=frozenset({"list_volume"}),
    sort_keys={"id": "id", "name": "name", "status": "status", "created_at": "created_at"},
    links="group_links",
)


def groups_of(call: Call[BlockStorage]) -> Groups:
    """Return the cloud's groups; raise NotSupported where it has none."""
    if call.cloud.groups is None:
        raise NotSupported("This cloud has no groups of volumes.")
    return call.cloud.groups


def find_group(call: Call[BlockStorage], group_id: str) -> Group:
    """Return a group, which the caller must be able to see."""
    group = groups_of(call).get(call.ctx, group_id)
    call.require("group:get", target(group))
    return group


def _detail(call: Call[BlockStorage]) -> Callable[[Group], dict[str, Any]]:
    """Return what renders groups in full, with their volumes for a client that asks (3.25)."""
    render = views.GROUP.bind(call)
    if not (call.at_least("3.25") and flag(call, "list_volume")):
        return render
    return lambda group: {**render(group), "volumes": views.volume_ids(group, call)}


class GroupsHandler(Handler[BlockStorage]):
    """The collection in its short form, and creation."""

    @operation("groups.find", policy="group:get_all", since=SINCE, cached="groups")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, groups_of(call), views.GROUP_SUMMARY.bind(call))

    @operation("groups.create", policy="group:create", body=schemas.CREATE, since=SINCE, status=202)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        body = call.body["group"]
        spec = GroupSpec(
            **names(body),
            group_type=body["group_type"],
            volume_types=tuple(type_reference(call, text) or "" for text in body["volume_types"]),
            availability_zone=body.get("availability_zone"),
        )
        return {"group": views.GROUP_SUMMARY.render(groups_of(call).create(call.ctx, spec), call)}


class GroupsDetailHandler(Handler[BlockStorage]):
    """The collection in its full form."""

    @operation("groups.find", policy="group:get_all", since=SINCE, cached="groups")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, groups_of(call), _detail(call))


class GroupsActionHandler(Handler[BlockStorage]):
    """``POST /groups/action``: a group made of another."""

    @operation("groups.copy", policy="group:create", body=schemas.COPY, since=COPIES_SINCE, status=202)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        body = call.body["create-from-src"]
        spec = GroupCopySpec(
            **names(body),
            group_snapshot_id=body.get("group_snapshot_id"),
            source_group_id=body.get("source_group_id"),
        )
        return {"group": views.GROUP_SUMMARY.render(groups_of(call).copy(call.ctx, spec), call)}


class GroupHandler(Handler[BlockStorage]):
    """One group."""

    @operation("groups.get", since=SINCE, cached="groups")
    def on_get(self, call: Call[BlockStorage], group_id: str) -> dict[str, Any]:
        """Show."""
        return {"group": _detail(call)(find_group(call, group_id))}

    @operation("groups.update", body=schemas.UPDATE, since=SINCE, status=202)
    def on_put(self, call: Call[BlockStorage], group_id: str) -> None:
        """Update."""
        group = find_group(call, group_id)
        call.require("group:update", target(group))
        body = call.body["group"]
        comes, goes = _members(call, body.get("add_volumes")), _members(call, body.get("remove_volumes"))
        both = [volume_id for volume_id in comes if volume_id in goes]
        if both:
            raise BadRequest(
                f"Invalid volume: UUIDs {both} are in both add and remove volume list.", reason="InvalidVolume"
            )
        groups_of(call).update(call.ctx, group.id, names(body), add=comes, remove=goes)


def _members(call: Call[BlockStorage], text: str | None) -> list[str]:
    """Read the ids of volumes between commas."""
    found = [volume_id for volume_id in (text or "").strip(",").split(",") if volume_id]
    return [call.native_in_body(Kind.VOLUME, volume_id) for volume_id in found]


def _delete(call: Call[BlockStorage], group: Group, body: Any) -> None:
    groups_of(call).delete(call.ctx, group.id, with_volumes=is_true(body.get("delete-volumes", False)))


def _reset_status(call: Call[BlockStorage], group: Group, body: Any) -> None:
    status = body["status"].lower()
    if status not in STATUSES:
        raise BadRequest(
            f"Invalid Group Status: Group status: {body['status']} is invalid, valid status are: {STATUSES}.",
            reason="InvalidGroupStatus",
        )
    groups_of(call).reset_status(call.ctx, group.id, status)


ACTIONS: dict[str, Action] = {
    "delete": Action(capability="groups.delete", run=_delete, schema=schemas.DELETE, rule="group:delete"),
    "reset_status": Action(
        capability="groups.reset_status",
        run=_reset_status,
        schema=schemas.RESET_STATUS,
        rule="group:reset_status",
        since="3.20",
    ),
}


class GroupActionHandler(Handler[BlockStorage]):
    """``POST /groups/{id}/action``."""

    actions = ACTIONS

    @operation(body=NOTHING, since=SINCE)
    def on_post(self, call: Call[BlockStorage], group_id: str) -> dict[str, Any] | None:
        """Act."""
        return perform(call, ACTIONS, lambda: find_group(call, group_id), target)
