"""The embedded cloud's metadata definitions: one row for each namespace, what it defines as JSON."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, Forbidden, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.image.contract import Metadefs
from jumpgate.image.models import Definition, Namespace
from jumpgate.store.engine import Store
from jumpgate.store.tables.image import metadef_namespaces, metadef_resource_types

# The types that Glance has from the start.
USUAL_TYPES = (
    "OS::Cinder::Volume",
    "OS::Glance::Image",
    "OS::Nova::Aggregate",
    "OS::Nova::Flavor",
    "OS::Nova::Server",
    "OS::Trove::Instance",
)

_COLLECTIONS = ("resource_types", "objects", "properties", "tags")


class EmbeddedMetadefs(Metadefs):
    """Namespaces in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, ctx: Context, query: Query) -> Iterable[Namespace]:
        with self._store.read() as connection:
            return [_namespace(row) for row in connection.execute(_seen(ctx))]

    def get(self, ctx: Context, name: str) -> Namespace:
        with self._store.read() as connection:
            return _get(connection, ctx, name)

    def create(self, ctx: Context, namespace: Namespace) -> None:
        with self._store.write("image") as connection:
            _save(connection, metadef_namespaces.insert(), namespace)

    def update(self, ctx: Context, name: str, change: Callable[[Namespace], Namespace]) -> Namespace:
        with self._store.write("image") as connection:
            namespace = dataclasses.replace(change(_get(connection, ctx, name)), updated_at=utcnow())
            _save(connection, metadef_namespaces.update().where(metadef_namespaces.c.name == name), namespace)
        return namespace

    def delete(self, ctx: Context, name: str) -> None:
        with self._store.write("image") as connection:
            if _get(connection, ctx, name).protected:
                raise Forbidden(f"Metadata definition namespace {name} is protected and cannot be deleted.")
            connection.execute(metadef_namespaces.delete().where(metadef_namespaces.c.name == name))

    def resource_types(self, ctx: Context) -> Iterable[Definition]:
        with self._store.read() as connection:
            rows = connection.execute(sa.select(metadef_resource_types).order_by(metadef_resource_types.c.name))
            return [Definition(name=row.name, created_at=row.created_at, updated_at=row.created_at) for row in rows]

    def seed(self) -> None:
        """Make the usual resource types known."""
        with self._store.write("image") as connection:
            _learn(connection, USUAL_TYPES)


def _seen(ctx: Context) -> sa.Select[Any]:
    statement = sa.select(metadef_namespaces).order_by(metadef_namespaces.c.name)
    if ctx.is_admin:
        return statement
    mine, public = metadef_namespaces.c.owner == ctx.project, metadef_namespaces.c.visibility == "public"
    return statement.where(sa.or_(mine, public, metadef_namespaces.c.owner.is_(None)))


def _get(connection: sa.Connection, ctx: Context, name: str) -> Namespace:
    row = connection.execute(_seen(ctx).where(metadef_namespaces.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"Metadata definition namespace={name} was not found.")
    return _namespace(row)


def _save(connection: sa.Connection, statement: Any, namespace: Namespace) -> None:
    values = {field.name: getattr(namespace, field.name) for field in dataclasses.fields(namespace)}
    content = {name: [_packed(item) for item in values.pop(name)] for name in _COLLECTIONS}
    try:
        connection.execute(statement.values(**values, content=content))
    except IntegrityError:
        raise Conflict(f"The metadata definition namespace={namespace.name} already exists.") from None
    _learn(connection, (item.name for item in namespace.resource_types))


def _learn(connection: sa.Connection, names: Iterable[str]) -> None:
    """Keep the resource types that are named for the first time."""
    known = set(connection.execute(sa.select(metadef_resource_types.c.name)).scalars())
    for name in names:
        if name not in known:
            connection.execute(metadef_resource_types.insert().values(name=name, created_at=utcnow()))


def _namespace(row: sa.Row[Any]) -> Namespace:
    values = dict(row._mapping)
    content = values.pop("content")
    values.update({name: tuple(map(_unpacked, content[name])) for name in _COLLECTIONS})
    return Namespace(**values)


def _packed(item: Definition) -> dict[str, Any]:
    stamps = {"created_at": item.created_at.isoformat(), "updated_at": item.updated_at.isoformat()}
    return {"name": item.name, "attributes": dict(item.attributes), **stamps}


def _unpacked(packed: Mapping[str, Any]) -> Definition:
    created, updated = (dt.datetime.fromisoformat(packed[name]) for name in ("created_at", "updated_at"))
    return Definition(name=packed["name"], attributes=packed["attributes"], created_at=created, updated_at=updated)
