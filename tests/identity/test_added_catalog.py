"""What an operator adds to the catalog: regions, services and endpoints beside those that Jumpgate serves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jumpgate.common.errors import NotFound, NotSupported
from jumpgate.common.listing import EVERYTHING
from jumpgate.identity.handlers.catalog import Whole
from jumpgate.identity.models import Region, RegionSpec
from tests.identity.keystone import V2, V3, Keystone, message

SERVICES, ENDPOINTS, REGIONS = f"{V3}/services", f"{V3}/endpoints", f"{V3}/regions"
URL = "https://objects.example.org/v1/AUTH_$(project_id)s"


def add_service(keystone: Keystone, **attributes: Any) -> Any:
    body = {"service": {"type": "object-store", "name": "swift", **attributes}}
    result = keystone.post(keystone.admin, SERVICES, body)
    assert result.status_code == 201, result.text
    return result.json["service"]


def add_endpoint(keystone: Keystone, service: Any, **attributes: Any) -> Any:
    body = {"service_id": service["id"], "interface": "public", "url": URL, "region": "RegionOne", **attributes}
    result = keystone.post(keystone.admin, ENDPOINTS, {"endpoint": body})
    assert result.status_code == 201, result.text
    return result.json["endpoint"]


def published(keystone: Keystone, token: str) -> dict[str, list[str]]:
    catalog = keystone.show(token).json["token"]["catalog"]
    return {service["type"]: [endpoint["url"] for endpoint in service["endpoints"]] for service in catalog}


def test_a_service_and_its_endpoint_are_published(keystone: Keystone) -> None:
    service = add_service(keystone)
    add_endpoint(keystone, service)
    project_id = keystone.id_of("project", "demo")
    assert published(keystone, keystone.demo)["object-store"] == [f"https://objects.example.org/v1/AUTH_{project_id}"]
    assert "object-store" not in published(keystone, keystone.system)
    path = f"{V2}/tokens/{keystone.demo}"
    access = keystone.get(keystone.admin, path).json["access"]
    [found] = [service for service in access["serviceCatalog"] if service["type"] == "object-store"]
    assert found["endpoints"][0]["publicURL"].endswith(project_id)
    assert "adminURL" not in found["endpoints"][0]
    assert keystone.get(keystone.admin, f"{path}/endpoints").status_code == 200


@pytest.mark.parametrize("form", ["%(tenant_id)s", "$(tenant_id)s", "%(project_id)s"])
def test_the_older_forms_of_a_url_work(keystone: Keystone, form: str) -> None:
    add_endpoint(keystone, add_service(keystone), url=f"http://x/{form}")
    assert published(keystone, keystone.demo)["object-store"] == [f"http://x/{keystone.id_of('project', 'demo')}"]


def test_what_is_disabled_or_deleted_is_not_published(keystone: Keystone) -> None:
    service = add_service(keystone)
    endpoint = add_endpoint(keystone, service, url="http://x")

    def is_published() -> bool:
        return "object-store" in published(keystone, keystone.demo)

    assert is_published()
    for path, kind in ((f"{ENDPOINTS}/{endpoint['id']}", "endpoint"), (f"{SERVICES}/{service['id']}", "service")):
        keystone.patch(keystone.admin, path, {kind: {"enabled": False}})
        assert not is_published()
        keystone.patch(keystone.admin, path, {kind: {"enabled": True}})
        assert is_published()
    assert keystone.delete(keystone.admin, f"{SERVICES}/{service['id']}").status_code == 204
    assert not is_published()
    assert keystone.get(keystone.admin, f"{ENDPOINTS}/{endpoint['id']}").status_code == 404


def test_a_further_address_of_a_service_that_is_served(keystone: Keystone) -> None:
    [identity] = keystone.get(keystone.admin, f"{SERVICES}?type=identity").json["services"]
    add_endpoint(keystone, identity, url="https://elsewhere/identity", region="far")
    assert published(keystone, keystone.demo)["identity"][-1] == "https://elsewhere/identity"
    regions = [region["id"] for region in keystone.get(keystone.demo, REGIONS).json["regions"]]
    assert sorted(regions) == ["RegionOne", "far"]


def test_a_service(keystone: Keystone) -> None:
    service = add_service(keystone, description="files")
    path = f"{SERVICES}/{service['id']}"
    assert service == {
        "id": service["id"],
        "type": "object-store",
        "name": "swift",
        "enabled": True,
        "description": "files",
        "links": {"self": f"http://falconframework.org{path}"},
    }
    changed = keystone.patch(keystone.admin, path, {"service": {"name": "ceph", "colour": "red"}})
    assert changed.json["service"] == {**service, "name": "ceph", "colour": "red"}
    assert keystone.get(keystone.admin, path).json == changed.json
    assert len(keystone.get(keystone.admin, SERVICES).json["services"]) == 2
    assert keystone.get(keystone.admin, f"{SERVICES}?name=ceph").json["services"] == [changed.json["service"]]
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.get(keystone.admin, path).status_code == 404


def test_an_endpoint(keystone: Keystone) -> None:
    service = add_service(keystone)
    endpoint = add_endpoint(keystone, service, name="one")
    path = f"{ENDPOINTS}/{endpoint['id']}"
    assert endpoint == {
        "id": endpoint["id"],
        "interface": "public",
        "region": "RegionOne",
        "region_id": "RegionOne",
        "service_id": service["id"],
        "url": URL,
        "enabled": True,
        "name": "one",
        "links": {"self": f"http://falconframework.org{path}"},
    }
    changes = {"interface": "admin", "url": "http://y", "region": "new"}
    changed = keystone.patch(keystone.admin, path, {"endpoint": changes}).json["endpoint"]
    assert changed == {**endpoint, **changes, "region_id": "new"}
    assert keystone.get(keystone.admin, f"{REGIONS}/new").status_code == 200
    found = keystone.get(keystone.admin, f"{ENDPOINTS}?service_id={service['id']}&interface=admin&region_id=new")
    assert found.json["endpoints"] == [changed]
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.delete(keystone.admin, path).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"enabled": "True"}, 400),
        ({"enabled": "False"}, 400),
        ({"interface": "secret"}, 400),
        ({"url": ""}, 400),
        ({"url": "nowhere"}, 400),
        ({"url": "http://x/%(colour)s"}, 400),
        ({"url": "http://x/$(project_id"}, 400),
        ({"region_id": "nowhere"}, 400),
        ({"service_id": "nothing"}, 404),
    ],
)
def test_an_endpoint_that_cannot_be(keystone: Keystone, change: Any, status: int) -> None:
    service = add_service(keystone)
    body = {"service_id": service["id"], "interface": "public", "url": URL, **change}
    assert keystone.post(keystone.admin, ENDPOINTS, {"endpoint": body}).status_code == status
    path = f"{ENDPOINTS}/{add_endpoint(keystone, service)['id']}"
    assert keystone.patch(keystone.admin, path, {"endpoint": change}).status_code == status


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SERVICES, {"service": {}}),
        (SERVICES, {"service": {"type": ""}}),
        (SERVICES, {"service": {"type": "x", "enabled": "yes"}}),
        (ENDPOINTS, {"endpoint": {}}),
        (REGIONS, {"region": {"id": 1}}),
        (REGIONS, {}),
    ],
)
def test_what_cannot_be_added(keystone: Keystone, path: str, body: Any) -> None:
    assert keystone.post(keystone.admin, path, body).status_code == 400


def test_a_region(keystone: Keystone) -> None:
    made = keystone.post(keystone.admin, REGIONS, {"region": {"description": "far away"}})
    assert made.status_code == 201
    region = made.json["region"]
    assert len(region["id"]) == 32
    child = keystone.put(keystone.admin, f"{REGIONS}/moon", {"region": {"parent_region_id": region["id"]}})
    assert child.status_code == 201
    assert child.json["region"] == {
        "id": "moon",
        "description": "",
        "parent_region_id": region["id"],
        "links": {"self": f"http://falconframework.org{REGIONS}/moon"},
    }
    path = f"{REGIONS}/{region['id']}"
    changed = keystone.patch(keystone.admin, path, {"region": {"description": "near"}})
    assert changed.json["region"] == {**region, "description": "near"}
    found = keystone.get(keystone.demo, f"{REGIONS}?parent_region_id={region['id']}").json["regions"]
    assert found == [child.json["region"]]
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.get(keystone.demo, f"{REGIONS}/moon").status_code == 404


def test_a_region_that_cannot_be_made(keystone: Keystone) -> None:
    keystone.put(keystone.admin, f"{REGIONS}/moon", {"region": {}})
    again = keystone.put(keystone.admin, f"{REGIONS}/moon", {"region": {}})
    assert (again.status_code, message(again)) == (
        409,
        "Conflict occurred attempting to store region - Duplicate ID, moon.",
    )
    assert keystone.put(keystone.admin, f"{REGIONS}/sun", {"region": {"id": "moon"}}).status_code == 400
    orphan = {"region": {"parent_region_id": "nowhere"}}
    assert keystone.put(keystone.admin, f"{REGIONS}/sun", orphan).status_code == 404


def test_a_region_with_endpoints_is_not_deleted(keystone: Keystone) -> None:
    add_endpoint(keystone, add_service(keystone), region="moon")
    result = keystone.delete(keystone.admin, f"{REGIONS}/moon")
    assert result.status_code == 403
    assert "associated endpoints" in message(result)


def test_what_jumpgate_serves_is_not_changed(keystone: Keystone) -> None:
    [service] = keystone.get(keystone.admin, SERVICES).json["services"]
    endpoint = keystone.get(keystone.admin, ENDPOINTS).json["endpoints"][0]
    for path, kind in (
        (f"{SERVICES}/{service['id']}", "service"),
        (f"{ENDPOINTS}/{endpoint['id']}", "endpoint"),
        (f"{REGIONS}/RegionOne", "region"),
    ):
        result = keystone.patch(keystone.admin, path, {kind: {"colour": "red"}})
        assert result.status_code == 403
        assert "serves itself" in message(result)
        assert keystone.delete(keystone.admin, path).status_code == 403
    assert keystone.put(keystone.admin, f"{REGIONS}/RegionOne", {"region": {}}).status_code == 409


@pytest.mark.parametrize("path", ["services", "endpoints", "regions"])
def test_only_an_admin_adds_to_the_catalog(keystone: Keystone, path: str) -> None:
    kind = path[:-1]
    body = {
        "services": {"type": "x"},
        "endpoints": {"service_id": "x", "interface": "public", "url": "http://x"},
        "regions": {"id": "x"},
    }[path]
    assert keystone.post(keystone.demo, f"{V3}/{path}", {kind: body}).status_code == 403
    assert keystone.patch(keystone.demo, f"{V3}/{path}/x", {kind: {}}).status_code == 403
    assert keystone.delete(keystone.demo, f"{V3}/{path}/x").status_code == 403
    assert keystone.put(keystone.demo, f"{REGIONS}/x", {"region": {}}).status_code == 403


def test_a_cloud_that_keeps_nothing_can_be_read(tmp_path: Path) -> None:
    keystone = Keystone(tmp_path)
    service: Any = keystone.app.get_dispatcher("identity").typed
    service.cloud = replace(service.cloud, regions=None, services=None, endpoints=None)
    service.catalog._cloud = service.cloud
    assert len(keystone.get(keystone.admin, SERVICES).json["services"]) == 1
    assert keystone.get(keystone.admin, f"{SERVICES}/x").status_code == 404
    assert "identity" in published(keystone, keystone.demo)
    for method, path in (("POST", REGIONS), ("PATCH", f"{REGIONS}/RegionOne"), ("DELETE", f"{REGIONS}/RegionOne")):
        assert keystone.request(keystone.admin, method, path, {"region": {}}).status_code == 501


def test_a_whole_of_what_is_served_alone() -> None:
    whole = Whole("region", [Region(id="a")], None)
    ctx: Any = None
    assert [region.id for region in whole.find(ctx, EVERYTHING)] == ["a"]
    with pytest.raises(NotFound):
        whole.get(ctx, "b")
    with pytest.raises(NotSupported):
        whole.create(ctx, RegionSpec())
