"""Servers: list, show, create, update and delete."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import BadRequest, Conflict
from jumpgate.common.listing import MarkerNotFound
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import detailed, get_server, require_unlocked
from jumpgate.compute.handlers.server_query import KINDS, Nothing, server_query
from jumpgate.compute.handlers.server_spec import requested_groups, server_spec, shown_password
from jumpgate.compute.models import Server
from jumpgate.compute.schemas import servers as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY, truth
from jumpgate.compute.views import servers as views
from jumpgate.compute.views.links import Links

_RULE = "os_compute_api:servers:"


def _page(call: Call[Compute], everywhere: str) -> tuple[list[Server], int | None]:
    """Return the page of servers that a request asks for, and how many it may have."""
    try:
        query = server_query(call, everywhere)
    except Nothing:
        return [], None
    try:
        return call.page(call.cloud.servers.find(call.ctx, query), query, KINDS), query.limit
    except MarkerNotFound as error:
        raise BadRequest(f"marker [{call.parameter('marker')}] not found") from error


def _linked(call: Call[Compute], collection: str, servers: list[dict[str, Any]], limit: int | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"servers": servers}
    links = Links(call).next(collection, call.parameters, [server["id"] for server in servers], limit)
    if links:
        answer["servers_links"] = links
    return answer


class ServersHandler(Handler[Compute]):
    """``/servers``."""

    @operation("servers.find", policy=_RULE + "index", query=schemas.LIST_QUERY, cached="servers")
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        servers, limit = _page(call, _RULE + "index:get_all_tenants")
        return _linked(call, "servers", list(map(views.brief(call), servers)), limit)

    @operation("servers.create", policy=_RULE + "create", body=schemas.CREATE, status=202)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted = call.body["server"]
        spec = server_spec(call)
        servers = call.cloud.servers.create(call.ctx, spec)
        if truth(wanted.get("return_reservation_id", False)):
            return {"reservation_id": servers[0].reservation_id}
        server = views.created(call, servers[0], requested_groups(wanted))
        call.resp.set_header("Location", server["links"][0]["href"])
        return {"server": {**server, **shown_password(call, spec.admin_password)}}


class ServersDetailHandler(Handler[Compute]):
    """``/servers/detail``."""

    @operation("servers.find", policy=_RULE + "detail", query=schemas.LIST_QUERY, cached="servers")
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        servers, limit = _page(call, _RULE + "detail:get_all_tenants")
        rendered = map(views.renderer(call, views.DETAIL), call.cloud.servers.detailed(call.ctx, servers))
        return _linked(call, "servers/detail", list(rendered), limit)


_ATTRIBUTES = {
    "name": "name",
    "description": "description",
    "hostname": "hostname",
    "accessIPv4": "access_ipv4",
    "accessIPv6": "access_ipv6",
    "OS-DCF:diskConfig": "disk_config",
}


def _pin(server: Server, zone: str | None) -> str | None:
    """Return the zone that a server may be pinned to: its own, or none; raise Conflict for another."""
    pinned = server.pinned_availability_zone
    if zone is not None and pinned is not None and zone != pinned:
        raise Conflict(
            "Cannot change pinned availability zone directly. Unpin first by setting pinned_availability_zone to null."
        )
    if zone is not None and pinned is None and zone != server.availability_zone:
        raise Conflict(
            f"Server can only be pinned to its current availability zone '{server.availability_zone}', "
            f"but '{zone}' was requested."
        )
    return zone


class ServerHandler(Handler[Compute]):
    """``/servers/{server_id}``."""

    @operation("servers.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "show")
        return {"server": views.renderer(call, views.SHOW)(detailed(call, server))}

    @operation("servers.update", body=schemas.UPDATE)
    def on_put(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "update")
        wanted = call.body["server"]
        changes = {attribute: wanted[key] for key, attribute in _ATTRIBUTES.items() if key in wanted}
        if "name" in changes:
            changes["name"] = changes["name"].strip()
        if "pinned_availability_zone" in wanted:
            changes["pinned_availability_zone"] = _pin(server, wanted["pinned_availability_zone"])
        changed = call.cloud.servers.update(call.ctx, server.id, changes)
        return {"server": views.renderer(call, views.updated(call))(detailed(call, changed))}

    @operation("servers.delete", status=204)
    def on_delete(self, call: Call[Compute], server_id: str) -> None:
        server = get_server(call, server_id, _RULE + "delete")
        require_unlocked(call, server)
        call.cloud.servers.delete(call.ctx, server.id)
