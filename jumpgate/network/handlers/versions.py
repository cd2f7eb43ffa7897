"""The version document and the list of what is below it. Source: the API reference's "API versions"."""

from __future__ import annotations

from typing import Any

from jumpgate.common.typed import Call, Handler, operation
from jumpgate.network.contract import Network

# The core resources: name, collection, endpoint.
_CORE = (
    ("network", "networks", "v2_networks"),
    ("subnet", "subnets", "v2_subnets"),
    ("subnetpool", "subnetpools", "v2_subnetpools"),
    ("port", "ports", "v2_ports"),
)


class VersionsHandler(Handler[Network]):
    """``/``: there is but one version."""

    @operation(public=True)
    def on_get(self, call: Call[Network]) -> dict[str, Any]:
        """List the versions."""
        link = {"rel": "self", "href": call.url("v2_index").rstrip("/") + "/"}
        return {"versions": [{"id": "v2.0", "status": "CURRENT", "links": [link]}]}


class IndexHandler(Handler[Network]):
    """``/v2.0``: the core resources."""

    @operation()
    def on_get(self, call: Call[Network]) -> dict[str, Any]:
        """List the resources."""
        return {
            "resources": [
                {"name": name, "collection": collection, "links": [{"rel": "self", "href": call.url(endpoint)}]}
                for name, collection, endpoint in _CORE
                if self.service.disp.get_handler(endpoint) is not None
            ]
        }


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (
    ("versions", VersionsHandler),
    ("v2_index", IndexHandler),
)
