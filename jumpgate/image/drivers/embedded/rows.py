"""The images' rows: which of them a caller sees, a page of them, and how a row becomes a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Applied, Filter, Query
from jumpgate.image.models import Image, ImageQuery
from jumpgate.store.listing import merged_rows, supports
from jumpgate.store.tables.image import image_members, images

STORE_ID = "local"

COLUMNS = {column.name: column for column in images.c if column.name not in ("tags", "properties", "data")}

# The states in which an image has data that is its own.
STORED = ("active", "deactivated")


def image_from(row: sa.Row[Any]) -> Image:
    """Return the image that a whole row tells of."""
    values = dict(row._mapping)
    del values["data"]
    values["tags"] = tuple(values["tags"])
    values["stores"] = (STORE_ID,) if values["status"] in STORED else ()
    return Image(**values)


def find(connection: sa.Connection, ctx: Context, query: Query) -> Iterable[Image]:
    """Return the images that the caller sees, a page of them where SQL can say all that is asked."""
    own, special = _split(query)
    selects = _visible(ctx, query)
    if not supports(COLUMNS, own) or not all(map(_is_usual, special)):
        return [image_from(row) for select in selects for row in connection.execute(select)]
    conditions = [_special(connection, item) for item in special]
    narrowed = [select.where(*conditions) for select in selects]
    return Applied([image_from(row) for row in merged_rows(connection, narrowed, COLUMNS, own)])


def _split(query: Query) -> tuple[Query, Sequence[Filter]]:
    """Return the query of columns alone, and its filters on tags and additional properties."""
    special = [item for item in query.filters if item.attribute == "tags" or item.attribute.startswith("properties.")]
    filters = tuple(item for item in query.filters if item not in special)
    return Query(filters=filters, sort=query.sort, marker=query.marker, limit=query.limit), special


def _is_usual(item: Filter) -> bool:
    return item.op == ("has" if item.attribute == "tags" else "eq")


def _special(connection: sa.Connection, item: Filter) -> sa.ColumnElement[bool]:
    """Return "has all these tags" or "an additional property is one of these" as SQL."""
    head, _, name = item.attribute.partition(".")
    if connection.dialect.name == "postgresql":
        wanted = [list(item.values)] if head == "tags" else [{name: value} for value in item.values]
        column = sa.type_coerce(images.c[head], JSONB)
        return sa.or_(*(column.contains(value) for value in wanted))
    if head == "tags":
        return sa.and_(*(_in_json(images.c.tags, lambda each, tag=tag: each.value == tag) for tag in item.values))
    return _in_json(images.c.properties, lambda each: sa.and_(each.key == name, each.value.in_(item.values)))


def _in_json(column: sa.Column[Any], test: Any) -> sa.ColumnElement[bool]:
    """Return "one of the column's items is so" for SQLite, whose json_each makes rows of them."""
    each = sa.func.json_each(column).table_valued("key", "value").alias()
    return sa.exists(sa.select(sa.literal(1)).select_from(each).where(test(each.c)))


def _visible(ctx: Context, query: Query) -> list[sa.Select[Any]]:
    """Return the selects whose union is what the caller sees in a list.

    Another project's community image is in a list only if it is asked for by its visibility.
    """
    asked = query.values("visibility")
    everything = sa.select(images)
    mine = images.c.owner == ctx.project
    if ctx.is_admin:
        return [everything if asked else everything.where(sa.or_(images.c.visibility != "community", mine))]
    foreign = everything.where(sa.or_(images.c.owner.is_(None), images.c.owner != ctx.project))
    open_to_all = [name for name in ("public", "community") if name in (asked or ("public",))]
    selects = [everything.where(mine), *(foreign.where(images.c.visibility == name) for name in open_to_all)]
    if not asked or "shared" in asked:
        statuses = query.member_statuses if isinstance(query, ImageQuery) else ImageQuery().member_statuses
        selects.append(foreign.where(images.c.visibility == "shared", images.c.id.in_(_shared_with(ctx, statuses))))
    return selects


def _shared_with(ctx: Context, statuses: Sequence[str]) -> sa.Select[Any]:
    mine = image_members.c.project_id == ctx.project
    return sa.select(image_members.c.image_id).where(mine, image_members.c.status.in_(statuses))


def get(connection: sa.Connection, ctx: Context, image_id: str) -> sa.Row[Any]:
    """Return the row of an image that the caller sees; raise NotFound."""
    row = connection.execute(sa.select(images).where(images.c.id == image_id)).one_or_none()
    if row is None or not _sees(connection, ctx, row):
        raise NotFound(f"No image found with ID {image_id}")
    return row


def _sees(connection: sa.Connection, ctx: Context, row: sa.Row[Any]) -> bool:
    if ctx.is_admin or row.owner is None or row.visibility in ("public", "community"):
        return True
    if row.owner == ctx.project:
        return True
    return row.visibility == "shared" and is_member(connection, row.id, ctx.project)


def is_member(connection: sa.Connection, image_id: str, project_id: str) -> bool:
    """Tell whether an image is shared with a project, whatever it made of the offer."""
    this = sa.and_(image_members.c.image_id == image_id, image_members.c.project_id == project_id)
    return connection.execute(sa.select(image_members.c.image_id).where(this)).first() is not None
