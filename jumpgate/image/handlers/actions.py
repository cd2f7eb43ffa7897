"""What is done to an image with a word: deactivate, reactivate, tag and untag."""

from __future__ import annotations

from jumpgate.common.errors import BadRequest, Forbidden, NotFound
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.image.contract import Imaging
from jumpgate.image.handlers import access

_LONGEST_TAG = 255


class DeactivateHandler(Handler[Imaging]):
    """``/v2/images/{image_id}/actions/deactivate``."""

    @operation("images.deactivate", status=204)
    def on_post(self, call: Call[Imaging], image_id: str) -> None:
        """Keep an image's data from being read."""
        image = access.visible(call, image_id)
        access.require(call, "deactivate", image)
        call.cloud.images.deactivate(call.ctx, image.id)


class ReactivateHandler(Handler[Imaging]):
    """``/v2/images/{image_id}/actions/reactivate``."""

    @operation("images.reactivate", status=204)
    def on_post(self, call: Call[Imaging], image_id: str) -> None:
        """Let an image's data be read again."""
        image = access.visible(call, image_id)
        access.require(call, "reactivate", image)
        call.cloud.images.reactivate(call.ctx, image.id)


class TagHandler(Handler[Imaging]):
    """``/v2/images/{image_id}/tags/{tag}``."""

    @operation("images.add_tag", status=204)
    def on_put(self, call: Call[Imaging], image_id: str, tag: str) -> None:
        """Give an image a tag."""
        if not tag:
            raise NotFound("The resource could not be found.")
        if len(tag) > _LONGEST_TAG:
            raise BadRequest(
                f"Provided object does not match schema 'image': a tag has at most {_LONGEST_TAG} characters"
            )
        call.cloud.images.add_tag(call.ctx, _taggable(call, image_id, "update"), tag)

    @operation("images.remove_tag", status=204)
    def on_delete(self, call: Call[Imaging], image_id: str, tag: str) -> None:
        """Take a tag away."""
        call.cloud.images.remove_tag(call.ctx, _taggable(call, image_id, "delete"), tag)


def _taggable(call: Call[Imaging], image_id: str, verb: str) -> str:
    """Return the id of an image whose tags the caller may change."""
    try:
        image = access.visible(call, image_id)
    except NotFound:
        raise NotFound(f"Image {image_id} not found.") from None
    if not call.may("modify_image", access.target(call.ctx, image)):
        raise Forbidden(f"Not allowed to {verb} tags for image {image_id}.")
    return image.id
