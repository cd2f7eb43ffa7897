"""Who holds which role: every user of the account, in the account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jumpgate.clouds.softlayer.accounts import Callers, Person
from jumpgate.clouds.softlayer.session import Session
from jumpgate.common.context import Context
from jumpgate.identity.contract import RoleAssignments
from jumpgate.identity.drivers.softlayer.roles import roles_of
from jumpgate.identity.drivers.softlayer.users import people
from jumpgate.identity.models import Assignment, AssignmentQuery, Scope


class SoftLayerRoleAssignments(RoleAssignments):
    """Read off the users of the caller's account."""

    def __init__(self, session: Session, callers: Callers) -> None:
        self._session = session
        self._callers = callers

    def find(self, ctx: Context, query: AssignmentQuery) -> Iterable[Assignment]:
        if query.group_id is not None or query.inherited:
            return
        for person in people(self._session, ctx):
            yield from (item for item in _assignments(person) if _is_wanted(item, query))


def _assignments(person: Person) -> Iterator[Assignment]:
    scope = Scope(project_id=person.account_id)
    return (Assignment(role_id=role.id, scope=scope, user_id=person.name) for role in roles_of(person))


def _is_wanted(item: Assignment, query: AssignmentQuery) -> bool:
    return (
        query.user_id in (None, item.user_id)
        and query.role_id in (None, item.role_id)
        and query.scope in (None, item.scope)
    )
