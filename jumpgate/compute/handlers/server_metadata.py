"""``/servers/{server_id}/metadata`` and the items below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import get_server, require_ready
from jumpgate.compute.models import Server
from jumpgate.compute.schemas import server_parts as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:server-metadata:"


def _ready(call: Call[Compute], server_id: str, rule: str, action: str = "update metadata") -> Server:
    server = get_server(call, server_id, _RULE + rule)
    require_ready(call, server, action)
    return server


class ServerMetadataHandler(Handler[Compute]):
    """All items."""

    @operation("servers.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        return {"metadata": get_server(call, server_id, _RULE + "index").metadata}

    @operation("servers.merge_metadata", body=schemas.METADATA)
    def on_post(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = _ready(call, server_id, "create")
        return {"metadata": call.cloud.servers.merge_metadata(call.ctx, server.id, call.body["metadata"])}

    @operation("servers.update", body=schemas.METADATA)
    def on_put(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = _ready(call, server_id, "update_all")
        metadata = call.body["metadata"]
        return {"metadata": call.cloud.servers.update(call.ctx, server.id, {"metadata": metadata}).metadata}


class ServerMetadataItemHandler(Handler[Compute]):
    """One item."""

    @operation("servers.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str, key: str) -> dict[str, Any]:
        metadata = get_server(call, server_id, _RULE + "show").metadata
        return {"meta": {key: _item(metadata, key)}}

    @operation("servers.merge_metadata", body=schemas.METADATA_ITEM)
    def on_put(self, call: Call[Compute], server_id: str, key: str) -> dict[str, Any]:
        server = get_server(call, server_id, _RULE + "update")
        if key not in call.body["meta"]:
            raise BadRequest("Request body and URI mismatch")
        require_ready(call, server, "update metadata")
        call.cloud.servers.merge_metadata(call.ctx, server.id, call.body["meta"])
        return {"meta": call.body["meta"]}

    @operation("servers.merge_metadata", status=204)
    def on_delete(self, call: Call[Compute], server_id: str, key: str) -> None:
        server = get_server(call, server_id, _RULE + "delete")
        _item(server.metadata, key)
        require_ready(call, server, "delete metadata")
        call.cloud.servers.merge_metadata(call.ctx, server.id, {key: None})


def _item(metadata: Mapping[str, str], key: str) -> str:
    if key not in metadata:
        raise NotFound("Metadata item was not found")
    return metadata[key]
