"""Host aggregates of the embedded cloud, whose one host is in one zone: the zone of its aggregates, else ``nova``."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.resource import Changes
from jumpgate.compute.contract.operators import Aggregates
from jumpgate.compute.drivers.embedded.region import HOST, TOPIC, ZONE, Region
from jumpgate.compute.models.operations import Aggregate
from jumpgate.store.tables.compute import aggregates, servers

_ZONE = "availability_zone"
Row = sa.Row[Any]


def zone_of_host(connection: sa.Connection) -> str:
    """Return the zone that the host is in."""
    return next(iter(_zones(connection, HOST)), ZONE)


def _zones(connection: sa.Connection, host: str, *, but: int | None = None) -> list[str]:
    """Return the zones of a host's aggregates, leaving one aggregate out."""
    rows = connection.execute(sa.select(aggregates).order_by(aggregates.c.number))
    return [row.metadata[_ZONE] for row in rows if host in row.hosts and row.number != but and row.metadata.get(_ZONE)]


def _servers_on(connection: sa.Connection, hosts: Iterable[str]) -> int:
    here = sa.and_(servers.c.host.in_(list(hosts)), servers.c.deleted.is_(False))
    count: int = connection.execute(sa.select(sa.func.count()).select_from(servers).where(here)).scalar_one()
    return count


class EmbeddedAggregates(Aggregates):
    """Aggregates in the store."""

    def __init__(self, region: Region) -> None:
        self._store = region.store

    def find(self, ctx: Context) -> Iterable[Aggregate]:
        with self._store.read() as connection:
            return [_to_aggregate(row) for row in connection.execute(sa.select(aggregates).order_by("number"))]

    def get(self, ctx: Context, number: int) -> Aggregate:
        with self._store.read() as connection:
            return _to_aggregate(_load(connection, number))

    def create(self, ctx: Context, name: str, zone: str | None) -> Aggregate:
        values = {
            "id": str(uuid.uuid4()),
            "name": name,
            "metadata": {_ZONE: zone} if zone else {},
            "hosts": [],
            "created_at": utcnow(),
        }
        with self._store.write(TOPIC) as connection:
            _check_name(connection, name)
            key = connection.execute(aggregates.insert().values(values)).inserted_primary_key
            assert key is not None
            return _to_aggregate(_load(connection, key[0]))

    def update(self, ctx: Context, number: int, changes: Changes) -> Aggregate:
        with self._store.write(TOPIC) as connection:
            row = _load(connection, number)
            values: dict[str, Any] = {}
            if "name" in changes and changes["name"] != row.name:
                _check_name(connection, changes["name"])
                values["name"] = changes["name"]
            if "availability_zone" in changes:
                problem = _zone_problem(connection, row, changes["availability_zone"])
                if problem:
                    raise BadRequest(f"Cannot update aggregate {number}. Reason: {problem}.")
                values["metadata"] = {**row.metadata, _ZONE: changes["availability_zone"]}
            return _change(connection, number, values)

    def delete(self, ctx: Context, number: int) -> None:
        with self._store.write(TOPIC) as connection:
            if _load(connection, number).hosts:
                raise BadRequest(
                    f"Cannot remove host from aggregate {number}. Reason: Host aggregate is not empty.",
                    reason="InvalidAggregateActionDelete",
                )
            connection.execute(aggregates.delete().where(aggregates.c.number == number))

    def merge_metadata(self, ctx: Context, number: int, items: Mapping[str, str | None]) -> Aggregate:
        with self._store.write(TOPIC) as connection:
            row = _load(connection, number)
            problem = _zone_problem(connection, row, items[_ZONE]) if _ZONE in items else None
            if problem:
                raise BadRequest(f"Cannot update metadata of aggregate {number}. Reason: {problem}.")
            merged = {key: value for key, value in {**row.metadata, **items}.items() if value is not None}
            return _change(connection, number, {"metadata": merged})

    def add_host(self, ctx: Context, number: int, host: str) -> Aggregate:
        with self._store.write(TOPIC) as connection:
            row = _load(connection, number)
            if host != HOST:
                raise NotFound(f"Compute host {host} could not be found.", reason="ComputeHostNotFound")
            if host in row.hosts:
                raise Conflict(f"Aggregate {number} already has host {host}.", reason="AggregateHostExists")
            problem = _joining_problem(connection, row, host)
            if problem:
                raise Conflict(f"Cannot add host to aggregate {number}. Reason: {problem}.")
            return _change(connection, number, {"hosts": [*row.hosts, host]})

    def remove_host(self, ctx: Context, number: int, host: str) -> Aggregate:
        with self._store.write(TOPIC) as connection:
            row = _load(connection, number)
            if host not in row.hosts:
                raise NotFound(f"Cannot remove host {host} in aggregate {number}", reason="AggregateHostNotFound")
            alone = row.metadata.get(_ZONE) and not _zones(connection, host, but=number)
            if alone and _servers_on(connection, [host]):
                raise Conflict(
                    f"Cannot remove host from aggregate {number}. Reason: The host cannot be removed from the "
                    "aggregate as its availability zone would change and it has servers."
                )
            return _change(connection, number, {"hosts": [item for item in row.hosts if item != host]})


def _load(connection: sa.Connection, number: int) -> Row:
    row = connection.execute(sa.select(aggregates).where(aggregates.c.number == number)).first()
    if row is None:
        raise NotFound(f"Aggregate {number} could not be found.", reason="AggregateNotFound")
    return row


def _check_name(connection: sa.Connection, name: str) -> None:
    if connection.execute(sa.select(aggregates.c.id).where(aggregates.c.name == name)).first() is not None:
        raise Conflict(f"Aggregate {name} already exists.", reason="AggregateNameExists")


def _change(connection: sa.Connection, number: int, values: Mapping[str, Any]) -> Aggregate:
    changed = aggregates.update().where(aggregates.c.number == number)
    connection.execute(changed.values(**values, updated_at=utcnow()))
    return _to_aggregate(_load(connection, number))


def _zone_problem(connection: sa.Connection, row: Row, zone: str | None) -> str | None:
    """Say why an aggregate cannot have a zone: its hosts' other aggregates and servers stand against it."""
    if not zone:
        return f"Aggregate {row.name} does not support empty named availability zone"
    elsewhere = [other for host in row.hosts for other in _zones(connection, host, but=row.number) if other != zone]
    if elsewhere:
        return f"One or more hosts already in availability zone(s) {elsewhere}"
    if row.metadata.get(_ZONE) != zone and _servers_on(connection, row.hosts):
        return "One or more hosts contain instances in this zone"
    return None


def _joining_problem(connection: sa.Connection, row: Row, host: str) -> str | None:
    """Say why a host cannot join an aggregate: it is in another zone, or its servers would change theirs."""
    zone = row.metadata.get(_ZONE)
    if not zone:
        return None
    zones = _zones(connection, host)
    elsewhere = [other for other in zones if other != zone]
    if elsewhere:
        return f"One or more hosts already in availability zone(s) {elsewhere}"
    count = 0 if zones else _servers_on(connection, [host])
    if count:
        return (
            "The host cannot be added to the aggregate as the availability zone of the host would change from 'None' "
            f"to '{zone}' but the host already has {count} instance(s)"
        )
    return None


def _to_aggregate(row: Row) -> Aggregate:
    return Aggregate(
        id=row.id,
        number=row.number,
        name=row.name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        availability_zone=row.metadata.get(_ZONE),
        hosts=tuple(row.hosts),
        metadata=row.metadata,
    )
