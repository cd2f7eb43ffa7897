"""Pages in SQL: filters, sort keys, marker and limit of a `Query` as one statement that costs a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.listing import Filter, MarkerNotFound, Query, Sort

Columns = Mapping[str, sa.ColumnElement[Any]]

_OPERATORS: Mapping[str, Callable[[Any, Sequence[Any]], sa.ColumnElement[bool]]] = {
    "eq": lambda column, values: _equal(column, values),
    "ne": lambda column, values: sa.or_(column.is_(None), column.not_in(values)),
    "prefix": lambda column, values: sa.or_(*(column.startswith(value, autoescape=True) for value in values)),
    "regex": lambda column, values: sa.or_(*(column.regexp_match(value) for value in values)),
    "gt": lambda column, values: sa.and_(*(column > value for value in values)),
    "gte": lambda column, values: sa.and_(*(column >= value for value in values)),
    "lt": lambda column, values: sa.and_(*(column < value for value in values)),
    "lte": lambda column, values: sa.and_(*(column <= value for value in values)),
}


def supports(columns: Columns, query: Query) -> bool:
    """Tell whether all of a query can be said in SQL; otherwise the rows are filtered after they are read."""
    names = {item.attribute for item in query.filters} | {item.attribute for item in query.sort}
    return names <= set(columns) and all(item.op in _OPERATORS for item in query.filters)


def rows(
    connection: sa.Connection, statement: sa.Select[Any], columns: Columns, query: Query, *, key: str = "id"
) -> Sequence[sa.Row[Any]]:
    """Return the page of rows of `statement` that `query` asks for; raise MarkerNotFound.

    Every filter and sort attribute must be among `columns` (see `supports`), and `key` too.
    """
    for item in query.filters:
        statement = statement.where(condition(columns, item))
    sort = query.sort or (Sort(key),)
    if query.marker is not None:
        place = _place(connection, statement, columns, sort, query.marker, key)
        statement = statement.where(_after([columns[item.attribute] for item in sort], place, sort))
    statement = statement.order_by(*(_direction(columns[item.attribute], item) for item in sort))
    return connection.execute(statement if query.limit is None else statement.limit(query.limit)).all()


def condition(columns: Columns, item: Filter) -> sa.ColumnElement[bool]:
    """Return one filter as SQL."""
    return _OPERATORS[item.op](columns[item.attribute], item.values)


def _equal(column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    wanted = [value for value in values if value is not None]
    equal = column == wanted[0] if len(wanted) == 1 else column.in_(wanted)
    return sa.or_(column.is_(None), equal) if len(wanted) < len(values) else equal


def _place(
    connection: sa.Connection,
    statement: sa.Select[Any],
    columns: Columns,
    sort: Sequence[Sort],
    marker: str,
    key: str,
) -> Sequence[Any]:
    """Return the marker's values of the sort keys."""
    wanted = statement.with_only_columns(*(columns[item.attribute] for item in sort)).order_by(None)
    row = connection.execute(wanted.where(columns[key] == marker).limit(1)).first()
    if row is None:
        raise MarkerNotFound(marker)
    return tuple(row)


def _nullable(column: sa.ColumnElement[Any]) -> bool:
    return bool(getattr(column, "nullable", True))


def _direction(column: sa.ColumnElement[Any], item: Sort) -> sa.UnaryExpression[Any]:
    """Order like Python's page: a missing value is the smallest."""
    if not _nullable(column):
        return column.desc() if item.descending else column.asc()
    return column.desc().nulls_last() if item.descending else column.asc().nulls_first()


def _after(
    columns: Sequence[sa.ColumnElement[Any]], place: Sequence[Any], sort: Sequence[Sort]
) -> sa.ColumnElement[bool]:
    """Say "behind the marker", as one comparison of tuples where an index can serve it, else key by key."""
    if len({item.descending for item in sort}) == 1 and not any(map(_nullable, columns)):
        here = sa.tuple_(*columns)
        there = sa.tuple_(*(sa.literal(value, column.type) for value, column in zip(place, columns, strict=True)))
        return here < there if sort[0].descending else here > there
    alternatives = []
    for index, item in enumerate(sort):
        equal = [_equal(columns[earlier], (place[earlier],)) for earlier in range(index)]
        alternatives.append(sa.and_(*equal, _beyond(columns[index], place[index], item.descending)))
    return sa.or_(*alternatives)


def _beyond(column: sa.ColumnElement[Any], value: Any, descending: bool) -> sa.ColumnElement[bool]:
    if descending:
        return sa.false() if value is None else sa.or_(column < value, column.is_(None))
    return column.is_not(None) if value is None else column > value
