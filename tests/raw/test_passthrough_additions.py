"""Services that Jumpgate serves itself, in the catalogs of a Keystone behind it that does not know of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import TestClient

from tests.raw.passthrough import passing
from tests.support.service import Service, running_service

JSON = ("Content-Type", "application/json")
OWN = "[block_storage]\ndriver=jumpgate.block_storage.drivers.embedded\n"
PROJECT = {"project": {"id": "p1", "name": "demo"}}


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service() as running:
        yield running


@pytest.fixture
def client(service: Service, tmp_path: Path) -> TestClient:
    """A client of an application that has its own block storage, and all else from behind."""
    return passing(f"{OWN}[server]\nstate={tmp_path}\n", identity=service.url, compute="http://nova.example.org")


def ask(client: TestClient, service: Service, document: Any, path: str = "/identity/v3/auth/tokens") -> Any:
    service.answers(200, json.dumps(document).encode(), JSON)
    return client.simulate_get(path, host="cloud").json


def endpoint(url: str, region: str = "RegionOne") -> dict[str, Any]:
    return {"id": "e", "interface": "public", "region": region, "region_id": region, "url": url}


def of_type(catalog: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [found for entry in catalog if entry["type"] == kind for found in entry["endpoints"]]


def test_a_service_of_our_own_is_in_the_catalog_of_a_token(service: Service, client: TestClient) -> None:
    known = {"type": "compute", "id": "s", "name": "nova", "endpoints": [endpoint("http://nova.example.org/v2.1")]}

    catalog = ask(client, service, {"token": {**PROJECT, "catalog": [known]}})["token"]["catalog"]

    assert [found["url"] for found in of_type(catalog, "compute")] == ["http://cloud/compute/v2.1"]
    added = of_type(catalog, "block-storage")
    assert [found["interface"] for found in added] == ["public", "internal", "admin"]
    assert {found["url"] for found in added} == {"http://cloud/volume/v3/p1"}
    assert {found["region_id"] for found in added} == {"RegionOne"}
    assert not {"image", "network"} & {entry["type"] for entry in catalog}


@pytest.mark.parametrize("kind", ["block-storage", "volumev3"])
def test_a_service_that_keystone_knows_is_not_added(service: Service, client: TestClient, kind: str) -> None:
    known = {"type": kind, "id": "s", "name": "cinder", "endpoints": [endpoint("http://cinder.example.org/v3/p1")]}

    catalog = ask(client, service, {"token": {**PROJECT, "catalog": [known]}})["token"]["catalog"]

    assert [entry["type"] for entry in catalog] == [kind]
    assert catalog[0]["endpoints"] == [endpoint("http://cloud/volume/v3/p1")]


def test_a_service_that_keystone_knows_elsewhere_is_added_here(service: Service, client: TestClient) -> None:
    there = endpoint("http://cinder.example.org/v3/p1", "Elsewhere")
    known = {"type": "block-storage", "id": "s", "name": "cinder", "endpoints": [there]}

    catalog = ask(client, service, {"token": {**PROJECT, "catalog": [known]}})["token"]["catalog"]

    assert [found["region"] for found in of_type(catalog, "block-storage")] == ["Elsewhere", *["RegionOne"] * 3]
    assert of_type(catalog, "block-storage")[0] == there


def test_a_service_below_a_project_is_in_no_catalog_of_a_domain(service: Service, client: TestClient) -> None:
    assert ask(client, service, {"token": {"domain": {"id": "d"}, "catalog": []}})["token"]["catalog"] == []


def test_the_catalog_on_its_own_names_no_project(service: Service, client: TestClient) -> None:
    catalog = ask(client, service, {"catalog": [], "links": {}}, "/identity/v3/auth/catalog")["catalog"]

    assert {found["url"] for found in of_type(catalog, "block-storage")} == {"http://cloud/volume/v3"}


def test_an_unscoped_token_gets_no_catalog(service: Service, client: TestClient) -> None:
    assert ask(client, service, {"token": {"user": {"id": "u"}}}) == {"token": {"user": {"id": "u"}}}


def test_a_v2_catalog_has_it_too(service: Service, client: TestClient) -> None:
    nova = {"type": "compute", "name": "nova", "endpoints": [{"region": "RegionOne", "publicURL": "http://x/v2.1"}]}
    access = {"token": {"id": "t", "tenant": {"id": "p1"}}, "serviceCatalog": [nova]}

    catalog = ask(client, service, {"access": access}, "/identity/v2.0/tokens")["access"]["serviceCatalog"]

    (added,) = of_type(catalog, "block-storage")
    assert (added["publicURL"], added["region"]) == ("http://cloud/volume/v3/p1", "RegionOne")
    assert added["publicURL"] == added["internalURL"] == added["adminURL"]


def test_other_services_documents_are_left_alone(service: Service, tmp_path: Path) -> None:
    client = passing(f"{OWN}[server]\nstate={tmp_path}\n", compute=service.url)
    document = {"token": {**PROJECT, "catalog": []}}

    assert ask(client, service, document, "/compute/v2.1/x") == document
