"""Volume types: a table of fields with a few habits of their own, their extra specs and who may use them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jumpgate.block_storage.contract import BlockStorage, VolumeTypes
from jumpgate.block_storage.handlers.actions import Action, perform
from jumpgate.block_storage.handlers.lists import pairs
from jumpgate.block_storage.models import VolumeType, VolumeTypeSpec
from jumpgate.block_storage.schemas import volume_types as schemas
from jumpgate.block_storage.schemas.parameters import BOOLEAN, DESCRIPTION, EXTRA_SPECS, REQUIRED_NAME, is_true
from jumpgate.block_storage.schemas.volumes import NOTHING
from jumpgate.block_storage.views.dialects import V1, Dialect
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.fields import Field, Input, Scene
from jumpgate.common.ids import Kind
from jumpgate.common.listing import Filter, Query, boolean, next_url
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.common.uniform import Collection, Uniform

READS_SENSITIVE = "volume_extension:types_extra_specs:read_sensitive"
# The extra specs that say something to users; the others are between the administrator and the backend.
USER_VISIBLE = ("RESKEY:availability_zones", "multiattach", "replication_enabled")
FILTERS_SINCE = "3.52"
_PARAMETERS = frozenset(
    {"is_public", "extra_specs", "limit", "marker", "offset", "sort", "sort_key", "sort_dir", "all_tenants"}
)


def visible_specs(volume_type: VolumeType, scene: Scene) -> dict[str, str]:
    """Return the extra specs that the caller may see."""
    specs = volume_type.extra_specs
    return dict(specs) if scene.may(READS_SENSITIVE) else {name: specs[name] for name in USER_VISIBLE if name in specs}


def _envelope(call: Call[Any], collection: Collection, items: list[dict[str, Any]], query: Query) -> dict[str, Any]:
    body: dict[str, Any] = {collection.plural: items}
    if items and len(items) == query.limit:
        href = next_url(call.here(), call.parameters, items[-1]["id"])
        body["volume_type_links"] = [{"rel": "next", "href": href}]
    return body


_RULES = {
    "find": "volume_extension:type_get_all",
    "get": "volume_extension:type_get",
    "create": "volume_extension:type_create",
    "update": "volume_extension:type_update",
    "delete": "volume_extension:type_delete",
}

_V1_FIELDS = (
    Field("id", kind=Kind.VOLUME_TYPE, sort=True),
    Field("name", sort=True),
    Field("extra_specs", visible_specs, visible="volume_extension:access_types_extra_specs"),
)
_FIELDS = (
    Field("id", kind=Kind.VOLUME_TYPE, sort=True),
    Field("name", input=Input(schema=REQUIRED_NAME, required=True), sort=True),
    Field("is_public", sort=True, input=Input(schema=BOOLEAN, to_model=is_true, create=False)),
    Field("description", input=Input(schema=DESCRIPTION)),
    Field(
        "extra_specs",
        visible_specs,
        visible="volume_extension:access_types_extra_specs",
        input=Input(schema={**EXTRA_SPECS, "type": ["object", "null"]}, update=False, attribute="extra_specs"),
    ),
    Field("qos_specs_id", visible="volume_extension:access_types_qos_specs_id"),
    Field(
        "os-volume-type-access:is_public",
        "is_public",
        visible="volume_extension:volume_type_access",
        input=Input(schema=BOOLEAN, to_model=is_true, update=False),
    ),
)


def collection(dialect: Dialect) -> Collection:
    """Return the table of volume types in one API."""
    return Collection(
        singular="volume_type",
        plural="volume_types",
        contract="volume_types",
        kind=Kind.VOLUME_TYPE,
        path_field="type_id",
        fields=_V1_FIELDS if dialect is V1 else _FIELDS,
        spec=VolumeTypeSpec,
        rules=_RULES,
        envelope=_envelope,
        statuses={"create": 200, "delete": 202},
    )


class UniformTypes(Uniform):
    """What volume types do otherwise: the list shows public ones, one is called "default", an update says something."""

    def query(self, call: Call[Any]) -> Query:
        _require_known(call)
        query = super().query(call)
        private, all_projects = privacy(call)
        filters = (*query.filters, *private, *_specs_filter(call))
        return dataclasses.replace(query, filters=filters, all_projects=all_projects)

    def get(self, call: Call[Any], resource_id: str) -> Any:
        if resource_id != "default":
            return super().get(call, resource_id)
        call.require(self.collection.rules["get"])
        types: VolumeTypes = call.cloud.volume_types
        return {self.collection.singular: self.view.render(types.default(call.ctx), call)}

    def update(self, call: Call[Any], resource_id: str) -> Any:
        given = call.body[self.collection.singular]
        if all(given.get(name) is None for name in ("name", "description", "is_public")):
            raise BadRequest("Specify volume type name, description, is_public or a combination thereof.")
        return self._without(super().update(call, resource_id), "qos_specs_id", "os-volume-type-access:is_public")

    def create(self, call: Call[Any]) -> Any:
        return self._without(super().create(call), "qos_specs_id")

    def _without(self, body: dict[str, Any], *names: str) -> dict[str, Any]:
        """Return the answer to a change, of which Cinder tells less than of a read."""
        one = body[self.collection.singular]
        return {self.collection.singular: {name: value for name, value in one.items() if name not in names}}

    def _allowed(self, call: Call[Any], resource_id: str, verb: str) -> Any:
        """Return the type; a rule looks at the caller's own project, for a type belongs to none."""
        call.require(self.collection.rules[verb])
        return self.contract(call).get(call.ctx, call.native_in_path(self.collection.kind, resource_id))


def _require_known(call: Call[Any]) -> None:
    """Raise BadRequest for a parameter that a project may not filter by, since there are filters (3.52)."""
    unknown = set(call.parameters) - _PARAMETERS
    if unknown and call.at_least(FILTERS_SINCE) and not call.may("context_is_admin"):
        raise BadRequest(f"Invalid filters {', '.join(sorted(unknown))} are found in query options.")


def privacy(call: Call[Any]) -> tuple[tuple[Filter, ...], bool]:
    """Return the filter and the scope of a list: public types and those that the project may use.

    An administrator may also ask for those that are not public ("false") or for all ("none").
    """
    text = call.parameter("is_public") if call.may("context_is_admin") else None
    if text is None:
        return (), False
    if text.lower() == "none":
        return (), True
    try:
        return ((), False) if boolean(text) else ((Filter("is_public", (False,)),), True)
    except ValueError:
        raise BadRequest(f"Invalid is_public filter [{text}]") from None


def _specs_filter(call: Call[Any]) -> tuple[Filter, ...]:
    """Types with certain extra specs (3.52); those that a caller may not see find nothing."""
    text = call.parameter("extra_specs") if call.at_least(FILTERS_SINCE) else None
    if text is None:
        return ()
    wanted = tuple(pairs(call, "extra_specs", text))
    hidden = [item for item in wanted if item.attribute.partition(".")[2] not in USER_VISIBLE]
    return (Filter("id", ()),) if hidden and not call.may(READS_SENSITIVE) else wanted


def find_type(call: Call[BlockStorage], type_id: str) -> VolumeType:
    """Return the type of a path."""
    return call.cloud.volume_types.get(call.ctx, call.native_in_path(Kind.VOLUME_TYPE, type_id))


class ExtraSpecsHandler(Handler[BlockStorage]):
    """All extra specs of a type."""

    @operation("volume_types.get", policy="volume_extension:types_extra_specs:index")
    def on_get(self, call: Call[BlockStorage], type_id: str) -> dict[str, Any]:
        """Show."""
        return {"extra_specs": visible_specs(find_type(call, type_id), call)}

    @operation(
        "volume_types.set_extra_specs",
        policy="volume_extension:types_extra_specs:create",
        body=schemas.EXTRA_SPECS_BODY,
    )
    def on_post(self, call: Call[BlockStorage], type_id: str) -> dict[str, Any]:
        """Add to them."""
        specs = call.body["extra_specs"]
        call.cloud.volume_types.set_extra_specs(call.ctx, find_type(call, type_id).id, specs)
        return {"extra_specs": specs}


class ExtraSpecHandler(Handler[BlockStorage]):
    """One extra spec of a type."""

    @operation("volume_types.get", policy="volume_extension:types_extra_specs:show")
    def on_get(self, call: Call[BlockStorage], type_id: str, key: str) -> dict[str, Any]:
        """Show."""
        specs = visible_specs(find_type(call, type_id), call)
        if key not in specs:
            raise NotFound(f"Volume Type {type_id} has no extra specs with key {key}.")
        return {key: specs[key]}

    @operation(
        "volume_types.set_extra_specs",
        policy="volume_extension:types_extra_specs:update",
        body=schemas.EXTRA_SPEC,
    )
    def on_put(self, call: Call[BlockStorage], type_id: str, key: str) -> Mapping[str, Any]:
        """Set."""
        if key not in call.body:
            raise BadRequest("Request body and URI mismatch")
        call.cloud.volume_types.set_extra_specs(call.ctx, find_type(call, type_id).id, call.body)
        body: Mapping[str, Any] = call.body
        return body

    @operation("volume_types.delete_extra_spec", policy="volume_extension:types_extra_specs:delete", status=202)
    def on_delete(self, call: Call[BlockStorage], type_id: str, key: str) -> None:
        """Remove."""
        call.cloud.volume_types.delete_extra_spec(call.ctx, find_type(call, type_id).id, key)


class TypeAccessHandler(Handler[BlockStorage]):
    """The projects that may use a private type."""

    @operation("volume_types.get", policy="volume_extension:volume_type_access:get_all_for_type")
    def on_get(self, call: Call[BlockStorage], type_id: str) -> dict[str, Any]:
        """List."""
        found = find_type(call, type_id)
        if found.is_public:
            raise NotFound("Access list not available for public volume types.")
        shown = call.openstack_id(Kind.VOLUME_TYPE, found.id)
        rows = [{"volume_type_id": shown, "project_id": project_id} for project_id in found.project_ids]
        return {"volume_type_access": rows}


def _add_access(call: Call[BlockStorage], found: VolumeType, body: Any) -> None:
    call.cloud.volume_types.add_access(call.ctx, found.id, body["project"])


def _remove_access(call: Call[BlockStorage], found: VolumeType, body: Any) -> None:
    call.cloud.volume_types.remove_access(call.ctx, found.id, body["project"])


ACTIONS: dict[str, Action] = {
    "addProjectAccess": Action(
        capability="volume_types.add_access",
        run=_add_access,
        schema=schemas.ADD_ACCESS,
        rule="volume_extension:volume_type_access:addProjectAccess",
    ),
    "removeProjectAccess": Action(
        capability="volume_types.remove_access",
        run=_remove_access,
        schema=schemas.REMOVE_ACCESS,
        rule="volume_extension:volume_type_access:removeProjectAccess",
    ),
}


class VolumeTypeActionHandler(Handler[BlockStorage]):
    """``POST /types/{id}/action``."""

    actions = ACTIONS

    @operation(body=NOTHING)
    def on_post(self, call: Call[BlockStorage], type_id: str) -> dict[str, Any] | None:
        """Act."""
        own = {"project_id": call.ctx.project_id, "user_id": call.ctx.user_id}
        return perform(call, ACTIONS, lambda: find_type(call, type_id), lambda _: own)
