"""What tempest.conf says of a cloud follows from what the cloud says of itself."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("subunit", reason="Tempest is not installed here: pip install 'jumpgate[certify]'")

from openstack.exceptions import ForbiddenException

from jumpgate.certify.features import discover
from jumpgate.certify.target import Target
from jumpgate.certify.workspace import workspace
from jumpgate.common.errors import ConfigError


def rows(*items: dict[str, Any]) -> Callable[..., Iterator[Any]]:
    """Return a method that lists things of these attributes."""

    def find(**_filters: Any) -> Iterator[Any]:
        return iter([SimpleNamespace(**item) for item in items])

    return find


def refused(**_filters: Any) -> Any:
    raise ForbiddenException("Policy does not allow it.")


class ImageService:
    """A cloud's image service, as far as it is asked."""

    def __init__(self, *images: dict[str, Any]) -> None:
        self.images = rows(*images)
        self.looks_into = True
        self.made: list[dict[str, Any]] = []
        self.deleted: list[str] = []

    def get_import_info(self) -> Any:
        return SimpleNamespace(import_methods={"value": ["web-download", "glance-direct"]})

    def put(self, url: str, **_options: Any) -> Any:
        return SimpleNamespace(status_code=415 if self.looks_into else 204)

    def create_image(self, **options: Any) -> Any:
        self.made.append(options)
        return SimpleNamespace(id=f"made-{len(self.made)}")

    def delete_image(self, image_id: str, *, ignore_missing: bool) -> None:
        self.deleted.append(image_id)


def image(name: str, size: int, disk_format: str = "raw") -> dict[str, Any]:
    return {"id": name, "size": size, "disk_format": disk_format, "container_format": "bare", "kernel_id": None}


def flavor(name: str, ram: int) -> dict[str, Any]:
    return {"id": name, "ram": ram, "disk": 1, "vcpus": 1}


def connection(**more: Any) -> SimpleNamespace:
    given: dict[str, Any] = {
        "compute": SimpleNamespace(
            services=rows({"binary": "nova-compute", "state": "up"}),
            flavors=rows(flavor("big", 4096), flavor("nano", 64), flavor("tiny", 512)),
        ),
        "image": ImageService(image("large", 900), image("small", 10), image("medium", 50), image("iso", 1, "iso")),
        "network": SimpleNamespace(
            extensions=rows({"alias": "router"}, {"alias": "port-security"}),
            networks=rows({"id": "net-1", "name": "outside"}),
        ),
        "block_storage": SimpleNamespace(
            services=rows({"binary": "cinder-backup", "state": "up"}),
            backend_pools=rows({"name": "host@one#a"}, {"name": "host@two#b"}),
            types=rows({"name": "shared", "extra_specs": {"multiattach": "<is> True"}}),
            backups=rows(),
            extensions=rows({"alias": "os-snapshot-manage"}, {"alias": "backups"}),
        ),
    }
    return SimpleNamespace(**{**given, **more})


def target(**more: Any) -> Target:
    values: dict[str, Any] = {
        "name": "mine",
        "connection": connection(),
        "auth_url": "http://cloud.example/v3",
        "region": "eu",
        "username": "root",
        "password": "sesame",
        "project_name": "admin",
        "domain_name": "Default",
        "is_admin": True,
        "catalog": frozenset({"identity", "compute", "image", "network", "volumev3"}),
    }
    return Target(**{**values, **more})


def written(folder: Path) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read(folder / "etc" / "tempest.conf")
    return parser


def test_features_are_what_the_cloud_shows() -> None:
    found = discover(target())

    assert found["service_available"]["cinder"] == "True"
    assert found["network-feature-enabled"]["api_extensions"] == "port-security,router"
    assert found["network-feature-enabled"]["port_security"] == "True"
    assert found["network-feature-enabled"]["floating_ips"] == "True"
    assert found["volume-feature-enabled"]["api_extensions"] == "backups,os-snapshot-manage"
    assert found["volume-feature-enabled"]["backup"] == "True"
    assert found["volume-feature-enabled"]["multi_backend"] == "True"
    assert found["compute-feature-enabled"]["volume_multiattach"] == "True"
    assert found["compute-feature-enabled"]["live_migration"] == "False"
    assert found["image-feature-enabled"]["import_image"] == "True"


@pytest.mark.parametrize("looks_into", [True, False])
def test_whether_images_are_looked_into_is_tried(looks_into: bool) -> None:
    images = ImageService(image("a", 1), image("b", 1))
    images.looks_into = looks_into

    found = discover(target(connection=connection(image=images)))

    assert found["image-feature-enabled"]["image_format_enforcement"] == str(looks_into)
    assert images.deleted == ["made-1"]


def test_a_service_that_the_catalog_lacks_is_not_there() -> None:
    found = discover(target(catalog=frozenset({"identity", "image"}), connection=SimpleNamespace(image=ImageService())))

    assert found["service_available"] == {
        "nova": "False",
        "glance": "True",
        "neutron": "False",
        "cinder": "False",
        "swift": "False",
        "horizon": "False",
    }
    assert found["volume-feature-enabled"] == {}


def test_what_a_user_may_not_ask_is_taken_as_unknown() -> None:
    compute = SimpleNamespace(services=refused, flavors=rows())
    storage = SimpleNamespace(
        services=refused, backend_pools=refused, types=refused, backups=rows(), extensions=refused
    )

    found = discover(target(connection=connection(compute=compute, block_storage=storage)))

    assert found["compute-feature-enabled"]["live_migration"] == "False"
    assert found["volume-feature-enabled"]["multi_backend"] == "False"
    assert found["volume-feature-enabled"]["backup"] == "True"
    assert found["volume-feature-enabled"]["api_extensions"] == "all"
    assert found["compute-feature-enabled"]["volume_multiattach"] == "False"


def test_several_hosts_can_be_migrated_between() -> None:
    host = {"binary": "nova-compute", "state": "up"}
    compute = SimpleNamespace(services=rows(host, host), flavors=rows())

    assert (
        discover(target(connection=connection(compute=compute)))["compute-feature-enabled"]["cold_migration"] == "True"
    )


def test_the_workspace_names_the_smallest_images_and_flavors(tmp_path: Path) -> None:
    with workspace(tmp_path, target(), overrides={"compute": {"build_timeout": "7"}, "new": {"a": "b"}}):
        conf = written(tmp_path)

    compute = conf["compute"]
    assert (compute["image_ref"], compute["image_ref_alt"]) == ("small", "medium")
    assert (compute["flavor_ref"], compute["flavor_ref_alt"]) == ("nano", "tiny")
    assert (compute["build_timeout"], conf["new"]["a"]) == ("7", "b")
    assert conf["volume"]["catalog_type"] == "volumev3"
    assert conf["volume"]["volume_type_multiattach"] == "shared"
    assert conf["network"]["public_network_id"] == "net-1"
    assert (conf["auth"]["admin_username"], conf["auth"]["use_dynamic_credentials"]) == ("root", "True")
    assert (conf["identity"]["uri_v3"], conf["identity"]["region"]) == ("http://cloud.example/v3", "eu")


def test_images_that_are_missing_are_made_and_removed(tmp_path: Path) -> None:
    images = ImageService(image("only", 10))

    with workspace(tmp_path, target(connection=connection(image=images))):
        assert written(tmp_path)["compute"]["image_ref_alt"] == "made-1"
        assert "made-1" not in images.deleted

    assert [item.get("visibility") for item in images.made] == ["public", None]
    assert images.deleted == ["made-2", "made-1"]


@pytest.mark.parametrize("lacking", [{"is_admin": False}, {"password": None}])
def test_who_cannot_make_users_must_bring_some(tmp_path: Path, lacking: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="root of the cloud mine cannot make users for the tests"):
        workspace(tmp_path, target(**lacking)).__enter__()

    with workspace(tmp_path, target(**lacking), accounts=tmp_path / "accounts.yaml"):
        auth = written(tmp_path)["auth"]
    assert auth["test_accounts_file"] == str(tmp_path / "accounts.yaml")
    assert "admin_password" not in auth


def test_a_cloud_with_one_flavor_is_told_that_two_are_needed(tmp_path: Path) -> None:
    compute = SimpleNamespace(services=rows(), flavors=rows(flavor("one", 1)))

    with pytest.raises(ConfigError, match="has 1 flavors; the tests need two"):
        workspace(tmp_path, target(connection=connection(compute=compute))).__enter__()
