"""What lies on a backend, in JSON."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.models.operators import Manageable
from jumpgate.common.fields import Field, Scene, View
from jumpgate.common.ids import Kind

_SUMMARY = (Field("reference"), Field("size", "size_gib"), Field("safe_to_manage", "is_safe"))
_SOURCE = Field("source_reference", "source")


def _known_as(kind: Kind) -> Field:
    def read(item: Manageable, scene: Scene) -> Any:
        return scene.ids[kind].to_openstack(item.known_id) if item.known_id else None

    return Field("cinder_id", read)


def _detail(kind: Kind) -> tuple[Field, ...]:
    return (*_SUMMARY, Field("reason_not_safe"), _known_as(kind), Field("extra_info", "extra"))


VOLUME: View[Manageable] = View(*_SUMMARY)
VOLUME_DETAIL: View[Manageable] = View(*_detail(Kind.VOLUME))
SNAPSHOT: View[Manageable] = View(*_SUMMARY, _SOURCE)
SNAPSHOT_DETAIL: View[Manageable] = View(*_detail(Kind.SNAPSHOT), _SOURCE)
