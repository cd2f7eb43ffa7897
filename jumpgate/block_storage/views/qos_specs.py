"""QoS specs in JSON."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.models import QosSpecs, VolumeType
from jumpgate.block_storage.views.dialects import Dialect, links
from jumpgate.common.fields import Scene
from jumpgate.common.ids import Kind


def one(specs: QosSpecs) -> dict[str, Any]:
    """Return QoS specs."""
    return {"id": specs.id, "name": specs.name, "consumer": specs.consumer, "specs": dict(specs.specs)}


def detail(specs: QosSpecs, scene: Scene, dialect: Dialect) -> dict[str, Any]:
    """Return the body of one, whose links stand beside it."""
    return {"qos_specs": one(specs), "links": links(scene, dialect, "qos_spec", {"qos_spec_id": specs.id})}


def association(volume_type: VolumeType, scene: Scene) -> dict[str, Any]:
    """Return a volume type that has the specs."""
    type_id = scene.ids[Kind.VOLUME_TYPE].to_openstack(volume_type.id)
    return {"association_type": "volume_type", "name": volume_type.name, "id": type_id}
