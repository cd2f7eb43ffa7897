"""Assigning roles everywhere they can be assigned, and searching the assignments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.keystone import V3, Keystone, message

LIST = f"{V3}/role_assignments"


def place(keystone: Keystone, kind: str) -> str:
    return "system" if kind == "system" else f"{kind}s/{keystone.make(kind)['id']}"


def search(keystone: Keystone, query: str) -> list[Any]:
    result = keystone.get(keystone.admin, f"{LIST}?{query}")
    assert result.status_code == 200, result.text
    found: list[Any] = result.json["role_assignments"]
    return found


@pytest.mark.parametrize("actor", ["user", "group"])
@pytest.mark.parametrize("kind", ["project", "domain", "system"])
def test_a_role_is_assigned_checked_listed_and_taken_away(keystone: Keystone, actor: str, kind: str) -> None:
    who, role_id = keystone.make(actor), keystone.id_of("role", "member")
    roles = f"{V3}/{place(keystone, kind)}/{actor}s/{who['id']}/roles"
    path = f"{roles}/{role_id}"
    missing = keystone.get(keystone.admin, path)
    assert missing.status_code == 404
    assert message(missing).startswith(
        f"Could not find role assignment with role: {role_id}, user or group: {who['id']}"
    )
    assert keystone.put(keystone.admin, path).status_code == 204
    assert keystone.put(keystone.admin, path).status_code == 204
    assert keystone.request(keystone.admin, "HEAD", path).status_code == 204
    assert keystone.get(keystone.admin, path).status_code == 204
    listed = keystone.get(keystone.admin, roles).json
    assert [role["name"] for role in listed["roles"]] == ["member"]
    assert listed["links"]["self"].endswith(roles)
    [assignment] = search(keystone, f"{actor}.id={who['id']}")
    assert assignment["links"] == {"assignment": f"http://falconframework.org{path}"}
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.delete(keystone.admin, path).status_code == 404
    assert keystone.get(keystone.admin, roles).json["roles"] == []


@pytest.mark.parametrize("actor", ["user", "group"])
@pytest.mark.parametrize("kind", ["project", "domain"])
def test_an_inherited_role_is_another_assignment(keystone: Keystone, actor: str, kind: str) -> None:
    who, role_id = keystone.make(actor), keystone.id_of("role", "member")
    roles = f"{place(keystone, kind)}/{actor}s/{who['id']}/roles"
    path = f"{V3}/OS-INHERIT/{roles}/{role_id}/inherited_to_projects"
    assert keystone.request(keystone.admin, "HEAD", path).status_code == 404
    assert keystone.put(keystone.admin, path).status_code == 204
    assert keystone.request(keystone.admin, "HEAD", path).status_code == 204
    assert keystone.get(keystone.admin, f"{V3}/{roles}").json["roles"] == []
    if kind == "domain":
        inherited = keystone.get(keystone.admin, f"{V3}/OS-INHERIT/{roles}/inherited_to_projects")
        assert [role["id"] for role in inherited.json["roles"]] == [role_id]
    [assignment] = search(keystone, f"{actor}.id={who['id']}")
    assert assignment["scope"]["OS-INHERIT:inherited_to"] == "projects"
    assert assignment["links"]["assignment"].endswith(path)
    assert search(keystone, f"{actor}.id={who['id']}&scope.OS-INHERIT:inherited_to=projects") == [assignment]
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.delete(keystone.admin, path).status_code == 404


def test_an_inherited_role_counts_below_and_not_on_the_spot(keystone: Keystone) -> None:
    user, parent = keystone.make("user"), keystone.make("project")
    child = keystone.make("project", parent_id=parent["id"])
    grandchild = keystone.make("project", parent_id=child["id"])
    member = keystone.id_of("role", "member")
    grant = f"{V3}/OS-INHERIT/projects/{parent['id']}/users/{user['id']}/roles/{member}/inherited_to_projects"
    keystone.put(keystone.admin, grant)

    def status(project: Any) -> int:
        return int(keystone.login(user["name"], scope={"project": {"id": project["id"]}}).status_code)

    assert [status(project) for project in (parent, child, grandchild)] == [401, 201, 201]
    projects = keystone.get(keystone.admin, f"{V3}/users/{user['id']}/projects").json["projects"]
    assert {project["id"] for project in projects} == {child["id"], grandchild["id"]}


def test_a_role_inherited_from_a_domain_counts_in_all_its_projects(keystone: Keystone) -> None:
    user, domain = keystone.make("user"), keystone.make("domain")
    project = keystone.make("project", domain_id=domain["id"])
    member = keystone.id_of("role", "member")
    path = f"domains/{domain['id']}/users/{user['id']}/roles/{member}/inherited_to_projects"
    keystone.put(keystone.admin, f"{V3}/OS-INHERIT/{path}")
    assert keystone.login(user["name"], scope={"project": {"id": project["id"]}}).status_code == 201
    assert keystone.login(user["name"], scope={"domain": {"id": domain["id"]}}).status_code == 401
    found = search(keystone, f"user.id={user['id']}&effective&role.id={member}")
    assert [item["scope"]["project"]["id"] for item in found] == [project["id"]]
    assert found[0]["links"]["assignment"].endswith(f"/OS-INHERIT/{path}")


def test_unknown_parts_of_an_assignment_are_not_found(keystone: Keystone) -> None:
    user, project, role = keystone.make("user"), keystone.make("project"), keystone.id_of("role", "member")
    for parts in (
        (f"projects/{project['id']}", "users/nobody", role),
        (f"projects/{project['id']}", "groups/nobody", role),
        ("projects/nothing", f"users/{user['id']}", role),
        ("domains/nothing", f"users/{user['id']}", role),
        (f"projects/{project['id']}", f"users/{user['id']}", "nothing"),
        ("system", f"users/{user['id']}", "nothing"),
    ):
        assert keystone.put(keystone.admin, f"{V3}/{parts[0]}/{parts[1]}/roles/{parts[2]}").status_code == 404
    assert keystone.get(keystone.admin, f"{V3}/projects/nothing/users/{user['id']}/roles").status_code == 404


def test_a_role_of_another_domain_is_not_assigned(keystone: Keystone) -> None:
    user, project = keystone.make("user"), keystone.make("project")
    local = keystone.make("role", domain_id=keystone.make("domain")["id"])
    path = f"{V3}/projects/{project['id']}/users/{user['id']}/roles/{local['id']}"
    assert keystone.put(keystone.admin, path).status_code == 403


def test_a_search_by_each_filter(keystone: Keystone) -> None:
    user, project, group = keystone.make("user"), keystone.make("project"), keystone.make("group")
    member = keystone.id_of("role", "member")
    keystone.grant("member", user, f"projects/{project['id']}")
    keystone.grant("reader", user, "domains/default")
    keystone.grant("reader", group, "system", actor="groups")
    assert len(search(keystone, f"user.id={user['id']}")) == 2
    assert len(search(keystone, f"user.id={user['id']}&role.id={member}")) == 1
    assert [item["user"]["id"] for item in search(keystone, f"scope.project.id={project['id']}")] == [user["id"]]
    assert {item["scope"]["domain"]["id"] for item in search(keystone, "scope.domain.id=default")} == {"default"}
    assert [item["scope"] for item in search(keystone, "scope.system=all")] == [{"system": {"all": True}}] * 2
    assert [item["role"]["id"] for item in search(keystone, f"group.id={group['id']}")] == [
        keystone.id_of("role", "reader")
    ]
    assert search(keystone, "user.id=nobody") == []
    assert len(search(keystone, "")) == 7


def test_a_search_with_names(keystone: Keystone) -> None:
    user, project = keystone.make("user", name="alice"), keystone.make("project", name="one")
    keystone.grant("member", user, f"projects/{project['id']}")
    default = {"id": "default", "name": "Default"}
    [assignment] = search(keystone, f"user.id={user['id']}&include_names")
    assert assignment["user"] == {"id": user["id"], "name": "alice", "domain": default}
    assert assignment["scope"]["project"] == {"id": project["id"], "name": "one", "domain": default}
    assert assignment["role"] == {"id": keystone.id_of("role", "member"), "name": "member"}
    assert "name" not in search(keystone, f"user.id={user['id']}&include_names=0")[0]["user"]


def test_effective_assignments_tell_how_they_came_about(keystone: Keystone) -> None:
    user, project, group = keystone.make("user"), keystone.make("project"), keystone.make("group")
    member, reader = keystone.id_of("role", "member"), keystone.id_of("role", "reader")
    keystone.put(keystone.admin, f"{V3}/groups/{group['id']}/users/{user['id']}")
    grant = keystone.grant("member", group, f"projects/{project['id']}", actor="groups")
    found = {item["role"]["id"]: item for item in search(keystone, f"effective&scope.project.id={project['id']}")}
    base = "http://falconframework.org"
    membership = f"{base}{V3}/groups/{group['id']}/users/{user['id']}"
    assert set(found) == {member, reader}
    assert found[member] == {
        "role": {"id": member},
        "user": {"id": user["id"]},
        "scope": {"project": {"id": project["id"]}},
        "links": {"assignment": f"{base}{grant}", "membership": membership},
    }
    assert found[reader]["links"] == {
        "assignment": f"{base}{grant}",
        "membership": membership,
        "prior_role": f"{base}{V3}/roles/{member}/implies/{reader}",
    }


def test_a_search_of_a_subtree(keystone: Keystone) -> None:
    user, parent = keystone.make("user"), keystone.make("project")
    child = keystone.make("project", parent_id=parent["id"])
    keystone.grant("member", user, f"projects/{child['id']}")
    assert search(keystone, f"scope.project.id={parent['id']}") == []
    found = search(keystone, f"scope.project.id={parent['id']}&include_subtree")
    assert [item["scope"]["project"]["id"] for item in found] == [child["id"]]


@pytest.mark.parametrize(
    "query",
    [
        "user.id=a&group.id=b",
        "scope.project.id=a&scope.domain.id=b",
        "scope.system=all&scope.project.id=a",
        "scope.system=all&scope.domain.id=a",
        "effective&group.id=a",
        "effective&scope.domain.id=a&scope.OS-INHERIT:inherited_to=projects",
        "include_subtree",
    ],
)
def test_filters_that_exclude_each_other(keystone: Keystone, query: str) -> None:
    result = keystone.get(keystone.admin, f"{LIST}?{query}")
    assert result.status_code == 400
    assert message(result)


def test_a_member_neither_sees_nor_changes_assignments(keystone: Keystone) -> None:
    user, project, token = keystone.member()
    roles = f"{V3}/projects/{project['id']}/users/{user['id']}/roles"
    assert keystone.get(token, LIST).status_code == 403
    assert keystone.get(token, f"{LIST}?scope.project.id={project['id']}&include_subtree").status_code == 403
    assert keystone.get(token, roles).status_code == 403
    admin = keystone.id_of("role", "admin")
    for path in (f"{roles}/{admin}", f"{V3}/system/users/{user['id']}/roles/{admin}"):
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            assert keystone.request(token, method, path).status_code == 403
    assert "identity:create_system_grant_for_user" in message(
        keystone.put(token, f"{V3}/system/users/{user['id']}/roles/{admin}")
    )


def test_a_manager_of_a_domain_assigns_small_roles_there_alone(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("manager")
    user = keystone.make("user", domain_id=domain["id"])
    project = keystone.make("project", domain_id=domain["id"])
    outside = keystone.make("project")
    ids = {name: keystone.id_of("role", name) for name in ("admin", "member", "service")}

    def put(where: Any, role: str, who: Any = user) -> int:
        path = f"{V3}/projects/{where['id']}/users/{who['id']}/roles/{ids[role]}"
        return int(keystone.put(token, path).status_code)

    assert put(project, "member") == 204
    assert put(project, "admin") == 403
    assert put(project, "service") == 403
    assert put(outside, "member") == 403
    assert put(project, "member", keystone.make("user")) == 403
    own = f"{V3}/domains/{domain['id']}/users/{user['id']}/roles/{ids['member']}"
    assert keystone.put(token, own).status_code == 204
    assert keystone.delete(token, own).status_code == 204
    assert keystone.put(token, f"{V3}/domains/default/users/{user['id']}/roles/{ids['member']}").status_code == 403


def test_a_reader_of_a_domain_sees_its_assignments_alone(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("reader")
    user = keystone.make("user", domain_id=domain["id"])
    project = keystone.make("project", domain_id=domain["id"])
    keystone.grant("member", user, f"projects/{project['id']}")
    found = keystone.get(token, LIST).json["role_assignments"]
    scopes = [item["scope"] for item in found]
    assert {"project": {"id": project["id"]}} in scopes
    assert {"domain": {"id": domain["id"]}} in scopes
    assert len(scopes) == 2
    foreign = keystone.make("project")
    assert keystone.get(token, f"{LIST}?scope.project.id={foreign['id']}&include_subtree").status_code == 403
    assert keystone.get(token, f"{LIST}?scope.project.id={project['id']}&include_subtree").status_code == 200
