"""``/servers/{server_id}/topology``: how a server's CPUs and memory lie in NUMA nodes, since 2.78.

No cloud behind the typed layer lets a flavor ask for NUMA nodes, so that no server has a topology of its own, which is
shown as Nova shows it. Source: the API reference, "Show Server Topology".
"""

from __future__ import annotations

from typing import Any

from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.lookup import get_server
from jumpgate.compute.schemas.parameters import NO_QUERY


class TopologyHandler(Handler[Compute]):
    """One server's."""

    @operation("servers.get", query=NO_QUERY, since="2.78")
    def on_get(self, call: Call[Compute], server_id: str) -> dict[str, Any]:
        get_server(call, server_id, "compute:server:topology:index")
        return {"nodes": [], "pagesize_kb": None}
