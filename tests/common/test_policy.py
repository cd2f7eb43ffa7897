"""Who may do what: OpenStack's rules, their defaults, and the operator's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import ConfigError, Forbidden
from jumpgate.common.policy import (
    ADMIN,
    ANYBODY,
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    Policy,
    Rule,
)

RULES = (
    Rule("servers:show", PROJECT_READER_OR_ADMIN),
    Rule("servers:create", PROJECT_MEMBER_OR_ADMIN),
    Rule("servers:host", ADMIN),
    Rule("flavors:show", ANYBODY),
    Rule("nobody", "!"),
    Rule("system", "role:reader and system_scope:all"),
    Rule("own", "user_id:%(user_id)s"),
)
MEMBER = Context(user_id="m", project_id="p", roles=("member", "reader"))
READER = Context(user_id="r", project_id="p", roles=("reader",))
STRANGER = Context(user_id="s", project_id="other", roles=("member", "reader"))
ADMINISTRATOR = Context(user_id="a", project_id="admins", roles=("admin", "member", "reader"))
AUDITOR = Context(user_id="x", system=True, roles=("reader",))
HERS = {"project_id": "p", "user_id": "m"}


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("servers:show", [MEMBER, READER, ADMINISTRATOR]),
        ("servers:create", [MEMBER, ADMINISTRATOR]),
        ("servers:host", [ADMINISTRATOR]),
        ("flavors:show", [MEMBER, READER, STRANGER, ADMINISTRATOR, AUDITOR]),
        ("nobody", []),
        ("system", [AUDITOR]),
        ("own", [MEMBER]),
    ],
)
def test_the_defaults_know_roles_projects_and_scopes(rule: str, allowed: list[Context]) -> None:
    policy = Policy(RULES)
    everybody = [MEMBER, READER, STRANGER, ADMINISTRATOR, AUDITOR]

    assert [ctx for ctx in everybody if policy.allows(ctx, rule, HERS)] == allowed


def test_a_decision_is_remembered_for_the_same_question_only() -> None:
    policy = Policy(RULES)

    assert policy.allows(MEMBER, "servers:show", {"project_id": "p"})
    assert not policy.allows(MEMBER, "servers:show", {"project_id": "other"})
    assert policy.allows(MEMBER, "servers:show", {"project_id": "p"})
    assert not policy.allows(STRANGER, "servers:show", {"project_id": "p"})


def test_who_may_not_is_forbidden_and_told_the_rule() -> None:
    with pytest.raises(Forbidden, match="Policy doesn't allow servers:create to be performed"):
        Policy(RULES).require(READER, "servers:create", HERS)


def test_jumpgates_own_work_passes_as_an_administrators() -> None:
    Policy(RULES).require(service_context("p"), "servers:host", HERS)


def test_a_rule_that_nobody_has_defined_is_a_mistake_in_the_code() -> None:
    with pytest.raises(KeyError, match="servers:fly"):
        Policy(RULES).allows(ADMINISTRATOR, "servers:fly", HERS)


def test_a_service_may_define_a_shared_rule_anew() -> None:
    policy = Policy((*RULES, Rule("context_is_admin", "role:boss")))

    assert not policy.allows(ADMINISTRATOR, "servers:show", HERS)


def written(folder: Path, text: str) -> Path:
    file = folder / "policy.yaml"
    file.write_text(text)
    return file


def test_the_operators_file_wins(tmp_path: Path) -> None:
    policy = Policy(RULES, written(tmp_path, '"servers:create": "role:reader"\n'))

    assert policy.allows(READER, "servers:create", {"project_id": "anybody's"})
    assert policy.allows(MEMBER, "servers:show", HERS)


def test_the_operators_file_may_have_rules_of_its_own(tmp_path: Path) -> None:
    policy = Policy(RULES, written(tmp_path, '"night_shift": "role:night"\n"servers:create": "rule:night_shift"\n'))
    night = Context(user_id="n", project_id="p", roles=("night",))

    assert policy.allows(night, "servers:create", HERS)
    assert not policy.allows(MEMBER, "servers:create", HERS)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"policy\.yaml does not exist"):
        Policy(RULES, tmp_path / "policy.yaml")


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Policy(RULES, written(tmp_path, "{ this is : no : yaml"))
