"""The fields that Neutron's resources share: standard attributes, owners, tags; and how filters are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jumpgate.common.fields import Field, Input
from jumpgate.common.format import iso_seconds_z
from jumpgate.common.ids import Kind
from jumpgate.common.listing import FilterParameter
from jumpgate.network.schemas import values as read

Convert = Callable[[Any], Any]


def identifier(kind: Kind) -> Field:
    """Return the field of the resource's own id."""
    return Field("id", kind=kind, filter=str, sort=True)


def fixed(
    name: str,
    convert: Convert | None,
    *,
    filter_by: Convert = str,
    kind: Kind | None = None,
    required: bool = False,
    rule: str | None = None,
) -> Field:
    """Return a field that is set once, when the thing is made, and by which a list is filtered and sorted."""
    given = Input(to_model=convert, update=False, required=required, rule=rule)
    return Field(name, kind=kind, input=given, filter=filter_by, sort=True)


NAME = Field("name", input=Input(to_model=read.name), filter=str, sort=True)
DESCRIPTION = Field("description", input=Input(to_model=read.description), filter=str)
STATUS = Field("status", filter=str, sort=True)
ADMIN_STATE = Field("admin_state_up", input=Input(to_model=read.flag), filter=read.flag, sort=True)

OWNER = (
    Field("tenant_id", "project_id", kind=Kind.PROJECT, filter=str, sort=True),
    Field(
        "project_id",
        kind=Kind.PROJECT,
        input=Input(to_model=read.project_id, update=False),
        filter=str,
        sort=True,
    ),
)

TIMES = (
    Field("created_at", lambda model, _: iso_seconds_z(model.created_at)),
    Field("updated_at", lambda model, _: iso_seconds_z(model.updated_at)),
    Field("revision_number", filter=read.integer),
)


TAGS = Field("tags")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


TAG_FILTERS: Mapping[str, FilterParameter] = {
    "tags": FilterParameter("tags", _words, "has"),
    "tags-any": FilterParameter("tags", _words, "any"),
    "not-tags": FilterParameter("tags", _words, "lacks"),
    "not-tags-any": FilterParameter("tags", _words, "none"),
}
