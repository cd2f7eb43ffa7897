"""Which ports have a part in a trunk; everything here runs inside a write of the network."""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.network.views.faults import fault
from jumpgate.store.tables.network_trunks import subports, trunks


def check_free(connection: sa.Connection, port_id: str) -> None:
    """Raise Conflict for a port that has a part in a trunk already."""
    if _trunk_through(connection, port_id) is not None:
        raise fault("TrunkPortInUse", port_id)
    if _trunk_of(connection, port_id) is not None:
        raise fault("ParentPortInUse", port_id)


def check_not_trunked(connection: sa.Connection, port_id: str) -> None:
    """Raise Conflict for a port that cannot go because a trunk needs it."""
    parent_of, through = _trunk_of(connection, port_id), _trunk_through(connection, port_id)
    if parent_of is not None:
        raise fault("PortInUseAsTrunkParent", port_id, parent_of)
    if through is not None:
        raise fault("PortInUseAsSubPort", port_id, through)


def _trunk_of(connection: sa.Connection, port_id: str) -> str | None:
    return connection.execute(sa.select(trunks.c.id).where(trunks.c.port_id == port_id)).scalar()


def _trunk_through(connection: sa.Connection, port_id: str) -> str | None:
    return connection.execute(sa.select(subports.c.trunk_id).where(subports.c.port_id == port_id)).scalar()
