"""``/servers/{server_id}/ips``: a server's addresses by network."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import NotFound
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import detailed, get_server
from jumpgate.compute.schemas.parameters import NO_QUERY
from jumpgate.compute.views.servers import addresses


class ServerIpsHandler(Handler[Compute]):
    """Every network's addresses."""

    @operation("servers.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        server = detailed(call, get_server(call, server_id, "os_compute_api:ips:index"))
        return {"addresses": addresses(server, extended=False)}


class ServerIpsNetworkHandler(Handler[Compute]):
    """One network's addresses."""

    @operation("servers.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], server_id: str, network_label: str) -> dict[str, Any]:
        server = detailed(call, get_server(call, server_id, "os_compute_api:ips:show"))
        shown = addresses(server, extended=False)
        if network_label not in shown:
            raise NotFound("Instance is not a member of specified network")
        return {network_label: shown[network_label]}
