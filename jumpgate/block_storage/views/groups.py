"""Groups of volumes, their types and their snapshots in JSON."""

from __future__ import annotations

from jumpgate.block_storage.models import Group, GroupSnapshot, GroupType
from jumpgate.block_storage.views.volumes import created_at
from jumpgate.common.fields import Field, Scene, View
from jumpgate.common.ids import Kind


def _volume_types(group: Group, scene: Scene) -> list[str]:
    return [scene.ids[Kind.VOLUME_TYPE].to_openstack(type_id) for type_id in group.volume_type_ids]


def volume_ids(group: Group, scene: Scene) -> list[str]:
    """Return the ids of a group's volumes, which are shown to who asks for them."""
    return [scene.ids[Kind.VOLUME].to_openstack(volume_id) for volume_id in group.volume_ids]


GROUP_SUMMARY: View[Group] = View(Field("id"), Field("name"))
GROUP: View[Group] = View(
    Field("id"),
    Field("status"),
    Field("availability_zone"),
    Field("created_at", created_at),
    Field("name"),
    Field("description"),
    Field("group_type", "group_type_id"),
    Field("volume_types", _volume_types),
    Field("group_snapshot_id", since="3.14"),
    Field("source_group_id", since="3.14"),
    # There is one place to keep volumes, so they are nowhere else as well.
    Field("replication_status", lambda _model, _scene: "disabled", since="3.38"),
    Field("project_id", since="3.58", visible="group:group_project_attribute"),
)

GROUP_SNAPSHOT_SUMMARY: View[GroupSnapshot] = View(Field("id"), Field("name"))
GROUP_SNAPSHOT_CREATED: View[GroupSnapshot] = View(Field("id"), Field("name"), Field("group_type_id"))
GROUP_SNAPSHOT: View[GroupSnapshot] = View(
    Field("id"),
    Field("group_id"),
    Field("group_type_id"),
    Field("status"),
    Field("created_at", created_at),
    Field("name"),
    Field("description"),
    Field("project_id", since="3.58", visible="group:group_snapshot_project_attribute"),
)

GROUP_TYPE: View[GroupType] = View(
    Field("id"),
    Field("name"),
    Field("description"),
    Field("is_public"),
    Field("group_specs", lambda group_type, _: dict(group_type.group_specs), visible="group:access_group_types_specs"),
)
