"""User messages (microversion 3.3 and newer)."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import BlockStorage, Messages
from jumpgate.block_storage.handlers.lists import ListFilter, Listing, answer
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.models import Message
from jumpgate.block_storage.views.messages import MESSAGE
from jumpgate.common.errors import NotSupported
from jumpgate.common.typed import Call, Handler, operation

SINCE = "3.3"

LISTING = Listing(
    resource="message",
    plural="messages",
    label="Message",
    filters={
        "resource_uuid": ListFilter(attribute="resource_id", is_text=True),
        "resource_type": ListFilter(attribute="resource_type", is_text=True),
        "request_id": ListFilter(attribute="request_id", is_text=True),
        "message_level": ListFilter(attribute="level", is_text=True),
    },
    sort_keys={
        "id": "id",
        "resource_type": "resource_type",
        "resource_uuid": "resource_id",
        "request_id": "request_id",
        "message_level": "level",
        "created_at": "created_at",
        "guaranteed_until": "expires_at",
    },
)


def _messages(call: Call[BlockStorage]) -> Messages:
    if call.cloud.messages is None:
        raise NotSupported("This cloud keeps no messages.")
    return call.cloud.messages


def _find(call: Call[BlockStorage], message_id: str, rule: str) -> Message:
    message = _messages(call).get(call.ctx, message_id)
    call.require(rule, target(message))
    return message


class MessagesHandler(Handler[BlockStorage]):
    """The collection."""

    @operation("messages.find", policy="message:get_all", since=SINCE)
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, _messages(call), MESSAGE.bind(call))


class MessageHandler(Handler[BlockStorage]):
    """One message."""

    @operation("messages.get", since=SINCE)
    def on_get(self, call: Call[BlockStorage], message_id: str) -> dict[str, Any]:
        """Show."""
        return {"message": MESSAGE.render(_find(call, message_id, "message:get"), call)}

    @operation("messages.delete", since=SINCE, status=204)
    def on_delete(self, call: Call[BlockStorage], message_id: str) -> None:
        """Remove."""
        _messages(call).delete(call.ctx, _find(call, message_id, "message:delete").id)
