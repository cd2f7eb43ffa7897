"""The embedded cloud's endpoint groups, and the catalogs that are confined to them or to single endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.identity.contract import CatalogLinks, EndpointGroups
from jumpgate.identity.drivers.embedded import rows
from jumpgate.identity.drivers.embedded.plain import PlainRows
from jumpgate.identity.models import CatalogLink, EndpointGroup, EndpointGroupSpec
from jumpgate.store.engine import Store
from jumpgate.store.tables import identity as tables

_links = tables.catalog_links


class EmbeddedEndpointGroups(PlainRows[EndpointGroup, EndpointGroupSpec], EndpointGroups):
    """Endpoint groups as rows."""

    table = tables.endpoint_groups
    kind = "endpoint group"
    columns = rows.columns(tables.endpoint_groups, "id", "name")

    def model(self, row: sa.Row[Any]) -> EndpointGroup:
        return EndpointGroup(id=row.id, name=row.name, description=row.description, filters=row.filters)

    def new(self, spec: EndpointGroupSpec) -> dict[str, Any]:
        return {"name": spec.name, "description": spec.description, "filters": dict(spec.filters)}

    def remove(self, connection: sa.Connection, resource_id: str) -> None:
        connection.execute(_links.delete().where(_links.c.endpoint_group_id == resource_id))
        super().remove(connection, resource_id)


class EmbeddedCatalogLinks(CatalogLinks):
    """Links as rows."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def revision(self, ctx: Context) -> int:
        return self._store.revision(rows.TOPIC)

    def find(
        self,
        ctx: Context,
        *,
        project_id: str | None = None,
        endpoint_id: str | None = None,
        endpoint_group_id: str | None = None,
    ) -> Iterable[CatalogLink]:
        wanted = {"project_id": project_id, "endpoint_id": endpoint_id, "endpoint_group_id": endpoint_group_id}
        statement = sa.select(_links).filter_by(**{name: value for name, value in wanted.items() if value is not None})
        ordered = statement.order_by(_links.c.project_id, _links.c.endpoint_id, _links.c.endpoint_group_id)
        with self._store.read() as connection:
            return [_link(row) for row in connection.execute(ordered)]

    def create(self, ctx: Context, link: CatalogLink) -> None:
        with self._store.write(rows.TOPIC) as connection:
            kind = "project_endpoint" if link.endpoint_id else "project_endpoint_group"
            rows.insert(connection, _links, _values(link), rows.conflict(kind, "Duplicate entry"))

    def delete(self, ctx: Context, link: CatalogLink) -> None:
        same = [_links.c[name] == value for name, value in _values(link).items()]
        with self._store.write(rows.TOPIC) as connection:
            if connection.execute(_links.delete().where(*same)).rowcount == 0:
                what = (
                    f"endpoint {link.endpoint_id}" if link.endpoint_id else f"endpoint group {link.endpoint_group_id}"
                )
                raise NotFound(f"Could not find {what} in project {link.project_id}.")


def _values(link: CatalogLink) -> dict[str, str]:
    return {
        "project_id": link.project_id,
        "endpoint_id": link.endpoint_id or "",
        "endpoint_group_id": link.endpoint_group_id or "",
    }


def _link(row: sa.Row[Any]) -> CatalogLink:
    return CatalogLink(
        project_id=row.project_id,
        endpoint_id=row.endpoint_id or None,
        endpoint_group_id=row.endpoint_group_id or None,
    )
