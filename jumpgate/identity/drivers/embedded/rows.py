"""Between the tables and the models; what the embedded resources share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from jumpgate.common.errors import Conflict, Forbidden
from jumpgate.common.listing import Applied, Filter, Query
from jumpgate.identity.models import Domain, Group, Project, Role, User
from jumpgate.store import listing
from jumpgate.store.engine import Store

T = TypeVar("T")

TOPIC = "identity"
NO_DOMAIN = ""


def new_id() -> str:
    """Return the id of a new thing, as Keystone makes them."""
    return uuid.uuid4().hex


def user(row: sa.Row[Any]) -> User:
    return User(
        id=row.id,
        name=row.name,
        domain_id=row.domain_id,
        enabled=row.enabled,
        default_project_id=row.default_project_id,
        password_expires_at=row.password_expires_at,
        tokens_valid_from=row.tokens_valid_from,
        options=row.options,
        extra=row.extra,
    )


def project(row: sa.Row[Any]) -> Project:
    return Project(
        id=row.id,
        name=row.name,
        domain_id=row.domain_id or None,
        parent_id=row.parent_id or None,
        is_domain=row.is_domain,
        enabled=row.enabled,
        description=row.description,
        tags=tuple(row.tags),
        options=row.options,
        extra=row.extra,
    )


def domain(row: sa.Row[Any]) -> Domain:
    return Domain(
        id=row.id,
        name=row.name,
        enabled=row.enabled,
        description=row.description,
        tags=tuple(row.tags),
        options=row.options,
        extra=row.extra,
    )


def group(row: sa.Row[Any]) -> Group:
    return Group(id=row.id, name=row.name, domain_id=row.domain_id, description=row.description, extra=row.extra)


def role(row: sa.Row[Any]) -> Role:
    return Role(
        id=row.id,
        name=row.name,
        domain_id=row.domain_id or None,
        description=row.description,
        options=row.options,
        extra=row.extra,
    )


def columns(table: sa.Table, *names: str) -> Mapping[str, sa.ColumnElement[Any]]:
    """Return the columns of a table by which a list is filtered and sorted."""
    return {name: table.c[name] for name in names}


def find(
    store: Store, statement: sa.Select[Any], known: listing.Columns, query: Query, model: Callable[[sa.Row[Any]], T]
) -> Iterable[T]:
    """Return the things that a query asks for, all of it done in SQL where that can say it."""
    query = _without_none(query)
    with store.read() as connection:
        if listing.supports(known, query):
            return Applied([model(row) for row in listing.rows(connection, statement, known, query)])
        return [model(row) for row in connection.execute(statement).all()]


def _without_none(query: Query) -> Query:
    """Say "no domain" as the tables do."""
    filters = tuple(
        Filter(item.attribute, tuple(NO_DOMAIN if value is None else value for value in item.values), item.op)
        if item.attribute in ("domain_id", "parent_id")
        else item
        for item in query.filters
    )
    return Query(
        filters=filters,
        sort=query.sort,
        marker=query.marker,
        limit=query.limit,
        all_projects=query.all_projects,
    )


def conflict(kind: str, details: str) -> Conflict:
    """Return Keystone's error for a name that is taken."""
    return Conflict(f"Conflict occurred attempting to store {kind} - {details}.")


def duplicate(kind: str, name: str, domain_id: str) -> Conflict:
    """Return the error for a name that is taken in a domain, or among the things that no domain has."""
    where = f" at domain ID {domain_id}" if domain_id else ""
    return conflict(kind, f"Duplicate entry found with name {name}{where}")


def check_mutable(kind: str, row: sa.Row[Any], changes: Mapping[str, Any] | None = None) -> None:
    """Raise Forbidden for a thing marked immutable, unless the change is to take the mark away."""
    if not row.options.get("immutable"):
        return
    if changes is None:
        verb = "delete"
    elif dict(changes).get("options", {}).get("immutable") is False and set(changes) == {"options"}:
        return
    else:
        verb = "update"
    raise Forbidden(
        f'Unable to {verb} immutable {kind} resource: `{row.id}. Set resource option "immutable" to false first.'
    )


def changed(row: sa.Row[Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that an update sets; what clients stored beside is merged."""
    values = dict(changes)
    if "extra" in values:
        values["extra"] = {**row.extra, **values["extra"]}
    if "options" in values:
        values["options"] = _set_options(row.options, values["options"])
    if values.get("description", "") is None and row.description is not None:
        values["description"] = ""
    if "tags" in values:
        values["tags"] = list(values["tags"] or ())
    return values


def _set_options(options: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options after a change, in which null takes one away."""
    return {name: value for name, value in {**options, **changes}.items() if value is not None}


def insert(connection: sa.Connection, table: sa.Table, values: Mapping[str, Any], error: Conflict) -> None:
    """Insert a row; raise `error` for a name that is taken."""
    try:
        connection.execute(table.insert().values(**values))
    except IntegrityError:
        raise error from None


def update(connection: sa.Connection, table: sa.Table, key: str, values: Mapping[str, Any], error: Conflict) -> None:
    """Change a row; raise `error` for a name that is taken."""
    if not values:
        return
    try:
        connection.execute(table.update().where(table.c.id == key).values(**values))
    except IntegrityError:
        raise error from None
