"""Group types and their specs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.block_storage.contract import BlockStorage, GroupTypes
from jumpgate.block_storage.handlers.lists import Listing, answer
from jumpgate.block_storage.handlers.volume_types import privacy
from jumpgate.block_storage.models import GroupType, GroupTypeSpec
from jumpgate.block_storage.schemas import groups as schemas
from jumpgate.block_storage.schemas.parameters import is_true
from jumpgate.block_storage.views import groups as views
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound, NotSupported
from jumpgate.common.listing import Filter, Query
from jumpgate.common.typed import Call, Handler, operation

SINCE = "3.11"
_SPECS = "group:group_types_specs"

LISTING = Listing(
    resource="group_type",
    plural="group_types",
    label="Group type",
    filters={},
    besides=frozenset({"is_public"}),
    sort_keys={"id": "id", "name": "name", "is_public": "is_public", "created_at": "created_at"},
    links="group_type_links",
)


def _types(call: Call[BlockStorage]) -> GroupTypes:
    if call.cloud.group_types is None:
        raise NotSupported("This cloud has no groups of volumes.")
    return call.cloud.group_types


@dataclasses.dataclass(frozen=True)
class _Wanted:
    """The types that a list shows: the public ones, or for an administrator those of which ``is_public`` speaks."""

    call: Call[BlockStorage]

    def find(self, ctx: Context, query: Query) -> Iterable[GroupType]:
        private, everything = privacy(self.call)
        public = () if everything else (Filter("is_public", (True,)),)
        filters = (*query.filters, *private, *public)
        return _types(self.call).find(ctx, dataclasses.replace(query, filters=filters))


class GroupTypesHandler(Handler[BlockStorage]):
    """The collection."""

    @operation("group_types.find", since=SINCE)
    def on_get(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """List."""
        return answer(call, LISTING, _Wanted(call), views.GROUP_TYPE.bind(call))

    @operation(
        "group_types.create", policy="group:group_types:create", body=schemas.CREATE_TYPE, since=SINCE, status=202
    )
    def on_post(self, call: Call[BlockStorage]) -> dict[str, Any]:
        """Create."""
        body = call.body["group_type"]
        spec = GroupTypeSpec(
            name=body["name"],
            description=body.get("description"),
            is_public=is_true(body.get("is_public", True)),
            group_specs=body.get("group_specs", {}),
        )
        return {"group_type": views.GROUP_TYPE.render(_types(call).create(call.ctx, spec), call)}


class GroupTypeHandler(Handler[BlockStorage]):
    """One group type."""

    @operation("group_types.get", since=SINCE)
    def on_get(self, call: Call[BlockStorage], group_type_id: str) -> dict[str, Any]:
        """Show. No type is taken for a group whose client names none."""
        if group_type_id == "default":
            raise NotFound("Default group type can not be found.")
        return {"group_type": views.GROUP_TYPE.render(_types(call).get(call.ctx, group_type_id), call)}

    @operation("group_types.update", policy="group:group_types:update", body=schemas.UPDATE_TYPE, since=SINCE)
    def on_put(self, call: Call[BlockStorage], group_type_id: str) -> dict[str, Any]:
        """Update."""
        changes = {name: value for name, value in call.body["group_type"].items() if value is not None}
        if not changes:
            raise BadRequest("Specify group type name, description or a combination thereof.")
        if "name" in changes and not changes["name"].strip():
            raise BadRequest("Group type name can not be empty.")
        if "is_public" in changes:
            changes["is_public"] = is_true(changes["is_public"])
        return {"group_type": views.GROUP_TYPE.render(_types(call).update(call.ctx, group_type_id, changes), call)}

    @operation("group_types.delete", policy="group:group_types:delete", since=SINCE, status=202)
    def on_delete(self, call: Call[BlockStorage], group_type_id: str) -> None:
        """Delete."""
        _types(call).delete(call.ctx, group_type_id)


class GroupSpecsHandler(Handler[BlockStorage]):
    """All specs of a group type."""

    @operation("group_types.get", policy=f"{_SPECS}:get_all", since=SINCE)
    def on_get(self, call: Call[BlockStorage], group_type_id: str) -> dict[str, Any]:
        """Show."""
        return {"group_specs": dict(_types(call).get(call.ctx, group_type_id).group_specs)}

    @operation("group_types.set_specs", policy=f"{_SPECS}:create", body=schemas.SPECS, since=SINCE, status=202)
    def on_post(self, call: Call[BlockStorage], group_type_id: str) -> Mapping[str, Any]:
        """Add to them."""
        _types(call).set_specs(call.ctx, group_type_id, call.body["group_specs"])
        body: Mapping[str, Any] = call.body
        return body


class GroupSpecHandler(Handler[BlockStorage]):
    """One spec of a group type."""

    @operation("group_types.get", policy=f"{_SPECS}:get", since=SINCE)
    def on_get(self, call: Call[BlockStorage], group_type_id: str, key: str) -> dict[str, Any]:
        """Show."""
        specs = _types(call).get(call.ctx, group_type_id).group_specs
        if key not in specs:
            raise NotFound(f"Group Type {group_type_id} has no extra spec with key {key}.")
        return {key: specs[key]}

    @operation("group_types.set_specs", policy=f"{_SPECS}:update", body=schemas.SPEC, since=SINCE)
    def on_put(self, call: Call[BlockStorage], group_type_id: str, key: str) -> Mapping[str, Any]:
        """Set."""
        if key not in call.body:
            raise BadRequest("Request body and URI mismatch")
        _types(call).set_specs(call.ctx, group_type_id, call.body)
        body: Mapping[str, Any] = call.body
        return body

    @operation("group_types.delete_spec", policy=f"{_SPECS}:delete", since=SINCE, status=202)
    def on_delete(self, call: Call[BlockStorage], group_type_id: str, key: str) -> None:
        """Remove."""
        _types(call).delete_spec(call.ctx, group_type_id, key)
