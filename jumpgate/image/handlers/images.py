"""Images: list, create, show, change and delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from jumpgate.common.errors import BadRequest, Forbidden, JumpgateError, NotFound, UnsupportedMediaType
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Handler, operation, read_json
from jumpgate.image.contract import Imaging
from jumpgate.image.handlers import access, patches
from jumpgate.image.handlers.info import import_methods
from jumpgate.image.handlers.queries import image_query
from jumpgate.image.models import Image, ImageSpec
from jumpgate.image.views import images as view

# Checked before anything else about a new image; the rest of what is read-only is checked after its form.
_NEVER_GIVEN = ("direct_url", "self", "file", "schema", "stores")
_LONGEST_NAME = 255
_LARGEST_NUMBER = 2**31 - 1

_FORM = Schema({"type": "object", **{key: view.DOCUMENT[key] for key in ("properties", "additionalProperties")}})
_GIVEN = {**view.SETTABLE, "id": "id"}


class ImagesHandler(Handler[Imaging]):
    """``/v2/images``."""

    @operation("images.find", policy="get_images", cached="images")
    def on_get(self, call: Call[Imaging]) -> Any:
        """List the images that the caller sees."""
        query = image_query(call)
        models = call.page(call.cloud.images.find(call.ctx, query), query, {"id": Kind.IMAGE})
        render = view.bind(call)
        body = {
            "images": [render(image) for image in models if access.may_see(call, image)],
            "first": _list_path(call.parameters),
            "schema": "/v2/schemas/images",
        }
        if models and len(models) == query.limit:
            body["next"] = _list_path(call.parameters, call.openstack_id(Kind.IMAGE, models[-1].id))
        return body

    @operation("images.create", status=201)
    def on_post(self, call: Call[Imaging]) -> Any:
        """Create an image, which is queued until its data comes."""
        body = _form(read_json(call.req))
        spec = _spec(call, body)
        owner = spec.owner or call.ctx.project_id
        asked = {"project_id": owner, "owner": owner, "visibility": spec.visibility}
        if not call.may("add_image", asked):
            raise _not_added(call, owner)
        access.require_visibility(call, spec.visibility, asked)
        image = call.cloud.images.create(call.ctx, spec)
        call.resp.set_header("Location", call.url("v2_image", image_id=call.openstack_id(Kind.IMAGE, image.id)))
        _tell_choices(call)
        return view.render(image, call)


class ImageHandler(Handler[Imaging]):
    """``/v2/images/{image_id}``."""

    @operation("images.get", cached="images")
    def on_get(self, call: Call[Imaging], image_id: str) -> Any:
        """Show an image."""
        return view.render(access.visible(call, image_id), call)

    @operation("images.update")
    def on_patch(self, call: Call[Imaging], image_id: str) -> Any:
        """Change attributes and additional properties by a JSON patch."""
        if not patches.is_patch(call.req.content_type):
            call.resp.set_header("Accept-Patch", ", ".join(patches.MEDIA_TYPES))
            raise UnsupportedMediaType(f"Image PATCH expects Content-Type one of: {', '.join(patches.MEDIA_TYPES)}")
        operations = patches.read(call.req.content_type, read_json(call.req))
        for each in operations:
            if each.op != "remove" and each.name != "locations":
                _form({each.name: each.value})
        image = access.visible(call, image_id)
        if not operations:
            return view.render(image, call)
        self._check_allowed(call, image, operations)
        changes = _native(call, patches.apply(image, operations))
        return view.render(call.cloud.images.update(call.ctx, image.id, changes), call)

    def _check_allowed(self, call: Call[Imaging], image: Image, operations: list[patches.Operation]) -> None:
        for each in operations:
            if each.name == "visibility" and each.op != "remove":
                access.require_visibility(call, each.value, access.target(call.ctx, image))
            if each.name == "owner" and not call.may("context_is_admin"):
                raise Forbidden("Owner can't be updated by non admin.")
        access.require(call, "modify_image", image)

    @operation("images.delete", status=204)
    def on_delete(self, call: Call[Imaging], image_id: str) -> None:
        """Delete an image and its data."""
        try:
            image = access.visible(call, image_id)
            access.require(call, "delete_image", image)
            call.cloud.images.delete(call.ctx, image.id)
        except NotFound:
            raise NotFound(f"Failed to find image {image_id} to delete") from None


def _list_path(parameters: Mapping[str, Any], marker: str | None = None) -> str:
    """Return the path of a page, as relative as Glance's."""
    kept = [(name, text) for name, texts in parameters.items() if name != "marker" for text in texts]
    query = urlencode([*kept, ("marker", marker)] if marker is not None else kept)
    return f"/v2/images?{query}" if query else "/v2/images"


def _form(body: Any) -> dict[str, Any]:
    """Return a new image's body, or a part of it, when its form is right; raise BadRequest or Forbidden."""
    if isinstance(body, dict):
        for name in _NEVER_GIVEN:
            if name in body:
                raise Forbidden(f"Attribute '{name}' is read-only.")
    try:
        _FORM.validate(body, None)
    except BadRequest as error:
        raise BadRequest(f"Provided object does not match schema 'image': {error.message}") from error
    for name, value in body.items():
        if len(name) > _LONGEST_NAME:
            raise BadRequest("Custom property should not be greater than 255 characters.")
        if name in ("min_disk", "min_ram"):
            _check_number(name, value)
    return dict(body)


def _check_number(name: str, value: int) -> None:
    if value < 0:
        raise BadRequest(f"Invalid value '{value}' for parameter '{name}': Cannot be a negative value")
    if value > _LARGEST_NUMBER:
        raise BadRequest(f"Invalid value '{value}' for parameter '{name}': Value is out of range.")


def _spec(call: Call[Imaging], body: Mapping[str, Any]) -> ImageSpec:
    """Return the new image that a body describes; raise Forbidden for what a client may not say."""
    given, properties = {}, {}
    for name, value in body.items():
        if name in _GIVEN:
            given[_GIVEN[name]] = value
            continue
        patches.check_name(name)
        if name == "locations":
            raise Forbidden("Attribute 'locations' is reserved.")
        properties[name] = value
    given["tags"] = tuple(given.get("tags", ()))
    if given.get("id") is not None:
        given["id"] = call.native_in_body(Kind.IMAGE, given["id"])
    return ImageSpec(**_native(call, given), properties=properties)


def _native(call: Call[Imaging], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return model attributes with the owner's id as the cloud knows it."""
    owner = values.get("owner")
    if not owner:
        return dict(values)
    try:
        return {**values, "owner": call.ids[Kind.PROJECT].to_cloud(owner)}
    except MalformedId:
        raise _not_added(call, owner) from None


def _not_added(call: Call[Imaging], owner: str | None) -> JumpgateError:
    if owner != call.ctx.project_id:
        return Forbidden(f"You are not permitted to create images owned by '{owner}'")
    return Forbidden("You are not authorized to complete add_image action.")


def _tell_choices(call: Call[Imaging]) -> None:
    """Say in headers how the new image's data may come in and where it may be kept."""
    methods = import_methods(call.service)
    if methods:
        call.resp.set_header("OpenStack-image-import-methods", ",".join(methods))
    if call.cloud.stores is not None:
        stores = ",".join(store.id for store in call.cloud.stores.find(call.ctx))
        call.resp.set_header("OpenStack-image-store-ids", stores)
