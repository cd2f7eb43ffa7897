"""The configurations of domains."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from tests.identity.keystone import V3, Keystone, message

LDAP = {"url": "ldap://ldap.example.org", "user_tree_dn": "ou=Users"}
CONFIG = {"identity": {"driver": "ldap"}, "ldap": LDAP}
DEFAULT = f"{V3}/domains/config"


def configured(keystone: Keystone, config: Any = None) -> str:
    """Make a domain with a configuration and return the path of the latter."""
    path = f"{V3}/domains/{keystone.make('domain')['id']}/config"
    result = keystone.put(keystone.admin, path, {"config": config or CONFIG})
    assert (result.status_code, result.json) == (201, {"config": config or CONFIG})
    return path


def test_it_is_shown_whole_by_group_and_by_option(keystone: Keystone) -> None:
    path = configured(keystone)
    assert keystone.get(keystone.system, path).json == {"config": CONFIG}
    assert keystone.get(keystone.admin, f"{path}/ldap").json == {"config": {"ldap": LDAP}}
    assert keystone.get(keystone.admin, f"{path}/ldap/url").json == {"config": {"url": LDAP["url"]}}
    assert keystone.request(keystone.admin, "HEAD", f"{path}/ldap/url").status_code == 200


def test_a_second_one_takes_the_place_of_the_first(keystone: Keystone) -> None:
    path = configured(keystone)
    other = {"identity": {"list_limit": 3}}
    result = keystone.put(keystone.admin, path, {"config": other})
    assert (result.status_code, result.json) == (200, {"config": other})


def test_changes(keystone: Keystone) -> None:
    path = configured(keystone)
    whole = keystone.patch(keystone.admin, path, {"config": {"ldap": {"suffix": "cn=x"}}}).json["config"]
    assert whole == {**CONFIG, "ldap": {**LDAP, "suffix": "cn=x"}}
    group = keystone.patch(keystone.admin, f"{path}/identity", {"config": {"identity": {"list_limit": 3}}})
    assert group.json["config"] == {**whole, "identity": {"driver": "ldap", "list_limit": 3}}
    for body in ({"driver": "sql"}, {"identity": {"driver": "sql"}}):
        option = keystone.patch(keystone.admin, f"{path}/identity/driver", {"config": body})
        assert option.json["config"]["identity"] == {"driver": "sql", "list_limit": 3}


@pytest.mark.parametrize(
    ("place", "body"),
    [
        ("", {}),
        ("", {"ldap": {}}),
        ("", {"ldap": "x"}),
        ("", {"nova": {"x": 1}}),
        ("", {"ldap": {"nonsense": 1}}),
        ("/ldap", CONFIG),
        ("/ldap", {"identity": {"driver": "x"}}),
        ("/ldap/url", {"url": "x", "suffix": "y"}),
        ("/ldap/url", {"suffix": "y"}),
        ("/nova", {"nova": {"x": 1}}),
        ("/ldap/nonsense", {"nonsense": 1}),
    ],
)
def test_what_nobody_may_configure(keystone: Keystone, place: str, body: Any) -> None:
    path = configured(keystone)
    refused = keystone.patch(keystone.admin, path + place, {"config": body})
    assert refused.status_code == 403
    assert message(refused).startswith("Invalid domain specific configuration: ")
    assert keystone.get(keystone.admin, path).json["config"] == CONFIG
    if not place:
        assert keystone.put(keystone.admin, path, {"config": body}).status_code == 403


def test_parts_are_removed(keystone: Keystone) -> None:
    path = configured(keystone)
    assert keystone.delete(keystone.admin, f"{path}/ldap/url").status_code == 204
    gone = keystone.get(keystone.admin, f"{path}/ldap/url")
    domain_id = path.split("/")[-2]
    where = f"in domain configuration for domain {domain_id}."
    assert (gone.status_code, message(gone)) == (404, f"Could not find option url in group ldap {where}")
    assert keystone.delete(keystone.admin, f"{path}/ldap").status_code == 204
    assert message(keystone.get(keystone.admin, f"{path}/ldap")) == f"Could not find group ldap {where}"
    assert keystone.get(keystone.admin, path).json["config"] == {"identity": {"driver": "ldap"}}
    assert keystone.delete(keystone.admin, f"{path}/identity/driver").status_code == 204
    assert message(keystone.get(keystone.admin, path)) == f"Could not find any options {where}"
    for place in ("", "/ldap", "/ldap/url"):
        assert keystone.delete(keystone.admin, path + place).status_code == 404
        assert keystone.patch(keystone.admin, path + place, {"config": {"ldap": {"url": "x"}}}).status_code == 404


def test_a_password_is_kept_sealed_and_never_shown(keystone: Keystone) -> None:
    path = f"{V3}/domains/{keystone.make('domain')['id']}/config"
    body = {"config": {"ldap": {"url": "x", "password": "swordfish"}}}
    assert keystone.put(keystone.admin, path, body).json == {"config": {"ldap": {"url": "x"}}}
    assert keystone.get(keystone.admin, f"{path}/ldap").json == {"config": {"ldap": {"url": "x"}}}
    assert keystone.get(keystone.admin, f"{path}/ldap/password").status_code == 404
    assert keystone.get(keystone.admin, f"{DEFAULT}/ldap/password/default").status_code == 403
    with sqlite3.connect(keystone.state / "jumpgate.sqlite") as connection:
        [(sealed,)] = connection.execute("SELECT config FROM identity_domain_configs").fetchall()
    assert "swordfish" not in sealed


def test_the_defaults(keystone: Keystone) -> None:
    whole = keystone.get(keystone.system, f"{DEFAULT}/default").json["config"]
    assert whole["identity"] == {"driver": "sql", "list_limit": None}
    assert "password" not in whole["ldap"]
    assert keystone.get(keystone.admin, f"{DEFAULT}/ldap/default").json == {"config": {"ldap": whole["ldap"]}}
    for name, value in whole["ldap"].items():
        assert keystone.get(keystone.admin, f"{DEFAULT}/ldap/{name}/default").json == {"config": {name: value}}
    for place in ("nova", "ldap/nonsense"):
        assert keystone.get(keystone.admin, f"{DEFAULT}/{place}/default").status_code == 403


def test_everybody_may_know_what_passwords_must_look_like(keystone: Keystone, tmp_path: Any) -> None:
    strict = Keystone(tmp_path / "strict", "password_regex = ^.{9,}$\npassword_regex_description = nine characters\n")
    path = f"{V3}/domains/default/config/security_compliance"
    rules = {"password_regex": "^.{9,}$", "password_regex_description": "nine characters"}
    assert strict.get(strict.demo, path).json == {"config": {"security_compliance": rules}}
    one = strict.get(strict.demo, f"{path}/password_regex")
    assert one.json == {"config": {"password_regex": "^.{9,}$"}}
    assert strict.get(strict.demo, f"{path}/lockout_duration").status_code == 403
    other = keystone.make("domain")["id"]
    assert keystone.get(keystone.demo, f"{V3}/domains/{other}/config/security_compliance").status_code == 403


def test_only_admins_configure_and_readers_read(keystone: Keystone) -> None:
    path = configured(keystone)
    _, manager = keystone.in_domain("manager")
    for token in (keystone.demo, manager):
        for place in ("", "/ldap", "/ldap/url"):
            assert keystone.get(token, path + place).status_code == 403
            assert keystone.patch(token, path + place, {"config": CONFIG}).status_code == 403
            assert keystone.delete(token, path + place).status_code == 403
        assert keystone.put(token, path, {"config": CONFIG}).status_code == 403
        assert keystone.get(token, f"{DEFAULT}/default").status_code == 403


def test_a_configuration_goes_with_its_domain(keystone: Keystone) -> None:
    path = configured(keystone)
    domain = path.removesuffix("/config")
    keystone.patch(keystone.admin, domain, {"domain": {"enabled": False}})
    assert keystone.delete(keystone.admin, domain).status_code == 204
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert keystone.request(keystone.admin, method, path, {"config": CONFIG}).status_code == 404
    with sqlite3.connect(keystone.state / "jumpgate.sqlite") as connection:
        assert connection.execute("SELECT * FROM identity_domain_configs").fetchall() == []
