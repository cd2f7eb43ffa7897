"""Namespaces of metadata definitions, and the resource types to which they apply."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from jumpgate.common.errors import BadRequest, Forbidden, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.ids import Kind
from jumpgate.common.listing import Filter, Query, page
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Handler, operation, read_json
from jumpgate.image.contract import Imaging, Metadefs
from jumpgate.image.handlers import definitions as defined
from jumpgate.image.handlers.access import require_of
from jumpgate.image.handlers.queries import Parameters, last, limit, sort
from jumpgate.image.models import Namespace
from jumpgate.image.views import metadefs as view

READ_ONLY = ("self", "schema", "created_at", "updated_at")

_FORM = Schema(view.NAMESPACE)
_SORT_KEYS = {
    "namespace": "name",
    "display_name": "display_name",
    "visibility": "visibility",
    "owner": "owner",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "id": "name",
}
_CONTENTS = {
    "resource_type_associations": (defined.RESOURCE_TYPES, "add_metadef_resource_type_association"),
    "objects": (defined.OBJECTS, "add_metadef_object"),
    "properties": (defined.PROPERTIES, "add_metadef_property"),
    "tags": (defined.TAGS, "add_metadef_tag"),
}


def metadefs(call: Call[Imaging]) -> Metadefs:
    """Return the cloud's metadata definitions."""
    assert call.cloud.metadefs is not None
    return call.cloud.metadefs


def own(call: Call[Imaging]) -> Mapping[str, object]:
    """Return the policy target where no namespace is meant yet."""
    return {"project_id": call.ctx.project_id}


def target(namespace: Namespace) -> Mapping[str, object]:
    """Return what the policy's rules may ask of a namespace."""
    return {"project_id": namespace.owner, "visibility": namespace.visibility}


def visible(call: Call[Imaging], name: str, rule: str) -> Namespace:
    """Return the namespace of the path when policy lets the caller do `rule` to it.

    Raises NotFound where the caller may not even see it, else Forbidden.
    """
    try:
        namespace = metadefs(call).get(call.ctx, name)
    except NotFound:
        raise NotFound(f"Namespace {name} not found") from None
    if not call.may("get_metadef_namespace", target(namespace)):
        raise NotFound(f"Namespace {name} not found")
    require_of(call, rule, target(namespace))
    return namespace


def read_form(call: Call[Imaging], schema: Schema, name: str, read_only: tuple[str, ...] = READ_ONLY) -> dict[str, Any]:
    """Read a body that must fit a schema; raise BadRequest or Forbidden."""
    body = read_json(call.req)
    if not isinstance(body, dict):
        raise BadRequest(f"Provided object does not match schema '{name}': it is no object.")
    for key in read_only:
        if key in body:
            raise Forbidden(f"Attribute '{key}' is read-only.")
    try:
        schema.validate(body, None)
    except BadRequest as error:
        raise BadRequest(f"Provided object does not match schema '{name}': {error.message}") from error
    return body


class NamespacesHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces``."""

    @operation("metadefs.find")
    def on_get(self, call: Call[Imaging]) -> Any:
        """List the namespaces that the caller sees, with their resource types."""
        for rule in ("get_metadef_namespaces", "list_metadef_resource_types"):
            require_of(call, rule, own(call))
        query = _query(call.parameters)
        found = metadefs(call).find(call.ctx, Query(filters=query.filters))
        namespaces = page(_of_types(found, last(call.parameters, "resource_types")), query, key="name")
        body: dict[str, Any] = {
            "namespaces": [
                view.listed_view(each) for each in namespaces if call.may("get_metadef_namespace", target(each))
            ],
            "first": _list_path(call.parameters),
            "schema": "/v2/schemas/metadefs/namespaces",
        }
        if namespaces and len(namespaces) == query.limit:
            body["next"] = _list_path(call.parameters, namespaces[-1].name)
        return body

    @operation("metadefs.create", status=201)
    def on_post(self, call: Call[Imaging]) -> Any:
        """Create a namespace, with what it defines where the body says so."""
        require_of(call, "add_metadef_namespace", own(call))
        body = read_form(call, _FORM, "namespace")
        namespace = _described(call, body)
        for name, (sort_, rule) in _CONTENTS.items():
            if body.get(name):
                require_of(call, rule, own(call))
                namespace = sort_.adding([sort_.make(item) for item in _items(name, body[name])])(namespace)
        metadefs(call).create(call.ctx, namespace)
        call.resp.set_header("Location", call.url("v2_metadefs_namespace", namespace=quote(namespace.name, safe="")))
        given = {name: body[name] for name in _CONTENTS if name in body}
        return {**view.namespace_view(namespace), **given}


class NamespaceHandler(Handler[Imaging]):
    """``/v2/metadefs/namespaces/{namespace}``."""

    @operation("metadefs.get")
    def on_get(self, call: Call[Imaging], namespace: str) -> Any:
        """Show a namespace and all that it defines, named as for the resource type that is asked about."""
        found = visible(call, namespace, "get_metadef_namespace")
        for rule in (
            "list_metadef_resource_types",
            "get_metadef_objects",
            "get_metadef_properties",
            "get_metadef_tags",
        ):
            require_of(call, rule, target(found))
        resource_type = call.parameter("resource_type")
        return view.whole_view(defined.prefixed(found, resource_type) if resource_type else found)

    @operation("metadefs.update")
    def on_put(self, call: Call[Imaging], namespace: str) -> Any:
        """Change a namespace's own attributes; what is not given gets its default."""
        body = read_form(call, _FORM, "namespace")
        visible(call, namespace, "modify_metadef_namespace")
        new = _described(call, body)

        def change(old: Namespace) -> Namespace:
            contents = {name: getattr(old, name) for name in ("resource_types", "objects", "properties", "tags")}
            return dataclasses.replace(new, created_at=old.created_at, **contents)

        return view.namespace_view(metadefs(call).update(call.ctx, namespace, change))

    @operation("metadefs.delete", status=204)
    def on_delete(self, call: Call[Imaging], namespace: str) -> None:
        """Delete a namespace with all that it defines."""
        visible(call, namespace, "delete_metadef_namespace")
        metadefs(call).delete(call.ctx, namespace)


class ResourceTypesHandler(Handler[Imaging]):
    """``/v2/metadefs/resource_types``."""

    @operation("metadefs.resource_types")
    def on_get(self, call: Call[Imaging]) -> Any:
        """List the resource types to which a namespace can apply."""
        require_of(call, "list_metadef_resource_types", own(call))
        return {"resource_types": [view.tag_view(item) for item in metadefs(call).resource_types(call.ctx)]}


def _described(call: Call[Imaging], body: Mapping[str, Any]) -> Namespace:
    """Return the namespace that a body describes, without what it defines."""
    owner, now = body.get("owner"), utcnow()
    return Namespace(
        name=body["namespace"],
        display_name=body.get("display_name"),
        description=body.get("description"),
        visibility=body.get("visibility") or "private",
        protected=body.get("protected") or False,
        owner=call.native_in_body(Kind.PROJECT, owner) if owner else call.ctx.project_id,
        created_at=now,
        updated_at=now,
    )


def _items(name: str, given: Any) -> list[dict[str, Any]]:
    """Return the definitions in a new namespace's body; its properties are a dictionary. Raises BadRequest."""
    items = [{**item, "name": key} for key, item in given.items()] if name == "properties" else given
    for item in items:
        if not item.get("name"):
            raise BadRequest(f"Couldn't create metadata namespace: an item of {name} has no name.")
    return list(items)


def _query(parameters: Parameters) -> Query:
    visibility = last(parameters, "visibility")
    if visibility and visibility not in ("public", "private"):
        raise BadRequest(f"Invalid visibility value: {visibility}")
    order = {name: texts for name, texts in parameters.items() if name in ("sort_key", "sort_dir")}
    return Query(
        filters=(Filter("visibility", (visibility,)),) if visibility else (),
        sort=sort(order, _SORT_KEYS, tail=("created_at", "name")),
        marker=last(parameters, "marker"),
        limit=limit(parameters),
    )


def _of_types(namespaces: Any, resource_types: str | None) -> list[Namespace]:
    """Return the namespaces that apply to one of the resource types, all where none is asked for."""
    if resource_types is None:
        return list(namespaces)
    wanted = set(resource_types.split(","))
    return [each for each in namespaces if wanted.intersection(item.name for item in each.resource_types)]


def _list_path(parameters: Parameters, marker: str | None = None) -> str:
    kept = [(name, text) for name, texts in parameters.items() if name != "marker" for text in texts]
    query = urlencode([*kept, ("marker", marker)] if marker is not None else kept)
    return f"{view.PATH}?{query}" if query else view.PATH
