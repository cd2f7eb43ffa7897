"""Which versions of the API there are: the documents at the root, at /v2, at /v2.1 and below them.

Source: the API reference, "API Versions".
"""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import NotFound
from jumpgate.common.microversion import Microversions
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute

_DESCRIBED_BY = {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"}
_PATHS = {"v2.0": "/v2/", "v2.1": "/v2.1/"}


def _documents(microversions: Microversions) -> dict[str, dict[str, Any]]:
    return {
        "v2.0": {
            "id": "v2.0",
            "status": "SUPPORTED",
            "version": "",
            "min_version": "",
            "updated": "2011-01-21T11:33:21Z",
        },
        "v2.1": {
            "id": "v2.1",
            "status": "CURRENT",
            "version": str(microversions.maximum),
            "min_version": str(microversions.minimum),
            "updated": "2013-07-23T11:33:21Z",
        },
    }


_MEDIA_TYPES = {"v2.0": "2", "v2.1": "2.1"}


def _base(call: Call[Compute]) -> str:
    return call.url("versions").rstrip("/")


def _all(call: Call[Compute]) -> dict[str, dict[str, Any]]:
    microversions = call.service.disp.service.microversions
    assert microversions is not None
    return _documents(microversions)


def _full(call: Call[Compute], version_id: str) -> dict[str, Any]:
    """Return one version's own document."""
    document = _all(call).get(version_id)
    if document is None:
        raise NotFound("The resource could not be found.")
    media_type = f"application/vnd.openstack.compute+json;version={_MEDIA_TYPES[version_id]}"
    links = [{"rel": "self", "href": _base(call) + _PATHS[version_id]}, _DESCRIBED_BY]
    return {"version": {**document, "links": links, "media-types": [{"base": "application/json", "type": media_type}]}}


class VersionsHandler(Handler[Compute]):
    """``GET /``: every version."""

    @operation(public=True)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        base = _base(call)
        versions = [
            {**document, "links": [{"rel": "self", "href": base + _PATHS[version_id]}]}
            for version_id, document in _all(call).items()
        ]
        return {"versions": versions}


class LegacyVersionHandler(Handler[Compute]):
    """``GET /v2``."""

    @operation(public=True)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return _full(call, "v2.0")


class CurrentVersionHandler(Handler[Compute]):
    """``GET /v2.1``."""

    @operation(public=True)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return _full(call, "v2.1")


class VersionHandler(Handler[Compute]):
    """``GET /v2.1/versions/{id}``."""

    @operation()
    def on_get(self, call: Call[Compute], version_id: str) -> dict[str, Any]:
        legacy = call.version is not None and call.version < (2, 1)
        return _full(call, "v2.0" if legacy else version_id)
