"""``/os-server-external-events``: what the other services tell of servers.

Source: the API reference, "Create external events (os-server-external-events)".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.common.ids import Kind
from jumpgate.common.listing import Filter, Query, page
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.models import Server
from jumpgate.compute.schemas import operators as schemas

_RULE = "os_compute_api:os-server-external-events:create"
_NEED_A_TAG = frozenset({"volume-extended", "power-update", "accelerator-request-bound"})


def _servers(call: Call[Compute], ids: set[str]) -> Mapping[str, Server]:
    """Return the servers of some ids, in one call however many there are."""
    native = tuple(call.native_in_body(Kind.SERVER, server_id) for server_id in sorted(ids))
    query = Query(filters=(Filter("id", native),), all_projects=True)
    found = page(call.cloud.servers.find(call.ctx, query), query)
    return {call.openstack_id(Kind.SERVER, server.id): server for server in found}


def _problem(event: Mapping[str, Any], server: Server | None) -> int | None:
    """Return the code of an event that cannot be passed on."""
    if server is None:
        return 404
    if event["name"] in _NEED_A_TAG and event.get("tag") is None:
        return 400
    return None if server.host is not None else 422


class ServerEventsHandler(Handler[Compute]):
    """Takes events, each for itself: 207 where one is refused."""

    @operation("servers.notice", policy=_RULE, body=schemas.CREATE_EVENTS)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        events = call.body["events"]
        servers = _servers(call, {event["server_uuid"] for event in events})
        answers = [self._take(call, event, servers.get(event["server_uuid"])) for event in events]
        if any(answer["code"] != 200 for answer in answers):
            call.resp.status = 207
        return {"events": answers}

    @staticmethod
    def _take(call: Call[Compute], event: Mapping[str, Any], server: Server | None) -> dict[str, Any]:
        code = _problem(event, server)
        if code is not None or server is None:
            return {**event, "status": "failed", "code": code}
        status = event.get("status", "completed")
        call.cloud.servers.notice(call.ctx, server.id, event["name"], tag=event.get("tag"), status=status)
        return {**event, "status": "completed", "code": 200}
