"""``/flavors``: list, show, and for administrators create, change and delete."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.fields import View
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import Filter, ListParameters, MarkerNotFound, Query, Sort, boolean
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.compute.contract import Compute
from jumpgate.compute.models import Flavor, FlavorSpec
from jumpgate.compute.schemas import flavors as schemas
from jumpgate.compute.schemas.parameters import NO_QUERY, truth
from jumpgate.compute.views import flavors as views
from jumpgate.compute.views.links import Links

_LIST = ListParameters(sort_keys=schemas.SORT_KEYS, default_sort=(Sort("id"),), default_direction="asc")
_MANAGE = "os_compute_api:os-flavor-manage:"


def native_flavor(call: Call[Compute], flavor_id: str) -> str:
    """Return the cloud's id of a flavor in the path; raise NotFound for one that cannot exist."""
    try:
        return call.ids[Kind.FLAVOR].to_cloud(flavor_id)
    except MalformedId:
        raise NotFound(f"Flavor {flavor_id} could not be found.", reason="FlavorNotFound") from None


def _query(call: Call[Compute]) -> Query:
    public = _is_public(call)
    filters = [] if public is None else [Filter("is_public", (public,))]
    # Whoever asks for the public ones gets the private ones that its project was given as well.
    filters = [] if public else filters
    if not call.ctx.is_admin:
        filters.append(Filter("disabled", (False,)))
    for name, attribute in (("minRam", "ram_mib"), ("minDisk", "disk_gib")):
        text = call.parameter(name)
        if text is not None:
            filters.append(Filter(attribute, (_number(name, text),), "gte"))
    if call.at_least("2.102") and "name" in call.parameters:
        filters.append(Filter("name", tuple(call.parameters["name"])))
    query = _LIST.query(call.parameters, all_projects=not public)
    return Query(
        filters=tuple(filters),
        sort=query.sort,
        marker=query.marker and native_flavor(call, query.marker),
        limit=query.limit,
        all_projects=query.all_projects,
    )


def _number(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadRequest(f"Invalid {name} filter [{text}]") from None


def _is_public(call: Call[Compute]) -> bool | None:
    """Return which flavors an administrator wants: public (True), private (False) or all (None)."""
    text = call.parameter("is_public")
    if text is None or not call.ctx.is_admin:
        return True
    if text.lower() == "none":
        return None
    try:
        return boolean(text)
    except ValueError:
        raise BadRequest(f"Invalid is_public filter [{text}]") from None


def _listed(call: Call[Compute], collection: str, view: View[Flavor]) -> dict[str, Any]:
    query = _query(call)
    try:
        found = call.page(call.cloud.flavors.find(call.ctx, query), query, {"id": Kind.FLAVOR})
    except MarkerNotFound as error:
        raise BadRequest(f"marker [{call.parameter('marker')}] not found") from error
    flavors = list(map(views.renderer(call, view), found))
    answer: dict[str, Any] = {"flavors": flavors}
    links = Links(call).next(collection, call.parameters, [flavor["id"] for flavor in flavors], query.limit)
    return {**answer, "flavors_links": links} if links else answer


class FlavorsHandler(Handler[Compute]):
    """``/flavors``."""

    @operation("flavors.find", query=schemas.LIST_QUERY)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return _listed(call, "flavors", views.BRIEF)

    @operation("flavors.create", policy=_MANAGE + "create", body=schemas.CREATE)
    def on_post(self, call: Call[Compute]) -> dict[str, Any]:
        wanted = call.body["flavor"]
        identifier = wanted.get("id")
        spec = FlavorSpec(
            name=wanted["name"].strip(),
            id=str(identifier) if identifier not in (None, "") else None,
            vcpus=int(wanted["vcpus"]),
            ram_mib=int(wanted["ram"]),
            disk_gib=int(wanted["disk"]),
            ephemeral_gib=int(wanted.get("OS-FLV-EXT-DATA:ephemeral", 0)),
            swap_mib=int(wanted.get("swap", 0)),
            rxtx_factor=float(wanted.get("rxtx_factor", 1.0)),
            is_public=truth(wanted.get("os-flavor-access:is_public", True)),
            description=wanted.get("description"),
        )
        return _shown(call, call.cloud.flavors.create(call.ctx, spec))


class FlavorsDetailHandler(Handler[Compute]):
    """``/flavors/detail``."""

    @operation("flavors.find", query=schemas.LIST_QUERY)
    def on_get(self, call: Call[Compute]) -> dict[str, Any]:
        return _listed(call, "flavors/detail", views.FULL)


class FlavorHandler(Handler[Compute]):
    """``/flavors/{flavor_id}``."""

    @operation("flavors.get", query=NO_QUERY)
    def on_get(self, call: Call[Compute], flavor_id: str) -> dict[str, Any]:
        return _shown(call, call.cloud.flavors.get(call.ctx, native_flavor(call, flavor_id)))

    @operation("flavors.update", policy=_MANAGE + "update", body=schemas.UPDATE, since="2.55")
    def on_put(self, call: Call[Compute], flavor_id: str) -> dict[str, Any]:
        changes = {"description": call.body["flavor"]["description"]}
        return _shown(call, call.cloud.flavors.update(call.ctx, native_flavor(call, flavor_id), changes))

    @operation("flavors.delete", policy=_MANAGE + "delete", status=202)
    def on_delete(self, call: Call[Compute], flavor_id: str) -> None:
        call.cloud.flavors.delete(call.ctx, native_flavor(call, flavor_id))


def _shown(call: Call[Compute], flavor: Flavor) -> dict[str, Any]:
    return {"flavor": views.renderer(call, views.FULL)(flavor)}
