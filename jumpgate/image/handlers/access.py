"""Finding the image of a request, and asking the policy about it in Glance's words."""

from __future__ import annotations

from collections.abc import Mapping

from jumpgate.common.context import Context
from jumpgate.common.errors import Forbidden, NotFound
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.typed import Call
from jumpgate.image.contract import Imaging
from jumpgate.image.models import Image


def native_id(call: Call[Imaging], image_id: str) -> str:
    """Return the cloud's id for an image's in the path; raise NotFound for one that cannot exist."""
    try:
        return call.ids[Kind.IMAGE].to_cloud(image_id)
    except MalformedId:
        raise NotFound(f"No image found with ID {image_id}") from None


def target(ctx: Context, image: Image) -> Mapping[str, object]:
    """Return what the policy's rules may ask of an image."""
    known = {"project_id": image.owner, "owner": image.owner, "visibility": image.visibility}
    is_foreign = image.visibility == "shared" and image.owner != ctx.project_id
    return {**known, "member_id": ctx.project_id} if is_foreign else known


def may_see(call: Call[Imaging], image: Image) -> bool:
    """Tell whether policy lets the caller see an image that the cloud shows him."""
    return call.may("get_image", target(call.ctx, image))


def visible(call: Call[Imaging], image_id: str) -> Image:
    """Return the image of the path; raise NotFound where the caller may not see it."""
    image = call.cloud.images.get(call.ctx, native_id(call, image_id))
    if not may_see(call, image):
        raise NotFound("The resource could not be found.")
    return image


def require(call: Call[Imaging], rule: str, image: Image) -> None:
    """Raise Forbidden, in Glance's words, unless the caller passes a rule for an image."""
    require_of(call, rule, target(call.ctx, image))


def require_of(call: Call[Imaging], rule: str, asked: Mapping[str, object]) -> None:
    """Raise Forbidden unless the caller passes a rule for a target."""
    if not call.may(rule, asked):
        raise Forbidden(f"You are not authorized to complete {rule} action.")


def require_visibility(call: Call[Imaging], visibility: object, asked: Mapping[str, object]) -> None:
    """Raise Forbidden unless the caller may give an image this visibility."""
    rule = {"public": "publicize_image", "community": "communitize_image"}.get(str(visibility))
    if rule is not None:
        require_of(call, rule, asked)
