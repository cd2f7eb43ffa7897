"""The projects with which an image is shared."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import BadRequest, Forbidden, NotFound
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, operation, read_json
from jumpgate.image.contract import Imaging, Members
from jumpgate.image.handlers import access
from jumpgate.image.models import MEMBER_STATUSES, Image, Member
from jumpgate.image.views.members import VIEW

_ONLY_SHARED = "Only shared images have members."


class MembersHandler(Handler[Imaging]):
    """``/v2/images/{image_id}/members``."""

    @operation("members.find")
    def on_get(self, call: Call[Imaging], image_id: str) -> Any:
        """List the members that the caller may see."""
        image = _image(call, image_id)
        if image.visibility != "shared" or not call.may("get_members", access.target(call.ctx, image)):
            reason = _ONLY_SHARED if image.visibility != "shared" else "You are not authorized to see them."
            raise Forbidden(f"Not allowed to list members for image {image_id}: {reason}")
        render = VIEW.bind(call)
        members = _members(call).find(call.ctx, image.id)
        return {"members": [render(member) for member in members], "schema": "/v2/schemas/members"}

    @operation("members.create")
    def on_post(self, call: Call[Imaging], image_id: str) -> Any:
        """Offer the image to a project."""
        project_id = _new_member(read_json(call.req))
        image = _shared(call, image_id, "create")
        _require(call, "add_member", image, "create")
        native = call.native_in_body(Kind.PROJECT, project_id)
        return VIEW.render(_members(call).create(call.ctx, image.id, native), call)


class MemberHandler(Handler[Imaging]):
    """``/v2/images/{image_id}/members/{member_id}``."""

    @operation("members.get")
    def on_get(self, call: Call[Imaging], image_id: str, member_id: str) -> Any:
        """Show a member; where it may not be seen, nor the reason, there is none."""
        image = _image(call, image_id)
        if image.visibility != "shared":
            raise NotFound(_ONLY_SHARED)
        return VIEW.render(_member(call, image, member_id), call)

    @operation("members.update")
    def on_put(self, call: Call[Imaging], image_id: str, member_id: str) -> Any:
        """Accept or reject the image, as its member."""
        status = _new_status(read_json(call.req))
        image = _shared(call, image_id, "update")
        member = _member(call, image, member_id)
        _require(call, "modify_member", image, "update")
        if status not in MEMBER_STATUSES:
            raise BadRequest('Incorrect request: Status must be "pending", "accepted" or "rejected".')
        return VIEW.render(_members(call).update(call.ctx, image.id, member.id, status), call)

    @operation("members.delete", status=204)
    def on_delete(self, call: Call[Imaging], image_id: str, member_id: str) -> None:
        """Share the image with a project no more."""
        image = _shared(call, image_id, "delete")
        member = _member(call, image, member_id)
        _require(call, "delete_member", image, "delete")
        _members(call).delete(call.ctx, image.id, member.id)


def _members(call: Call[Imaging]) -> Members:
    assert call.cloud.members is not None
    return call.cloud.members


def _image(call: Call[Imaging], image_id: str) -> Image:
    try:
        return access.visible(call, image_id)
    except NotFound:
        raise NotFound(f"Image {image_id} not found.") from None


def _shared(call: Call[Imaging], image_id: str, verb: str) -> Image:
    image = _image(call, image_id)
    if image.visibility != "shared":
        raise _refusal(verb, image_id)
    return image


def _refusal(verb: str, image_id: str) -> Forbidden:
    return Forbidden(f"Not allowed to {verb} members for image {image_id}.")


def _require(call: Call[Imaging], rule: str, image: Image, verb: str) -> None:
    if not call.may(rule, access.target(call.ctx, image)):
        raise _refusal(verb, call.openstack_id(Kind.IMAGE, image.id))


def _member(call: Call[Imaging], image: Image, member_id: str) -> Member:
    missing = f"{member_id} not found in the member list of the image {image.id}."
    if not call.may("get_member", access.target(call.ctx, image)):
        raise NotFound(missing)
    try:
        return _members(call).get(call.ctx, image.id, call.native_in_path(Kind.PROJECT, member_id))
    except NotFound:
        raise NotFound(missing) from None


def _new_member(body: Any) -> str:
    if not isinstance(body, dict):
        raise BadRequest('Expected a member in the form: {"member": "image_id"}')
    if "member" not in body:
        raise BadRequest("Member to be added not specified")
    member = body["member"]
    if not member:
        raise BadRequest("Member can't be empty")
    if not isinstance(member, str) or len(member) > 255:
        raise BadRequest('Expected a member in the form: {"member": "image_id"}')
    return member


def _new_status(body: Any) -> Any:
    if not isinstance(body, dict):
        raise BadRequest('Expected a status in the form: {"status": "status"}')
    if "status" not in body:
        raise BadRequest("Status not specified")
    return body["status"]
