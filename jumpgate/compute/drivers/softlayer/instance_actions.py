"""What was done to guests, from SoftLayer's event log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jumpgate.clouds.softlayer.session import Record, Session, is_equal, merged, nested
from jumpgate.clouds.softlayer.values import EPOCH, moment, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Query
from jumpgate.compute.contract import InstanceActions
from jumpgate.compute.models import ActionEvent, InstanceAction

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
    "Upgrade": "resize",
    "OS Reload": "rebuild",
    "Create Image Template": "createImage",
    "Cancel": "delete",
    "Security Group Added": "addSecurityGroup",
    "Security Group Removed": "removeSecurityGroup",
}


class SoftLayerInstanceActions(InstanceActions):
    """The events whose object is the guest. An event's trace id is the request's id."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, ctx: Context, server_id: str, query: Query) -> Iterable[InstanceAction]:
        return sorted(self._actions(ctx, server_id), key=lambda action: action.started_at, reverse=True)

    def get(self, ctx: Context, server_id: str, request_id: str) -> InstanceAction:
        found = list(self._actions(ctx, server_id, nested("traceId", is_equal(request_id))))
        if not found:
            raise NotFound(f"Action for request_id {request_id} on instance {server_id} not found")
        return found[0]

    def _actions(
        self, ctx: Context, server_id: str, more: Mapping[str, object] | None = None
    ) -> Iterable[InstanceAction]:
        """Yield the actions of a guest whose events pass a filter; raise NotFound for a guest that is not there."""
        guest = self._session.call(ctx, "Virtual_Guest", "getObject", id=server_id, mask="mask[id]")
        by_guest = nested("objectId", is_equal(number(guest, "id")))
        events = self._session.pages(ctx, "Event_Log", "getAllObjects", mask=MASK, filter=merged(by_guest, more or {}))
        return (_action(ctx, server_id, event) for event in events)


def _action(ctx: Context, server_id: str, event: Record) -> InstanceAction:
    name = text(event, "eventName")
    at = moment(event, "eventCreateDate") or EPOCH
    return InstanceAction(
        request_id=text(event, "traceId"),
        server_id=server_id,
        name=ACTIONS.get(name, name),
        user_id=text(event, "username") or text(event, "userId") or text(event, "userType"),
        project_id=ctx.project,
        started_at=at,
        updated_at=at,
        events=(ActionEvent(name=name, started_at=at, finished_at=at, result="Success"),),
    )
