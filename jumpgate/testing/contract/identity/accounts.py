"""What users, projects, domains, groups and roles owe, and who holds which role where."""

from __future__ import annotations

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, Forbidden, NotFound
from jumpgate.identity.models import Assignment, AssignmentQuery, Implication, Scope
from jumpgate.testing.contract.identity.things import DOMAIN, GROUP, PROJECT, ROLE, USER
from jumpgate.testing.contract.suite import Contract, Made, needs
from jumpgate.testing.contract.traits import Changeable, Identified, Uniform


class Named(Changeable, Identified, Uniform):
    """What is owed by what has a name that nothing beside it has."""

    @needs("create")
    def test_a_taken_name_is_a_conflict(self, made: Made, admin: Context) -> None:
        model = made.make(self.thing)
        with pytest.raises(Conflict):
            self.contract.create(admin, self.thing.spec(made, admin, model.name))


class TestUsers(Named):
    """Users."""

    resource = "users"
    thing = USER

    @needs("delete")
    def test_assignments_and_memberships_end_with_a_user(self, made: Made, admin: Context) -> None:
        user, group, project, role = made.make(USER), made.make(GROUP), made.make(PROJECT), made.make(ROLE)
        assignments = self.watched.role_assignments
        self.watched.groups.add_user(admin, group.id, user.id)
        assignments.create(admin, Assignment(role_id=role.id, user_id=user.id, scope=Scope(project_id=project.id)))
        self.contract.delete(admin, user.id)

        assert list(self.watched.groups.find_users(admin, group.id)) == []
        assert list(assignments.find(admin, AssignmentQuery(role_id=role.id))) == []


class TestProjects(Named):
    """Projects."""

    resource = "projects"
    thing = PROJECT

    @needs("delete")
    def test_a_project_with_others_below_it_stays(self, made: Made, admin: Context) -> None:
        parent = made.make(PROJECT)
        made.make(PROJECT, parent_id=parent.id)
        with pytest.raises((Forbidden, Conflict)):
            self.contract.delete(admin, parent.id)

    @needs("find_for_user")
    def test_a_users_projects_are_those_with_a_role(self, made: Made, admin: Context) -> None:
        user, mine, other = made.make(USER), made.make(PROJECT), made.make(PROJECT)
        assign(made, admin, user_id=user.id, scope=Scope(project_id=mine.id))
        found = [project.id for project in self.contract.find_for_user(admin, user.id)]

        assert found == [mine.id]
        assert other.id not in found


class TestDomains(Named):
    """Domains."""

    resource = "domains"
    thing = DOMAIN

    @needs("find_for_user")
    def test_a_users_domains_are_those_with_a_role(self, made: Made, admin: Context) -> None:
        user, domain = made.make(USER), made.make(DOMAIN, enabled=True)
        assign(made, admin, user_id=user.id, scope=Scope(domain_id=domain.id))

        assert [found.id for found in self.contract.find_for_user(admin, user.id)] == [domain.id]

    @needs("delete")
    def test_an_enabled_domain_stays(self, made: Made, admin: Context) -> None:
        domain = made.make(DOMAIN, enabled=True)
        with pytest.raises(Forbidden):
            self.contract.delete(admin, domain.id)

    @needs("delete")
    def test_what_is_in_a_domain_goes_with_it(self, made: Made, admin: Context) -> None:
        domain = made.make(DOMAIN)
        user = made.make(USER, domain_id=domain.id)
        self.contract.delete(admin, domain.id)
        with pytest.raises(NotFound):
            self.watched.users.get(admin, user.id)


class TestGroups(Named):
    """Groups."""

    resource = "groups"
    thing = GROUP

    @needs("add_user", "remove_user", "has_user", "find_users", "find_for_user")
    def test_members_come_and_go(self, made: Made, admin: Context) -> None:
        group, user, groups = made.make(GROUP), made.make(USER), self.contract
        assert not groups.has_user(admin, group.id, user.id)
        groups.add_user(admin, group.id, user.id)
        groups.add_user(admin, group.id, user.id)

        assert groups.has_user(admin, group.id, user.id)
        assert [member.id for member in groups.find_users(admin, group.id)] == [user.id]
        assert [found.id for found in groups.find_for_user(admin, user.id)] == [group.id]
        groups.remove_user(admin, group.id, user.id)
        assert list(groups.find_users(admin, group.id)) == []
        with pytest.raises(NotFound):
            groups.remove_user(admin, group.id, user.id)

    @needs("add_user", "find_users", "find_for_user", "has_user")
    def test_missing_groups_and_users_are_not_found(self, made: Made, admin: Context) -> None:
        group, user, groups = made.make(GROUP), made.make(USER), self.contract
        no_group, no_user = self.watched.missing(group.id), self.watched.missing(user.id)
        for call in (
            lambda: groups.add_user(admin, no_group, user.id),
            lambda: groups.add_user(admin, group.id, no_user),
            lambda: list(groups.find_users(admin, no_group)),
            lambda: list(groups.find_for_user(admin, no_user)),
            lambda: groups.has_user(admin, no_group, user.id),
        ):
            with pytest.raises(NotFound):
                call()


class TestRoles(Named):
    """Roles, and which implies which."""

    resource = "roles"
    thing = ROLE

    @needs("add_implication", "find_implications", "remove_implication")
    def test_a_role_implies_another_until_it_does_not(self, made: Made, admin: Context) -> None:
        prior, implied = made.make(ROLE), made.make(ROLE)
        implication = Implication(prior_id=prior.id, implied_id=implied.id)
        self.contract.add_implication(admin, implication)
        with pytest.raises(Conflict):
            self.contract.add_implication(admin, implication)

        assert implication in list(self.contract.find_implications(admin))
        self.contract.remove_implication(admin, implication)
        assert implication not in list(self.contract.find_implications(admin))
        with pytest.raises(NotFound):
            self.contract.remove_implication(admin, implication)
        missing = Implication(prior_id=prior.id, implied_id=self.watched.missing(implied.id))
        with pytest.raises(NotFound):
            self.contract.add_implication(admin, missing)


class TestRoleAssignments(Contract):
    """Who holds which role where."""

    resource = "role_assignments"

    @needs("create", "find", "delete")
    def test_a_role_is_assigned_and_taken_away(self, made: Made, admin: Context) -> None:
        assignments, user, project = made.bench.role_assignments, made.make(USER), made.make(PROJECT)
        role = made.make(ROLE)
        assigned = Assignment(role_id=role.id, user_id=user.id, scope=Scope(project_id=project.id))
        assignments.create(admin, assigned)
        assignments.create(admin, assigned)
        queries = (
            AssignmentQuery(user_id=user.id),
            AssignmentQuery(role_id=role.id),
            AssignmentQuery(scope=Scope(project_id=project.id)),
        )

        for query in queries:
            assert [_held(item) for item in assignments.find(admin, query)] == [_held(assigned)]
        assignments.delete(admin, assigned)
        assert list(assignments.find(admin, queries[0])) == []
        with pytest.raises(NotFound):
            assignments.delete(admin, assigned)

    @needs("create")
    def test_what_is_missing_gets_no_role(self, made: Made, admin: Context) -> None:
        user, project, role = made.make(USER), made.make(PROJECT), made.make(ROLE)
        right = Assignment(role_id=role.id, user_id=user.id, scope=Scope(project_id=project.id))
        missing = made.bench.missing
        for wrong in (
            Assignment(role_id=missing(role.id), user_id=user.id, scope=right.scope),
            Assignment(role_id=role.id, user_id=missing(user.id), scope=right.scope),
            Assignment(role_id=role.id, user_id=user.id, scope=Scope(project_id=missing(project.id))),
        ):
            with pytest.raises(NotFound):
                made.bench.role_assignments.create(admin, wrong)

    @needs("find", "groups.add_user", "roles.add_implication")
    def test_effective_assignments_resolve_groups_and_implications(self, made: Made, admin: Context) -> None:
        user, group, project = made.make(USER), made.make(GROUP), made.make(PROJECT)
        implied = made.make(ROLE)
        role_id = assign(made, admin, group_id=group.id, scope=Scope(project_id=project.id))
        made.bench.roles.add_implication(admin, Implication(prior_id=role_id, implied_id=implied.id))
        made.bench.groups.add_user(admin, group.id, user.id)
        query = AssignmentQuery(user_id=user.id, effective=True)

        held = {item.role_id for item in made.bench.role_assignments.find(admin, query)}
        assert held == {role_id, implied.id}


def _held(item: Assignment) -> tuple[str, str | None, Scope]:
    return item.role_id, item.user_id, item.scope


def assign(made: Made, ctx: Context, *, scope: Scope, user_id: str | None = None, group_id: str | None = None) -> str:
    """Assign a new role, and return its id."""
    made.bench.require("role_assignments.create", "role_assignments.delete")
    role = made.make(ROLE)
    assigned = Assignment(role_id=role.id, user_id=user_id, group_id=group_id, scope=scope)
    made.bench.role_assignments.create(ctx, assigned)
    made.later(lambda: made.bench.role_assignments.delete(ctx, assigned))
    identifier: str = role.id
    return identifier
