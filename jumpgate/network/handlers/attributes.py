"""What Neutron's resources have in common beyond `jumpgate.common.uniform`: its words, its policy, its pages.

Sources: ``neutron.api.v2.base``, ``neutron.api.api_common``, ``neutron.policy``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from jumpgate.common.errors import BadRequest, UnsupportedMediaType
from jumpgate.common.fields import Field
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import Filter, ListParameters, MarkerNotFound, Query, Sort
from jumpgate.common.resource import Crud
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Operation, TypedService, read_json
from jumpgate.common.uniform import Collection, Uniform, expose_collection, owner
from jumpgate.network.contract import Network
from jumpgate.network.models import FixedIp, Gateway
from jumpgate.network.models.trunks import SubPort
from jumpgate.network.views.faults import fault

Body = Mapping[str, Any]
Target = Mapping[str, object]
V = TypeVar("V")

PAGES = ListParameters(default_sort=(Sort("id"),), maximum=None, default_direction="asc")

_RESERVED = frozenset({"fields", "sort_key", "sort_dir", "limit", "marker", "page_reverse"})


def envelope(call: Call[Any], collection: Collection, items: list[dict[str, Any]], query: Query) -> Any:
    """Put a page into a list response, with the links to the pages around it where the client asked for pages."""
    body: dict[str, Any] = {collection.plural: items}
    if query.limit:
        links = list(_links(call, items, query.limit))
        if links:
            body[f"{collection.plural}_links"] = links
    return body


def _links(call: Call[Any], items: Sequence[Mapping[str, Any]], limit: int) -> Iterable[dict[str, str]]:
    """Yield the links to the pages after and before this one, in the client's order."""
    full, backwards = len(items) == limit, is_backwards(call)
    kept = [(key, text) for key, texts in call.parameters.items() for text in texts]
    kept = [(key, text) for key, text in kept if key not in ("marker", "page_reverse")]
    if full or backwards:
        marker = [("marker", items[-1]["id"])] if items else []
        yield {"rel": "next", "href": f"{call.here()}?{urlencode([*kept, *marker])}"}
    if full or not backwards:
        marker = [("marker", items[0]["id"])] if items else []
        yield {"rel": "previous", "href": f"{call.here()}?{urlencode([*kept, *marker, ('page_reverse', 'True')])}"}


def is_backwards(call: Call[Any]) -> bool:
    """Tell whether the client walks towards the beginning of a list."""
    return (call.parameter("page_reverse") or "").lower() == "true"


def authorize(call: Call[Any], rules: Sequence[str], target: Target) -> None:
    """Raise Forbidden unless the caller passes every rule for `target`; it names them as oslo.policy does."""
    if not all(call.may(rule, target) for rule in rules):
        action, *attributes = rules
        tops = [rule for rule in attributes if not any(rule.startswith(f"{other}:") for other in attributes)]
        checks = [_all([rule, *(part for part in attributes if part.startswith(f"{rule}:"))]) for rule in tops]
        text = f"rule:{action}"
        for check in checks:
            text = f"({text} and {check})"
        raise fault("PolicyNotAuthorized", text)


def _all(rules: Sequence[str]) -> str:
    """Name an attribute's rule and those of its parts."""
    rule, *parts = (f"rule:{rule}" for rule in rules)
    return f"({rule} and ({' and '.join(parts)}))" if parts else rule


def refuse_plainly(message: str) -> BadRequest:
    """Return a bad request that has no name of its own in Neutron."""
    return BadRequest(message, reason="HTTPBadRequest")


def body_of(call: Call[Any]) -> Body:
    """Return the request's JSON object."""
    try:
        body = read_json(call.req)
    except (BadRequest, UnsupportedMediaType):
        body = None
    if not isinstance(body, dict):
        raise refuse_plainly("Body contains invalid data")
    return body


def own_target(_call: Call[Any], values: Mapping[str, Any]) -> Target:
    """Return the policy target of a thing that is about to be made for a project."""
    project_id = values["project_id"]
    return {"project_id": project_id, "tenant_id": project_id}


def _as_it_is(item: Filter) -> Iterable[Filter]:
    return (item,)


@dataclass(frozen=True, kw_only=True)
class Resource(Collection):
    """A Neutron resource as data.

    `missing` is the fault for an id that names nothing. `new_target` is the policy target of one about to be made.
    `unseen` are the attributes that can be given but are not shown. `refine` turns one filter of the query string into
    those it means.
    """

    missing: str
    envelope: Any = envelope
    parameters: ListParameters = PAGES
    new_target: Callable[[Call[Any], Mapping[str, Any]], Target] = own_target
    target: Callable[[Any], Target] = owner
    unseen: tuple[Field, ...] = ()
    refine: Callable[[Filter], Iterable[Filter]] = _as_it_is
    bulk: bool = True
    strict_query: bool = True
    rules: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name the policy rules as Neutron does."""
        verbs = {"find": "get", "get": "get", "create": "create", "update": "update", "delete": "delete"}
        object.__setattr__(self, "rules", {verb: f"{name}_{self.singular}" for verb, name in verbs.items()})


class Attributes(Uniform):
    """Serves one Neutron resource from its table of attributes."""

    collection: Resource

    def __init__(self, collection: Resource) -> None:
        super().__init__(collection)
        self.known = {item.name: item for item in (*collection.fields, *collection.unseen)}
        self.defaults = {item.name: item.default for item in dataclasses.fields(collection.spec)}
        self.kinds = {item.attribute: item.kind for item in collection.fields if item.kind is not None}

    def operation(self, verb: str, schema: Schema | None = None) -> Operation:
        """Return the rules of one verb: bodies and policy are this class's own business."""
        return dataclasses.replace(super().operation(verb), policy=None)

    def find(self, call: Call[Any]) -> Any:
        query = self.query(call)
        backwards = is_backwards(call)
        asked = _reversed(query) if backwards else query
        try:
            models = call.page(self.contract(call).find(call.ctx, asked), asked, self.kinds)
        except MarkerNotFound as error:
            raise fault(self.collection.missing, query.marker) from error
        # A page is in the order of the list, the whole list in the one that was asked for.
        models = models[::-1] if backwards and query.limit is not None else models
        rule = self.collection.rules["find"]
        render = self.view.bind(call, only=call.parameters.get("fields"))
        seen = [render(model) for model in models if call.may(rule, self.collection.target(model))]
        return self.collection.envelope(call, self.collection, seen, query)

    def query(self, call: Call[Any]) -> Query:
        """Return what a list asks for; raise BadRequest for an unknown filter or sort key, or a wrong limit."""
        unknown = [name for name in call.parameters if name not in _RESERVED | self.parameters.filters.keys()]
        if unknown:
            raise refuse_plainly(f"{unknown} is invalid attribute for filtering")
        self._check_sort(call)
        limit = call.parameter("limit") or "0"
        if not limit.isascii() or not limit.isdigit():
            raise fault("BadRequest", "limit", f"Limit must be an integer 0 or greater and not '{limit}'")
        query = self.parameters.query({name: texts for name, texts in call.parameters.items() if name != "limit"})
        filters = tuple(
            dataclasses.replace(item, values=tuple(self._native(call, item.attribute, value) for value in item.values))
            for given in query.filters
            for item in self.collection.refine(given)
        )
        marker = self._native(call, "id", query.marker) if int(limit) else None
        everything = call.may("context_is_admin")
        return dataclasses.replace(
            query, filters=filters, limit=int(limit) or None, marker=marker, all_projects=everything
        )

    def _check_sort(self, call: Call[Any]) -> None:
        keys, directions = call.parameters.get("sort_key", ()), call.parameters.get("sort_dir", ())
        if len(keys) != len(directions):
            raise refuse_plainly("The number of sort_keys and sort_dirs must be same")
        unknown = [key for key in keys if key not in self.parameters.sort_keys]
        if unknown:
            raise refuse_plainly(f"{unknown} is invalid attribute for sort_keys")
        wrong = [item for item in directions if item not in ("asc", "desc")]
        if wrong:
            raise refuse_plainly(f"{wrong} is invalid value for sort_dirs, valid value is 'asc' and 'desc'")

    def _native(self, call: Call[Any], attribute: str, value: V) -> V | str:
        """Return the cloud's id for one in a query; an impossible one stays as it is and finds nothing."""
        kind = self.kinds.get(attribute)
        if kind is None or not isinstance(value, str) or not value:
            return value
        try:
            return call.ids[kind].to_cloud(value)
        except MalformedId:
            return value

    def create(self, call: Call[Any]) -> Any:
        body = body_of(call)
        many = self.collection.plural in body
        specs = [self._checked_spec(call, item) for item in self._items(body, bulk=many)]
        models = self.contract(call).create_many(call.ctx, specs)
        render = self.view.bind(call)
        rendered = [render(model) for model in models]
        return {self.collection.plural: rendered} if many else {self.collection.singular: rendered[0]}

    def _items(self, body: Body, *, bulk: bool) -> list[Any]:
        singular = self.collection.singular
        if not bulk:
            return [self._item(body)]
        items = body[self.collection.plural]
        if not items:
            raise refuse_plainly("Resources required")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise refuse_plainly("Body contains invalid data")
        return [self._item(item if singular in item else {singular: item}) for item in items]

    def _item(self, body: Body) -> Any:
        singular = self.collection.singular
        if body.get(singular) is None:
            raise refuse_plainly(f"Unable to find '{singular}' in request body")
        if not isinstance(body[singular], dict):
            raise refuse_plainly(f"Object '{singular}' contains invalid data")
        return body[singular]

    def _checked_spec(self, call: Call[Any], item: Body) -> Any:
        given = _with_project(call, item)
        values = self.values(call, given, "create")
        values.setdefault("project_id", call.ctx.project_id)
        if not values["project_id"]:
            raise refuse_plainly("Running without keystone AuthN requires that project_id is specified")
        changed = [name for name in given if not self._is_default(name, values)]
        rules = self._rules(call, "create", {name: given[name] for name in changed})
        target = self.collection.new_target(call, values)
        authorize(call, rules, _overlaid(target, values))
        return self.collection.spec(**values)

    def _is_default(self, name: str, values: Mapping[str, Any]) -> bool:
        attribute = self.known[name].attribute
        return attribute in self.defaults and bool(values.get(attribute) == self.defaults[attribute])

    def values(self, call: Call[Any], body: Mapping[str, Any], verb: str) -> dict[str, Any]:
        """Return the model's attributes that a body sets, refusing what Neutron refuses in its order."""
        unknown = [name for name in body if name not in self.known]
        if unknown:
            raise refuse_plainly(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
        for name, item in self.known.items():
            _check_given(name, item, body, verb)
        return {self.known[name].attribute: self._read(call, self.known[name], value) for name, value in body.items()}

    def _read(self, call: Call[Any], item: Field, value: Any) -> Any:
        convert = item.input.to_model if item.input else None
        try:
            model_value = value if convert is None else convert(value)
        except ValueError as error:
            raise refuse_plainly(f"Invalid input for {item.name}. Reason: {error}.") from error
        return to_cloud(call, item.kind, model_value)

    def _rules(self, call: Call[Any], verb: str, body: Body) -> list[str]:
        """Return the rules for an action with a body: its own, and those of the attributes and their parts."""
        rules = [self.collection.rules[verb]]
        for name, value in body.items():
            item = self.known[name]
            if item.input is None or item.input.rule is None:
                continue
            rule = item.input.rule.format(verb=verb)
            parts = [f"{rule}:{key}" for part in _parts(value) for key in part]
            rules += [rule, *(part for part in dict.fromkeys(parts) if call.service.policy.knows(part))]
        return rules

    def get(self, call: Call[Any], resource_id: str) -> Any:
        model = self.member(call, resource_id)
        if not call.may(self.collection.rules["get"], self.collection.target(model)):
            raise fault("HTTPNotFound", "The resource could not be found.")
        render = self.view.bind(call, only=call.parameters.get("fields"))
        return {self.collection.singular: render(model)}

    def update(self, call: Call[Any], resource_id: str) -> Any:
        given = _with_project(call, self._item(body_of(call)))
        changes = self.values(call, given, "update")
        model = self.member(call, resource_id)
        self._authorize_member(call, "update", model, self._rules(call, "update", given), changes)
        changed = self.contract(call).update(call.ctx, model.id, changes)
        return {self.collection.singular: self.view.render(changed, call)}

    def delete(self, call: Call[Any], resource_id: str) -> None:
        model = self.member(call, resource_id)
        self._authorize_member(call, "delete", model, [self.collection.rules["delete"]], {})
        self.contract(call).delete(call.ctx, model.id)

    def member(self, call: Call[Any], resource_id: str) -> Any:
        """Return what the id in the path names, as far as the caller can see it; raise NotFound."""
        try:
            native = call.ids[self.collection.kind].to_cloud(resource_id)
        except MalformedId:
            raise fault(self.collection.missing, resource_id) from None
        resource: Crud[Any, Any] = self.contract(call)
        return resource.get(call.ctx, native)

    def _authorize_member(
        self, call: Call[Any], verb: str, model: Any, rules: Sequence[str], changes: Mapping[str, Any]
    ) -> None:
        """Raise Forbidden where the caller may see the thing but not do this, NotFound where it may not see it."""
        target = self.collection.target(model)
        if not call.may(self.collection.rules["get"], target):
            raise fault("HTTPNotFound", "The resource could not be found.")
        authorize(call, rules, _overlaid(target, changes))


def expose_resource(service: TypedService[Network], resource: Resource, *, many: str, one: str) -> None:
    """Serve a resource at its two endpoints, if the cloud has it."""
    expose_collection(service, resource, many=many, one=one, uniform_type=Attributes)


def _reversed(query: Query) -> Query:
    return dataclasses.replace(query, sort=tuple(Sort(key.attribute, not key.descending) for key in query.sort))


def _with_project(call: Call[Any], item: Body) -> dict[str, Any]:
    """Return a body whose project is under ``project_id``; only administrators may name another than their own."""
    given = dict(item)
    if "tenant_id" in given:
        tenant_id = given.pop("tenant_id")
        if given.setdefault("project_id", tenant_id) != tenant_id:
            raise refuse_plainly("'project_id' and 'tenant_id' do not match")
    foreign = "project_id" in given and given["project_id"] != call.ctx.project_id
    if foreign and not call.may("context_is_admin") and not call.may("service_api"):
        raise refuse_plainly(
            "Specifying 'project_id' other than the authenticated project in request is not allowed for the current "
            "user."
        )
    return given


def _check_given(name: str, item: Field, body: Body, verb: str) -> None:
    """Raise BadRequest for an attribute that is required and missing, or given and not allowed."""
    writable = item.input is not None and getattr(item.input, verb)
    if verb == "create" and item.input is not None and item.input.required and name not in body:
        raise refuse_plainly(f"Failed to parse request. Required attribute '{name}' not specified")
    if name in body and not writable:
        text = f"Attribute '{name}' not allowed in POST" if verb == "create" else None
        raise refuse_plainly(text or f"Cannot update read-only attribute {name}")


_MISSING: Mapping[Kind, str] = {
    Kind.NETWORK: "NetworkNotFound",
    Kind.SUBNET: "SubnetNotFound",
    Kind.SUBNET_POOL: "SubnetPoolNotFound",
    Kind.PORT: "PortNotFound",
    Kind.SECURITY_GROUP: "SecurityGroupNotFound",
    Kind.ROUTER: "RouterNotFound",
    Kind.ADDRESS_SCOPE: "AddressScopeNotFound",
}

_INNER_IDS: Mapping[type, Mapping[str, Kind | None]] = {
    FixedIp: {"subnet_id": Kind.SUBNET},
    Gateway: {"network_id": Kind.NETWORK, "fixed_ips": None},
    SubPort: {"port_id": Kind.PORT},
}


def to_cloud(call: Call[Any], kind: Kind | None, value: Any) -> Any:
    """Return a value that was read from a body with the cloud's ids in the place of the client's."""
    if isinstance(value, tuple):
        return tuple(to_cloud(call, kind, item) for item in value)
    if type(value) in _INNER_IDS:
        parts = {name: to_cloud(call, kind, getattr(value, name)) for name, kind in _INNER_IDS[type(value)].items()}
        return dataclasses.replace(value, **parts)
    if kind is None or not value:
        return value
    try:
        return call.ids[kind].to_cloud(value)
    except MalformedId:
        # What cannot be an id names nothing, as in a path.
        raise fault(_MISSING.get(kind, "HTTPNotFound"), value) from None


def _parts(value: Any) -> Iterable[Mapping[str, Any]]:
    """Yield the objects whose keys have policy rules of their own."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _overlaid(target: Target, values: Mapping[str, Any]) -> Target:
    """Return the target as it will be: with the new values of what it names."""
    return {**target, **{key: value for key, value in values.items() if key in target}}
