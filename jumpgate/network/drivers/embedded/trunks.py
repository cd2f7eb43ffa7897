"""The embedded trunks: which ports go through which."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.network.contract import Trunks
from jumpgate.network.drivers.embedded.networks import LARGEST_VLAN_ID, EmbeddedNetworks
from jumpgate.network.drivers.embedded.plain import PlainRecords
from jumpgate.network.drivers.embedded.ports import EmbeddedPorts
from jumpgate.network.drivers.embedded.records import TOPIC, Ground, Row, grouped
from jumpgate.network.drivers.embedded.trunking import check_free
from jumpgate.network.models.trunks import INHERIT, SubPort, Trunk, TrunkSpec
from jumpgate.network.schemas.values import invalid
from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network import ports
from jumpgate.store.tables.network_trunks import subports, trunks

VLAN = "vlan"


class EmbeddedTrunks(PlainRecords[Trunk, TrunkSpec], Trunks):
    """Trunks in the store."""

    table = trunks
    missing = "TrunkNotFound"
    model_type = Trunk
    quota = "trunk"

    def __init__(self, ground: Ground, places: EmbeddedNetworks, plugs: EmbeddedPorts) -> None:
        super().__init__(ground)
        self._networks = places
        self._ports = plugs

    def computed(self) -> Mapping[str, sa.ColumnElement[Any]]:
        return {"status": ports.c.status}

    def select(self) -> sa.Select[Any]:
        return sa.select(trunks, ports.c.status).join(ports, ports.c.id == trunks.c.port_id)

    def parts_of(self, connection: sa.Connection, rows: Sequence[Row]) -> Mapping[str, Mapping[str, Any]]:
        order = (subports.c.segmentation_id, subports.c.port_id)
        found = grouped(connection, sa.select(subports).order_by(*order), subports.c.trunk_id, [row.id for row in rows])
        return {row.id: {"sub_ports": tuple(map(_subport, found.get(row.id, ())))} for row in rows}

    def add(self, connection: sa.Connection, ctx: Context, spec: TrunkSpec) -> str:
        parent = self._ports.row(connection, ctx, spec.port_id)
        check_free(connection, spec.port_id)
        if parent.binding_host_id:
            raise fault("ParentPortInUse", spec.port_id)
        trunk_id = super().add(connection, ctx, spec)
        self._enter(connection, ctx, trunk_id, parent, spec.sub_ports)
        return trunk_id

    def columns_of_new(self, connection: sa.Connection, ctx: Context, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {name: value for name, value in values.items() if name != "sub_ports"}

    def check_delete(self, connection: sa.Connection, row: Row) -> None:
        _check_enabled(row)

    def add_subports(self, ctx: Context, trunk_id: str, wanted: Iterable[SubPort]) -> Trunk:
        with self.store.write(TOPIC) as connection:
            row = self.row(connection, ctx, trunk_id)
            _check_enabled(row)
            parent = self._ports.row(connection, ctx, row.port_id)
            self._enter(connection, ctx, trunk_id, parent, tuple(wanted))
            self.change(connection, trunk_id, {})
            return self.model(connection, trunk_id)

    def remove_subports(self, ctx: Context, trunk_id: str, port_ids: Iterable[str]) -> Trunk:
        with self.store.write(TOPIC) as connection:
            _check_enabled(self.row(connection, ctx, trunk_id))
            for port_id in port_ids:
                pair = sa.and_(subports.c.trunk_id == trunk_id, subports.c.port_id == port_id)
                if connection.execute(subports.delete().where(pair)).rowcount == 0:
                    raise fault("SubPortNotFound", port_id, trunk_id)
            self.change(connection, trunk_id, {})
            return self.model(connection, trunk_id)

    def _enter(
        self, connection: sa.Connection, ctx: Context, trunk_id: str, parent: Row, wanted: Sequence[SubPort]
    ) -> None:
        for item in wanted:
            if item.port_id == parent.id:
                raise fault("ParentPortInUse", item.port_id)
            port = self._ports.row(connection, ctx, item.port_id)
            self._check_mtu(connection, port, parent)
            entry = _segmented(self._inherited(connection, port, item))
            check_free(connection, item.port_id)
            if port.device_id:
                raise fault("PortInUse", port.id, port.network_id, port.device_id)
            _check_segment(connection, trunk_id, entry)
            connection.execute(subports.insert().values(trunk_id=trunk_id, **dataclasses.asdict(entry)))

    def _check_mtu(self, connection: sa.Connection, port: Row, parent: Row) -> None:
        """Raise Conflict where a subport's packets do not fit through the trunk."""
        own, through = (self._networks.model(connection, item.network_id).mtu for item in (port, parent))
        if own > through:
            raise fault("SubPortMtuGreaterThanTrunkPortMtu", own, port.id, through, parent.id)

    def _inherited(self, connection: sa.Connection, port: Row, item: SubPort) -> SubPort:
        if item.segmentation_type != INHERIT:
            return item
        network = self._networks.model(connection, port.network_id)
        return dataclasses.replace(
            item, segmentation_type=network.network_type, segmentation_id=network.segmentation_id
        )


def _subport(row: Row) -> SubPort:
    return SubPort(port_id=row.port_id, segmentation_type=row.segmentation_type, segmentation_id=row.segmentation_id)


def _check_enabled(row: Row) -> None:
    if not row.admin_state_up:
        raise fault("TrunkDisabled", row.id)


def _segmented(item: SubPort) -> SubPort:
    """Return a subport whose segmentation is one that there is."""
    if item.segmentation_type is None or item.segmentation_id is None:
        raise invalid(
            f"Invalid subport details '{item.port_id}': missing segmentation information. Must specify both "
            "segmentation_id and segmentation_type"
        )
    if item.segmentation_type != VLAN:
        raise invalid(f"Unknown segmentation_type '{item.segmentation_type}'")
    if not 1 <= item.segmentation_id <= LARGEST_VLAN_ID:
        raise invalid(f"Segmentation ID '{item.segmentation_id}' is not in range")
    return item


def _check_segment(connection: sa.Connection, trunk_id: str, item: SubPort) -> None:
    same = sa.and_(
        subports.c.trunk_id == trunk_id,
        subports.c.segmentation_type == item.segmentation_type,
        subports.c.segmentation_id == item.segmentation_id,
    )
    if connection.execute(sa.select(subports.c.port_id).where(same)).first() is not None:
        raise fault("DuplicateSubPort", item.segmentation_type, item.segmentation_id, trunk_id)
