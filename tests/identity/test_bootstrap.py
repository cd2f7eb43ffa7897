"""The first start and those after it: what is there, `clouds.yaml`, and starts that were cut short."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from jumpgate.common.errors import ConfigError
from jumpgate.identity.drivers.embedded.clouds_file import CloudsFile
from tests.identity.keystone import SYSTEM, V3, Keystone


def names(keystone: Keystone, plural: str) -> list[str]:
    return sorted(item["name"] for item in keystone.get(keystone.admin, f"{V3}/{plural}").json[plural])


def test_what_is_there_after_the_first_start(keystone: Keystone) -> None:
    assert names(keystone, "domains") == ["Default"]
    assert names(keystone, "projects") == ["admin", "demo", "service"]
    assert names(keystone, "users") == ["admin", "demo"]
    assert names(keystone, "roles") == ["admin", "manager", "member", "reader", "service"]
    inferences = keystone.get(keystone.admin, f"{V3}/role_inferences").json["role_inferences"]
    implied = {one["prior_role"]["name"]: [role["name"] for role in one["implies"]] for one in inferences}
    assert implied == {"admin": ["manager"], "manager": ["member"], "member": ["reader"]}
    password = keystone.known_password("admin")
    for scope in (SYSTEM, {"domain": {"id": "default"}}, {"project": {"name": "admin", "domain": {"id": "default"}}}):
        assert keystone.login("admin", password, scope=scope).status_code == 201


def test_clouds_yaml_is_private_and_right(keystone: Keystone) -> None:
    assert (keystone.state / "clouds.yaml").stat().st_mode & 0o777 == 0o600
    clouds = keystone.clouds
    assert set(clouds) == {"jumpgate", "jumpgate-admin", "jumpgate-system-admin"}
    assert clouds["jumpgate"] == {
        "auth": {
            "auth_url": "http://127.0.0.1:8000/identity/v3",
            "username": "demo",
            "password": keystone.known_password("demo"),
            "user_domain_id": "default",
            "project_name": "demo",
            "project_domain_id": "default",
        },
        "region_name": "RegionOne",
        "identity_api_version": 3,
    }
    assert clouds["jumpgate-admin"]["auth"]["project_name"] == "admin"
    system = clouds["jumpgate-system-admin"]["auth"]
    assert system["system_scope"] == "all"
    assert system["password"] == clouds["jumpgate-admin"]["auth"]["password"] != clouds["jumpgate"]["auth"]["password"]
    assert "project_name" not in system
    assert min(len(cloud["auth"]["password"]) for cloud in clouds.values()) >= 32


def test_the_operator_is_told_how_to_connect(keystone: Keystone) -> None:
    text = keystone.app.welcome()
    assert f"export OS_CLIENT_CONFIG_FILE={keystone.state / 'clouds.yaml'}" in text
    assert "export OS_CLOUD=jumpgate" in text
    assert "openstack token issue" in text
    assert keystone.known_password("demo") not in text


def test_a_second_start_changes_nothing(keystone: Keystone) -> None:
    file = keystone.state / "clouds.yaml"
    before, content, token = file.stat().st_mtime_ns, file.read_bytes(), keystone.demo
    again = Keystone(keystone.state)
    assert (file.stat().st_mtime_ns, file.read_bytes()) == (before, content)
    assert again.works(token)
    assert names(again, "users") == ["admin", "demo"]
    assert len(again.get(again.admin, f"{V3}/role_assignments").json["role_assignments"]) == 4


def test_a_start_on_another_address_refreshes_the_file_and_keeps_the_rest(keystone: Keystone) -> None:
    file = keystone.state / "clouds.yaml"
    content = yaml.safe_load(file.read_text())
    content["clouds"]["jumpgate"]["compute_api_version"] = "2.96"
    content["clouds"]["elsewhere"] = {"auth": {"auth_url": "https://other"}}
    file.write_text(yaml.safe_dump(content))
    passwords = {name: keystone.known_password(name) for name in ("admin", "demo")}
    again = Keystone(keystone.state, "public_url = https://cloud.example.org/id")
    assert again.clouds["jumpgate"]["auth"]["auth_url"] == "https://cloud.example.org/id/v3"
    assert again.clouds["jumpgate"]["compute_api_version"] == "2.96"
    assert again.clouds["elsewhere"] == {"auth": {"auth_url": "https://other"}}
    assert {name: again.known_password(name) for name in passwords} == passwords


def test_a_deleted_file_is_made_again_with_new_passwords(keystone: Keystone) -> None:
    old, token = keystone.known_password("demo"), keystone.demo
    (keystone.state / "clouds.yaml").unlink()
    again = Keystone(keystone.state)
    assert again.known_password("demo") != old
    assert again.login("demo", old).status_code == 401
    assert again.login("demo", again.known_password("demo")).status_code == 201
    assert not again.works(token)


def test_a_deleted_database_is_filled_again_with_the_passwords_of_the_file(keystone: Keystone) -> None:
    old = keystone.known_password("demo")
    keystone.app.store.close()
    for file in keystone.state.glob("jumpgate.sqlite*"):
        file.unlink()
    again = Keystone(keystone.state)
    assert again.known_password("demo") == old
    assert again.login("demo", old).status_code == 201


def test_a_password_that_was_changed_is_kept(keystone: Keystone) -> None:
    user_id = keystone.id_of("user", "demo")
    keystone.patch(keystone.admin, f"{V3}/users/{user_id}", {"user": {"password": "mine"}})
    assert Keystone(keystone.state).login("demo", "mine").status_code == 201


def test_an_account_that_is_gone_is_made_again(keystone: Keystone) -> None:
    keystone.delete(keystone.admin, f"{V3}/users/{keystone.id_of('user', 'demo')}")
    again = Keystone(keystone.state)
    assert again.login("demo", again.known_password("demo")).json["token"]["project"]["name"] == "demo"


def test_a_start_that_dies_before_the_file_is_written_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            Keystone(tmp_path)
    assert not (tmp_path / "clouds.yaml").exists()
    keystone = Keystone(tmp_path)
    assert keystone.login("demo", keystone.known_password("demo")).status_code == 201
    assert sorted(path.name for path in tmp_path.glob("*clouds*")) == ["clouds.yaml"]


def test_a_start_that_dies_in_the_database_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_: str) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("jumpgate.identity.drivers.embedded.first_start.hash_password", die)
        with pytest.raises(KeyboardInterrupt):
            Keystone(tmp_path)
    keystone = Keystone(tmp_path)
    assert names(keystone, "projects") == ["admin", "demo", "service"]


def _start(state: Path, results: Any) -> None:
    results.put(Keystone(state).known_password("demo"))


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=_start, args=(tmp_path, results)) for _ in range(3)]
    for process in processes:
        process.start()
    passwords = {results.get(timeout=60) for _ in processes}
    for process in processes:
        process.join()
    keystone = Keystone(tmp_path)
    assert passwords == {keystone.known_password("demo")}
    assert keystone.login("demo", keystone.known_password("demo")).status_code == 201


@pytest.mark.parametrize("content", ["{", "- a", "clouds: 7", "just words"])
def test_a_file_that_cannot_be_read_is_said_without_its_content(tmp_path: Path, content: str) -> None:
    (tmp_path / "clouds.yaml").write_text(content)
    with pytest.raises(ConfigError, match="repair or delete it") as caught:
        Keystone(tmp_path)
    assert "just words" not in str(caught.value)


def test_another_users_cloud_of_our_name_has_no_password_for_us(tmp_path: Path) -> None:
    cloud = {"auth": {"username": "somebody", "password": "x"}}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"jumpgate": cloud}}))
    assert CloudsFile(tmp_path / "clouds.yaml").password("demo") is None


def test_a_further_region_leaves_the_file_alone(tmp_path: Path) -> None:
    from tests.support.cloud import Cloud

    extra = "[identity:eu]\ndriver = jumpgate.identity.drivers.embedded\nmount = /eu/identity\n"
    cloud = Cloud(tmp_path, "identity", extra=extra)
    clouds = yaml.safe_load((tmp_path / "clouds.yaml").read_text())["clouds"]
    assert {one["region_name"] for one in clouds.values()} == {"RegionOne"}
    assert len([line for line in cloud.app.notices if "OS_CLOUD" in line]) == 1
