"""The catalog in tokens and as resources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jumpgate.api import Jumpgate
from jumpgate.common.catalog import Catalog
from jumpgate.common.config import SERVICE_NAMES, Config
from tests.identity.keystone import AUTH, V3, Keystone, message

ENV: dict[str, Any] = {"wsgi.url_scheme": "http", "HTTP_HOST": "cloud:8000"}


class Anything:
    """Answers a request, somehow."""

    def on_get(self, req: Any, resp: Any, **path: str) -> None:
        resp.body = {}


def catalog(text: str = "", *, without: tuple[str, ...] = (), fallback: bool = True) -> Catalog:
    """Return the catalog of an application whose services answer, `without` some."""
    sections = "".join(f"[{name}]\ndriver = tests.support.silent\n" for name in SERVICE_NAMES)
    app = Jumpgate(Config.from_text(sections + text))
    for disp in app.dispatchers():
        if disp.service.name not in without:
            if fallback:
                disp.set_fallback(Anything())
            else:
                disp.set_handler("versions", Anything())
    return Catalog(app)


def urls(found: Catalog, project_id: str | None = "p") -> dict[str, list[str]]:
    return {
        service.type: [f"{one.region} {one.url}" for one in service.endpoints if one.interface == "public"]
        for service in found.services(ENV, project_id)
    }


def test_each_service_is_published_where_its_clients_look() -> None:
    assert urls(catalog()) == {
        "identity": ["RegionOne http://cloud:8000/identity"],
        "compute": ["RegionOne http://cloud:8000/compute/v2.1"],
        "image": ["RegionOne http://cloud:8000/image"],
        "block-storage": ["RegionOne http://cloud:8000/volume/v3/p"],
        "volumev3": ["RegionOne http://cloud:8000/volume/v3/p"],
        "volumev2": ["RegionOne http://cloud:8000/volume/v2/p"],
        "volume": ["RegionOne http://cloud:8000/volume/v1/p"],
        "network": ["RegionOne http://cloud:8000/network"],
    }


def test_an_address_with_a_project_needs_one() -> None:
    assert set(urls(catalog(), None)) == {"identity", "compute", "image", "network"}


def test_a_service_that_nobody_serves_is_left_out() -> None:
    assert "image" not in urls(catalog(without=("image",)))


def test_an_old_version_is_published_where_it_is_answered() -> None:
    found = urls(catalog(fallback=False))
    assert "volumev3" in found
    assert {"volumev2", "volume"}.isdisjoint(found)


def test_a_further_region_shares_the_identity_service() -> None:
    found = urls(catalog("[compute:eu]\ndriver = tests.support.silent\nmount = /eu/compute\n"))
    assert found["compute"] == ["RegionOne http://cloud:8000/compute/v2.1", "eu http://cloud:8000/eu/compute/v2.1"]
    assert found["identity"] == ["RegionOne http://cloud:8000/identity", "eu http://cloud:8000/identity"]
    assert found["image"] == ["RegionOne http://cloud:8000/image"]


def test_ids_are_the_same_in_every_process() -> None:
    def ids() -> list[str]:
        return [one.id for service in catalog().services(ENV, "p") for one in service.endpoints]

    assert ids() == ids()
    assert len(set(ids())) == len(ids()) == 24


def test_a_token_has_three_interfaces_for_each_service(keystone: Keystone) -> None:
    [identity] = keystone.show(keystone.demo).json["token"]["catalog"]
    assert (identity["type"], identity["name"]) == ("identity", "keystone")
    assert [endpoint["interface"] for endpoint in identity["endpoints"]] == ["public", "internal", "admin"]
    for endpoint in identity["endpoints"]:
        assert endpoint["region"] == endpoint["region_id"] == "RegionOne"
        assert endpoint["url"] == "http://falconframework.org/identity"


def test_addresses_are_those_by_which_the_client_came(keystone: Keystone) -> None:
    headers = {"X-Subject-Token": keystone.demo, "Host": "else.where:81"}
    [identity] = keystone.get(keystone.demo, AUTH, headers=headers).json["token"]["catalog"]
    assert identity["endpoints"][0]["url"] == "http://else.where:81/identity"


def test_the_catalog_of_the_callers_project(keystone: Keystone) -> None:
    result = keystone.get(keystone.demo, f"{V3}/auth/catalog")
    assert result.json["catalog"] == keystone.show(keystone.demo).json["token"]["catalog"]
    assert result.json["links"] == {"self": f"http://falconframework.org{V3}/auth/catalog"}
    assert keystone.request(keystone.demo, "HEAD", f"{V3}/auth/catalog").status_code == 200
    refused = keystone.get(keystone.system, f"{V3}/auth/catalog")
    assert refused.status_code == 403


def test_regions(keystone: Keystone) -> None:
    region = {
        "id": "RegionOne",
        "description": "",
        "parent_region_id": None,
        "links": {"self": f"http://falconframework.org{V3}/regions/RegionOne"},
    }
    assert keystone.get(keystone.demo, f"{V3}/regions").json["regions"] == [region]
    assert keystone.get(keystone.demo, f"{V3}/regions/RegionOne").json == {"region": region}
    assert keystone.get(keystone.demo, f"{V3}/regions?parent_region_id=x").json["regions"] == []
    assert keystone.get(keystone.demo, f"{V3}/regions/Nowhere").status_code == 404


def test_services(keystone: Keystone) -> None:
    [service] = keystone.get(keystone.admin, f"{V3}/services").json["services"]
    path = f"{V3}/services/{service['id']}"
    assert service == {
        "id": service["id"],
        "type": "identity",
        "name": "keystone",
        "enabled": True,
        "description": "Identity",
        "links": {"self": f"http://falconframework.org{path}"},
    }
    assert keystone.get(keystone.admin, path).json == {"service": service}
    assert keystone.get(keystone.admin, f"{V3}/services?type=compute").json["services"] == []
    missing = keystone.get(keystone.admin, f"{V3}/services/nothing")
    assert (missing.status_code, message(missing)) == (404, "Could not find service: nothing.")


def test_endpoints(keystone: Keystone) -> None:
    endpoints = keystone.get(keystone.admin, f"{V3}/endpoints").json["endpoints"]
    assert sorted(endpoint["interface"] for endpoint in endpoints) == ["admin", "internal", "public"]
    path = f"{V3}/endpoints/{endpoints[0]['id']}"
    assert keystone.get(keystone.admin, path).json == {"endpoint": endpoints[0]}
    for query, count in {
        "interface=admin": 1,
        "region_id=eu": 0,
        f"service_id={endpoints[0]['service_id']}": 3,
    }.items():
        assert len(keystone.get(keystone.admin, f"{V3}/endpoints?{query}").json["endpoints"]) == count
    assert keystone.get(keystone.admin, f"{V3}/endpoints/nothing").status_code == 404


@pytest.mark.parametrize("path", ["services", "services/x", "endpoints", "endpoints/x"])
def test_a_member_has_no_business_with_the_catalogs_parts(keystone: Keystone, path: str) -> None:
    assert keystone.get(keystone.demo, f"{V3}/{path}").status_code == 403


def test_endpoints_show_where_the_project_goes(tmp_path: Path) -> None:
    keystone = Keystone(tmp_path)
    keystone.app.get_dispatcher("block_storage").set_fallback(Anything())
    found = keystone.get(keystone.admin, f"{V3}/endpoints?interface=public").json["endpoints"]
    assert "http://falconframework.org/volume/v3/$(project_id)s" in [endpoint["url"] for endpoint in found]
