"""The version documents, for which nobody needs a token."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.common.typed import Call, Handler, operation

_DESCRIBED_BY = {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"}
# The endpoint of each API, its id, how it stands, and when it was last changed.
_VERSIONS = {
    "v1_index": ("v1.0", "DEPRECATED", "2016-05-02T20:25:19Z"),
    "v2_index": ("v2.0", "DEPRECATED", "2017-02-25T12:00:00Z"),
    "v3_index": ("v3.0", "CURRENT", "2022-08-31T00:00:00Z"),
}


def _version(call: Call[BlockStorage], endpoint: str) -> dict[str, Any]:
    name, status, updated = _VERSIONS[endpoint]
    window = call.service.disp.service.microversions if endpoint == "v3_index" else None
    return {
        "id": name,
        "status": status,
        "version": str(window.maximum) if window else "",
        "min_version": str(window.minimum) if window else "",
        "updated": updated,
        "links": [_DESCRIBED_BY, {"rel": "self", "href": f"{call.url(endpoint)}/"}],
        "media-types": [
            {
                "base": "application/json",
                "type": f"application/vnd.openstack.volume+json;version={name[1]}",
            }
        ],
    }


class VersionsHandler(Handler[BlockStorage]):
    """All APIs: several choices, as Cinder answers."""

    @operation(public=True, status=300)
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return {"versions": [_version(call, endpoint) for endpoint in _VERSIONS]}


class VersionHandler(Handler[BlockStorage]):
    """The API whose root was asked for."""

    @operation(public=True)
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Show."""
        endpoint = call.service.disp.endpoint_at(call.req.uri_template)
        return {"versions": [_version(call, endpoint.name)] if endpoint else []}
