"""Availability zones, and what is said of agents and providers where there are none.

Source: the API reference's "Availability zones", "Agents" and "Service providers".
"""

from __future__ import annotations

import dataclasses
from typing import Any

from jumpgate.common.fields import Field, View
from jumpgate.common.listing import FilterParameter, ListParameters, Sort, page
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.network.contract import Network
from jumpgate.network.handlers.attributes import authorize
from jumpgate.network.models import AvailabilityZone
from jumpgate.network.views.faults import fault

_ZONE: View[AvailabilityZone] = View(Field("name"), Field("resource"), Field("state"))

_PARAMETERS = ListParameters(
    filters={name: FilterParameter(name) for name in ("name", "resource", "state")},
    default_sort=(Sort("name"), Sort("resource")),
    maximum=None,
)


class AvailabilityZonesHandler(Handler[Network]):
    """The zones in which networks and routers can be placed."""

    @operation("availability_zones.find")
    def on_get(self, call: Call[Network]) -> dict[str, Any]:
        """List."""
        if not call.may("get_availability_zone"):
            return {"availability_zones": []}
        zones = call.cloud.availability_zones
        assert zones is not None  # the handler is set only where there are zones
        query = dataclasses.replace(_PARAMETERS.query(call.parameters), marker=None)
        render = _ZONE.bind(call, only=call.parameters.get("fields"))
        found = page(zones.find(call.ctx, query), query)
        return {"availability_zones": [render(zone) for zone in found]}


class AgentsHandler(Handler[Network]):
    """Agents: there is nothing that would need one."""

    @operation()
    def on_get(self, call: Call[Network]) -> dict[str, Any]:
        """List."""
        return {"agents": []}


class AgentHandler(Handler[Network]):
    """One agent."""

    @operation()
    def on_get(self, call: Call[Network], agent_id: str) -> None:
        """Refuse: whatever the id, nobody has it."""
        authorize(call, ["get_agent"], {})
        raise fault("AgentNotFound", agent_id)


class ServiceProvidersHandler(Handler[Network]):
    """Providers of advanced services: there are none."""

    @operation()
    def on_get(self, call: Call[Network]) -> dict[str, Any]:
        """List."""
        return {"service_providers": []}


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (("v2_service_providers", ServiceProvidersHandler),)
NO_AGENT_HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (
    ("v2_agents", AgentsHandler),
    ("v2_agent", AgentHandler),
)
ZONE_HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (("v2_availability_zones", AvailabilityZonesHandler),)
