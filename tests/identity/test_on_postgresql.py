"""The same service on PostgreSQL: what the two databases might see differently."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.identity.keystone import AUTH, V3, Keystone


@pytest.fixture
def keystone(tmp_path: Path, postgresql_url: str) -> Iterator[Keystone]:
    """A service whose tables are in a PostgreSQL database of its own."""
    name = f"identity_{tmp_path.name[-20:].replace('-', '_')}"
    server = sa.create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    server.dispose()
    url = sa.make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
    made = Keystone(tmp_path, extra=f"[store]\nurl = {url}\n")
    yield made
    made.app.store.close()


def test_a_second_start_changes_nothing(keystone: Keystone, tmp_path: Path) -> None:
    url = keystone.app.config.value("store", "url")
    again = Keystone(tmp_path, extra=f"[store]\nurl = {url}\n")
    assert again.works(keystone.demo)
    again.app.store.close()


def test_names_are_taken_once(keystone: Keystone) -> None:
    for kind in ("user", "project", "group", "role", "domain"):
        made = keystone.make(kind)
        body = {kind: {"name": made["name"]}}
        assert keystone.post(keystone.admin, f"{V3}/{kind}s", body).status_code == 409
        assert keystone.make(kind)["id"] != made["id"]


def test_a_token_follows_what_happens_to_its_user(keystone: Keystone) -> None:
    user, project, token = keystone.member()
    assert keystone.works(token)
    keystone.patch(keystone.admin, f"{V3}/users/{user['id']}", {"user": {"enabled": False}})
    assert not keystone.works(token)
    keystone.patch(keystone.admin, f"{V3}/users/{user['id']}", {"user": {"enabled": True}})
    other = keystone.token(user["name"], scope={"project": {"id": project["id"]}})
    keystone.delete(other, AUTH, headers={"X-Subject-Token": other})
    assert not keystone.works(other)


def test_lists_are_filtered_sorted_and_cut(keystone: Keystone) -> None:
    domain = keystone.make("domain")
    for name in ("b", "a", "C"):
        keystone.make("project", name=name, domain_id=domain["id"], tags=[name], extra_key="x")
    path = f"{V3}/projects?domain_id={domain['id']}"

    def names(query: str) -> list[str]:
        return [project["name"] for project in keystone.get(keystone.admin, path + query).json["projects"]]

    assert sorted(names("")) == ["C", "a", "b"]
    assert names("&tags=a") == ["a"]
    assert names("&name__icontains=c") == ["C"]
    assert names("&name__startswith=b&enabled=true") == ["b"]
    first = keystone.get(keystone.admin, f"{path}&limit=2").json["projects"]
    rest = keystone.get(keystone.admin, f"{path}&limit=2&marker={first[-1]['id']}").json["projects"]
    assert len(first) == 2
    assert len(rest) == 1


def test_a_deleted_domain_takes_all_along(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("reader")
    keystone.make("project", domain_id=domain["id"])
    path = f"{V3}/domains/{domain['id']}"
    keystone.patch(keystone.admin, path, {"domain": {"enabled": False}})
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert not keystone.works(token)


def test_effective_assignments(keystone: Keystone) -> None:
    user, group, project = keystone.make("user"), keystone.make("group"), keystone.make("project")
    keystone.put(keystone.admin, f"{V3}/groups/{group['id']}/users/{user['id']}")
    keystone.grant("manager", group, f"projects/{project['id']}", actor="groups")
    found = keystone.get(keystone.admin, f"{V3}/role_assignments?effective&user.id={user['id']}&include_names").json
    assert sorted(item["role"]["name"] for item in found["role_assignments"]) == ["manager", "member", "reader"]


def test_credentials_of_programs(keystone: Keystone) -> None:
    user, _, token = keystone.member()
    path = f"{V3}/users/{user['id']}/application_credentials"
    rules = [{"service": "identity", "method": "GET", "path": "/v3/**"}]
    body = {"application_credential": {"name": "robot", "access_rules": rules}}
    made = keystone.post(token, path, body)
    assert made.status_code == 201
    assert keystone.post(token, path, body).status_code == 409
    assert len(keystone.get(token, path).json["application_credentials"]) == 1
