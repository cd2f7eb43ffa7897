"""Comparing a real OpenStack with itself through Jumpgate: what is kept, what the page says, where nothing can run."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("subunit")

from jumpgate.certify import interoperability_tests
from jumpgate.certify.results import Result
from jumpgate.common.config import Config
from jumpgate.common.errors import ConfigError
from tools.conformance import comparison, passthrough, reference
from tools.conformance.comparison import Row

NAMED = interoperability_tests()[0]
OTHER = "tempest.api.network.test_of_mine.Mine.test_it"


def rows(
    direct: dict[str, str], through: dict[str, str], repeated: dict[str, tuple[str, str]] | None = None
) -> list[Row]:
    again = {test: (result(one), result(two)) for test, (one, two) in (repeated or {}).items()}
    return comparison.join(
        {test: result(outcome) for test, outcome in direct.items()},
        {test: result(outcome) for test, outcome in through.items()},
        again,
    )


def result(outcome: str) -> Result:
    return Result(outcome, 1.5, "why | not" if outcome == "fail" else "")


def test_the_same_outcomes_differ_in_nothing() -> None:
    found = rows({NAMED: "pass", OTHER: "fail"}, {NAMED: "pass", OTHER: "fail"})

    assert comparison.differing(found) == []


def test_an_outcome_that_differs_remains_unless_its_repetition_does_not() -> None:
    found = rows({NAMED: "pass", OTHER: "pass"}, {NAMED: "fail", OTHER: "fail"}, {NAMED: ("pass", "pass")})

    assert [row.test for row in comparison.differing(found)] == sorted([NAMED, OTHER])
    assert [row.test for row in comparison.remaining(found)] == [OTHER]


def test_a_test_that_only_one_run_has_differs() -> None:
    (row,) = rows({OTHER: "pass"}, {})

    assert (row.direct, row.through, row.differs) == ("pass", "absent", True)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    found = rows({NAMED: "pass", OTHER: "skip"}, {NAMED: "fail", OTHER: "skip"}, {NAMED: ("fail", "pass")})
    comparison.save(found, tmp_path / "x.csv")

    assert comparison.load(tmp_path / "x.csv") == found


def test_the_page_counts_and_names_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    comparison.save(rows({NAMED: "pass", OTHER: "fail"}, {NAMED: "fail", OTHER: "fail"}), file)

    page = comparison.page(file, file)

    assert "| all | directly | 2 | 1 | 1 | 0 | | |" in page
    assert "| | through Jumpgate | 1 | 0 | 1 | 0 | 1 | 1 |" in page
    assert f"| {NAMED} | pass | fail | - | - |" in page
    assert f"- `{OTHER}`: why" in page


def test_the_kept_comparison_is_of_the_whole_and_has_no_difference_left() -> None:
    kept, named = comparison.load(), comparison.load(comparison.INTEROP_FILE)

    assert len(kept) == 1310
    assert {row.test for row in kept} >= {row.test for row in named} == set(interoperability_tests())
    assert comparison.remaining(kept) == comparison.remaining(named) == []


def test_nothing_but_the_endpoints_of_the_shipped_configuration_changes() -> None:
    urls = {name: f"http://{name}.example.org" for name in reference.TYPES}

    text = passthrough.shipped_configuration(urls)

    shipped = passthrough.SHIPPED.read_text()
    changed = [line for line, old in zip(text.splitlines(), shipped.splitlines(), strict=True) if line != old]
    assert sorted(changed) == sorted(f"{name}_endpoint={url}" for name, url in urls.items())
    assert Config.from_text(text).get("openstack", "compute_endpoint") == urls["compute"]


def test_where_there_is_no_real_openstack_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REFSTACK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(reference.VARIABLE, str(tmp_path))

    assert passthrough.main([]) == 2

    assert "There is no real OpenStack to compare with" in capsys.readouterr().err
    with pytest.raises(ConfigError, match=reference.VARIABLE):
        reference.find_scripts()
