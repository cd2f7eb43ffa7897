"""Projects: the tree, the tags, lists, and who may see and change them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.keystone import V3, Keystone, message

PROJECTS = f"{V3}/projects"


def found(result: Any) -> list[str]:
    return sorted(project["name"] for project in result.json["projects"])


def test_a_project_looks_like_keystones(keystone: Keystone) -> None:
    project = keystone.make("project", name="one", tags=["blue"], colour="red")
    assert project == {
        "id": project["id"],
        "name": "one",
        "domain_id": "default",
        "description": "",
        "enabled": True,
        "parent_id": "default",
        "is_domain": False,
        "tags": ["blue"],
        "options": {},
        "colour": "red",
        "links": {"self": f"http://falconframework.org/identity/v3/projects/{project['id']}"},
    }
    assert keystone.get(keystone.admin, f"{PROJECTS}/{project['id']}").json == {"project": project}


def test_an_update_keeps_what_it_does_not_name(keystone: Keystone) -> None:
    project = keystone.make("project", description="one", tags=["a"])
    changes = {"name": "other", "description": None, "enabled": False}
    result = keystone.patch(keystone.admin, f"{PROJECTS}/{project['id']}", {"project": changes})
    assert result.json["project"] == {**project, "name": "other", "description": "", "enabled": False}


def test_a_name_is_taken_once_in_a_domain(keystone: Keystone) -> None:
    project = keystone.make("project", name="one")
    result = keystone.post(keystone.admin, PROJECTS, {"project": {"name": "one"}})
    assert result.status_code == 409
    assert "Duplicate entry found with name one at domain ID default." in message(result)
    assert (
        keystone.post(keystone.admin, PROJECTS, {"project": {"name": "one", "parent_id": project["id"]}}).status_code
        == 409
    )
    assert keystone.make("project", name="one", domain_id=keystone.make("domain")["id"])


@pytest.mark.parametrize(
    "body",
    [
        {"project": {}},
        {"project": {"name": ""}},
        {"project": {"name": "x" * 65}},
        {"project": {"name": "x", "domain_id": "nowhere"}},
        {"project": {"name": "x", "parent_id": "nowhere"}},
        {"project": {"name": "x", "tags": "blue"}},
        {"project": {"name": "x", "tags": ["a,b"]}},
        {"project": {"name": "x", "tags": ["a", "a"]}},
        {"project": {"name": "x", "tags": ["a" * 256]}},
    ],
)
def test_a_project_that_cannot_be_made(keystone: Keystone, body: Any) -> None:
    assert keystone.post(keystone.admin, PROJECTS, body).status_code == 400


def test_a_tree_of_projects(keystone: Keystone) -> None:
    one = keystone.make("project")
    two = keystone.make("project", parent_id=one["id"])
    three = keystone.make("project", parent_id=two["id"])
    assert two["parent_id"] == one["id"]
    assert two["domain_id"] == "default"

    def shown(project: Any, query: str) -> Any:
        return keystone.get(keystone.admin, f"{PROJECTS}/{project['id']}?{query}").json["project"]

    assert shown(three, "parents_as_ids")["parents"] == {two["id"]: {one["id"]: {"default": None}}}
    assert shown(one, "subtree_as_ids")["subtree"] == {two["id"]: {three["id"]: None}}
    assert shown(three, "subtree_as_ids")["subtree"] is None
    assert shown(one, "subtree_as_list")["subtree"] == []
    keystone.grant("admin", {"id": keystone.id_of("user", "admin")}, f"projects/{two['id']}")
    assert [item["project"]["id"] for item in shown(one, "subtree_as_list")["subtree"]] == [two["id"]]
    assert [item["project"]["id"] for item in shown(three, "parents_as_list")["parents"]] == [two["id"]]
    both = keystone.get(keystone.admin, f"{PROJECTS}/{one['id']}?subtree_as_ids&subtree_as_list")
    assert both.status_code == 400
    assert [
        item["id"] for item in keystone.get(keystone.admin, f"{PROJECTS}?parent_id={one['id']}").json["projects"]
    ] == [two["id"]]


def test_a_parent_lies_in_the_same_domain(keystone: Keystone) -> None:
    parent, domain = keystone.make("project"), keystone.make("domain")
    body = {"project": {"name": "x", "parent_id": parent["id"], "domain_id": domain["id"]}}
    assert keystone.post(keystone.admin, PROJECTS, body).status_code == 400


def test_the_tree_has_a_limit(keystone: Keystone) -> None:
    parent_id = "default"
    for _ in range(5):
        last = keystone.post(keystone.admin, PROJECTS, {"project": {"name": parent_id[:9], "parent_id": parent_id}})
        assert last.status_code == 201
        parent_id = last.json["project"]["id"]
    result = keystone.post(keystone.admin, PROJECTS, {"project": {"name": "x", "parent_id": parent_id}})
    assert result.status_code == 403
    assert message(result) == f"Max hierarchy depth reached for {parent_id} branch."


def test_only_a_leaf_is_deleted(keystone: Keystone) -> None:
    parent = keystone.make("project")
    child = keystone.make("project", parent_id=parent["id"])
    assert keystone.delete(keystone.admin, f"{PROJECTS}/{parent['id']}").status_code == 403
    assert keystone.delete(keystone.admin, f"{PROJECTS}/{child['id']}").status_code == 204
    assert keystone.delete(keystone.admin, f"{PROJECTS}/{parent['id']}").status_code == 204
    assert keystone.get(keystone.admin, f"{PROJECTS}/{parent['id']}").status_code == 404


def test_a_branch_is_disabled_from_below_and_enabled_from_above(keystone: Keystone) -> None:
    parent = keystone.make("project")
    child = keystone.make("project", parent_id=parent["id"])

    def enable(project: Any, enabled: bool) -> int:
        body = {"project": {"enabled": enabled}}
        return int(keystone.patch(keystone.admin, f"{PROJECTS}/{project['id']}", body).status_code)

    assert enable(parent, False) == 403
    assert enable(child, False) == 200
    assert enable(parent, False) == 200
    assert enable(child, True) == 403
    body = {"project": {"name": "x", "parent_id": parent["id"]}}
    assert keystone.post(keystone.admin, PROJECTS, body).status_code == 400


@pytest.mark.parametrize(
    ("change", "status"),
    [({"parent_id": "x"}, 403), ({"is_domain": True}, 400), ({"domain_id": "x"}, 400), ({"id": "x"}, 400)],
)
def test_a_project_stays_where_it_is(keystone: Keystone, change: Any, status: int) -> None:
    project = keystone.make("project")
    result = keystone.patch(keystone.admin, f"{PROJECTS}/{project['id']}", {"project": change})
    assert result.status_code == status


def test_an_immutable_project_is_left_alone(keystone: Keystone) -> None:
    project = keystone.make("project", options={"immutable": True})
    path = f"{PROJECTS}/{project['id']}"
    result = keystone.patch(keystone.admin, path, {"project": {"name": "x"}})
    assert result.status_code == 403
    assert "immutable" in message(result)
    assert keystone.delete(keystone.admin, path).status_code == 403
    assert keystone.patch(keystone.admin, path, {"project": {"options": {"immutable": False}}}).status_code == 200
    assert keystone.delete(keystone.admin, path).status_code == 204


def test_a_project_that_acts_as_a_domain(keystone: Keystone) -> None:
    project = keystone.make("project", name="both", is_domain=True)
    assert (project["domain_id"], project["parent_id"], project["is_domain"]) == (None, None, True)
    domain = keystone.get(keystone.admin, f"{V3}/domains/{project['id']}").json["domain"]
    assert domain["name"] == "both"
    assert "both" not in found(keystone.get(keystone.admin, PROJECTS))
    assert found(keystone.get(keystone.admin, f"{PROJECTS}?is_domain=true")) == ["Default", "both"]
    assert keystone.post(keystone.admin, PROJECTS, {"project": {"name": "both", "is_domain": True}}).status_code == 409
    path = f"{PROJECTS}/{project['id']}"
    assert keystone.delete(keystone.admin, path).status_code == 403
    assert keystone.patch(keystone.admin, path, {"project": {"enabled": False}}).status_code == 200
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.get(keystone.admin, f"{V3}/domains/{project['id']}").status_code == 404


def test_a_list_and_its_filters(keystone: Keystone) -> None:
    domain = keystone.make("domain")
    keystone.make("project", name="one", tags=["a", "b"])
    keystone.make("project", name="two", tags=["b"], enabled=False)
    keystone.make("project", name="three", domain_id=domain["id"])
    for query, expected in {
        "": ["admin", "demo", "one", "service", "three", "two"],
        "name=one": ["one"],
        "enabled=false": ["two"],
        f"domain_id={domain['id']}": ["three"],
        f"parent_id={domain['id']}": ["three"],
        "tags=b": ["one", "two"],
        "tags=a,b": ["one"],
        "tags-any=a,b": ["one", "two"],
        "not-tags=a,b&name__startswith=t": ["three", "two"],
        "not-tags-any=a,b&name__startswith=t": ["three"],
        "name__contains=o&enabled=true": ["demo", "one"],
    }.items():
        assert found(keystone.get(keystone.admin, f"{PROJECTS}?{query}")) == expected, query
    page = keystone.get(keystone.admin, f"{PROJECTS}?limit=2&sort_key=name&sort_dir=desc").json
    assert [project["name"] for project in page["projects"]] == ["two", "three"]
    assert "marker=" in page["links"]["next"]


def test_a_member_sees_its_own_project_alone(keystone: Keystone) -> None:
    _, project, token = keystone.member()
    other = keystone.make("project")
    path = f"{PROJECTS}/{project['id']}"
    assert keystone.get(token, path).status_code == 200
    assert keystone.get(token, PROJECTS).status_code == 403
    assert keystone.post(token, PROJECTS, {"project": {"name": "x"}}).status_code == 403
    assert keystone.patch(token, path, {"project": {"name": "x"}}).status_code == 403
    assert keystone.delete(token, path).status_code == 403
    for method in ("GET", "PATCH", "DELETE"):
        for project_id in (other["id"], "nothing"):
            result = keystone.request(token, method, f"{PROJECTS}/{project_id}", {"project": {"name": "x"}})
            assert result.status_code == 403


def test_a_manager_of_a_domain_rules_there_alone(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("manager")
    made = keystone.post(token, PROJECTS, {"project": {"name": "x"}})
    assert made.status_code == 201
    assert made.json["project"]["domain_id"] == domain["id"]
    assert found(keystone.get(token, PROJECTS)) == ["x"]
    assert keystone.delete(token, f"{PROJECTS}/{made.json['project']['id']}").status_code == 204
    stranger = keystone.make("project")
    assert keystone.get(token, f"{PROJECTS}/{stranger['id']}").status_code == 403
    assert keystone.post(token, PROJECTS, {"project": {"name": "x", "domain_id": "default"}}).status_code == 403
    assert keystone.post(token, PROJECTS, {"project": {"name": "x", "is_domain": True}}).status_code == 403


def test_an_unknown_project_is_not_found(keystone: Keystone) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        result = keystone.request(keystone.admin, method, f"{PROJECTS}/nothing", {"project": {"name": "x"}})
        assert result.status_code == 404
        assert message(result) == "Could not find project: nothing."


def test_tags(keystone: Keystone) -> None:
    project = keystone.make("project")
    path = f"{PROJECTS}/{project['id']}/tags"
    assert keystone.get(keystone.admin, path).json == {
        "links": {"self": f"http://falconframework.org{path}"},
        "tags": [],
    }
    added = keystone.put(keystone.admin, f"{path}/blue")
    assert added.status_code == 201
    assert added.headers["Location"].endswith(f"{path}/blue")
    assert keystone.put(keystone.admin, f"{path}/blue").status_code == 201
    assert keystone.get(keystone.admin, f"{path}/blue").status_code == 204
    assert keystone.request(keystone.admin, "HEAD", f"{path}/blue").status_code == 204
    assert keystone.get(keystone.admin, f"{path}/red").status_code == 404
    assert keystone.put(keystone.admin, path, {"tags": ["red", "green"]}).json["tags"] == ["red", "green"]
    assert keystone.delete(keystone.admin, f"{path}/red").status_code == 204
    assert keystone.delete(keystone.admin, f"{path}/red").status_code == 404
    assert keystone.get(keystone.admin, path).json["tags"] == ["green"]
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.get(keystone.admin, path).json["tags"] == []


@pytest.mark.parametrize("tags", [["a", "a"], ["a,b"], ["a/b"], [""], [1], "a", [f"t{n}" for n in range(81)]])
def test_tags_that_are_none(keystone: Keystone, tags: Any) -> None:
    project = keystone.make("project")
    assert keystone.put(keystone.admin, f"{PROJECTS}/{project['id']}/tags", {"tags": tags}).status_code == 400


def test_a_project_has_at_most_eighty_tags(keystone: Keystone) -> None:
    project = keystone.make("project", tags=[f"t{n}" for n in range(80)])
    assert keystone.put(keystone.admin, f"{PROJECTS}/{project['id']}/tags/more").status_code == 400


def test_a_member_reads_the_tags_of_its_project_and_sets_none(keystone: Keystone) -> None:
    _, project, token = keystone.member()
    path = f"{PROJECTS}/{project['id']}/tags"
    assert keystone.get(token, path).status_code == 200
    assert keystone.put(token, path, {"tags": []}).status_code == 403
    assert keystone.put(token, f"{path}/x").status_code == 403
    assert keystone.delete(token, path).status_code == 403
    assert keystone.delete(token, f"{path}/x").status_code == 403
    assert keystone.get(keystone.demo, path).status_code == 403
    assert keystone.get(keystone.demo, f"{PROJECTS}/nothing/tags").status_code == 403
    assert keystone.get(keystone.admin, f"{PROJECTS}/nothing/tags").status_code == 404
