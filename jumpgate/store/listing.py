"""Pages in SQL: filters, sort keys, marker and limit of a `Query` as one statement that costs a page.

The result is the one that `jumpgate.common.listing.page` would cut from all the rows, on every database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jumpgate.common.errors import BadRequest
from jumpgate.common.listing import Filter, MarkerNotFound, Query, Sort
from jumpgate.common.patterns import compiled


@dataclass(frozen=True)
class Members:
    """A collection in a table of its own, for filters: its `value` column and what links its rows to the listed row.

    ``Members(tags.c.tag, tags.c.image_id == images.c.id)`` is an image's tags.
    """

    value: sa.ColumnElement[Any]
    link: sa.ColumnElement[bool]

    def some(self, condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        """Say that a member fulfils a condition on `value`."""
        return sa.exists().where(self.link, condition)


Columns = Mapping[str, sa.ColumnElement[Any]]
Collections = Mapping[str, Members]

_OPERATORS: Mapping[str, Callable[[Any, Sequence[Any]], sa.ColumnElement[bool]]] = {
    "eq": lambda column, values: _equal(column, values),
    "ne": lambda column, values: _differs(column, values),
    "prefix": lambda column, values: sa.or_(*(_starts(column, value) for value in values)),
    "regex": lambda column, values: sa.or_(*(column.regexp_match(_pattern(value)) for value in values)),
    "gt": lambda column, values: sa.and_(*(column > value for value in values)),
    "gte": lambda column, values: sa.and_(*(column >= value for value in values)),
    "lt": lambda column, values: sa.and_(*(column < value for value in values)),
    "lte": lambda column, values: sa.and_(*(column <= value for value in values)),
}
_ON_TEXT = ("prefix", "regex")

_MEMBERSHIP: Mapping[str, Callable[[Members, Sequence[Any]], sa.ColumnElement[bool]]] = {
    "has": lambda members, values: sa.and_(*(members.some(members.value == value) for value in values)),
    "lacks": lambda members, values: sa.not_(sa.and_(*(members.some(members.value == value) for value in values))),
    "any": lambda members, values: members.some(members.value.in_(values)),
    "none": lambda members, values: sa.not_(members.some(members.value.in_(values))),
    "part": lambda members, values: members.some(sa.or_(*(_contains(members.value, value) for value in values))),
}

# The regular expressions that RE2, with which SQLite searches here, and PostgreSQL read alike: literals, dots, plain
# classes, groups, alternatives, anchors, and * + ? with or without the ? that makes them lazy.
_PORTABLE = re.compile(
    r"""(?: [\^$|] | \((?!\?)
        | (?: [\w\s\-/:@\#%&=~!,;<>'"] | \. | \\[.^$*+?()\[\]{}|\\/-] | \[\^?(?:\w-\w|[\w\s.])+\] | \) )
          (?: [*+?]\?? )?
    )*""",
    re.VERBOSE,
)


def supports(columns: Columns, query: Query) -> bool:
    """Tell whether all of a query can be said in SQL; otherwise the rows are filtered after they are read."""
    names = {item.attribute for item in query.filters} | {item.attribute for item in query.sort}
    return names <= set(columns) and all(_can_say(columns[item.attribute], item) for item in query.filters)


def _can_say(column: sa.ColumnElement[Any], item: Filter) -> bool:
    if item.op in _ON_TEXT and not isinstance(column.type, sa.String):
        return False
    if item.op == "regex" and not all(_PORTABLE.fullmatch(value) for value in item.values):
        return False
    return item.op in _OPERATORS and all(_is_storable(column, value) for value in item.values)


def _is_storable(column: sa.ColumnElement[Any], value: Any) -> bool:
    """Tell whether a database takes a value at all where it is compared with a column."""
    if isinstance(value, str):
        return "\0" not in value
    if isinstance(column.type, sa.Integer) and isinstance(value, int):
        largest = 1 << (63 if isinstance(column.type, sa.BigInteger) else 31)
        return -largest <= value < largest
    return True


def membership(collections: Collections, item: Filter) -> sa.ColumnElement[bool]:
    """Return a filter on a collection (has, lacks, any, none, part) as SQL."""
    return _MEMBERSHIP[item.op](collections[item.attribute], item.values)


def rows(
    connection: sa.Connection, statement: sa.Select[Any], columns: Columns, query: Query, *, key: str = "id"
) -> Sequence[sa.Row[Any]]:
    """Return the page of rows of `statement` that `query` asks for; raise MarkerNotFound.

    Every filter and sort attribute must be among `columns` (see `supports`), and `key`, which is unique, too.
    """
    return merged_rows(connection, [statement], columns, query, key=key)


def merged_rows(
    connection: sa.Connection, statements: Sequence[sa.Select[Any]], columns: Columns, query: Query, *, key: str = "id"
) -> Sequence[sa.Row[Any]]:
    """Return the page of the union of `statements`, selects of the same columns that share no row.

    What is mine or shared with me or public is found so: each select has an index that serves it, which an OR of their
    conditions would not, and none is read further than the page. They select from the table that has `key`.
    """
    sort = _well_defined(query.sort, key)
    conditions = [condition(columns, item) for item in query.filters]
    if query.marker is not None:
        place = _place(connection, statements, columns, sort, query.marker, key)
        conditions.append(_after([columns[item.attribute] for item in sort], place, sort))
    order = [_direction(columns[item.attribute], item) for item in sort]
    pages = [statement.where(*conditions).order_by(*order).limit(query.limit) for statement in statements]
    if len(pages) == 1:
        return connection.execute(pages[0]).all()
    return connection.execute(_merged(pages, columns[key]).order_by(*order).limit(query.limit)).all()


def _well_defined(sort: Sequence[Sort], key: str) -> Sequence[Sort]:
    """Return the sort keys up to the unique one, which is added where it is missing: nothing behind it matters."""
    for index, item in enumerate(sort):
        if item.attribute == key:
            return sort[: index + 1]
    return (*sort, Sort(key, sort[-1].descending if sort else False))


def _merged(pages: Sequence[sa.Select[Any]], key: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Return the rows of several pages, found again by their keys: whole rows are costly to say through layers."""
    keys = (sa.select(page.with_only_columns(key).subquery()) for page in pages)
    columns = pages[0].selected_columns
    found = sa.select(*columns)
    # Columns of one table need no join, which is worth knowing: to ask for it takes half a millisecond.
    if not all(getattr(column, "table", None) is getattr(key, "table", None) for column in columns):
        found = found.select_from(*pages[0].get_final_froms())
    return found.where(key.in_(sa.union_all(*keys)))


def condition(columns: Columns, item: Filter) -> sa.ColumnElement[bool]:
    """Return one filter as SQL; raise BadRequest for a regular expression that is none."""
    return _OPERATORS[item.op](columns[item.attribute], item.values)


def _equal(column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    wanted = [value for value in values if value is not None]
    equal = column == wanted[0] if len(wanted) == 1 else column.in_(wanted)
    return sa.or_(column.is_(None), equal) if len(wanted) < len(values) else equal


def _differs(column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    unwanted = [value for value in values if value is not None]
    differs = column.not_in(unwanted)
    return sa.and_(column.is_not(None), differs) if len(unwanted) < len(values) else sa.or_(column.is_(None), differs)


def _starts(column: sa.ColumnElement[Any], value: str) -> sa.ColumnElement[bool]:
    """Compare the beginnings: LIKE does not tell a from A in SQLite."""
    return sa.func.substr(column, 1, len(value)) == value


def _contains(column: sa.ColumnElement[Any], value: str) -> sa.ColumnElement[bool]:
    """Take the value out and see whether anything has changed, for the same reason."""
    return sa.func.replace(column, value, "") != column if value else column.is_not(None)


def _pattern(value: str) -> str:
    try:
        compiled(value)
    except ValueError as error:
        raise BadRequest(f"The value {value!r} cannot be used: {error}.", reason="InvalidInput") from error
    return value


def _place(
    connection: sa.Connection,
    statements: Sequence[sa.Select[Any]],
    columns: Columns,
    sort: Sequence[Sort],
    marker: str,
    key: str,
) -> Sequence[Any]:
    """Return the marker's values of the sort keys. It need not pass the filters, which it may have done before."""
    for statement in statements if _is_storable(columns[key], marker) else ():
        wanted = statement.with_only_columns(*(columns[item.attribute] for item in sort)).order_by(None)
        row = connection.execute(wanted.where(columns[key] == marker).limit(1)).first()
        if row is not None:
            return tuple(row)
    raise MarkerNotFound(marker)


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
        return sa.false() if value is None else sa.or_(column < sa.literal(value, column.type), column.is_(None))
    return column.is_not(None) if value is None else column > sa.literal(value, column.type)
