"""What the network service says about itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from jumpgate.network.drivers.embedded.subnets import EmbeddedSubnets
from tests.network.neutron import ROOT, UNKNOWN, fault, message
from tests.support.cloud import Cloud


def test_the_root_lists_the_one_version_to_everybody(cloud: Cloud) -> None:
    version = {
        "id": "v2.0",
        "status": "CURRENT",
        "links": [{"rel": "self", "href": "http://falconframework.org/network/v2.0/"}],
    }
    assert cloud.get(None, "/network/").json == {"versions": [version]}


def test_the_version_lists_its_resources(cloud: Cloud) -> None:
    resources = cloud.get("alice", "/network/v2.0/").json["resources"]
    assert [item["collection"] for item in resources] == ["networks", "subnets", "subnetpools", "ports"]
    assert resources[0]["links"] == [{"rel": "self", "href": "http://falconframework.org/network/v2.0/networks"}]


def test_extensions_are_those_that_work(cloud: Cloud) -> None:
    extensions = cloud.get("alice", f"{ROOT}/extensions").json["extensions"]
    aliases = {item["alias"] for item in extensions}
    assert {"security-group", "external-net", "provider", "quotas", "standard-attr-tag"} <= aliases
    assert not aliases & {"vpnaas", "logging"}
    assert all(set(item) == {"alias", "name", "description", "updated", "links"} for item in extensions)


def test_what_a_driver_withholds_is_not_advertised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(EmbeddedSubnets, "withheld", frozenset({"subnet-service-types"}))
    cloud = Cloud(tmp_path, "network")

    extensions = cloud.get("alice", f"{ROOT}/extensions").json["extensions"]

    assert {"subnet-service-types", "subnet-external-network"} & {item["alias"] for item in extensions} == {
        "subnet-external-network"
    }
    assert cloud.get("alice", f"{ROOT}/extensions/subnet-service-types").status_code == 404


def test_one_extension_is_shown(cloud: Cloud) -> None:
    extension = cloud.get("alice", f"{ROOT}/extensions/security-group").json["extension"]
    assert (extension["alias"], extension["updated"]) == ("security-group", "2012-10-05T10:00:00-00:00")


def test_an_extension_that_there_is_not(cloud: Cloud) -> None:
    result = cloud.get("alice", f"{ROOT}/extensions/logging")
    assert fault(result) == (404, "HTTPNotFound")
    assert message(result) == "Extension with alias logging does not exist"


def test_what_is_not_advertised_is_not_served(cloud: Cloud) -> None:
    result = cloud.get("alice", f"{ROOT}/log/logs")
    assert fault(result) == (501, "HTTPNotImplemented")


def test_the_zones(cloud: Cloud) -> None:
    zones = cloud.get("alice", f"{ROOT}/availability_zones").json["availability_zones"]
    assert zones == [
        {"name": "nova", "resource": "network", "state": "available"},
        {"name": "nova", "resource": "router", "state": "available"},
    ]
    only = cloud.get("alice", f"{ROOT}/availability_zones?resource=router&fields=name").json
    assert only == {"availability_zones": [{"name": "nova"}]}


def test_there_are_no_service_providers(cloud: Cloud) -> None:
    assert cloud.get("alice", f"{ROOT}/service-providers").json == {"service_providers": []}


def test_an_error_names_the_request(cloud: Cloud) -> None:
    result = cloud.get("alice", f"{ROOT}/networks/{UNKNOWN}")
    assert result.headers["x-openstack-request-id"].startswith("req-")
    assert set(result.json["NeutronError"]) == {"type", "message", "detail"}
