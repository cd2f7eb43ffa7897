"""Routers as a table of attributes, and their actions.

Source: the API reference's "Routers" and the extensions ext-gw-mode, extraroute and extraroute-atomic.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, TypedService, operation
from jumpgate.network.contract import Network, Routers
from jumpgate.network.handlers import readers
from jumpgate.network.handlers.attributes import PAGES, Attributes, Resource, authorize, body_of, refuse_plainly
from jumpgate.network.handlers.ports import fixed_ips
from jumpgate.network.handlers.standard import (
    ADMIN_STATE,
    DESCRIPTION,
    NAME,
    OWNER,
    STATUS,
    TAG_FILTERS,
    TAGS,
    TIMES,
    identifier,
)
from jumpgate.network.handlers.subnets import routes
from jumpgate.network.models import HostRoute, Router, RouterInterface, RouterSpec
from jumpgate.network.schemas import values as read
from jumpgate.network.views.faults import fault


def _gateway(router: Router, scene: Any) -> dict[str, Any] | None:
    if router.gateway is None:
        return None
    return {
        "network_id": scene.ids[Kind.NETWORK].to_openstack(router.gateway.network_id),
        "external_fixed_ips": fixed_ips(router.gateway.fixed_ips, scene),
        "enable_snat": router.gateway.enable_snat,
    }


def _mode(name: str) -> Field:
    """Return a field of how a router is run, which is the administrators' business."""
    given = Input(to_model=read.flag, rule=f"{{verb}}_router:{name}")
    return Field(name, visible=f"get_router:{name}", input=given)


ROUTERS = Resource(
    singular="router",
    plural="routers",
    contract="routers",
    kind=Kind.ROUTER,
    path_field="router_id",
    missing="RouterNotFound",
    spec=RouterSpec,
    parameters=dataclasses.replace(PAGES, filters=TAG_FILTERS),
    fields=(
        identifier(Kind.ROUTER),
        NAME,
        *OWNER,
        ADMIN_STATE,
        STATUS,
        Field(
            "external_gateway_info",
            _gateway,
            input=Input(to_model=readers.gateway, rule="{verb}_router:external_gateway_info", attribute="gateway"),
        ),
        DESCRIPTION,
        _mode("distributed"),
        _mode("ha"),
        Field("availability_zone_hints", input=Input(to_model=read.zone_hints, update=False)),
        Field("availability_zones"),
        Field(
            "routes",
            lambda router, _: routes(router.routes),
            input=Input(to_model=read.none_as_empty(readers.host_routes), create=False, attribute="routes"),
        ),
        TAGS,
        *TIMES,
    ),
)


class RouterAction(Handler[Network]):
    """What the actions on one router share."""

    def __init__(self, service: TypedService[Network]) -> None:
        super().__init__(service)
        self._attributes = Attributes(ROUTERS)

    def router(self, call: Call[Network], rule: str, router_id: str) -> Router:
        """Return the router, when the caller may do to it what `rule` guards."""
        router: Router = self._attributes.member(call, router_id)
        authorize(call, [rule], ROUTERS.target(router))
        return router

    def routers(self, call: Call[Network]) -> Routers:
        """Return the driver's object for routers."""
        routers = call.cloud.routers
        assert routers is not None  # the handlers are set only where there are routers
        return routers

    def shown(self, call: Call[Network], router: Router) -> dict[str, Any]:
        """Return a router as JSON."""
        return {"router": self._attributes.view.render(router, call)}


def _interface(call: Call[Network], made: RouterInterface) -> dict[str, Any]:
    subnet_id = call.ids[Kind.SUBNET].to_openstack
    return {
        "id": call.openstack_id(Kind.ROUTER, made.router_id),
        "tenant_id": made.project_id,
        "project_id": made.project_id,
        "port_id": call.openstack_id(Kind.PORT, made.port_id),
        "network_id": call.openstack_id(Kind.NETWORK, made.network_id),
        "subnet_id": subnet_id(made.subnet_id),
        "subnet_ids": [subnet_id(item) for item in made.subnet_ids],
    }


_KINDS = {"port_id": Kind.PORT, "subnet_id": Kind.SUBNET}


def _place(call: Call[Network]) -> dict[str, str]:
    """Return the port or the subnet that a body names."""
    body = body_of(call)
    if not _KINDS.keys() & body.keys():
        raise fault("BadRequest", "router", "Either subnet_id or port_id must be specified")
    place = {}
    for name, kind in _KINDS.items():
        if name not in body:
            continue
        try:
            place[name] = call.native_in_body(kind, read.uuid(body[name]))
        except ValueError as error:
            raise fault("BadRequest", "router", error) from error
    return place


class AddInterfaceHandler(RouterAction):
    """A new leg."""

    @operation("routers.add_interface")
    def on_put(self, call: Call[Network], router_id: str) -> dict[str, Any]:
        """Join a subnet, or take over a port."""
        place = _place(call)
        if len(place) > 1:
            raise fault("BadRequest", "router", "Cannot specify both subnet-id and port-id")
        router = self.router(call, "add_router_interface", router_id)
        return _interface(call, self.routers(call).add_interface(call.ctx, router.id, **place))


class RemoveInterfaceHandler(RouterAction):
    """A leg less."""

    @operation("routers.remove_interface")
    def on_put(self, call: Call[Network], router_id: str) -> dict[str, Any]:
        """Leave a subnet."""
        place = _place(call)
        router = self.router(call, "remove_router_interface", router_id)
        return _interface(call, self.routers(call).remove_interface(call.ctx, router.id, **place))


def _given_routes(call: Call[Network]) -> tuple[HostRoute, ...]:
    router = body_of(call).get("router")
    if not isinstance(router, Mapping) or "routes" not in router:
        raise refuse_plainly("Unable to find 'router' in request body")
    try:
        return readers.host_routes(router["routes"])
    except ValueError as error:
        raise fault("InvalidRoutes", router["routes"], error) from error


class AddRoutesHandler(RouterAction):
    """Static routes more."""

    @operation("routers.add_routes")
    def on_put(self, call: Call[Network], router_id: str) -> dict[str, Any]:
        """Add."""
        given = _given_routes(call)
        router = self.router(call, "add_extraroutes", router_id)
        return self.shown(call, self.routers(call).add_routes(call.ctx, router.id, given))


class RemoveRoutesHandler(RouterAction):
    """Static routes less."""

    @operation("routers.remove_routes")
    def on_put(self, call: Call[Network], router_id: str) -> dict[str, Any]:
        """Remove."""
        given = _given_routes(call)
        router = self.router(call, "remove_extraroutes", router_id)
        return self.shown(call, self.routers(call).remove_routes(call.ctx, router.id, given))


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (
    ("v2_router_add_router_interface", AddInterfaceHandler),
    ("v2_router_remove_router_interface", RemoveInterfaceHandler),
    ("v2_router_add_extraroutes", AddRoutesHandler),
    ("v2_router_remove_extraroutes", RemoveRoutesHandler),
)
