"""``/os-aggregates``: groups of hosts, for operators.

Source: the API reference, "Host aggregates (os-aggregates)".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jumpgate.common.errors import BadRequest, NotSupported
from jumpgate.common.fields import Field, View
from jumpgate.common.format import iso_microseconds
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Handler, operation, read_json
from jumpgate.compute.contract import Compute
from jumpgate.compute.contract.operators import Aggregates
from jumpgate.compute.models.operations import Aggregate
from jumpgate.compute.schemas import operators as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY

_RULE = "os_compute_api:os-aggregates:"

_FIELDS = (
    Field("id", "number"),
    Field("uuid", "id", since="2.41"),
    Field("name"),
    Field("availability_zone"),
    Field("created_at", lambda item, _: iso_microseconds(item.created_at)),
    Field("updated_at", lambda item, _: iso_microseconds(item.updated_at)),
    Field("deleted", lambda *_: False),
    Field("deleted_at", lambda *_: None),
)
_CREATED: View[Aggregate] = View(*_FIELDS)
_VIEW: View[Aggregate] = View(
    *_FIELDS,
    Field("hosts", lambda item, _: list(item.hosts)),
    Field("metadata", lambda item, _: dict(item.metadata)),
)


def _contract(call: Call[Compute]) -> Aggregates:
    aggregates = call.cloud.aggregates
    assert aggregates is not None
    return aggregates


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadRequest("Invalid input received: id must be an integer") from None


def _shown(call: Call[Compute], aggregate: Aggregate) -> dict[str, Any]:
    return {"aggregate": _VIEW.render(aggregate, call)}


class AggregatesHandler(Handler[Compute]):
    """All."""

    @operation("aggregates.find", policy=_RULE + "index", query=NO_QUERY)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return {"aggregates": list(map(_VIEW.bind(call), _contract(call).find(call.ctx)))}

    @operation("aggregates.create", policy=_RULE + "create", body=schemas.CREATE_AGGREGATE)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted = call.body["aggregate"]
        zone = (wanted.get("availability_zone") or "").strip() or None
        made = _contract(call).create(call.ctx, wanted["name"].strip(), zone)
        return {"aggregate": _CREATED.render(made, call)}


class AggregateHandler(Handler[Compute]):
    """One, known by its number."""

    @operation("aggregates.get", policy=_RULE + "show", query=NO_QUERY)
    def on_get(self, call: Call[Compute], aggregate_id: str) -> dict[str, Any]:
        return _shown(call, _contract(call).get(call.ctx, _number(aggregate_id)))

    @operation("aggregates.update", policy=_RULE + "update", body=schemas.UPDATE_AGGREGATE)
    def on_put(self, call: Call[Compute], aggregate_id: str) -> dict[str, Any]:
        changes = dict(call.body["aggregate"])
        if "name" in changes:
            changes["name"] = changes["name"].strip()
        return _shown(call, _contract(call).update(call.ctx, _number(aggregate_id), changes))

    @operation("aggregates.delete", policy=_RULE + "delete")
    def on_delete(self, call: Call[Compute], aggregate_id: str) -> None:
        _contract(call).delete(call.ctx, _number(aggregate_id))


def _add_host(call: Call[Compute], number: int, body: Any) -> Aggregate:
    return _contract(call).add_host(call.ctx, number, body["host"])


def _remove_host(call: Call[Compute], number: int, body: Any) -> Aggregate:
    return _contract(call).remove_host(call.ctx, number, body["host"])


def _set_metadata(call: Call[Compute], number: int, body: Any) -> Aggregate:
    return _contract(call).merge_metadata(call.ctx, number, body["metadata"])


Run = Callable[[Call[Compute], int, Any], Aggregate]
# By the action: its schema, the contract's method that it needs and what does it.
_ACTIONS: Mapping[str, tuple[Schema, str, Run]] = {
    "add_host": (schemas.ADD_HOST, "aggregates.add_host", _add_host),
    "remove_host": (schemas.REMOVE_HOST, "aggregates.remove_host", _remove_host),
    "set_metadata": (schemas.SET_METADATA, "aggregates.merge_metadata", _set_metadata),
}


class AggregateActionHandler(Handler[Compute]):
    """``/os-aggregates/{aggregate_id}/action``."""

    @operation()
    def on_post(self, call: Call[Compute], aggregate_id: str) -> dict[str, Any]:
        body = read_json(call.req)
        if not isinstance(body, dict) or len(body) != 1:
            raise BadRequest("Malformed request body")
        (name,) = body
        if name not in _ACTIONS:
            raise BadRequest(f"There is no such action: {name}")
        schema, capability, run = _ACTIONS[name]
        call.require(_RULE + name)
        if not call.service.offers(capability):
            raise NotSupported(f"This cloud does not support {capability}.")
        schema.validate(body, call.version)
        return _shown(call, run(call, _number(aggregate_id), body[name]))
