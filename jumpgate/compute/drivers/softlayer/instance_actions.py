"""What was done to guests: SoftLayer's event log, with the ids of the requests to Jumpgate that asked for it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from jumpgate.clouds.softlayer.session import Record, Session, is_equal
from jumpgate.clouds.softlayer.values import EPOCH, moment, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import EVERYTHING, Query
from jumpgate.compute.contract import InstanceActions
from jumpgate.compute.drivers.softlayer.action_requests import ActionRequests, Request, behind
from jumpgate.compute.models import ActionEvent, InstanceAction

# What the log calls virtual guests; other kinds of things have numbers of their own.
_GUEST = "CCI"
MASK = "mask[eventName,eventCreateDate,objectId,traceId,userId,userType,username,label]"
# Nova's words for SoftLayer's events; the others keep SoftLayer's.
ACTIONS: Mapping[str, str] = {
    "Create": "create",
    "Power On": "start",
    "Power Off": "stop",
    "Soft Power Off": "stop",
    "Reboot": "reboot",
    "Soft Reboot": "reboot",
    "Hard Reboot": "reboot",
    "Pause": "pause",
    "Resume": "unpause",
    "Rescue": "rescue",
    "Upgrade": "resize",
    "OS Reload": "rebuild",
    "Create Image Template": "createImage",
    "Cancel": "delete",
    "Security Group Added": "addSecurityGroup",
    "Security Group Removed": "removeSecurityGroup",
}


class SoftLayerInstanceActions(InstanceActions):
    """The events whose object is the guest. One that nobody asked Jumpgate for is known by its trace id."""

    def __init__(self, session: Session, requests: ActionRequests) -> None:
        self._session = session
        self._requests = requests

    def find(self, ctx: Context, server_id: str, query: Query) -> Iterable[InstanceAction]:
        guest = self._guest(ctx, server_id)
        logged = self._logged(ctx, server_id, number(guest, "id"))
        requests = self._requests.find(ctx, text(guest, "globalIdentifier"))
        by_trace = behind(requests, logged)
        known = [_asked(action, by_trace.get(action.request_id)) for action in logged]
        seen = {request.id for request in by_trace.values()}
        waiting = [_waiting(ctx, server_id, request) for request in requests if request.id not in seen]
        return sorted([*known, *waiting], key=lambda action: action.started_at, reverse=True)

    def get(self, ctx: Context, server_id: str, request_id: str) -> InstanceAction:
        for action in self.find(ctx, server_id, EVERYTHING):
            if action.request_id == request_id:
                return action
        raise NotFound(f"Action for request_id {request_id} on instance {server_id} not found")

    def _guest(self, ctx: Context, server_id: str) -> Record:
        guest: Record = self._session.call(
            ctx, "Virtual_Guest", "getObject", id=server_id, mask="mask[id,globalIdentifier]"
        )
        return guest

    def _logged(self, ctx: Context, server_id: str, guest: int) -> list[InstanceAction]:
        """Return what the log has of a guest, the oldest first; the events of one trace are one action."""
        wanted = {"objectId": is_equal(guest), "objectName": is_equal(_GUEST)}
        traces: dict[str, list[Record]] = {}
        for event in self._session.pages(ctx, "Event_Log", "getAllObjects", mask=MASK, filter=wanted):
            traces.setdefault(text(event, "traceId"), []).append(event)
        actions = [_action(ctx, server_id, sorted(events, key=_when)) for events in traces.values()]
        return sorted(actions, key=lambda action: action.started_at)


def _when(event: Record) -> dt.datetime:
    return moment(event, "eventCreateDate") or EPOCH


def _action(ctx: Context, server_id: str, events: Sequence[Record]) -> InstanceAction:
    """Return the action of a trace's events, which the first of them names."""
    first = events[0]
    name = text(first, "eventName")
    return InstanceAction(
        request_id=text(first, "traceId"),
        server_id=server_id,
        name=ACTIONS.get(name, name),
        user_id=text(first, "username") or text(first, "userId") or text(first, "userType"),
        project_id=ctx.project,
        started_at=_when(first),
        updated_at=_when(events[-1]),
        events=tuple(_event(event) for event in events),
    )


def _event(event: Record) -> ActionEvent:
    at = _when(event)
    return ActionEvent(name=text(event, "eventName"), started_at=at, finished_at=at, result="Success")


def _asked(action: InstanceAction, request: Request | None) -> InstanceAction:
    """Return a logged action under the id and the name of the request that led to it."""
    if request is None:
        return action
    return dataclasses.replace(action, request_id=request.id, name=request.name, user_id=request.user_id)


def _waiting(ctx: Context, server_id: str, request: Request) -> InstanceAction:
    """Return an action that SoftLayer has taken and not logged yet: none of its events is known."""
    return InstanceAction(
        request_id=request.id,
        server_id=server_id,
        name=request.name,
        user_id=request.user_id,
        project_id=ctx.project,
        started_at=request.asked_at,
        updated_at=request.asked_at,
    )
