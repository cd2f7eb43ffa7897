"""Uniform resources: collections that all behave alike, each a table of fields served by one pair of handlers.

A `Collection` names the resource, its fields and its policy rules; its contract object (see `Crud`) does the work. What
a client may set, change, filter and sort by is read off the fields.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from jumpgate.common.errors import BadRequest
from jumpgate.common.fields import Field, View
from jumpgate.common.http import Request, Response
from jumpgate.common.ids import IdMap, Kind, MalformedId, Native
from jumpgate.common.listing import Filter, FilterParameter, ListParameters, Query
from jumpgate.common.resource import Changes, Crud
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Operation, TypedService


class ListEnvelope(Protocol):
    """Puts a page of rendered items into the body of a list response, with its links."""

    def __call__(self, call: Call[Any], collection: Collection, items: list[dict[str, Any]], query: Query) -> Any: ...


def owner(model: Any) -> Mapping[str, object]:
    """Return the policy target of a thing that belongs to a project."""
    return {"project_id": model.project_id, "tenant_id": model.project_id}


_STATUSES = {"find": 200, "get": 200, "create": 201, "update": 200, "delete": 204}


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One uniform resource, as data.

    `contract` is the field of the service's composition (``networks``), `spec` the dataclass that `create` takes,
    `rules` maps find, get, create, update and delete to policy rules; their target is `target` of the model, and for a
    create the project that the body names. `path_field` is the variable in the member's path. `extra` lets a client
    store keys that no field names in the model's `extra` (Keystone); otherwise they are refused. `strict_query`
    refuses parameters that are no filter. `bulk` lets a create give a list under the plural (Neutron).
    """

    singular: str
    plural: str
    contract: str
    kind: Kind
    path_field: str
    fields: tuple[Field, ...]
    spec: type
    rules: Mapping[str, str]
    envelope: ListEnvelope
    parameters: ListParameters = field(default_factory=ListParameters)
    statuses: Mapping[str, int] = field(default_factory=dict)
    target: Callable[[Any], Mapping[str, object]] = owner
    update_method: str = "put"
    extra: bool = False
    strict_query: bool = False
    bulk: bool = False


_PAGING = frozenset({"marker", "limit", "sort", "sort_key", "sort_dir", "fields", "page_reverse"})


class Uniform:
    """What the two handlers of a collection share: reading bodies and queries by its table, and rendering."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.view: View[Any] = View(*collection.fields)
        self.inputs = {item.name: item for item in collection.fields if item.input is not None}
        self.create_schema = Schema(self._schema("create"))
        self.update_schema = Schema(self._schema("update"))
        filters = {
            item.name: FilterParameter(item.attribute, item.filter)
            for item in collection.fields
            if item.filter is not None
        }
        self.kinds = {item.attribute: item.kind for item in collection.fields if item.kind is not None}
        sort_keys = {item.name: item.attribute for item in collection.fields if item.sort}
        self.parameters = dataclasses.replace(
            collection.parameters,
            filters={**filters, **collection.parameters.filters},
            sort_keys={**sort_keys, **collection.parameters.sort_keys},
        )

    def _schema(self, verb: str) -> Mapping[str, Any]:
        accepted = {name: item.input for name, item in self.inputs.items() if item.input and getattr(item.input, verb)}
        one = {
            "type": "object",
            "properties": {name: dict(entry.schema) for name, entry in accepted.items()},
            "required": [name for name, entry in accepted.items() if entry.required and verb == "create"],
            "additionalProperties": self.collection.extra,
        }
        singular = {"type": "object", "properties": {self.collection.singular: one}}
        single = {**singular, "required": [self.collection.singular], "additionalProperties": False}
        if verb == "create" and self.collection.bulk:
            many = {"type": "array", "items": one, "minItems": 1}
            plural = {
                "type": "object",
                "properties": {self.collection.plural: many},
                "required": [self.collection.plural],
                "additionalProperties": False,
            }
            return {"if": {"required": [self.collection.plural]}, "then": plural, "else": single}
        return single

    def contract(self, call: Call[Any]) -> Crud[Any, Any]:
        """Return the driver's object for this resource."""
        resource: Crud[Any, Any] = getattr(call.cloud, self.collection.contract)
        return resource

    def values(self, call: Call[Any], body: Mapping[str, Any], verb: str) -> dict[str, Any]:
        """Return the model's attributes that a validated body sets; ids are the cloud's."""
        values: dict[str, Any] = {}
        extra = {}
        for name, value in body.items():
            item = self.inputs.get(name)
            if item is None or item.input is None:
                extra[name] = value
                continue
            if item.input.rule is not None:
                call.require(item.input.rule.format(verb=verb))
            values[item.attribute] = self._model_value(call, item, value)
        if extra:
            values["extra"] = extra
        return values

    def _model_value(self, call: Call[Any], item: Field, value: Any) -> Any:
        if value is None:
            return None
        if item.kind is not None:
            if isinstance(value, list):
                return [call.native_in_body(item.kind, one) for one in value]
            return call.native_in_body(item.kind, value) if value else value
        convert = item.input.to_model if item.input else None
        try:
            return value if convert is None else convert(value)
        except ValueError as error:
            raise BadRequest(f"Invalid input for {item.name}. Reason: {error}.", reason="InvalidInput") from error

    def query(self, call: Call[Any]) -> Query:
        """Return what a list asks for; raise BadRequest for a parameter that no field has, where that is refused."""
        if self.collection.strict_query:
            unknown = [name for name in call.parameters if name not in _PAGING and name not in self.parameters.filters]
            if unknown:
                raise BadRequest(f"{sorted(unknown)} is invalid attribute for filtering", reason="HTTPBadRequest")
        query = self.parameters.query(call.parameters)
        marker = query.marker
        if marker is not None:
            marker = call.native_in_body(self.collection.kind, marker)
        filters = tuple(self._native_filter(call, item) for item in query.filters)
        return dataclasses.replace(query, marker=marker, filters=filters)

    def _native_filter(self, call: Call[Any], item: Filter) -> Filter:
        """Return a filter by an id with the cloud's ids, without those that can be none."""
        kind = self.kinds.get(item.attribute)
        if kind is None or isinstance(call.ids[kind], Native):
            return item
        return dataclasses.replace(item, values=tuple(_native(call.ids[kind], item.values)))

    def find(self, call: Call[Any]) -> Any:
        query = self.query(call)
        models = call.page(self.contract(call).find(call.ctx, query), query, self.kinds)
        render = self.view.bind(call, only=call.parameters.get("fields"))
        return self.collection.envelope(call, self.collection, [render(model) for model in models], query)

    def create(self, call: Call[Any]) -> Any:
        many = call.body.get(self.collection.plural) if self.collection.bulk else None
        bodies = [call.body[self.collection.singular]] if many is None else many
        specs = [self._spec(call, body) for body in bodies]
        models = [self.contract(call).create(call.ctx, spec) for spec in specs]
        rendered = [self.view.render(model, call) for model in models]
        return {self.collection.singular: rendered[0]} if many is None else {self.collection.plural: rendered}

    def _spec(self, call: Call[Any], body: Mapping[str, Any]) -> Any:
        values = self.values(call, body, "create")
        project_id = values.get("project_id") or call.ctx.project_id
        call.require(self.collection.rules["create"], {"project_id": project_id, "tenant_id": project_id})
        return self.collection.spec(**values)

    def get(self, call: Call[Any], resource_id: str) -> Any:
        model = self._allowed(call, resource_id, "get")
        render = self.view.bind(call, only=call.parameters.get("fields"))
        return {self.collection.singular: render(model)}

    def update(self, call: Call[Any], resource_id: str) -> Any:
        self._allowed(call, resource_id, "update")
        changes: Changes = self.values(call, call.body[self.collection.singular], "update")
        model = self.contract(call).update(call.ctx, call.native_in_path(self.collection.kind, resource_id), changes)
        return {self.collection.singular: self.view.render(model, call)}

    def delete(self, call: Call[Any], resource_id: str) -> None:
        self._allowed(call, resource_id, "delete")
        self.contract(call).delete(call.ctx, call.native_in_path(self.collection.kind, resource_id))

    def _allowed(self, call: Call[Any], resource_id: str, verb: str) -> Any:
        """Return the model, which the caller can see, when policy lets it do `verb` to it."""
        model = self.contract(call).get(call.ctx, call.native_in_path(self.collection.kind, resource_id))
        call.require(self.collection.rules[verb], self.collection.target(model))
        return model

    def operation(self, verb: str, schema: Schema | None = None) -> Operation:
        """Return the rules of one verb; object-level policy is checked by the verb's own function."""
        rule = self.collection.rules["find"] if verb == "find" else None
        status = self.collection.statuses.get(verb, _STATUSES[verb])
        return Operation(
            capability=f"{self.collection.contract}.{verb}",
            policy=rule,
            body=schema,
            status=status,
            cached=self.collection.contract if verb in ("find", "get") else None,
        )


def _native(ids: IdMap, values: Iterable[str]) -> Iterator[str]:
    for value in values:
        with contextlib.suppress(MalformedId):
            yield ids.to_cloud(value)


class CollectionHandler:
    """Answers GET and POST of a uniform collection."""

    def __init__(self, service: TypedService[Any], uniform: Uniform) -> None:
        self.service = service
        self.uniform = uniform
        self._find = uniform.operation("find")
        self._create = uniform.operation("create", uniform.create_schema)
        self.operations = {"GET": self._find, "POST": self._create}

    def on_get(self, req: Request, resp: Response, **path: str) -> None:
        """List."""
        self._find.answer(self.service, self.uniform.find, req, resp, path)

    def on_post(self, req: Request, resp: Response, **path: str) -> None:
        """Create."""
        self._create.answer(self.service, self.uniform.create, req, resp, path)


class MemberHandler:
    """Answers GET, PUT or PATCH, and DELETE of one thing of a uniform collection."""

    def __init__(self, service: TypedService[Any], uniform: Uniform) -> None:
        self.service = service
        self.uniform = uniform
        self._get = uniform.operation("get")
        self._update = uniform.operation("update", uniform.update_schema)
        self._delete = uniform.operation("delete")
        updating = uniform.collection.update_method.upper()
        self.operations = {"GET": self._get, updating: self._update, "DELETE": self._delete}
        setattr(self, f"on_{uniform.collection.update_method}", self._on_update)

    def _member(self, path: dict[str, str]) -> dict[str, str]:
        """Return the member's id under the name that every collection has for it, and the path's project."""
        member = {"resource_id": path[self.uniform.collection.path_field]}
        return {**member, "tenant_id": path["tenant_id"]} if "tenant_id" in path else member

    def on_get(self, req: Request, resp: Response, **path: str) -> None:
        """Show."""
        self._get.answer(self.service, self.uniform.get, req, resp, self._member(path))

    def _on_update(self, req: Request, resp: Response, **path: str) -> None:
        self._update.answer(self.service, self.uniform.update, req, resp, self._member(path))

    def on_delete(self, req: Request, resp: Response, **path: str) -> None:
        """Delete."""
        self._delete.answer(self.service, self.uniform.delete, req, resp, self._member(path))


def expose_collection(
    service: TypedService[Any],
    collection: Collection,
    *,
    many: str,
    one: str,
    uniform_type: Callable[[Any], Uniform] = Uniform,
) -> None:
    """Set the two handlers of a collection at its endpoints `many` and `one`, if the cloud has the resource.

    A service whose resources share further habits has them in a `uniform_type` of its own.
    """
    if getattr(service.cloud, collection.contract) is None:
        return
    uniform = uniform_type(collection)
    service.disp.set_handler(many, CollectionHandler(service, uniform))
    service.disp.set_handler(one, MemberHandler(service, uniform))
