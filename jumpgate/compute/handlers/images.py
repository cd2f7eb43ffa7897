"""``/images``: the image service's images by way of compute, until 2.35; their metadata until 2.38.

Source: the API reference, "Images (DEPRECATED)".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, Forbidden, NotFound, NotSupported
from jumpgate.common.format import iso_seconds_z
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import Filter, ListParameters, MarkerNotFound, Query
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.handlers.siblings import sibling
from jumpgate.compute.schemas import proxies as schemas
from jumpgate.compute.schemas.parameters import parse_time
from jumpgate.compute.views.links import Links

_UNTIL, _METADATA_UNTIL = "2.35", "2.38"
_LIST = ListParameters()
_STATUSES = {
    "active": ("ACTIVE", 100),
    "queued": ("SAVING", 25),
    "saving": ("SAVING", 50),
    "deleted": ("DELETED", 0),
    "pending_delete": ("DELETED", 0),
    "killed": ("ERROR", 0),
}


def _images(call: Call[Compute]) -> Any:
    service = sibling(call, "image")
    if service is None:
        raise NotSupported("The image service of this cloud cannot be reached by way of compute.")
    return service.images


def _get(call: Call[Compute], image_id: str) -> Any:
    try:
        return _images(call).get(call.ctx, call.ids[Kind.IMAGE].to_cloud(image_id))
    except (NotFound, MalformedId):
        raise NotFound("Image not found.") from None


def _links(call: Call[Compute], links: Links, image_id: str) -> list[dict[str, str]]:
    alternate = call.service.app.get_endpoint_url("image", call.req, "v2_image", image_id=image_id)
    own = links.of("images", image_id)
    return [*own, {"rel": "alternate", "type": "application/vnd.openstack.image", "href": alternate}]


def _brief(call: Call[Compute]) -> Callable[[Any], dict[str, Any]]:
    links = Links(call)

    def render(image: Any) -> dict[str, Any]:
        image_id = call.openstack_id(Kind.IMAGE, image.id)
        return {"id": image_id, "name": image.name, "links": _links(call, links, image_id)}

    return render


def _full(call: Call[Compute]) -> Callable[[Any], dict[str, Any]]:
    links, brief = Links(call), _brief(call)

    def render(image: Any) -> dict[str, Any]:
        status, progress = _STATUSES.get(image.status, ("UNKNOWN", 0))
        shown = {
            **brief(image),
            "minRam": image.min_ram_mib,
            "minDisk": image.min_disk_gib,
            "metadata": dict(image.properties),
            "created": iso_seconds_z(image.created_at),
            "updated": iso_seconds_z(image.updated_at),
            "status": status,
            "progress": progress,
            "OS-EXT-IMG-SIZE:size": image.size_bytes,
        }
        server_id = image.properties.get("instance_uuid")
        if server_id is not None:
            shown["server"] = {"id": server_id, "links": links.of("servers", server_id)}
        automatic = image.properties.get("auto_disk_config")
        if automatic is not None:
            shown["OS-DCF:diskConfig"] = "AUTO" if automatic.lower() in ("1", "true", "yes", "on") else "MANUAL"
        return shown

    return render


def _filters(parameters: Mapping[str, Any]) -> list[Filter]:
    filters = []
    for name, texts in parameters.items():
        text = texts[-1]
        if name == "name":
            filters.append(Filter("name", (text,)))
        elif name == "status":
            wanted = [word for word, (shown, _) in _STATUSES.items() if text.upper() in (shown, word.upper())]
            filters.append(Filter("status", tuple(wanted)))
        elif name == "changes-since":
            filters.append(Filter("updated_at", (_time(text),), "gte"))
        elif name in ("minRam", "minDisk"):
            attribute = "min_ram_mib" if name == "minRam" else "min_disk_gib"
            filters.append(Filter(attribute, (_number(name, text),), "gte"))
        elif name == "server":
            filters.append(Filter("properties.instance_uuid", (text.rsplit("/", 1)[-1],)))
        elif name == "type":
            filters.append(Filter("properties.image_type", (text,)))
        elif name.startswith("property-"):
            filters.append(Filter(f"properties.{name.removeprefix('property-')}", (text,)))
    return filters


def _time(text: str) -> Any:
    try:
        return parse_time(text)
    except ValueError:
        raise BadRequest(f"Invalid filter field: changes-since: {text!r}.") from None


def _number(name: str, text: str) -> int:
    if not text.isdigit():
        raise BadRequest(f"Invalid {name} filter [{text}]")
    return int(text)


def _listed(call: Call[Compute], collection: str, render: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    paging = {name: call.parameters[name] for name in ("limit", "marker") if name in call.parameters}
    listed = _LIST.query(paging)
    marker = listed.marker and call.native_in_body(Kind.IMAGE, listed.marker)
    query = Query(filters=tuple(_filters(call.parameters)), sort=listed.sort, marker=marker, limit=listed.limit)
    try:
        found = call.page(_images(call).find(call.ctx, query), query, {"id": Kind.IMAGE})
    except MarkerNotFound as error:
        raise BadRequest(f"marker [{listed.marker}] not found") from error
    images = list(map(render, found))
    links = Links(call).next(collection, call.parameters, [image["id"] for image in images], listed.limit)
    return {"images": images, "images_links": links} if links else {"images": images}


class ImagesHandler(Handler[Compute]):
    """All, in brief."""

    @operation(until=_UNTIL)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return _listed(call, "images", _brief(call))


class ImagesDetailHandler(Handler[Compute]):
    """All, in detail."""

    @operation(until=_UNTIL)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return _listed(call, "images/detail", _full(call))


class ImageHandler(Handler[Compute]):
    """One."""

    @operation(until=_UNTIL)
    def on_get(self, call: Call[Compute], image_id: str) -> dict[str, Any]:
        return {"image": _full(call)(_get(call, image_id))}

    @operation(until=_UNTIL)
    def on_head(self, call: Call[Compute], image_id: str) -> dict[str, Any]:
        return {"image": _full(call)(_get(call, image_id))}

    @operation(until=_UNTIL, status=204)
    def on_delete(self, call: Call[Compute], image_id: str) -> None:
        image = _get(call, image_id)
        if image.owner != call.ctx.project_id and not call.ctx.is_admin:
            raise Forbidden("You are not allowed to delete the image.")
        _images(call).delete(call.ctx, image.id)


class ImageMetadataHandler(Handler[Compute]):
    """All of an image's properties."""

    @operation(until=_METADATA_UNTIL)
    def on_get(self, call: Call[Compute], image_id: str) -> dict[str, Any]:
        return {"metadata": dict(_get(call, image_id).properties)}

    @operation(until=_METADATA_UNTIL, body=schemas.IMAGE_METADATA)
    def on_post(self, call: Call[Compute], image_id: str) -> dict[str, Any]:
        image = _writable(call, image_id)
        return {"metadata": _change(call, image, dict(image.properties), call.body["metadata"])}

    @operation(until=_METADATA_UNTIL, body=schemas.IMAGE_METADATA)
    def on_put(self, call: Call[Compute], image_id: str) -> dict[str, Any]:
        image = _writable(call, image_id)
        gone = dict.fromkeys(set(image.properties) - set(call.body["metadata"]))
        return {"metadata": _change(call, image, {}, {**call.body["metadata"], **gone})}


class ImageMetadataItemHandler(Handler[Compute]):
    """One property."""

    @operation(until=_METADATA_UNTIL)
    def on_get(self, call: Call[Compute], image_id: str, key: str) -> dict[str, Any]:
        properties = _get(call, image_id).properties
        if key not in properties:
            raise NotFound("The resource could not be found.")
        return {"meta": {key: properties[key]}}

    @operation(until=_METADATA_UNTIL, body=schemas.IMAGE_METADATA_ITEM)
    def on_put(self, call: Call[Compute], image_id: str, key: str) -> dict[str, Any]:
        if key not in call.body["meta"]:
            raise BadRequest("Request body and URI mismatch")
        image = _writable(call, image_id)
        _change(call, image, dict(image.properties), call.body["meta"])
        return {"meta": call.body["meta"]}

    @operation(until=_METADATA_UNTIL, status=204)
    def on_delete(self, call: Call[Compute], image_id: str, key: str) -> None:
        image = _writable(call, image_id)
        if key not in image.properties:
            raise NotFound("Invalid metadata key")
        _change(call, image, dict(image.properties), {key: None})


def _writable(call: Call[Compute], image_id: str) -> Any:
    image = _get(call, image_id)
    if image.owner != call.ctx.project_id and not call.ctx.is_admin:
        raise Forbidden("You are not allowed to change the image.")
    return image


_MOST_ITEMS = "metadata_items"


def _change(call: Call[Compute], image: Any, kept: dict[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Set and remove properties, and return all; raise Forbidden for more than the quota lets."""
    merged = {key: value for key, value in {**kept, **changes}.items() if value is not None}
    quotas = call.cloud.quotas
    if quotas is not None and changes:
        limit = quotas.get(call.ctx, call.ctx.project)[_MOST_ITEMS].limit
        if limit != -1 and len(merged) > limit:
            raise Forbidden("Image metadata limit exceeded")
    _images(call).update(call.ctx, image.id, {"properties": changes})
    return merged
