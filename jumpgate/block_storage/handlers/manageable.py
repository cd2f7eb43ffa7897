"""What lies on the backends, and how it becomes a volume or a snapshot.

Source: the API reference, "Volume manage extension (manageable_volumes)" and "Snapshot manage extension
(manageable_snapshots)"; both had other names before 3.8, which still work.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from typing import Any

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.block_storage.contract.operators import ManageableSnapshots, ManageableVolumes
from jumpgate.block_storage.handlers.dialect import DialectHandler
from jumpgate.block_storage.handlers.services import host_in
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volumes import find_volume, names
from jumpgate.block_storage.models.operators import Manageable, SnapshotReference, VolumeReference
from jumpgate.block_storage.schemas import manageable as schemas
from jumpgate.block_storage.schemas.parameters import is_true
from jumpgate.block_storage.views import manageable as views
from jumpgate.block_storage.views import snapshots as snapshot_views
from jumpgate.block_storage.views import volumes as volume_views
from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.fields import View
from jumpgate.common.listing import ListParameters, MarkerNotFound, Query, Sort, page
from jumpgate.common.typed import Call, operation

SINCE = "3.8"
_OLD_NAMES = ("/os-volume-manage", "/os-snapshot-manage")
_PARAMETERS = ListParameters(sort_keys={"reference": "name", "size": "size_gib"}, default_sort=(Sort("name", True),))
_KNOWN = frozenset({"host", "cluster", "marker", "limit", "offset", "sort", "sort_key", "sort_dir"})


def _volumes(call: Call[BlockStorage]) -> ManageableVolumes:
    if call.cloud.manageable_volumes is None:
        raise NotSupported("This cloud has no volumes that it does not manage.")
    return call.cloud.manageable_volumes


def _snapshots(call: Call[BlockStorage]) -> ManageableSnapshots:
    if call.cloud.manageable_snapshots is None:
        raise NotSupported("This cloud has no snapshots that it does not manage.")
    return call.cloud.manageable_snapshots


def _check_version(call: Call[BlockStorage]) -> None:
    """Raise NotFound for the new names at a version that has only the old."""
    is_old = any(name in call.req.path for name in _OLD_NAMES)
    if not is_old and not call.at_least(SINCE):
        raise NotFound("The resource could not be found.")


def _host(call: Call[BlockStorage]) -> str:
    """Return the backend that a list is of; raise BadRequest without one, and for a parameter that is not known."""
    unknown = set(call.parameters) - _KNOWN
    if unknown:
        raise BadRequest(f"Invalid filters {', '.join(sorted(unknown))} are found in query options.")
    return host_in({"host": call.parameter("host")})


def _query(call: Call[BlockStorage]) -> Query:
    """Return the page that is asked for; a marker is a reference in JSON."""
    query = _PARAMETERS.query(call.parameters)
    if query.marker is None:
        return query
    try:
        reference = json.loads(query.marker)
        return dataclasses.replace(query, marker=Manageable.name_of(reference))
    except (ValueError, AttributeError, TypeError):
        raise BadRequest(
            f"Invalid input received: marker {query.marker} can not be analysed, please use json like format"
        ) from None


def _listed(call: Call[BlockStorage], found: Iterable[Manageable], view: View[Manageable]) -> list[dict[str, Any]]:
    query = _query(call)
    offset = _PARAMETERS.query({"limit": [call.parameter("offset") or "0"]}).limit or 0
    whole = dataclasses.replace(query, limit=None if query.limit is None else query.limit + offset)
    try:
        return [view.render(item, call) for item in page(found, whole, key="name")[offset:]]
    except MarkerNotFound:
        raise BadRequest(f"Invalid input received: marker not found: {call.parameter('marker')}") from None


def _reference(given: object) -> dict[str, Any]:
    """Return how a body names what is to be managed; raise BadRequest for less than an object."""
    if not isinstance(given, dict):
        raise BadRequest('Invalid input received: ref is an object like {"source-name": "..."}.')
    return given


def _volume_list(call: Call[BlockStorage], view: View[Manageable]) -> dict[str, Any]:
    _check_version(call)
    return {"manageable-volumes": _listed(call, _volumes(call).find(call.ctx, _host(call)), view)}


class ManageableVolumesHandler(DialectHandler):
    """Volumes to be, and those that are."""

    @operation("manageable_volumes.find", policy="volume_extension:list_manageable")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return _volume_list(call, views.VOLUME)

    @operation("manageable_volumes.manage", policy="volume_extension:volume_manage", body=schemas.VOLUME, status=202)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Manage."""
        _check_version(call)
        body = call.body["volume"]
        spec = VolumeReference(
            host=host_in(body),
            reference=_reference(body["ref"]),
            volume_type=body.get("volume_type") or None,
            availability_zone=body.get("availability_zone") or None,
            metadata=body.get("metadata") or {},
            bootable=is_true(body.get("bootable")),
            **names(body),
        )
        return {"volume": volume_views.changed(self.dialect, call)(_volumes(call).manage(call.ctx, spec))}


class ManageableVolumesDetailHandler(DialectHandler):
    """The same with all that is known."""

    @operation("manageable_volumes.find", policy="volume_extension:list_manageable")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return _volume_list(call, views.VOLUME_DETAIL)


def _snapshot_list(call: Call[BlockStorage], view: View[Manageable]) -> dict[str, Any]:
    _check_version(call)
    return {"manageable-snapshots": _listed(call, _snapshots(call).find(call.ctx, _host(call)), view)}


class ManageableSnapshotsHandler(DialectHandler):
    """Snapshots to be, and those that are."""

    @operation("manageable_snapshots.find", policy="snapshot_extension:list_manageable")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return _snapshot_list(call, views.SNAPSHOT)

    @operation("manageable_snapshots.manage", body=schemas.SNAPSHOT, status=202)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Manage."""
        _check_version(call)
        body = call.body["snapshot"]
        volume = find_volume(call, body["volume_id"])
        call.require("snapshot_extension:snapshot_manage", target(volume))
        spec = SnapshotReference(
            volume_id=volume.id,
            reference=_reference(body["ref"]),
            metadata=body.get("metadata") or {},
            **names(body),
        )
        snapshot = _snapshots(call).manage(call.ctx, spec)
        return {"snapshot": snapshot_views.changed(self.dialect).render(snapshot, call)}


class ManageableSnapshotsDetailHandler(DialectHandler):
    """The same with all that is known."""

    @operation("manageable_snapshots.find", policy="snapshot_extension:list_manageable")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return _snapshot_list(call, views.SNAPSHOT_DETAIL)
