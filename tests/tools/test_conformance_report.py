"""Comparing a Tempest run with another one."""

from __future__ import annotations

import pytest

pytest.importorskip("subunit")

from jumpgate.certify.results import Result
from tools.conformance.report import differences


def results(**outcomes: str) -> dict[str, Result]:
    return {test: Result(outcome, 1.0, "") for test, outcome in outcomes.items()}


def test_the_same_outcomes_are_no_difference() -> None:
    assert differences(results(a="pass", b="skip"), results(a="pass", b="skip")) == {}


def test_every_other_outcome_is_one_in_either_direction() -> None:
    found = differences(results(a="fail", b="pass", c="skip"), results(a="pass", b="fail", c="pass"))

    assert found == {"a": ("pass", "fail"), "b": ("fail", "pass"), "c": ("pass", "skip")}


def test_a_test_that_only_one_run_has_is_a_difference() -> None:
    assert differences(results(a="pass"), results(b="pass")) == {"a": ("absent", "pass"), "b": ("pass", "absent")}


def test_without_another_run_nothing_is_compared() -> None:
    assert differences(results(a="pass"), {}) == {}
