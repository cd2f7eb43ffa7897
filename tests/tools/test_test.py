"""The test runner: it counts what pytest reports, and its exit code says whether all is well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import test as runner

PASSING = "def test_one(): pass\n"
FAILING = "def test_two(): assert False\n"
BREAKING_AT_THE_END = """
import pytest

@pytest.fixture
def fragile():
    yield
    raise RuntimeError

def test_three(fragile): pass
"""
SKIPPING = "import pytest\n\ndef test_four(): pytest.skip('no such server here')\n"
SLOW = "import pytest\n\n@pytest.mark.slow\ndef test_five(): pass\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow: slow\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "RINGS", (runner.Ring("unit", "not slow"), runner.Ring("slow", "slow")))
    return tmp_path


def outcome(project: Path, capfd: pytest.CaptureFixture[str], *modules: str) -> tuple[int, list[str]]:
    for number, text in enumerate(modules):
        (project / f"test_{number}.py").write_text(text)
    status = runner.main(["-p", "no:cacheprovider"])
    return status, capfd.readouterr().out.splitlines()


def test_each_ring_is_counted_and_the_last_line_is_the_sum(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, lines = outcome(project, capfd, PASSING, SLOW)

    assert status == 0
    assert [line.partition(" in ")[0] for line in lines if line.startswith(("unit: ", "slow: "))] == [
        "unit: 1 passed, 0 failed, 0 skipped",
        "slow: 1 passed, 0 failed, 0 skipped",
    ]
    assert lines[-1] == "2 passed, 0 failed, 0 skipped"


def test_a_failure_fails_the_run(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, lines = outcome(project, capfd, PASSING, FAILING, SLOW)

    assert status == 1
    assert lines[-1] == "2 passed, 1 failed, 0 skipped"


def test_an_error_after_a_test_counts_once(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, lines = outcome(project, capfd, BREAKING_AT_THE_END)

    assert status == 1
    assert lines[-1] == "0 passed, 1 failed, 0 skipped"


def test_a_skip_is_said_with_its_reason(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, lines = outcome(project, capfd, PASSING, SKIPPING)

    assert status == 0
    assert lines[-2:] == ["skipped 1: no such server here", "1 passed, 0 failed, 1 skipped"]


def test_a_module_that_cannot_be_imported_fails_the_run(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, lines = outcome(project, capfd, PASSING, "import no_such_module_anywhere")

    assert status != 0
    assert lines[-1].endswith("1 failed, 0 skipped") or "2 failed" in lines[-1]


def test_a_run_without_a_test_fails(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, lines = outcome(project, capfd)

    assert status != 0
    assert lines[-1] == "0 passed, 0 failed, 0 skipped"
