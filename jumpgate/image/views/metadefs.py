"""Metadata definitions in JSON: what a client sends, what it gets, and the schemas that tell it so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.common.format import iso_seconds_z
from jumpgate.image.models import Definition, Namespace
from jumpgate.image.views.documents import collection

PATH = "/v2/metadefs/namespaces"
_SCHEMAS = "/v2/schemas/metadefs"
_READ_ONLY = {"readOnly": True, "type": "string"}
_TYPES = ["array", "boolean", "integer", "number", "object", "string", None]


def _text(description: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "string", **({"description": description} if description else {}), **more}


def _times(of: str) -> dict[str, Any]:
    created, updated = f"Date and time of {of} creation", f"Date and time of the last {of} modification"
    return {
        "created_at": _text(created, readOnly=True, format="date-time"),
        "updated_at": _text(updated, readOnly=True, format="date-time"),
    }


_POSITIVE = {"$ref": "#/definitions/positiveInteger"}
_POSITIVE_OR_0 = {"$ref": "#/definitions/positiveIntegerDefault0"}
_STRINGS = {"$ref": "#/definitions/stringArray"}
_PROPERTIES = {"$ref": "#/definitions/property"}

_NUMBERS = {
    "positiveInteger": {"type": "integer", "minimum": 0},
    "positiveIntegerDefault0": {"allOf": [_POSITIVE, {"default": 0}]},
}
_PROPERTY_FIELDS = {
    "name": _text(maxLength=80),
    "title": _text(),
    "description": _text(),
    "operators": {"type": "array", "items": {"type": "string"}},
    "type": _text(enum=_TYPES),
    "required": _STRINGS,
    "minimum": {"type": "number"},
    "maximum": {"type": "number"},
    "maxLength": _POSITIVE,
    "minLength": _POSITIVE_OR_0,
    "pattern": _text(format="regex"),
    "enum": {"type": "array"},
    "readonly": {"type": "boolean"},
    "default": {},
    "items": {"type": "object", "properties": {"type": _text(enum=_TYPES), "enum": {"type": "array"}}},
    "maxItems": _POSITIVE,
    "minItems": _POSITIVE_OR_0,
    "uniqueItems": {"type": "boolean", "default": False},
    "additionalItems": {"type": "boolean"},
}
_DEFINITIONS = {
    **_NUMBERS,
    "stringArray": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    "property": {
        "type": "object",
        "additionalProperties": {"type": "object", "required": ["title", "type"], "properties": _PROPERTY_FIELDS},
    },
}


def _schema(
    name: str, fields: Mapping[str, Any], required: Iterable[str], definitions: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    schema = {"name": name, "properties": dict(fields), "additionalProperties": False, "required": list(required)}
    return {**schema, "definitions": definitions} if definitions else schema


def _contained(**fields: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": fields}}


NAMESPACE = _schema(
    "namespace",
    {
        "namespace": _text("The unique namespace text.", maxLength=80),
        "display_name": _text("The user friendly name for the namespace. Used by UI if available.", maxLength=80),
        "description": _text("Provides a user friendly description of the namespace.", maxLength=500),
        "visibility": _text("Scope of namespace accessibility.", enum=["public", "private"]),
        "protected": {"type": "boolean", "description": "If true, namespace will not be deletable."},
        "owner": _text("Owner of the namespace.", maxLength=255),
        **_times("namespace"),
        "schema": _READ_ONLY,
        "self": _READ_ONLY,
        "resource_type_associations": _contained(name=_text(), prefix=_text(), properties_target=_text()),
        "properties": _PROPERTIES,
        "objects": _contained(name=_text(), description=_text(), required=_STRINGS, properties=_PROPERTIES),
        "tags": _contained(name=_text()),
    },
    ["namespace"],
    _DEFINITIONS,
)
OBJECT = _schema(
    "object",
    {
        "name": _text(maxLength=80),
        "description": _text(),
        "required": _STRINGS,
        "properties": _PROPERTIES,
        "schema": _READ_ONLY,
        "self": _READ_ONLY,
        **_times("object"),
    },
    ["name"],
    _DEFINITIONS,
)
PROPERTY = _schema(
    "property",
    _PROPERTY_FIELDS,
    ["type", "title", "name"],
    {**_NUMBERS, "stringArray": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}},
)
RESOURCE_TYPE = _schema(
    "resource_type_association",
    {
        "name": _text(
            "Resource type names should be aligned with Heat resource types whenever possible: "
            "https://docs.openstack.org/heat/latest/template_guide/openstack.html",
            maxLength=80,
        ),
        "prefix": _text(
            "Specifies the prefix to use for the given resource type. Any properties in the namespace should be "
            "prefixed with this prefix when being applied to the specified resource type. Must include prefix "
            "separator (e.g. a colon :).",
            maxLength=80,
        ),
        "properties_target": _text(
            "Some resource types allow more than one key / value pair per instance. This names the one that is meant.",
            maxLength=80,
        ),
        **_times("resource type association"),
    },
    ["name"],
)
TAG = _schema("tag", {"name": _text(maxLength=80), **_times("tag")}, ["name"])
TAGS = {
    "type": "object",
    "properties": {
        "tags": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "required": ["name"],
                "additionalProperties": False,
            },
        }
    },
    "additionalProperties": False,
}


def _collection(name: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a list's schema, with what its items refer to at the top where references look for it."""
    inner = {key: value for key, value in item.items() if key != "definitions"}
    found = collection(name, inner)
    return {**found, "definitions": item["definitions"]} if "definitions" in item else found


def _dictionary(name: str, item: Mapping[str, Any]) -> dict[str, Any]:
    found = _collection(name, {**item, "required": ["type", "title"]})
    inner = found["properties"][name]["items"]
    found["properties"][name] = {"type": "object", "additionalProperties": inner}
    return found


DOCUMENTS: Mapping[str, Mapping[str, Any]] = {
    "v2_schema_metadefs_namespace": NAMESPACE,
    "v2_schema_metadefs_namespaces": _collection("namespaces", NAMESPACE),
    "v2_schema_metadefs_object": OBJECT,
    "v2_schema_metadefs_objects": _collection("objects", OBJECT),
    "v2_schema_metadefs_property": PROPERTY,
    "v2_schema_metadefs_properties": _dictionary("properties", PROPERTY),
    "v2_schema_metadefs_resource_type": RESOURCE_TYPE,
    "v2_schema_metadefs_resource_types": _collection("resource_type_associations", RESOURCE_TYPE),
    "v2_schema_metadefs_tag": TAG,
    "v2_schema_metadefs_tags": _collection("tags", TAG),
}


def _stamped(model: Namespace | Definition) -> dict[str, Any]:
    return {"created_at": iso_seconds_z(model.created_at), "updated_at": iso_seconds_z(model.updated_at)}


def _present(view: Mapping[str, Any]) -> dict[str, Any]:
    """Leave away what is not set, as Glance does here and nowhere else."""
    return {name: value for name, value in view.items() if value is not None}


def namespace_view(namespace: Namespace) -> dict[str, Any]:
    """Render a namespace without what it defines."""
    return _present(
        {
            "namespace": namespace.name,
            "display_name": namespace.display_name,
            "description": namespace.description,
            "visibility": namespace.visibility,
            "protected": namespace.protected,
            "owner": namespace.owner,
            **_stamped(namespace),
            "self": f"{PATH}/{namespace.name}",
            "schema": f"{_SCHEMAS}/namespace",
        }
    )


def listed_view(namespace: Namespace) -> dict[str, Any]:
    """Render a namespace as it is in a list: with its resource types."""
    types = [association_view(item) for item in namespace.resource_types]
    return {**namespace_view(namespace), **({"resource_type_associations": types} if types else {})}


def whole_view(namespace: Namespace) -> dict[str, Any]:
    """Render a namespace with all that it defines."""
    contents: dict[str, Any] = {
        "objects": [object_view(namespace.name, item) for item in namespace.objects],
        "properties": properties_view(namespace.properties),
        "tags": [{"name": item.name} for item in namespace.tags],
    }
    return {**listed_view(namespace), **{name: value for name, value in contents.items() if value}}


def object_view(namespace: str, item: Definition) -> dict[str, Any]:
    """Render an object."""
    place = {"self": f"{PATH}/{namespace}/objects/{item.name}", "schema": f"{_SCHEMAS}/object"}
    return _present({"name": item.name, **item.attributes, **_stamped(item), **place})


def property_view(item: Definition) -> dict[str, Any]:
    """Render a property by itself."""
    return {**item.attributes, "name": item.name}


def properties_view(items: Iterable[Definition]) -> dict[str, Any]:
    """Render properties as the JSON schemas that they are, by name."""
    return {item.name: dict(item.attributes) for item in items}


def association_view(item: Definition) -> dict[str, Any]:
    """Render a resource type with what a namespace makes of it."""
    return _present({"name": item.name, **item.attributes, **_stamped(item)})


def tag_view(item: Definition) -> dict[str, Any]:
    """Render a tag by itself, or a resource type that nobody asked more about."""
    return {"name": item.name, **_stamped(item)}
