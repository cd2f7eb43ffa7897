"""Transfers in JSON. They lie at ``os-volume-transfer`` and, since 3.55, at ``volume-transfers``."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.models import Transfer
from jumpgate.block_storage.views.dialects import V2, V3, Dialect, links
from jumpgate.block_storage.views.volumes import created_at, nothing
from jumpgate.common.fields import Field, Scene, View
from jumpgate.common.ids import Kind


def _links(dialect: Dialect) -> Field:
    def make(transfer: Transfer, scene: Scene) -> list[dict[str, Any]]:
        return links(scene, dialect, "os_volume_transfer", {"transfer_id": transfer.id})

    return Field("links", make)


def _summary(dialect: Dialect) -> View[Transfer]:
    return View(Field("id"), Field("volume_id", kind=Kind.VOLUME), Field("name"), _links(dialect))


def _fields(dialect: Dialect) -> tuple[Field, ...]:
    return (
        Field("id"),
        Field("created_at", created_at),
        Field("name"),
        Field("volume_id", kind=Kind.VOLUME),
        _links(dialect),
        Field("no_snapshots", since="3.55"),
        Field("destination_project_id", nothing, since="3.57"),
        Field("source_project_id", "project_id", since="3.57"),
        # An accepted transfer is gone.
        Field("accepted", lambda _model, _scene: False, since="3.57"),
    )


SUMMARY: dict[Dialect, View[Transfer]] = {dialect: _summary(dialect) for dialect in (V2, V3)}
DETAIL: dict[Dialect, View[Transfer]] = {dialect: View(*_fields(dialect)) for dialect in (V2, V3)}
CREATED: dict[Dialect, View[Transfer]] = {dialect: View(*_fields(dialect), Field("auth_key")) for dialect in (V2, V3)}
