"""An image's data: upload, staging, import and download, streamed both ways."""

from __future__ import annotations

import re
from typing import Any

from jumpgate.common.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    RangeNotSatisfiable,
    UnsupportedMediaType,
)
from jumpgate.common.typed import Call, Handler, operation, read_json
from jumpgate.image.contract import Imaging
from jumpgate.image.handlers import access
from jumpgate.image.handlers.info import import_methods
from jumpgate.image.models import Image

OCTETS = "application/octet-stream"


class FileHandler(Handler[Imaging]):
    """``/v2/images/{image_id}/file``."""

    @operation("images.upload", status=204)
    def on_put(self, call: Call[Imaging], image_id: str) -> None:
        """Upload a queued image's data."""
        size_bytes = _announced_size(call)
        _check_store(call)
        image = access.visible(call, image_id)
        if not call.may("upload_image", access.target(call.ctx, image)):
            raise Forbidden(f"Not allowed to upload image data for image {image_id}")
        call.cloud.images.upload(call.ctx, image.id, call.req.stream, size_bytes=size_bytes)

    @operation("images.download")
    def on_get(self, call: Call[Imaging], image_id: str) -> None:
        """Download an image's data, or one range of it."""
        image = access.visible(call, image_id)
        access.require(call, "download_image", image)
        if call.parameter("prefer"):
            access.require(call, "download_from_store", image)
            _check_preferred(call)
        asked = _range(call, image)
        offset, length = asked or (0, None)
        download = call.cloud.images.download(call.ctx, image.id, offset=offset, length=length)
        if download is None:
            call.resp.status = 204
            return
        size = download.size_bytes if length is None else length
        call.resp.set_stream(download.chunks, size)
        call.resp.content_type = OCTETS
        if download.checksum:
            call.resp.set_header("Content-MD5", download.checksum)
        if asked is not None:
            call.resp.status = 206
            call.resp.set_header("Content-Range", f"bytes {offset}-{offset + size - 1}/{download.size_bytes}")


class StageHandler(Handler[Imaging]):
    """``/v2/images/{image_id}/stage``."""

    @operation("images.stage", status=204)
    def on_put(self, call: Call[Imaging], image_id: str) -> None:
        """Keep a queued image's data until it is imported."""
        size_bytes = _announced_size(call)
        image = access.visible(call, image_id)
        access.require(call, "modify_image", image)
        call.cloud.images.stage(call.ctx, image.id, call.req.stream, size_bytes=size_bytes)


class ImportHandler(Handler[Imaging]):
    """``/v2/images/{image_id}/import``."""

    @operation(status=202)
    def on_post(self, call: Call[Imaging], image_id: str) -> None:
        """Begin to import an image's data; the image's status tells when it is there."""
        body = read_json(call.req)
        _check_import(call, body)
        image = access.visible(call, image_id)
        access.require(call, "modify_image", image)
        if body["method"]["name"] == "web-download":
            call.cloud.images.import_from(call.ctx, image.id, body["method"]["uri"])
        else:
            call.cloud.images.import_staged(call.ctx, image.id)


def _announced_size(call: Call[Imaging]) -> int | None:
    """Return how many bytes the client says it sends; raise UnsupportedMediaType for anything but plain bytes."""
    content_type = (call.req.content_type or "").partition(";")[0].strip().lower()
    if content_type != OCTETS:
        raise UnsupportedMediaType(f"Invalid content type {content_type or None}")
    announced = call.req.get_header("X-OpenStack-Image-Size")
    length = call.req.content_length
    if announced is None:
        return length
    if not re.fullmatch("[0-9]{1,18}", announced, re.ASCII):
        raise BadRequest("Invalid or missing image size in request headers.")
    if length is not None and length != int(announced):
        raise BadRequest(f"The image size in the headers is {announced} bytes, but the body has {length}.")
    return int(announced)


def _check_store(call: Call[Imaging]) -> None:
    """Raise BadRequest for a store that the cloud does not have."""
    wanted = call.req.get_header("X-Image-Meta-Store")
    known = call.cloud.stores
    if wanted is not None and known is not None and wanted not in {store.id for store in known.find(call.ctx)}:
        raise BadRequest(f"Unknown scheme '{wanted}' found in URI")


def _check_preferred(call: Call[Imaging]) -> None:
    if call.cloud.stores is None:
        raise BadRequest("Store selection for download is not available when multiple backends are not enabled.")
    known = {store.id for store in call.cloud.stores.find(call.ctx)}
    for name in (call.parameter("prefer") or "").split(","):
        if name.strip() and name.strip() not in known:
            raise BadRequest(f"Store '{name.strip()}' is not configured.")


def _check_import(call: Call[Imaging], body: Any) -> None:
    method = body.get("method") if isinstance(body, dict) else None
    if not isinstance(method, dict):
        raise BadRequest("Import request requires a 'method' field.")
    if "name" not in method:
        raise BadRequest("Import request requires a 'name' field.")
    if method["name"] not in import_methods(call.service):
        raise BadRequest(f"Unknown import method name '{method['name']}'.")
    if method["name"] == "web-download" and not isinstance(method.get("uri"), str):
        raise BadRequest("Import request requires a 'uri' field, a text, for the method 'web-download'.")
    for flag in ("all_stores_must_succeed", "all_stores"):
        if not isinstance(body.get(flag, False), bool):
            raise BadRequest(f"'{flag}' must be boolean value only")
    _check_import_stores(call, body)


def _check_import_stores(call: Call[Imaging], body: dict[str, Any]) -> None:
    wanted = body.get("stores", [])
    if not isinstance(wanted, list):
        raise BadRequest("'stores' must be a list of store ids.")
    if wanted and body.get("all_stores"):
        raise BadRequest("All_stores parameter can't be used with x-image-meta-store header or stores parameter")
    known = {store.id for store in call.cloud.stores.find(call.ctx)} if call.cloud.stores is not None else set()
    for name in wanted:
        if name not in known:
            raise Conflict(f"Unknown scheme '{name}' found in URI")


_RANGE = re.compile(r"bytes\s*=\s*(?:(\d+)\s*-\s*(\d*)|-\s*(\d+))\s*", re.ASCII | re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"bytes\s+(\d+)-(\d+)/(?:\d+|\*)\s*", re.ASCII | re.IGNORECASE)


def _range(call: Call[Imaging], image: Image) -> tuple[int, int] | None:
    """Return the offset and the length that a request asks for, None for the whole; raise RangeNotSatisfiable.

    Glance takes one range, and for old clients' sake also a Content-Range, which belongs into a response.
    """
    if image.size_bytes is None:
        return None
    header = call.req.get_header("Range")
    if header is not None:
        return _from_range(header, image.size_bytes)
    header = call.req.get_header("Content-Range")
    return None if header is None else _from_content_range(header, image.size_bytes)


def _from_range(header: str, size: int) -> tuple[int, int]:
    if "," in header:
        raise BadRequest(
            "Requests with multiple ranges are not supported in Glance. You may make multiple single-range requests "
            "instead."
        )
    match = _RANGE.fullmatch(header.strip())
    if match is None or (match[2] and int(match[2]) < int(match[1])):
        raise RangeNotSatisfiable("Invalid Range header.")
    if match[3] is not None:
        length = min(int(match[3]), size)
        return _checked(size - length, length, size, "Range")
    start = int(match[1])
    end = min(int(match[2]), size - 1) if match[2] else size - 1
    return _checked(start, end - start + 1, size, "Range")


def _from_content_range(header: str, size: int) -> tuple[int, int]:
    match = _CONTENT_RANGE.fullmatch(header.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise RangeNotSatisfiable("Invalid Content-Range header.")
    start, end = int(match[1]), int(match[2])
    if end >= size:
        raise RangeNotSatisfiable(
            "Invalid stop position in Content-Range header. The stop position MUST be in the inclusive range "
            f"[0, {size - 1}]."
        )
    return _checked(start, end - start + 1, size, "Content-Range")


def _checked(start: int, length: int, size: int, header: str) -> tuple[int, int]:
    if start >= size or length < 1:
        raise RangeNotSatisfiable(
            f"Invalid start position in {header} header. Start position MUST be in the inclusive range [0, {size - 1}]."
        )
    return start, length
