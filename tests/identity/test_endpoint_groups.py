"""Endpoint groups, and the catalogs that are confined to them or to single endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.keystone import V3, Json, Keystone, message

FILTER = f"{V3}/OS-EP-FILTER"
GROUPS = f"{FILTER}/endpoint_groups"


def endpoint(keystone: Keystone, kind: str) -> Json:
    """Add a service with an endpoint to the catalog and return the endpoint."""
    service = keystone.post(keystone.admin, f"{V3}/services", {"service": {"type": kind, "name": kind}})
    body = {"service_id": service.json["service"]["id"], "interface": "public", "url": f"http://{kind}.example.org"}
    made: Json = keystone.post(keystone.admin, f"{V3}/endpoints", {"endpoint": body}).json["endpoint"]
    return made


def group(keystone: Keystone, **filters: str) -> Json:
    body = {"endpoint_group": {"name": "mine", "filters": filters}}
    result = keystone.post(keystone.admin, GROUPS, body)
    assert result.status_code == 201, result.text
    made: Json = result.json["endpoint_group"]
    return made


def catalog(keystone: Keystone, token: str) -> set[str]:
    services = keystone.get(token, f"{V3}/auth/catalog").json["catalog"]
    shown = keystone.show(token).json["token"]["catalog"]
    assert [service["type"] for service in shown] == [service["type"] for service in services]
    return {service["type"] for service in services}


def test_a_group_from_beginning_to_end(keystone: Keystone) -> None:
    made = group(keystone, interface="public")
    path = f"{GROUPS}/{made['id']}"
    assert made == {
        "id": made["id"],
        "name": "mine",
        "description": None,
        "filters": {"interface": "public"},
        "links": {"self": f"http://falconframework.org{path}"},
    }
    assert keystone.get(keystone.system, path).json["endpoint_group"] == made
    assert keystone.get(keystone.system, f"{GROUPS}?name=mine").json["endpoint_groups"] == [made]
    assert keystone.get(keystone.system, f"{GROUPS}?name=yours").json["endpoint_groups"] == []
    assert keystone.request(keystone.admin, "HEAD", path).status_code == 200
    changes = {"description": "some", "filters": {"region_id": "RegionOne"}}
    changed = keystone.patch(keystone.admin, path, {"endpoint_group": changes}).json["endpoint_group"]
    assert changed == {**made, **changes}
    assert keystone.delete(keystone.admin, path).status_code == 204
    gone = keystone.get(keystone.admin, path)
    assert (gone.status_code, message(gone)) == (404, f"Could not find endpoint group: {made['id']}.")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"filters": {}},
        {"name": "x", "filters": {"colour": "red"}},
        {"name": "x", "filters": {"interface": "secret"}},
        {"name": "", "filters": {}},
    ],
)
def test_a_group_that_cannot_be_made(keystone: Keystone, body: Any) -> None:
    assert keystone.post(keystone.admin, GROUPS, {"endpoint_group": body}).status_code == 400


def test_a_group_confines_a_catalog(keystone: Keystone) -> None:
    _, project, token = keystone.member()
    one, _ = endpoint(keystone, "one"), endpoint(keystone, "two")
    assert catalog(keystone, token) >= {"identity", "one", "two"}
    made = group(keystone, service_id=one["service_id"])
    path = f"{GROUPS}/{made['id']}"
    link = f"{path}/projects/{project['id']}"
    assert keystone.get(keystone.admin, link).status_code == 404
    assert keystone.put(keystone.admin, link).status_code == 204
    assert keystone.put(keystone.admin, link).status_code == 409
    assert catalog(keystone, token) == {"one"}
    assert catalog(keystone, keystone.demo) >= {"identity", "two"}
    assert keystone.get(keystone.admin, link).json["endpoint_group"] == made
    assert [item["id"] for item in keystone.get(keystone.admin, f"{path}/projects").json["projects"]] == [project["id"]]
    assert [item["id"] for item in keystone.get(keystone.admin, f"{path}/endpoints").json["endpoints"]] == [one["id"]]
    groups = keystone.get(keystone.admin, f"{FILTER}/projects/{project['id']}/endpoint_groups")
    assert groups.json["endpoint_groups"] == [made]
    inside = keystone.get(keystone.admin, f"{FILTER}/projects/{project['id']}/endpoints").json["endpoints"]
    assert [item["id"] for item in inside] == [one["id"]]
    assert keystone.delete(keystone.admin, link).status_code == 204
    assert keystone.delete(keystone.admin, link).status_code == 404
    assert "two" in catalog(keystone, token)


def test_an_endpoint_confines_a_catalog(keystone: Keystone) -> None:
    _, project, token = keystone.member()
    endpoint(keystone, "one")
    two = endpoint(keystone, "two")
    link = f"{FILTER}/projects/{project['id']}/endpoints/{two['id']}"
    assert keystone.get(keystone.admin, link).status_code == 404
    assert keystone.put(keystone.admin, link).status_code == 204
    assert keystone.get(keystone.admin, link).status_code == 204
    assert catalog(keystone, token) == {"two"}
    projects = keystone.get(keystone.admin, f"{FILTER}/endpoints/{two['id']}/projects").json["projects"]
    assert [item["id"] for item in projects] == [project["id"]]
    keystone.delete(keystone.admin, f"{V3}/endpoints/{two['id']}")
    assert "one" in catalog(keystone, token)


def test_what_jumpgate_serves_can_be_chosen(keystone: Keystone) -> None:
    _, project, token = keystone.member()
    endpoint(keystone, "one")
    served = keystone.get(keystone.admin, f"{V3}/services?type=identity").json["services"][0]
    made = group(keystone, service_id=served["id"], interface="public")
    keystone.put(keystone.admin, f"{GROUPS}/{made['id']}/projects/{project['id']}")
    assert catalog(keystone, token) == {"identity"}
    [service] = keystone.get(token, f"{V3}/auth/catalog").json["catalog"]
    assert [one["interface"] for one in service["endpoints"]] == ["public"]
    keystone.delete(keystone.admin, f"{GROUPS}/{made['id']}")
    assert "one" in catalog(keystone, token)


def test_only_what_exists_is_linked(keystone: Keystone) -> None:
    project, made = keystone.make("project"), group(keystone)
    for path in (
        f"{GROUPS}/nothing/projects/{project['id']}",
        f"{GROUPS}/{made['id']}/projects/nothing",
        f"{FILTER}/projects/{project['id']}/endpoints/nothing",
        f"{FILTER}/projects/nothing/endpoints/nothing",
    ):
        for method in ("GET", "PUT", "DELETE"):
            assert keystone.request(keystone.admin, method, path).status_code == 404
    for path in ("endpoint_groups/x/endpoints", "endpoint_groups/x/projects", "endpoints/x/projects"):
        assert keystone.get(keystone.admin, f"{FILTER}/{path}").status_code == 404
    for path in ("endpoint_groups", "endpoints"):
        assert keystone.get(keystone.admin, f"{FILTER}/projects/x/{path}").status_code == 404


def test_members_have_no_business_with_filters(keystone: Keystone) -> None:
    made, project_id = group(keystone), keystone.make("project")["id"]
    one = endpoint(keystone, "one")["id"]
    body = {"endpoint_group": {"name": "x", "filters": {}}}
    assert keystone.post(keystone.demo, GROUPS, body).status_code == 403
    for path in ("", f"/{made['id']}", f"/{made['id']}/endpoints", f"/{made['id']}/projects"):
        assert keystone.get(keystone.demo, GROUPS + path).status_code == 403
    for path in (
        f"endpoints/{one}/projects",
        f"projects/{project_id}/endpoint_groups",
        f"projects/{project_id}/endpoints",
    ):
        assert keystone.get(keystone.demo, f"{FILTER}/{path}").status_code == 403
    for path in (f"endpoint_groups/{made['id']}/projects/{project_id}", f"projects/{project_id}/endpoints/{one}"):
        for method in ("GET", "PUT", "DELETE"):
            assert keystone.request(keystone.demo, method, f"{FILTER}/{path}").status_code == 403
    for method in ("PATCH", "DELETE"):
        assert keystone.request(keystone.demo, method, f"{GROUPS}/{made['id']}", body).status_code == 403
