"""A policy.yaml in Keystone's own words replaces the defaults."""

from __future__ import annotations

from pathlib import Path

from tests.identity.keystone import V3, Keystone


def keystone_with(tmp_path: Path, policy: str) -> Keystone:
    file = tmp_path / "policy.yaml"
    file.write_text(policy)
    return Keystone(tmp_path / "state", f"policy_file = {file}")


def test_a_rule_can_be_opened(tmp_path: Path) -> None:
    keystone = keystone_with(tmp_path, '"identity:list_users": "role:member"\n')
    assert keystone.get(keystone.demo, f"{V3}/users").status_code == 200
    assert keystone.get(keystone.demo, f"{V3}/groups").status_code == 403


def test_a_rule_can_be_closed(tmp_path: Path) -> None:
    keystone = keystone_with(tmp_path, '"identity:get_user": "!"\n')
    assert keystone.get(keystone.admin, f"{V3}/users/{keystone.id_of('user', 'demo')}").status_code == 403


def test_keystones_own_checks_of_the_token_work(tmp_path: Path) -> None:
    keystone = keystone_with(
        tmp_path,
        '"identity:list_users": "rule:admin_required or token.domain.id:%(target.domain_id)s"\n'
        '"identity:get_user": "token.project.domain.id:%(target.user.domain_id)s"\n',
    )
    foreign = keystone.make("user", domain_id=keystone.make("domain")["id"])
    _, token = keystone.in_domain("service")
    assert keystone.get(token, f"{V3}/users").status_code == 200
    assert keystone.get(keystone.demo, f"{V3}/users").status_code == 403
    assert keystone.get(keystone.demo, f"{V3}/users/{keystone.id_of('user', 'admin')}").status_code == 200
    assert keystone.get(keystone.demo, f"{V3}/users/{foreign['id']}").status_code == 403
