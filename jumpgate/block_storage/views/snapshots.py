"""Snapshots in JSON, as each API has them."""

from __future__ import annotations

from jumpgate.block_storage.models import Snapshot
from jumpgate.block_storage.views.dialects import V1, Dialect
from jumpgate.block_storage.views.volumes import created_at, updated_at
from jumpgate.common.fields import Field, View
from jumpgate.common.ids import Kind

_BASE = (
    Field("id", kind=Kind.SNAPSHOT),
    Field("created_at", created_at),
    Field("updated_at", updated_at),
    Field("name"),
    Field("description"),
    Field("volume_id", kind=Kind.VOLUME),
    Field("status"),
    Field("size", "size_gib"),
    Field("metadata", lambda snapshot, _: dict(snapshot.metadata)),
)
_DETAIL = (
    *_BASE,
    Field("group_snapshot_id", since="3.14"),
    Field("user_id", since="3.41"),
    Field("consumes_quota", lambda _model, _scene: True, since="3.65"),
)
_EXTENDED = (
    Field(
        "os-extended-snapshot-attributes:project_id",
        "project_id",
        visible="volume_extension:extended_snapshot_attributes",
    ),
    Field(
        "os-extended-snapshot-attributes:progress",
        lambda snapshot, _: f"{snapshot.progress_percent}%",
        visible="volume_extension:extended_snapshot_attributes",
    ),
)
_V1 = (
    Field("id", kind=Kind.SNAPSHOT),
    Field("created_at", created_at),
    Field("display_name", "name"),
    Field("display_description", "description"),
    Field("volume_id", kind=Kind.VOLUME),
    Field("status"),
    Field("size", "size_gib"),
    Field("metadata", lambda snapshot, _: dict(snapshot.metadata)),
)

_V1_VIEW: View[Snapshot] = View(*_V1)
_V1_DETAIL: View[Snapshot] = View(*_V1, *_EXTENDED)
_SUMMARY_VIEW: View[Snapshot] = View(*_BASE)
_CHANGED_VIEW: View[Snapshot] = View(*_DETAIL)
_DETAIL_VIEW: View[Snapshot] = View(*_DETAIL, *_EXTENDED)


def summary(dialect: Dialect) -> View[Snapshot]:
    """Return the view of a short list."""
    return _V1_VIEW if dialect is V1 else _SUMMARY_VIEW


def changed(dialect: Dialect) -> View[Snapshot]:
    """Return the view of the answer to a creation or a change."""
    return _V1_VIEW if dialect is V1 else _CHANGED_VIEW


def detail(dialect: Dialect) -> View[Snapshot]:
    """Return the view of one snapshot and of a detailed list."""
    return _V1_DETAIL if dialect is V1 else _DETAIL_VIEW
