"""What an operator has added to the embedded cloud's catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import Forbidden, NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.identity.contract import Endpoints, Regions, Services
from jumpgate.identity.drivers.embedded import removal, rows
from jumpgate.identity.models import Endpoint, EndpointSpec, Region, RegionSpec, ServiceEntry, ServiceEntrySpec
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

_regions, _services, _endpoints = tables.regions, tables.services, tables.endpoints
_REGION_COLUMNS = rows.columns(_regions, "id", "parent_region_id")
_SERVICE_COLUMNS = rows.columns(_services, "id", "name", "type", "enabled")
_ENDPOINT_COLUMNS = rows.columns(_endpoints, "id", "service_id", "interface", "region_id", "enabled")


class EmbeddedRegions(Regions):
    """Regions as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Region]:
        return rows.find(self._store, sa.select(_regions), _REGION_COLUMNS, query, _region)

    def get(self, ctx: Context, resource_id: str) -> Region:
        with self._store.read() as connection:
            return _region(_get(connection, _regions, "region", resource_id))

    def create(self, ctx: Context, spec: RegionSpec) -> Region:
        values: dict[str, Any] = {
            "id": spec.id or rows.new_id(),
            "description": spec.description or "",
            "parent_region_id": spec.parent_region_id,
            "extra": dict(spec.extra),
        }
        with self._store.write(rows.TOPIC) as connection:
            conflict = rows.conflict("region", f"Duplicate ID, {values['id']}")
            rows.insert(connection, _regions, values, conflict)
            return _region(_get(connection, _regions, "region", values["id"]))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Region:
        with self._store.write(rows.TOPIC) as connection:
            return _region(_change(connection, _regions, "region", resource_id, changes))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            _get(connection, _regions, "region", resource_id)
            branch = _branch(connection, resource_id)
            used = sa.select(_endpoints.c.id).where(_endpoints.c.region_id.in_(branch)).limit(1)
            if connection.execute(used).first() is not None:
                raise Forbidden(
                    f"Unable to delete region {resource_id} because it or its child regions have associated endpoints."
                )
            connection.execute(_regions.delete().where(_regions.c.id.in_(branch)))


class EmbeddedServices(Services):
    """Services as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[ServiceEntry]:
        return rows.find(self._store, sa.select(_services), _SERVICE_COLUMNS, query, _service)

    def get(self, ctx: Context, resource_id: str) -> ServiceEntry:
        with self._store.read() as connection:
            return _service(_get(connection, _services, "service", resource_id))

    def create(self, ctx: Context, spec: ServiceEntrySpec) -> ServiceEntry:
        values = {
            "id": rows.new_id(),
            "type": spec.type,
            "name": spec.name,
            "enabled": spec.enabled,
            "extra": dict(spec.extra),
        }
        with self._store.write(rows.TOPIC) as connection:
            connection.execute(_services.insert().values(**values))
            return _service(_get(connection, _services, "service", str(values["id"])))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> ServiceEntry:
        with self._store.write(rows.TOPIC) as connection:
            return _service(_change(connection, _services, "service", resource_id, changes))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            _get(connection, _services, "service", resource_id)
            removal.endpoints(connection, _endpoints.c.service_id == resource_id)
            connection.execute(_services.delete().where(_services.c.id == resource_id))


class EmbeddedEndpoints(Endpoints):
    """Endpoints as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(self, ctx: Context, query: Query) -> Iterable[Endpoint]:
        return rows.find(self._store, sa.select(_endpoints), _ENDPOINT_COLUMNS, query, _endpoint)

    def get(self, ctx: Context, resource_id: str) -> Endpoint:
        with self._store.read() as connection:
            return _endpoint(_get(connection, _endpoints, "endpoint", resource_id))

    def create(self, ctx: Context, spec: EndpointSpec) -> Endpoint:
        values = {
            "id": rows.new_id(),
            "service_id": spec.service_id,
            "interface": spec.interface,
            "url": spec.url,
            "region_id": spec.region_id,
            "enabled": spec.enabled,
            "extra": dict(spec.extra),
        }
        with self._store.write(rows.TOPIC) as connection:
            _ensure_region(connection, spec.region_id)
            connection.execute(_endpoints.insert().values(**values))
            return _endpoint(_get(connection, _endpoints, "endpoint", str(values["id"])))

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> Endpoint:
        with self._store.write(rows.TOPIC) as connection:
            _ensure_region(connection, changes.get("region_id"))
            return _endpoint(_change(connection, _endpoints, "endpoint", resource_id, changes))

    def delete(self, ctx: Context, resource_id: str) -> None:
        with self._store.write(rows.TOPIC) as connection:
            _get(connection, _endpoints, "endpoint", resource_id)
            removal.endpoints(connection, _endpoints.c.id == resource_id)


def _region(row: sa.Row[Any]) -> Region:
    return Region(id=row.id, description=row.description, parent_region_id=row.parent_region_id, extra=row.extra)


def _service(row: sa.Row[Any]) -> ServiceEntry:
    return ServiceEntry(id=row.id, type=row.type, name=row.name, enabled=row.enabled, extra=row.extra)


def _endpoint(row: sa.Row[Any]) -> Endpoint:
    return Endpoint(
        id=row.id,
        service_id=row.service_id,
        interface=row.interface,
        url=row.url,
        region_id=row.region_id,
        enabled=row.enabled,
        extra=row.extra,
    )


def _get(connection: sa.Connection, table: sa.Table, kind: str, key: str) -> sa.Row[Any]:
    row = connection.execute(sa.select(table).where(table.c.id == key)).one_or_none()
    if row is None:
        raise NotFound(f"Could not find {kind}: {key}.")
    return row


def _change(connection: sa.Connection, table: sa.Table, kind: str, key: str, changes: Changes) -> sa.Row[Any]:
    values = dict(changes)
    if "extra" in values:
        values["extra"] = {**_get(connection, table, kind, key).extra, **values["extra"]}
    if values:
        connection.execute(table.update().where(table.c.id == key).values(**values))
    return _get(connection, table, kind, key)


def _branch(connection: sa.Connection, region_id: str) -> set[str]:
    """Return a region and those below it."""
    found, level = {region_id}, {region_id}
    while level:
        below = sa.select(_regions.c.id).where(_regions.c.parent_region_id.in_(level))
        level = set(connection.execute(below).scalars()) - found
        found |= level
    return found


def _ensure_region(connection: sa.Connection, region_id: str | None) -> None:
    """Make the region that an endpoint names, if it is not there."""
    if region_id is None:
        return
    known = sa.select(_regions.c.id).where(_regions.c.id == region_id)
    if connection.execute(known).first() is None:
        connection.execute(_regions.insert().values(id=region_id, description="", parent_region_id=None, extra={}))
