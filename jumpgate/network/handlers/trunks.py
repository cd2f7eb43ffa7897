"""Trunks as a table of attributes, and their actions. Source: the API reference's "Trunk networking"."""

from __future__ import annotations

import dataclasses
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.ids import Kind
from jumpgate.common.typed import Call, Handler, TypedService, operation
from jumpgate.network.contract import Network, Trunks
from jumpgate.network.handlers.attributes import PAGES, Attributes, Resource, authorize, body_of, to_cloud
from jumpgate.network.handlers.standard import (
    ADMIN_STATE,
    DESCRIPTION,
    NAME,
    OWNER,
    STATUS,
    TAG_FILTERS,
    TAGS,
    TIMES,
    fixed,
    identifier,
)
from jumpgate.network.models.trunks import SubPort, Trunk, TrunkSpec
from jumpgate.network.schemas import values as read

_KEYS = {"port_id", "segmentation_type", "segmentation_id"}


def _port_id(item: Any) -> str:
    """Return the port that an entry names."""
    if not isinstance(item, dict):
        raise ValueError(f"Invalid data format for subport: '{item}' is not a dictionary")
    try:
        return str(read.uuid(item.get("port_id")))
    except ValueError:
        raise ValueError("A valid port UUID must be specified") from None


def _entries(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"Invalid data format for subports: '{value}' is not a list")
    return value


def _sub_port(item: Any) -> SubPort:
    port_id = _port_id(item)
    number, kind = item.get("segmentation_id"), item.get("segmentation_type")
    if set(item) - _KEYS:
        raise ValueError(f"Unexpected keys supplied: {', '.join(sorted(set(item) - _KEYS))}")
    if kind is not None and not isinstance(kind, str):
        raise ValueError(f"Invalid segmentation_type '{kind}'")
    if number is not None and (isinstance(number, bool) or not str(number).isdigit()):
        raise read.invalid(f"Invalid subport details: segmentation_id '{number}' is not an integer")
    return SubPort(port_id=port_id, segmentation_type=kind, segmentation_id=None if number is None else int(number))


def sub_ports(value: Any) -> tuple[SubPort, ...]:
    """Read the ports that shall go through a trunk, each with a number of its own."""
    found: list[SubPort] = []
    for item in map(_sub_port, _entries(value)):
        if any(item.port_id == other.port_id for other in found):
            raise ValueError(f"Port UUID '{item.port_id}' is not unique")
        segment = (item.segmentation_type, item.segmentation_id)
        if None not in segment and any(segment == (o.segmentation_type, o.segmentation_id) for o in found):
            raise ValueError(f"Segmentation ID '{item.segmentation_id}' for '{item.port_id}' is not unique")
        found.append(item)
    return tuple(found)


def _shown(trunk: Trunk, scene: Any) -> list[dict[str, Any]]:
    port_id = scene.ids[Kind.PORT].to_openstack
    return [
        {
            "port_id": port_id(item.port_id),
            "segmentation_type": item.segmentation_type,
            "segmentation_id": item.segmentation_id,
        }
        for item in trunk.sub_ports
    ]


TRUNKS = Resource(
    singular="trunk",
    plural="trunks",
    contract="trunks",
    kind=Kind.TRUNK,
    path_field="trunk_id",
    missing="TrunkNotFound",
    spec=TrunkSpec,
    parameters=dataclasses.replace(PAGES, filters=TAG_FILTERS),
    fields=(
        identifier(Kind.TRUNK),
        NAME,
        *OWNER,
        ADMIN_STATE,
        fixed("port_id", read.uuid, kind=Kind.PORT, required=True),
        STATUS,
        Field("sub_ports", _shown, input=Input(to_model=sub_ports, update=False, attribute="sub_ports")),
        DESCRIPTION,
        TAGS,
        *TIMES,
    ),
)


class TrunkAction(Handler[Network]):
    """What the actions on one trunk share."""

    def __init__(self, service: TypedService[Network]) -> None:
        super().__init__(service)
        self._attributes = Attributes(TRUNKS)

    def trunk(self, call: Call[Network], rule: str, trunk_id: str) -> tuple[Trunks, Trunk]:
        """Return the driver's object and the trunk, when the caller may do to it what `rule` guards."""
        trunk: Trunk = self._attributes.member(call, trunk_id)
        authorize(call, [rule], TRUNKS.target(trunk))
        trunks = call.cloud.trunks
        assert trunks is not None  # the handlers are set only where there are trunks
        return trunks, trunk

    def shown(self, call: Call[Network], trunk: Trunk) -> dict[str, Any]:
        """Return a trunk as JSON, which the actions do not wrap."""
        return self._attributes.view.render(trunk, call)


def _given(call: Call[Network]) -> Any:
    body = body_of(call)
    if "sub_ports" not in body:
        raise read.invalid("sub_ports is missing")
    return body["sub_ports"]


class SubPortsHandler(TrunkAction):
    """The ports that go through a trunk."""

    @operation("trunks.get")
    def on_get(self, call: Call[Network], trunk_id: str) -> dict[str, Any]:
        """List."""
        _, trunk = self.trunk(call, "get_subports", trunk_id)
        return {"sub_ports": _shown(trunk, call)}


class AddSubPortsHandler(TrunkAction):
    """More of them."""

    @operation("trunks.add_subports")
    def on_put(self, call: Call[Network], trunk_id: str) -> dict[str, Any]:
        """Add."""
        trunks, trunk = self.trunk(call, "add_subports", trunk_id)
        try:
            wanted = sub_ports(_given(call))
        except ValueError as error:
            raise read.invalid(str(error)) from error
        native = (dataclasses.replace(item, port_id=to_cloud(call, Kind.PORT, item.port_id)) for item in wanted)
        return self.shown(call, trunks.add_subports(call.ctx, trunk.id, native))


class RemoveSubPortsHandler(TrunkAction):
    """Less of them."""

    @operation("trunks.remove_subports")
    def on_put(self, call: Call[Network], trunk_id: str) -> dict[str, Any]:
        """Remove."""
        trunks, trunk = self.trunk(call, "remove_subports", trunk_id)
        try:
            wanted = [_port_id(item) for item in _entries(_given(call))]
        except ValueError as error:
            raise read.invalid(str(error)) from error
        native = (to_cloud(call, Kind.PORT, item) for item in wanted)
        return self.shown(call, trunks.remove_subports(call.ctx, trunk.id, native))


HANDLERS: tuple[tuple[str, type[Handler[Network]]], ...] = (
    ("v2_trunk_get_subports", SubPortsHandler),
    ("v2_trunk_add_subports", AddSubPortsHandler),
    ("v2_trunk_remove_subports", RemoveSubPortsHandler),
)
