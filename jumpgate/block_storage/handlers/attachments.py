"""Attachments (microversion 3.27 and newer)."""

from __future__ import annotations

from typing import Any

from jumpgate.block_storage.contract import Attachments, BlockStorage
from jumpgate.block_storage.handlers.actions import Action, perform
from jumpgate.block_storage.handlers.lists import ListFilter, Listing, answer, ids
from jumpgate.block_storage.handlers.targets import target
from jumpgate.block_storage.handlers.volumes import find_volume
from jumpgate.block_storage.models import Attachment, AttachmentSpec
from jumpgate.block_storage.schemas import attachments as schemas
from jumpgate.block_storage.schemas.volumes import NOTHING
from jumpgate.block_storage.views.attachments import DETAIL, SUMMARY
from jumpgate.common.errors import Conflict, NotSupported
from jumpgate.common.ids import Kind
from jumpgate.common.listing import Filter, Query, page
from jumpgate.common.typed import Call, Handler, operation

SINCE = "3.27"

LISTING = Listing(
    resource="attachment",
    plural="attachments",
    label="Volume attachment",
    kind=Kind.ATTACHMENT,
    filters={
        "volume_id": ListFilter(attribute="volume_id", make=ids(Kind.VOLUME)),
        "status": ListFilter(attribute="status"),
        "instance_id": ListFilter(attribute="server_id", make=ids(Kind.SERVER)),
        "attach_status": ListFilter(attribute="status"),
        "project_id": ListFilter(attribute="project_id", admin=True),
        "id": ListFilter(attribute="id", make=ids(Kind.ATTACHMENT), admin=True),
    },
    sort_keys={
        "id": "id",
        "volume_id": "volume_id",
        "attach_status": "status",
        "instance_uuid": "server_id",
        "created_at": "created_at",
        "attach_time": "attached_at",
    },
)


def attachments_of(call: Call[BlockStorage]) -> Attachments:
    """Return the cloud's attachments; raise NotSupported where it has none."""
    if call.cloud.attachments is None:
        raise NotSupported("This cloud has no attachments as things of their own.")
    return call.cloud.attachments


def find_attachment(call: Call[BlockStorage], attachment_id: str) -> Attachment:
    """Return the attachment of a path, which the caller must be able to see."""
    return attachments_of(call).get(call.ctx, call.native_in_path(Kind.ATTACHMENT, attachment_id))


class AttachmentsHandler(Handler[BlockStorage]):
    """The collection in its short form, and creation."""

    @operation("attachments.find", policy="volume:get_all", since=SINCE, cached="attachments")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, attachments_of(call), SUMMARY.bind(call))

    @operation("attachments.create", body=schemas.CREATE, since=SINCE)
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        body = call.body["attachment"]
        volume = find_volume(call, body["volume_uuid"])
        call.require("volume:attachment_create", target(volume))
        if volume.is_multiattach and volume.status == "in-use" and volume.bootable:
            call.require("volume:multiattach_bootable_volume", target(volume))
        server = body.get("instance_uuid")
        spec = AttachmentSpec(
            volume_id=volume.id,
            server_id=call.native_in_body(Kind.SERVER, server) if server else None,
            connector=body.get("connector") or None,
            mode=body.get("mode"),
        )
        return {"attachment": DETAIL.render(attachments_of(call).create(call.ctx, spec), call)}


class AttachmentsDetailHandler(Handler[BlockStorage]):
    """The collection in its full form."""

    @operation("attachments.find", policy="volume:get_all", since=SINCE, cached="attachments")
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, attachments_of(call), DETAIL.bind(call))


class AttachmentHandler(Handler[BlockStorage]):
    """One attachment."""

    @operation("attachments.get", since=SINCE, cached="attachments")
    def on_get(self, call: Call[BlockStorage], attachment_id: str) -> dict[str, Any]:
        """Show."""
        return {"attachment": DETAIL.render(find_attachment(call, attachment_id), call)}

    @operation("attachments.update", body=schemas.UPDATE, since=SINCE)
    def on_put(self, call: Call[BlockStorage], attachment_id: str) -> dict[str, Any]:
        """Connect."""
        attachment = find_attachment(call, attachment_id)
        call.require("volume:attachment_update", target(attachment))
        changes = {"connector": call.body["attachment"]["connector"]}
        changed = attachments_of(call).update(call.ctx, attachment.id, changes)
        return {"attachment": DETAIL.render(changed, call)}

    @operation("attachments.delete", since=SINCE)
    def on_delete(self, call: Call[BlockStorage], attachment_id: str) -> dict[str, Any]:
        """End it, and tell which others the volume has."""
        attachments, attachment = attachments_of(call), find_attachment(call, attachment_id)
        call.require("volume:attachment_delete", target(attachment))
        server_id = attachments.holder(call.ctx, attachment)
        if server_id is not None:
            raise Conflict(f"Detach volume from instance {server_id} using the Compute API")
        attachments.delete(call.ctx, attachment.id)
        of_volume = Query(filters=(Filter("volume_id", (attachment.volume_id,)),), all_projects=call.ctx.is_admin)
        others = page(attachments.find(call.ctx, of_volume), of_volume)
        return {"attachments": [SUMMARY.render(other, call) for other in others]}


def _complete(call: Call[BlockStorage], attachment: Attachment, _body: Any) -> None:
    attachments_of(call).complete(call.ctx, attachment.id)


ACTIONS: dict[str, Action] = {
    "os-complete": Action(
        capability="attachments.complete",
        run=_complete,
        schema=schemas.COMPLETE,
        rule="volume:attachment_complete",
        since="3.44",
        status=204,
    ),
}


class AttachmentActionHandler(Handler[BlockStorage]):
    """``POST /attachments/{id}/action``."""

    actions = ACTIONS

    @operation(body=NOTHING, since=SINCE)
    def on_post(self, call: Call[BlockStorage], attachment_id: str) -> dict[str, Any] | None:
        """Act."""
        return perform(call, ACTIONS, lambda: find_attachment(call, attachment_id), target)
