"""Domains, and what goes with them when they go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.keystone import V3, Keystone, message

DOMAINS = f"{V3}/domains"


def test_a_domain_looks_like_keystones(keystone: Keystone) -> None:
    domain = keystone.make("domain", name="one", description="first")
    assert domain == {
        "id": domain["id"],
        "name": "one",
        "description": "first",
        "enabled": True,
        "tags": [],
        "options": {},
        "links": {"self": f"http://falconframework.org/identity/v3/domains/{domain['id']}"},
    }
    assert keystone.get(keystone.admin, f"{DOMAINS}/{domain['id']}").json == {"domain": domain}
    changed = keystone.patch(keystone.admin, f"{DOMAINS}/{domain['id']}", {"domain": {"name": "two"}})
    assert changed.json["domain"] == {**domain, "name": "two"}


def test_the_default_domain_is_there(keystone: Keystone) -> None:
    assert keystone.get(keystone.demo, f"{DOMAINS}/default").json["domain"]["name"] == "Default"


def test_an_id_can_be_chosen(keystone: Keystone) -> None:
    wanted = "0123456789abcdef0123456789abcdef"
    assert keystone.make("domain", explicit_domain_id=wanted)["id"] == wanted
    for bad in ("short", wanted.upper(), "0" * 33):
        body = {"domain": {"name": "x", "explicit_domain_id": bad}}
        assert keystone.post(keystone.admin, DOMAINS, body).status_code == 400


def test_a_name_is_taken_once(keystone: Keystone) -> None:
    keystone.make("domain", name="one")
    result = keystone.post(keystone.admin, DOMAINS, {"domain": {"name": "one"}})
    assert result.status_code == 409
    assert message(result).endswith(
        "it is not permitted to have two projects acting as domains with the same name: one."
    )


@pytest.mark.parametrize("body", [{"domain": {}}, {"domain": {"name": ""}}, {"domain": {"name": "x" * 65}}, {}])
def test_a_domain_that_cannot_be_made(keystone: Keystone, body: Any) -> None:
    assert keystone.post(keystone.admin, DOMAINS, body).status_code == 400


def test_an_enabled_domain_is_not_deleted(keystone: Keystone) -> None:
    domain = keystone.make("domain")
    result = keystone.delete(keystone.admin, f"{DOMAINS}/{domain['id']}")
    assert result.status_code == 403
    assert message(result) == "Cannot delete a domain that is enabled, please disable it first."


def test_a_deleted_domain_takes_all_that_is_in_it(keystone: Keystone) -> None:
    domain = keystone.make("domain")
    inside = {"domain_id": domain["id"]}
    things = {kind: keystone.make(kind, **inside) for kind in ("user", "group", "project", "role")}
    child = keystone.make("project", parent_id=things["project"]["id"], **inside)
    guest = keystone.make("user")
    keystone.grant("member", guest, f"projects/{child['id']}")
    keystone.grant("reader", guest, f"domains/{domain['id']}")
    path = f"{DOMAINS}/{domain['id']}"
    keystone.patch(keystone.admin, path, {"domain": {"enabled": False}})
    assert keystone.delete(keystone.admin, path).status_code == 204
    assert keystone.get(keystone.admin, path).status_code == 404
    for kind, thing in things.items():
        assert keystone.get(keystone.admin, f"{V3}/{kind}s/{thing['id']}").status_code == 404
    assert keystone.get(keystone.admin, f"{V3}/projects/{child['id']}").status_code == 404
    left = keystone.get(keystone.admin, f"{V3}/role_assignments?user.id={guest['id']}").json
    assert left["role_assignments"] == []


def test_a_list_and_its_filters(keystone: Keystone) -> None:
    keystone.make("domain", name="one")
    keystone.make("domain", name="two", enabled=False)
    for query, expected in {
        "": ["Default", "one", "two"],
        "name=one": ["one"],
        "enabled=false": ["two"],
        "name__contains=efau": ["Default"],
    }.items():
        domains = keystone.get(keystone.admin, f"{DOMAINS}?{query}").json["domains"]
        assert sorted(domain["name"] for domain in domains) == expected


def test_a_member_sees_the_domain_of_its_project_alone(keystone: Keystone) -> None:
    other = keystone.make("domain")
    assert keystone.get(keystone.demo, f"{DOMAINS}/default").status_code == 200
    assert keystone.get(keystone.demo, DOMAINS).status_code == 403
    assert keystone.post(keystone.demo, DOMAINS, {"domain": {"name": "x"}}).status_code == 403
    for domain_id in (other["id"], "nowhere"):
        assert keystone.get(keystone.demo, f"{DOMAINS}/{domain_id}").status_code == 403
    for method in ("PATCH", "DELETE"):
        result = keystone.request(keystone.demo, method, f"{DOMAINS}/default", {"domain": {"name": "x"}})
        assert result.status_code == 403


def test_a_reader_of_a_domain_lists_it_alone(keystone: Keystone) -> None:
    domain, token = keystone.in_domain("reader")
    assert [item["id"] for item in keystone.get(token, DOMAINS).json["domains"]] == [domain["id"]]
    assert keystone.get(token, f"{DOMAINS}/{domain['id']}").status_code == 200
    assert keystone.get(token, f"{DOMAINS}/default").status_code == 403


def test_an_unknown_domain_is_not_found(keystone: Keystone) -> None:
    result = keystone.get(keystone.admin, f"{DOMAINS}/nowhere")
    assert result.status_code == 404
    assert message(result) == "Could not find domain: nowhere."


def test_an_ordinary_project_is_no_domain(keystone: Keystone) -> None:
    assert keystone.get(keystone.admin, f"{DOMAINS}/{keystone.id_of('project', 'demo')}").status_code == 404
