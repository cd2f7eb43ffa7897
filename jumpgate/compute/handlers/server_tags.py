"""``/servers/{server_id}/tags`` and the tags below it, since 2.26."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import get_server
from jumpgate.compute.models.states import require
from jumpgate.compute.schemas import server_parts as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-server-tags:"


class ServerTagsHandler(Handler[Compute]):
    """All tags."""

    @operation("servers.get", since="2.26", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        return {"tags": list(get_server(call, server_id, _RULE + "index").tags)}

    @operation("servers.update", body=schemas.TAGS, since="2.26")
    def on_put(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "update_all")
        require("update tags", server)
        return {"tags": list(call.cloud.servers.update(call.ctx, server.id, {"tags": call.body["tags"]}).tags)}

    @operation("servers.update", status=204, since="2.26")
    def on_delete(self, call: Call[Compute], server_id: str) -> None:
        server = get_server(call, server_id, _RULE + "delete_all")
        require("delete tags", server)
        call.cloud.servers.update(call.ctx, server.id, {"tags": ()})


class ServerTagHandler(Handler[Compute]):
    """One tag: a GET tells whether it is there."""

    @operation("servers.get", status=204, since="2.26", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str, tag: str) -> None:
        server = get_server(call, server_id, _RULE + "show")
        if tag not in server.tags:
            raise NotFound(f"Server {server_id} has no tag '{tag}'")

    @operation("servers.merge_tags", status=201, since="2.26")
    def on_put(self, call: Call[Compute], server_id: str, tag: str) -> None:
        server = get_server(call, server_id, _RULE + "update")
        require("update tag", server)
        try:
            schemas.TAG.validate(tag, call.version)
        except BadRequest as error:
            raise BadRequest(
                f"Tag '{tag}' is invalid. It must be a non empty string without characters '/' and ','. "
                f"Validation error message: {error.message}"
            ) from error
        if tag in server.tags:
            call.resp.status = 204
            return
        call.cloud.servers.merge_tags(call.ctx, server.id, add=(tag,))
        call.resp.set_header("Location", call.here())

    @operation("servers.merge_tags", status=204, since="2.26")
    def on_delete(self, call: Call[Compute], server_id: str, tag: str) -> None:
        server = get_server(call, server_id, _RULE + "delete")
        require("delete tag", server)
        call.cloud.servers.merge_tags(call.ctx, server.id, remove=(tag,))
