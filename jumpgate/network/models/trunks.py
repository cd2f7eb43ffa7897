"""Trunks: ports through which the traffic of other ports goes."""

from __future__ import annotations

from dataclasses import dataclass

from jumpgate.network.models import Record

INHERIT = "inherit"
"""The segmentation type that stands for the type and number of the subport's own network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubPort:
    """A port whose traffic goes through a trunk, told apart by `segmentation_id` (of type vlan: 1 to 4094).

    In a spec both parts of the segmentation may be None, with `segmentation_type` INHERIT the number.
    """

    port_id: str
    segmentation_type: str | None = None
    segmentation_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk(Record):
    """A trunk: its parent `port_id` and the ports that go through it. `status` is the parent's."""

    port_id: str
    name: str = ""
    admin_state_up: bool = True
    status: str = "DOWN"
    sub_ports: tuple[SubPort, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkSpec:
    """A trunk to be made."""

    port_id: str
    name: str = ""
    project_id: str | None = None
    description: str = ""
    admin_state_up: bool = True
    sub_ports: tuple[SubPort, ...] = ()
