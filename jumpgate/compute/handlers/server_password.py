"""``/servers/{server_id}/os-server-password``: the password that a guest made up and encrypted with its user's key.

It reaches Nova by the metadata service, which no cloud behind Jumpgate has; there never is one to show.
"""

from __future__ import annotations

from typing import Any

from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import get_server
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-server-password:"


class ServerPasswordHandler(Handler[Compute]):
    """The encrypted password, and forgetting it."""

    @operation("servers.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        get_server(call, server_id, _RULE + "show")
        return {"password": ""}

    @operation("servers.get", status=204)
    def on_delete(self, call: Call[Compute], server_id: str) -> None:
        get_server(call, server_id, _RULE + "clear")
