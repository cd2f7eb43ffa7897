"""What Keystone's collections have in common beyond a uniform resource: targets of policy, domains, stored extras."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.fields import Scene, View
from jumpgate.common.listing import Filter, ListParameters, Query, Sort, next_url
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Operation, TypedService
from jumpgate.common.uniform import Collection, CollectionHandler, MemberHandler, Uniform

Json = dict[str, Any]
Target = Mapping[str, object]


def envelope(call: Call[Any], collection: Collection, items: list[Json], query: Query) -> Json:
    """Put a page into the body of a list, with the link to the next one where there may be one."""
    more = query.limit is not None and len(items) == query.limit and items
    following = next_url(call.here(), call.parameters, items[-1]["id"]) if more else None
    return {"links": links(call, following), collection.plural: items}


def links(call: Call[Any], following: str | None = None) -> Json:
    """Return the links of a list: the request's own URL as the client wrote it, and the next page's."""
    query = call.req.query_string
    return {"next": following, "self": f"{call.here()}?{query}" if query else call.here(), "previous": None}


def is_set(call: Call[Any], name: str) -> bool:
    """Tell whether a query has a flag: with any value but 0, or with none."""
    return name in call.parameters and call.parameter(name) != "0"


def target_of(kind: str, model: Any) -> Target:
    """Return what policy may ask of a user, project, domain, group or role: ``target.user.domain_id``.

    A project that acts as a domain has no domain: what has none is left out, lest a caller without a domain matches.
    """
    target: dict[str, object] = {f"target.{kind}.id": model.id}
    domain_id = getattr(model, "domain_id", None)
    if domain_id is not None or kind == "role":
        target[f"target.{kind}.domain_id"] = domain_id
    if kind == "role":
        target["target.role.name"] = model.name
    if kind == "user":
        target["user_id"] = model.id
    if kind == "credential":
        target["target.credential.user_id"] = model.user_id
    return target


def own_domain(ctx: Context, kind: str) -> Target:
    """Return the target of a list, which for a caller in a domain is that domain."""
    if ctx.domain_id is None:
        return {}
    names = ("target.domain_id", "target.domain.id", f"target.{kind}.domain_id")
    return dict.fromkeys(names, ctx.domain_id)


@dataclass(frozen=True, kw_only=True)
class KeystoneCollection(Collection):
    """One of Keystone's collections.

    `write_only` names the fields that are set and never shown, `optional` those left out where they are null. A caller
    in a domain sees only what has the domain in `confined_by`. `defaults` are filters that hold unless a client gives
    them itself.
    """

    write_only: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    confined_by: str | None = "domain_id"
    defaults: Mapping[str, object] = field(default_factory=dict)
    # Keystone gives everything unless it is asked for less.
    parameters: ListParameters = field(
        default_factory=lambda: ListParameters(default_sort=(Sort("id"),), maximum=None, default_direction="asc")
    )
    update_method: str = "patch"
    extra: bool = True


class _KeystoneView(View[Any]):
    """Fields, and beside them what clients stored; without the fields that only clients set."""

    def __init__(self, collection: KeystoneCollection) -> None:
        super().__init__(*(item for item in collection.fields if item.name not in collection.write_only))
        self._optional = collection.optional

    def bind(self, scene: Scene, *, only: Iterable[str] | None = None) -> Callable[[Any], Json]:
        bound = super().bind(scene)

        def render(model: Any) -> Json:
            body = {**model.extra, **bound(model)}
            return {name: value for name, value in body.items() if value is not None or name not in self._optional}

        return render


class KeystoneUniform(Uniform):
    """The verbs of one of Keystone's collections."""

    collection: KeystoneCollection

    def __init__(self, collection: KeystoneCollection) -> None:
        super().__init__(collection)
        self.view = _KeystoneView(collection)
        self._read_only = frozenset(item.name for item in collection.fields) - frozenset(self.inputs)

    def operation(self, verb: str, schema: Schema | None = None) -> Operation:
        # The rule of a list is checked with its target, by `find`.
        return dataclasses.replace(super().operation(verb, schema), policy=None)

    def find(self, call: Call[Any]) -> Any:
        call.require(self.find_rule(call), own_domain(call.ctx, self.collection.singular))
        return super().find(call)

    def find_rule(self, call: Call[Any]) -> str:
        """Return the rule of a list."""
        return self.collection.rules["find"]

    def query(self, call: Call[Any]) -> Query:
        query = super().query(call)
        given = {item.attribute for item in query.filters}
        filters = [*query.filters]
        filters += [Filter(name, (value,)) for name, value in self.collection.defaults.items() if name not in given]
        if call.ctx.domain_id is not None and self.collection.confined_by is not None:
            filters.append(Filter(self.collection.confined_by, (call.ctx.domain_id,)))
        return dataclasses.replace(query, filters=tuple(filters))

    def values(self, call: Call[Any], body: Mapping[str, Any], verb: str) -> dict[str, Any]:
        # What a client sends back of what it was shown is no extra.
        return super().values(call, {name: body[name] for name in body if name not in self._read_only}, verb)

    def _spec(self, call: Call[Any], body: Mapping[str, Any]) -> Any:
        values = self.spec_values(call, self.values(call, body, "create"))
        kind = self.collection.singular
        domain_id = values.get("domain_id")
        target = {} if domain_id is None else {f"target.{kind}.domain_id": domain_id}
        call.require(self.create_rule(values), target)
        return self.collection.spec(**values)

    def create_rule(self, values: Mapping[str, Any]) -> str:
        """Return the rule of creating a thing with these values."""
        return self.collection.rules["create"]

    def spec_values(self, call: Call[Any], values: dict[str, Any]) -> dict[str, Any]:
        """Return what a spec is made of: where no domain is named it is the caller's, if the caller works in one."""
        if self.collection.confined_by == "domain_id" and values.get("domain_id") is None and call.ctx.domain_id:
            values["domain_id"] = call.ctx.domain_id
        return values

    def update(self, call: Call[Any], resource_id: str) -> Any:
        model = self._allowed(call, resource_id, "update")
        kind = self.collection.singular
        body = call.body[kind]
        for name, label in (("id", f"{kind} ID"), ("domain_id", "Domain ID")):
            if name in body and body[name] != getattr(model, name, None):
                raise BadRequest(f"Cannot change {label}")
        return super().update(call, resource_id)

    def _allowed(self, call: Call[Any], resource_id: str, verb: str) -> Any:
        try:
            model = self.contract(call).get(call.ctx, call.native_in_path(self.collection.kind, resource_id))
        except NotFound:
            # Who may not see a thing is not told whether it exists.
            call.require(self.collection.rules[verb], {})
            raise
        call.require(self.member_rule(verb, model), target_of(self.collection.singular, model))
        return model

    def member_rule(self, verb: str, model: Any) -> str:
        """Return the rule of doing something to a thing."""
        return self.collection.rules[verb]


class KeystoneCollectionHandler(CollectionHandler):
    """Answers HEAD too, as Keystone does wherever it answers GET."""

    on_head = CollectionHandler.on_get


class KeystoneMemberHandler(MemberHandler):
    """Answers HEAD too."""

    on_head = MemberHandler.on_get


def expose_uniform(service: TypedService[Any], uniform: KeystoneUniform, *, many: str, one: str) -> None:
    """Set the two handlers of a collection, if the cloud has the resource."""
    if getattr(service.cloud, uniform.collection.contract) is not None:
        service.disp.set_handler(many, KeystoneCollectionHandler(service, uniform))
        service.disp.set_handler(one, KeystoneMemberHandler(service, uniform))
