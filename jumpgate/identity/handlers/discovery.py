"""The version documents: ``/``, ``/v3`` and ``/v2.0``."""

from __future__ import annotations

from typing import Any

from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity
from jumpgate.identity.tokens.service import IdentityHandler

Json = dict[str, Any]


def _v3(call: Call[Identity]) -> Json:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": call.url("v3_auth_index") + "/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


def _v2(call: Call[Identity]) -> Json:
    return {
        "id": "v2.0",
        "status": "deprecated",
        "updated": "2016-08-04T00:00:00Z",
        "links": [
            {"rel": "self", "href": call.url("v2_auth_index") + "/"},
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
        ],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v2.0+json"}],
    }


class VersionsHandler(IdentityHandler):
    """``GET /``: a choice, which clients take as a list."""

    @operation(status=300, public=True)
    def on_get(self, call: Call[Identity]) -> Json:
        """List the versions."""
        call.resp.set_header("Location", call.url("v3_auth_index") + "/")
        return {"versions": {"values": [_v3(call), _v2(call)]}}

    on_head = on_get


class V3IndexHandler(IdentityHandler):
    """``GET /v3``."""

    @operation(public=True)
    def on_get(self, call: Call[Identity]) -> Json:
        """Show version 3."""
        return {"version": _v3(call)}

    on_head = on_get


class V2IndexHandler(IdentityHandler):
    """``GET /v2.0``."""

    @operation(public=True)
    def on_get(self, call: Call[Identity]) -> Json:
        """Show version 2.0."""
        return {"version": _v2(call)}

    on_head = on_get
