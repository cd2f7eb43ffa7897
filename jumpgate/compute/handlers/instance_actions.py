"""``/servers/{server_id}/os-instance-actions``: what was done to a server, since 2.21 also to a deleted one."""

from __future__ import annotations

import dataclasses
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.fields import Field, View
from jumpgate.common.format import iso_microseconds
from jumpgate.common.ids import Kind
from jumpgate.common.listing import EVERYTHING, Filter, ListParameters, MarkerNotFound, Query, page
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute, InstanceActions
from jumpgate.compute.handlers.lookup import get_server, native_server
from jumpgate.compute.models import ActionEvent, InstanceAction
from jumpgate.compute.schemas import server_parts as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY, parse_time
from jumpgate.compute.views.links import Links
from jumpgate.compute.views.servers import host_id

_RULE = "os_compute_api:os-instance-actions:"
_LIST = ListParameters()

_VIEW: View[InstanceAction] = View(
    Field("action", "name"),
    Field("instance_uuid", "server_id", kind=Kind.SERVER),
    Field("request_id"),
    Field("user_id"),
    Field("project_id"),
    Field("start_time", lambda action, _: iso_microseconds(action.started_at)),
    Field("message"),
    Field("updated_at", lambda action, _: iso_microseconds(action.updated_at), since="2.58"),
)


def _contract(call: Call[Compute]) -> InstanceActions:
    actions = call.cloud.instance_actions
    assert actions is not None
    return actions


def _server_id(call: Call[Compute], server_id: str, rule: str) -> str:
    """Return the cloud's id of a server that the caller may see, alive or, since 2.21, deleted."""
    if not call.at_least("2.21"):
        return get_server(call, server_id, _RULE + rule).id
    call.require(_RULE + rule)
    return native_server(call, server_id)


class InstanceActionsHandler(Handler[Compute]):
    """All of a server's, the latest first."""

    @operation("instance_actions.find", query=schemas.LIST_ACTIONS)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        native = _server_id(call, server_id, "list")
        query = _query(call)
        try:
            found = page(_contract(call).find(call.ctx, native, query), query, key="request_id")
        except MarkerNotFound as error:
            raise BadRequest(f"Marker {query.marker} could not be found.") from error
        answer: dict[str, Any] = {"instanceActions": list(map(_VIEW.bind(call), found))}
        ids = [action.request_id for action in found]
        collection = f"servers/{server_id}/os-instance-actions"
        links = Links(call).next(collection, call.parameters, ids, query.limit)
        return {**answer, "links": links} if links else answer


def _query(call: Call[Compute]) -> Query:
    if not call.at_least("2.58"):
        return EVERYTHING
    texts = (call.parameter("changes-since"), call.parameter("changes-before"))
    since, before = (parse_time(text) if text else None for text in texts)
    if since is not None and before is not None and before < since:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    filters = [
        *([Filter("updated_at", (since,), "gte")] if since else []),
        *([Filter("updated_at", (before,), "lte")] if before else []),
    ]
    paging = {name: call.parameters[name] for name in ("limit", "marker") if name in call.parameters}
    return dataclasses.replace(_LIST.query(paging), filters=tuple(filters), sort=())


class InstanceActionHandler(Handler[Compute]):
    """One, known by the id of its request, with its events."""

    @operation("instance_actions.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str, action_id: str) -> dict[str, Any]:
        native = _server_id(call, server_id, "show")
        try:
            action = _contract(call).get(call.ctx, native, action_id)
        except NotFound as error:
            if error.reason is not None:
                raise
            raise NotFound(f"Action {action_id} not found") from error
        shown = _VIEW.render(action, call)
        everything = call.may(_RULE + "events")
        if everything or call.at_least("2.51"):
            shown["events"] = [_event(call, action, event, everything=everything) for event in action.events]
        return {"instanceAction": shown}


def _event(call: Call[Compute], action: InstanceAction, event: ActionEvent, *, everything: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "event": event.name,
        "start_time": iso_microseconds(event.started_at),
        "finish_time": iso_microseconds(event.finished_at),
        "result": event.result,
    }
    if everything:
        shown["traceback"] = event.traceback
    if call.at_least("2.62"):
        shown["hostId"] = host_id(event.host, action.project_id)
        if everything:
            shown["host"] = event.host
    if call.at_least("2.84") and call.may(_RULE + "events:details"):
        shown["details"] = event.details
    return shown
