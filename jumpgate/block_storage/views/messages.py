"""User messages in JSON."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.models import Message
from jumpgate.block_storage.views.dialects import V3, links
from jumpgate.common.fields import Field, Scene, View
from jumpgate.common.format import iso_microseconds


def _links(message: Message, scene: Scene) -> list[dict[str, Any]]:
    return links(scene, V3, "message", {"message_id": message.id})


MESSAGE: View[Message] = View(
    Field("id"),
    Field("event_id", lambda item, _: f"VOLUME_{item.resource_type}_{item.action_id}_{item.detail_id}"),
    Field("user_message", "text"),
    Field("message_level", "level"),
    Field("created_at", lambda item, _: iso_microseconds(item.created_at)),
    Field("guaranteed_until", lambda item, _: iso_microseconds(item.expires_at)),
    Field("request_id"),
    Field("links", _links),
    Field("resource_type"),
    Field("resource_uuid", "resource_id"),
)
