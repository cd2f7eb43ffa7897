"""The catalog as resources: what Jumpgate serves can be read, what an operator has added be changed too."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, Forbidden, NotFound, NotSupported
from jumpgate.common.fields import Field, Input
from jumpgate.common.http import Request, Response
from jumpgate.common.ids import Kind
from jumpgate.common.listing import EVERYTHING, Query
from jumpgate.common.resource import Changes, Crud
from jumpgate.common.schema import Schema
from jumpgate.common.typed import Call, Operation, TypedService
from jumpgate.identity.handlers.collections import (
    KeystoneCollection,
    KeystoneCollectionHandler,
    KeystoneMemberHandler,
    KeystoneUniform,
    envelope,
)
from jumpgate.identity.handlers.fields import link, rules
from jumpgate.identity.models import Endpoint, EndpointSpec, Region, RegionSpec, ServiceEntry, ServiceEntrySpec
from jumpgate.identity.tokens.catalog import is_fillable
from jumpgate.identity.tokens.service import IdentityService

# What stands for the project in the URL of an endpoint that Jumpgate serves.
PROJECT = "$(project_id)s"

_TEXT = {"type": "string"}
_REGION_ID = {"type": ["string", "null"], "minLength": 1, "maxLength": 255}
_ENABLED = Field("enabled", input=Input(schema={"type": "boolean"}))

REGIONS = KeystoneCollection(
    singular="region",
    plural="regions",
    contract="regions",
    kind=Kind.CATALOG,
    path_field="region_id",
    spec=RegionSpec,
    rules=rules("region"),
    envelope=envelope,
    confined_by=None,
    fields=(
        Field("id", kind=Kind.CATALOG, input=Input(schema=_REGION_ID), sort=True),
        Field("description", input=Input(schema=_TEXT)),
        Field("parent_region_id", input=Input(schema=_REGION_ID), filter=str),
        link("v3_region", "region_id"),
    ),
)

SERVICES = KeystoneCollection(
    singular="service",
    plural="services",
    contract="services",
    kind=Kind.CATALOG,
    path_field="service_id",
    spec=ServiceEntrySpec,
    rules=rules("service"),
    envelope=envelope,
    confined_by=None,
    fields=(
        Field("id", kind=Kind.CATALOG),
        Field("type", input=Input(schema={**_TEXT, "minLength": 1, "maxLength": 255}, required=True), filter=str),
        Field("name", input=Input(schema={**_TEXT, "minLength": 1, "maxLength": 255}), filter=str),
        _ENABLED,
        link("v3_service", "service_id"),
    ),
)

ENDPOINTS = KeystoneCollection(
    singular="endpoint",
    plural="endpoints",
    contract="endpoints",
    kind=Kind.CATALOG,
    path_field="endpoint_id",
    spec=EndpointSpec,
    rules=rules("endpoint"),
    envelope=envelope,
    confined_by=None,
    fields=(
        Field("id", kind=Kind.CATALOG),
        Field(
            "interface",
            input=Input(schema={"enum": ["admin", "internal", "public"]}, required=True),
            filter=str,
        ),
        # The older name of region_id.
        Field("region", "region_id", input=Input(schema=_REGION_ID)),
        Field("region_id", input=Input(schema=_REGION_ID), filter=str),
        Field("service_id", input=Input(schema=_TEXT, required=True), filter=str),
        Field(
            "url",
            input=Input(schema={**_TEXT, "maxLength": 225, "pattern": "^[a-zA-Z0-9+.-]+:.+"}, required=True),
        ),
        _ENABLED,
        link("v3_endpoint", "endpoint_id"),
    ),
)


class Whole(Crud[Any, Any]):
    """What Jumpgate serves itself and what an operator has added, as one resource."""

    def __init__(self, kind: str, served: Sequence[Any], added: Crud[Any, Any] | None) -> None:
        self._kind = kind
        self._served = {item.id: item for item in served}
        self._added = added

    def find(self, ctx: Context, query: Query) -> Iterable[Any]:
        yield from self._served.values()
        if self._added is not None:
            yield from (item for item in self._added.find(ctx, EVERYTHING) if item.id not in self._served)

    def get(self, ctx: Context, resource_id: str) -> Any:
        if resource_id in self._served:
            return self._served[resource_id]
        if self._added is None:
            raise NotFound(f"Could not find {self._kind}: {resource_id}.")
        return self._added.get(ctx, resource_id)

    def create(self, ctx: Context, spec: Any) -> Any:
        if self._added is None:
            raise NotSupported
        if getattr(spec, "id", None) in self._served:
            raise Conflict(f"Conflict occurred attempting to store {self._kind} - Duplicate ID, {spec.id}.")
        return self._added.create(ctx, spec)

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Any:
        return self._changeable(resource_id).update(ctx, resource_id, changes)

    def delete(self, ctx: Context, resource_id: str) -> None:
        self._changeable(resource_id).delete(ctx, resource_id)

    def _changeable(self, resource_id: str) -> Crud[Any, Any]:
        if self._added is None:
            raise NotSupported
        if resource_id in self._served:
            raise Forbidden(f"The {self._kind} {resource_id} is what this cloud serves itself: it cannot be changed.")
        return self._added


def _regions(call: Call[Any]) -> Whole:
    served = [Region(id=region) for region in _service(call).catalog.served.regions]
    return Whole("region", served, call.cloud.regions)


def _services(call: Call[Any]) -> Whole:
    served = [
        ServiceEntry(id=item.id, type=item.type, name=item.name, extra={"description": item.title})
        for item in _service(call).catalog.served.services(call.req.env, PROJECT)
    ]
    return Whole("service", served, call.cloud.services)


def all_endpoints(call: Call[Any]) -> Whole:
    """Return the endpoints that there are, whoever serves them."""
    served = [
        Endpoint(id=one.id, service_id=item.id, interface=one.interface, url=one.url, region_id=one.region)
        for item in _service(call).catalog.served.services(call.req.env, PROJECT)
        for one in item.endpoints
    ]
    return Whole("endpoint", served, call.cloud.endpoints)


def _service(call: Call[Any]) -> IdentityService:
    assert isinstance(call.service, IdentityService)
    return call.service


class CatalogUniform(KeystoneUniform):
    """A part of the catalog. It can always be read."""

    def __init__(self, collection: KeystoneCollection, whole: Callable[[Call[Any]], Whole]) -> None:
        super().__init__(collection)
        self._whole = whole

    def contract(self, call: Call[Any]) -> Crud[Any, Any]:
        return self._whole(call)

    def _spec(self, call: Call[Any], body: Mapping[str, Any]) -> Any:
        # Before the body is looked at, which may name things that the caller is not to know of.
        call.require(self.collection.rules["create"], {})
        return super()._spec(call, body)

    def operation(self, verb: str, schema: Schema | None = None) -> Operation:
        # What is served does not depend on the cloud's revision, nor on what it is able to keep.
        return dataclasses.replace(super().operation(verb, schema), capability=None, cached=None)


class RegionUniform(CatalogUniform):
    """A region may be made by PUT, with its id in the path."""

    def put(self, call: Call[Any], resource_id: str) -> Any:
        """Make a region with a chosen id."""
        body = call.body["region"]
        if body.get("id", resource_id) != resource_id:
            raise BadRequest("The region ID in the body does not match the one in the URL.")
        call.body = {"region": {**body, "id": resource_id}}
        return self.create(call)

    def values(self, call: Call[Any], body: Mapping[str, Any], verb: str) -> dict[str, Any]:
        values = super().values(call, body, verb)
        parent_id = values.get("parent_region_id")
        if parent_id is not None:
            _regions(call).get(call.ctx, parent_id)
        return values


class EndpointUniform(CatalogUniform):
    """An endpoint belongs to a service that is there, and asks for nothing in its URL that is not known."""

    def values(self, call: Call[Any], body: Mapping[str, Any], verb: str) -> dict[str, Any]:
        values = super().values(call, body, verb)
        if not is_fillable(values.get("url", "")):
            raise BadRequest(f"Cannot create an endpoint with an invalid URL: {values['url']}.")
        if "service_id" in values:
            _services(call).get(call.ctx, values["service_id"])
        if body.get("region_id") is not None:
            self._demand_region(call, body["region_id"])
        return values

    def _demand_region(self, call: Call[Any], region_id: str) -> None:
        """Raise BadRequest for a region that is not there; one named by the older ``region`` is made instead."""
        try:
            _regions(call).get(call.ctx, region_id)
        except NotFound:
            raise BadRequest(
                "Expecting to find endpoint region_id in region table. The server could not comply with the request "
                "since it is either malformed or otherwise incorrect. The client is assumed to be in error."
            ) from None


class RegionHandler(KeystoneMemberHandler):
    """``/v3/regions/{region_id}``."""

    def __init__(self, service: TypedService[Any], uniform: RegionUniform) -> None:
        super().__init__(service, uniform)
        self._put_region = uniform.put
        self._put = uniform.operation("create", uniform.create_schema)

    def on_put(self, req: Request, resp: Response, **path: str) -> None:
        """Make a region with this id."""
        self._put.answer(self.service, self._put_region, req, resp, self._member(path))


def expose_catalog(service: IdentityService) -> None:
    """Set the handlers of the catalog's parts."""
    regions = RegionUniform(REGIONS, _regions)
    services, endpoints = CatalogUniform(SERVICES, _services), EndpointUniform(ENDPOINTS, all_endpoints)
    for name, uniform in (("v3_regions", regions), ("v3_services", services), ("v3_endpoints", endpoints)):
        service.disp.set_handler(name, KeystoneCollectionHandler(service, uniform))
    service.disp.set_handler("v3_region", RegionHandler(service, regions))
    service.disp.set_handler("v3_service", KeystoneMemberHandler(service, services))
    service.disp.set_handler("v3_endpoint", KeystoneMemberHandler(service, endpoints))
