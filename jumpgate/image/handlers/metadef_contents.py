"""The objects, properties, tags and resource types that a namespace of metadata definitions defines."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.listing import Query, boolean, page
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.image.contract import Imaging
from jumpgate.image.handlers.definitions import OBJECTS, PROPERTIES, RESOURCE_TYPES, TAGS, Change
from jumpgate.image.handlers.metadefs import metadefs, read_form, visible
from jumpgate.image.handlers.queries import MAXIMUM_LIMIT, limit, sort
from jumpgate.image.models import Definition, Namespace
from jumpgate.image.views import metadefs as view

_STAMPS = ("created_at", "updated_at")
_SORT_KEYS = {"name": "name", "created_at": "created_at", "updated_at": "updated_at", "id": "name"}
_MANY_TAGS = Schema(view.TAGS)


def _change(call: Call[Imaging], namespace: str, rule: str, change: Change) -> Namespace:
    """Change a namespace when policy lets the caller."""
    visible(call, namespace, rule)
    return metadefs(call).update(call.ctx, namespace, change)


def _page(call: Call[Imaging], items: Sequence[Definition], default: int = MAXIMUM_LIMIT) -> list[Definition]:
    """Return the page of a collection that the query string asks for."""
    order = {name: texts for name, texts in call.parameters.items() if name in ("sort_key", "sort_dir")}
    keys = sort(order, _SORT_KEYS, tail=("created_at", "name"))
    most = limit(call.parameters) if "limit" in call.parameters else default
    return page(items, Query(sort=keys, marker=call.parameter("marker"), limit=most), key="name")


class ObjectsHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces/{namespace}/objects``."""

    @operation("metadefs.get")
    def on_get(self, call: Call[Imaging], namespace: str) -> Any:
        """List the objects."""
        found = visible(call, namespace, "get_metadef_objects")
        objects = [view.object_view(found.name, item) for item in _page(call, found.objects)]
        return {"objects": objects, "schema": "v2/schemas/metadefs/objects"}

    @operation("metadefs.update", status=201)
    def on_post(self, call: Call[Imaging], namespace: str) -> Any:
        """Add an object."""
        item = OBJECTS.make(read_form(call, OBJECTS.schema, "object"))
        _change(call, namespace, "add_metadef_object", OBJECTS.adding([item]))
        return view.object_view(namespace, item)

    @operation("metadefs.update", status=204)
    def on_delete(self, call: Call[Imaging], namespace: str) -> None:
        """Remove all objects."""
        _change(call, namespace, "delete_metadef_namespace", OBJECTS.clearing())


class ObjectHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces/{namespace}/objects/{object_name}``."""

    @operation("metadefs.get")
    def on_get(self, call: Call[Imaging], namespace: str, object_name: str) -> Any:
        """Show an object."""
        found = visible(call, namespace, "get_metadef_object")
        return view.object_view(found.name, OBJECTS.one(found, object_name))

    @operation("metadefs.update")
    def on_put(self, call: Call[Imaging], namespace: str, object_name: str) -> Any:
        """Replace an object."""
        item = OBJECTS.make(read_form(call, OBJECTS.schema, "object"))
        changed = _change(call, namespace, "modify_metadef_object", OBJECTS.replacing(object_name, item))
        return view.object_view(namespace, OBJECTS.one(changed, item.name))

    @operation("metadefs.update", status=204)
    def on_delete(self, call: Call[Imaging], namespace: str, object_name: str) -> None:
        """Remove an object."""
        _change(call, namespace, "delete_metadef_object", OBJECTS.removing(object_name))


class PropertiesHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces/{namespace}/properties``."""

    @operation("metadefs.get")
    def on_get(self, call: Call[Imaging], namespace: str) -> Any:
        """List the properties by name."""
        found = visible(call, namespace, "get_metadef_properties")
        return {"properties": view.properties_view(found.properties)}

    @operation("metadefs.update", status=201)
    def on_post(self, call: Call[Imaging], namespace: str) -> Any:
        """Add a property."""
        item = PROPERTIES.make(read_form(call, PROPERTIES.schema, "property", _STAMPS))
        _change(call, namespace, "add_metadef_property", PROPERTIES.adding([item]))
        return view.property_view(item)

    @operation("metadefs.update", status=204)
    def on_delete(self, call: Call[Imaging], namespace: str) -> None:
        """Remove all properties."""
        _change(call, namespace, "delete_metadef_namespace", PROPERTIES.clearing())


class PropertyHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces/{namespace}/properties/{property_name}``."""

    @operation("metadefs.get")
    def on_get(self, call: Call[Imaging], namespace: str, property_name: str) -> Any:
        """Show a property, by its own name or as things of a resource type have it."""
        found = visible(call, namespace, "get_metadef_property")
        resource_type = call.parameter("resource_type")
        name = _unprefixed(found, property_name, resource_type) if resource_type else property_name
        return view.property_view(PROPERTIES.one(found, name))

    @operation("metadefs.update")
    def on_put(self, call: Call[Imaging], namespace: str, property_name: str) -> Any:
        """Replace a property."""
        item = PROPERTIES.make(read_form(call, PROPERTIES.schema, "property", _STAMPS))
        _change(call, namespace, "modify_metadef_property", PROPERTIES.replacing(property_name, item))
        return view.property_view(item)

    @operation("metadefs.update", status=204)
    def on_delete(self, call: Call[Imaging], namespace: str, property_name: str) -> None:
        """Remove a property."""
        _change(call, namespace, "remove_metadef_property", PROPERTIES.removing(property_name))


def _unprefixed(namespace: Namespace, name: str, resource_type: str) -> str:
    association = next((item for item in namespace.resource_types if item.name == resource_type), None)
    if association is None:
        raise NotFound(
            f"The metadata definition resource-type association of resource-type={resource_type} to "
            f"namespace={namespace.name}, was not found."
        )
    prefix = association.attributes.get("prefix") or ""
    if not prefix or not name.startswith(prefix):
        raise NotFound(
            f"Property {name} does not start with the expected resource type association prefix of '{prefix}'."
        )
    return name[len(prefix) :]


class TagsHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces/{namespace}/tags``."""

    @operation("metadefs.get")
    def on_get(self, call: Call[Imaging], namespace: str) -> Any:
        """List the tags."""
        found = visible(call, namespace, "get_metadef_tags")
        return {"tags": [{"name": item.name} for item in _page(call, found.tags)]}

    @operation("metadefs.update", status=201)
    def on_post(self, call: Call[Imaging], namespace: str) -> Any:
        """Put these tags in the place of all that are there, or beside them with ``X-Openstack-Append``."""
        body = read_form(call, _MANY_TAGS, "tags", _STAMPS)
        items = [TAGS.make(item) for item in body.get("tags", ())]
        for item in items:
            _check_tag(item.name)
        appends = _is_true(call.req.get_header("X-Openstack-Append"))

        def change(found: Namespace) -> Namespace:
            return TAGS.adding(items)(found if appends else dataclasses.replace(found, tags=()))

        _change(call, namespace, "add_metadef_tags", change)
        return {"tags": [{"name": item.name} for item in items]}

    @operation("metadefs.update", status=204)
    def on_delete(self, call: Call[Imaging], namespace: str) -> None:
        """Remove all tags."""
        visible(call, namespace, "delete_metadef_namespace")
        _change(call, namespace, "delete_metadef_tags", TAGS.clearing())


def _is_true(text: str | None) -> bool:
    try:
        return boolean(text or "false")
    except ValueError:
        return False


def _check_tag(name: str) -> None:
    try:
        TAGS.schema.validate({"name": name}, None)
    except BadRequest as error:
        raise BadRequest(f"Provided object does not match schema 'tag': {error.message}") from error


class TagHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces/{namespace}/tags/{tag}``."""

    @operation("metadefs.get")
    def on_get(self, call: Call[Imaging], namespace: str, tag: str) -> Any:
        """Show a tag."""
        return view.tag_view(TAGS.one(visible(call, namespace, "get_metadef_tag"), tag))

    @operation("metadefs.update", status=201)
    def on_post(self, call: Call[Imaging], namespace: str, tag: str) -> Any:
        """Add a tag."""
        if not tag:
            raise NotFound("The resource could not be found.")
        _check_tag(tag)
        item = TAGS.make({"name": tag})
        _change(call, namespace, "add_metadef_tag", TAGS.adding([item]))
        return view.tag_view(item)

    @operation("metadefs.update")
    def on_put(self, call: Call[Imaging], namespace: str, tag: str) -> Any:
        """Rename a tag."""
        item = TAGS.make(read_form(call, TAGS.schema, "tag", _STAMPS))
        changed = _change(call, namespace, "modify_metadef_tag", TAGS.replacing(tag, item))
        return view.tag_view(TAGS.one(changed, item.name))

    @operation("metadefs.update", status=204)
    def on_delete(self, call: Call[Imaging], namespace: str, tag: str) -> None:
        """Remove a tag."""
        _change(call, namespace, "delete_metadef_tag", TAGS.removing(tag))


class AssociationsHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces/{namespace}/resource_types``."""

    @operation("metadefs.get")
    def on_get(self, call: Call[Imaging], namespace: str) -> Any:
        """List the resource types to which the namespace applies."""
        found = visible(call, namespace, "list_metadef_resource_types")
        return {"resource_type_associations": [view.association_view(item) for item in found.resource_types]}

    @operation("metadefs.update", status=201)
    def on_post(self, call: Call[Imaging], namespace: str) -> Any:
        """Let the namespace apply to a resource type."""
        item = RESOURCE_TYPES.make(read_form(call, RESOURCE_TYPES.schema, "resource_type_association", _STAMPS))
        _change(call, namespace, "add_metadef_resource_type_association", RESOURCE_TYPES.adding([item]))
        return view.association_view(item)


class AssociationHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces/{namespace}/resource_types/{resource_type}``."""

    @operation("metadefs.update", status=204)
    def on_delete(self, call: Call[Imaging], namespace: str, resource_type: str) -> None:
        """Let the namespace apply to a resource type no more."""
        change = RESOURCE_TYPES.removing(resource_type)
        _change(call, namespace, "remove_metadef_resource_type_association", change)
