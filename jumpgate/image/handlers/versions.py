"""The version document: which of Glance's v2 this cloud has."""

from __future__ import annotations

from typing import Any

from jumpgate.common.typed import Call, Handler, operation
from jumpgate.image.contract import Imaging

# What each version brought, newest first: a version is told of when the cloud has all of it. Left out are those whose
# subject no cloud here has: copies between stores (2.11, 2.13), the cache (2.14, 2.16, 2.18) and locations (2.17).
_VERSIONS: tuple[tuple[str, frozenset[str]], ...] = (
    ("2.15", frozenset({"usages.find"})),
    ("2.12", frozenset({"tasks.find"})),
    ("2.10", frozenset({"stores.find", "images.import_staged"})),
    ("2.9", frozenset()),
    ("2.8", frozenset({"stores.find"})),
    ("2.7", frozenset()),
    ("2.6", frozenset({"images.stage", "images.import_staged"})),
    ("2.5", frozenset({"members.create"})),
    ("2.4", frozenset()),
    ("2.3", frozenset({"images.deactivate", "images.reactivate"})),
    ("2.2", frozenset()),
    ("2.1", frozenset({"members.find"})),
    ("2.0", frozenset()),
)


class VersionsHandler(Handler[Imaging]):
    """``/`` and ``/versions``: the same document, at ``/`` as a choice to be made."""

    @operation(public=True)
    def on_get(self, call: Call[Imaging]) -> Any:
        """List the versions, the newest as the current one."""
        if call.req.uri_template == "/":
            call.resp.status = 300
        known = [version for version, needed in _VERSIONS if needed <= self.service.capabilities]
        url = call.url("v2_index").rstrip("/") + "/"
        return {
            "versions": [
                {
                    "id": f"v{version}",
                    "status": "CURRENT" if version == known[0] else "SUPPORTED",
                    "links": [{"rel": "self", "href": url}],
                }
                for version in known
            ]
        }
