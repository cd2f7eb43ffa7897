"""SoftLayer's accounts as projects."""

from __future__ import annotations

from collections.abc import Iterable

from jumpgate.clouds.softlayer.accounts import Callers, Person
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.listing import Applied, Filter, Query, page
from jumpgate.identity.contract import Projects
from jumpgate.identity.models import Project


class SoftLayerProjects(Projects):
    """The caller's account, which is all that a SoftLayer key can see. Its id is the account's number.

    It is called like the company; a client may name it by its number as well.
    """

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    def find(self, ctx: Context, query: Query) -> Iterable[Project]:
        own = project_of(self._callers.of(ctx))
        return Applied(page([own], _by_number(query, own)))

    def find_for_user(self, ctx: Context, user_id: str) -> Iterable[Project]:
        person = self._callers.of(ctx)
        return (project_of(person),) if person.name == user_id else ()

    def get(self, ctx: Context, resource_id: str) -> Project:
        own = project_of(self._callers.of(ctx))
        if own.id != resource_id:
            raise NotFound(f"Could not find project: {resource_id}.")
        return own


def project_of(person: Person) -> Project:
    """Return the account of a user."""
    return Project(
        id=person.account_id,
        name=person.company or person.account_id,
        description=f"SoftLayer account {person.account_id}",
    )


def _by_number(query: Query, own: Project) -> Query:
    """Return the query with the account's number taken for its name."""
    filters = tuple(
        Filter("id", item.values) if item.attribute == "name" and own.id in item.values else item
        for item in query.filters
    )
    return Query(filters=filters, sort=query.sort, marker=query.marker, limit=query.limit)
