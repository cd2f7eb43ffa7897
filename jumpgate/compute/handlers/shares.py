"""``/servers/{server_id}/shares``, since 2.97. No cloud here has a share service: a server never has one.

Source: the API reference, "Shares".
"""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import NotFound, NotSupported
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import get_server
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-server-shares:"
_SINCE = "2.97"


class SharesHandler(Handler[Compute]):
    """A server's shares."""

    @operation("servers.get", since=_SINCE, query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        get_server(call, server_id, _RULE + "index")
        return {"shares": []}

    @operation("servers.get", since=_SINCE)
    def on_post(self, call: Call[Compute], server_id: str) -> None:
        get_server(call, server_id, _RULE + "create")
        raise NotSupported("This cloud has no shares.")


class ShareHandler(Handler[Compute]):
    """One share of a server."""

    @operation("servers.get", since=_SINCE, query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str, share_id: str) -> None:
        get_server(call, server_id, _RULE + "show")
        raise NotFound(f"Share {share_id} could not be found.", reason="ShareNotFound")

    @operation("servers.get", since=_SINCE)
    def on_delete(self, call: Call[Compute], server_id: str, share_id: str) -> None:
        get_server(call, server_id, _RULE + "delete")
        raise NotFound(f"Share {share_id} could not be found.", reason="ShareNotFound")
