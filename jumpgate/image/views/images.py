"""Images in JSON: one table says what a client sees, what it may set, and what the published schema tells of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jumpgate.common.fields import Field, Input, Scene, View
from jumpgate.common.format import iso_seconds_z
from jumpgate.common.ids import Kind
from jumpgate.image.models import CONTAINER_FORMATS, DISK_FORMATS, STATUSES, VISIBILITIES, Image
from jumpgate.image.views.documents import UUID_PATTERN, document, link


def _shown(description: str, type_: str | list[str] = "string", **more: Any) -> Input:
    """Return a read-only field's schema."""
    schema = {"type": type_, "readOnly": True, "description": description, **more}
    return Input(schema=schema, create=False, update=False)


def _set(description: str, type_: str | list[str] = "string", *, update: bool = True, **more: Any) -> Input:
    return Input(schema={"type": type_, "description": description, **more}, update=update)


def _path(*subcollection: str) -> Callable[[Image, Scene], str]:
    """Return the function that tells an image's own path: Glance's links are without host and prefix."""

    def render(image: Image, scene: Scene) -> str:
        return "/".join(("/v2/images", scene.ids[Kind.IMAGE].to_openstack(image.id), *subcollection))

    return render


_TEXT, _NUMBER = ["null", "string"], ["null", "integer"]
_LOCATION = {
    "type": "object",
    "properties": {"url": {"type": "string", "maxLength": 255}, "metadata": {"type": "object"}},
    "required": ["url", "metadata"],
}

FIELDS = (
    Field("id", kind=Kind.IMAGE, input=_set("An identifier for the image", update=False, pattern=UUID_PATTERN)),
    Field("name", input=_set("Descriptive name for the image", _TEXT, maxLength=255)),
    Field("status", input=_shown("Status of the image", enum=list(STATUSES))),
    Field("visibility", input=_set("Scope of image accessibility", enum=list(VISIBILITIES))),
    Field("protected", input=_set("If true, image will not be deletable.", "boolean")),
    Field(
        "os_hidden", "hidden", input=_set("If true, image will not appear in default image list response.", "boolean")
    ),
    Field("checksum", input=_shown("md5 hash of image contents.", _TEXT, maxLength=32)),
    Field(
        "os_hash_algo",
        "hash_algorithm",
        input=_shown("Algorithm to calculate the os_hash_value", _TEXT, maxLength=64),
    ),
    Field(
        "os_hash_value",
        "hash_value",
        input=_shown(
            "Hexdigest of the image contents using the algorithm specified by the os_hash_algo", _TEXT, maxLength=128
        ),
    ),
    Field("owner", kind=Kind.PROJECT, input=_set("Owner of the image", _TEXT, maxLength=255)),
    Field("size", "size_bytes", input=_shown("Size of image file in bytes", _NUMBER)),
    Field("virtual_size", "virtual_size_bytes", input=_shown("Virtual size of image in bytes", _NUMBER)),
    Field("container_format", input=_set("Format of the container", _TEXT, enum=[None, *CONTAINER_FORMATS])),
    Field("disk_format", input=_set("Format of the disk", _TEXT, enum=[None, *DISK_FORMATS])),
    Field(
        "created_at",
        lambda image, _: iso_seconds_z(image.created_at),
        input=_shown("Date and time of image registration"),
    ),
    Field(
        "updated_at",
        lambda image, _: iso_seconds_z(image.updated_at),
        input=_shown("Date and time of the last image modification"),
    ),
    Field(
        "tags",
        lambda image, _: list(image.tags),
        input=Input(
            schema={
                "type": "array",
                "description": "List of strings related to the image",
                "items": {"type": "string", "maxLength": 255},
            },
            attribute="tags",
        ),
    ),
    Field("min_ram", "min_ram_mib", input=_set("Amount of ram (in MB) required to boot image.", "integer")),
    Field("min_disk", "min_disk_gib", input=_set("Amount of disk space (in GB) required to boot image.", "integer")),
    Field("self", _path(), input=_shown("An image self url")),
    Field("file", _path("file"), input=_shown("An image file url")),
    Field("schema", lambda *_: "/v2/schemas/image", input=_shown("An image schema url")),
)

# What the published schema tells of beside: keys that not every image has.
_OCCASIONAL = (
    Field("direct_url", input=_shown("URL to access the image file kept in external store")),
    Field(
        "stores",
        input=_shown("Store in which image data resides. May be a comma-separated list of store identifiers."),
    ),
    Field(
        "locations",
        input=Input(
            schema={
                "type": "array",
                "items": _LOCATION,
                "description": "A set of URLs to access the image file kept in external store",
            }
        ),
    ),
)

BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}

SETTABLE = {field.name: field.attribute for field in FIELDS if field.input is not None and field.input.update}

LINKS = (link("self", "self"), link("enclosure", "file"), link("describedby", "schema"))

DOCUMENT = document("image", (*FIELDS, *_OCCASIONAL), links=LINKS, additional={"type": "string"})

_VIEW: View[Image] = View(*FIELDS)


def bind(scene: Scene) -> Callable[[Image], dict[str, Any]]:
    """Return the function that renders images for one request; additional properties stand beside the others."""
    base = _VIEW.bind(scene)

    def render(image: Image) -> dict[str, Any]:
        view = {**image.properties, **base(image)}
        if image.stores:
            view["stores"] = ",".join(image.stores)
        return view

    return render


def render(image: Image, scene: Scene) -> dict[str, Any]:
    """Render one image."""
    return bind(scene)(image)
