"""OpenStack's interoperability tests pass: those of Tempest that a cloud had to pass to be called OpenStack Powered."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from jumpgate.certify import interoperability_tests

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not Path(sys.executable).with_name("tempest").exists(),
        reason="Tempest is not installed here: pip install 'jumpgate[certify]'",
    ),
]


def run(results: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the interoperability tests; the results go to a file."""
    lists = ["--interop", "--csv", str(results)]
    command = [sys.executable, "-m", "tools.conformance", *lists, *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, subprocess.CompletedProcess[str]]]:
    """Run the tests against the embedded cloud, once for each kind of credentials."""
    folder = tmp_path_factory.mktemp("interop")

    @cache
    def once(credentials: str) -> tuple[Path, subprocess.CompletedProcess[str]]:
        results = folder / f"{credentials}.csv"
        expected = HERE / f"interop-{credentials}.txt"
        return results, run(results, "--credentials", credentials, "--expected", str(expected))

    return once


Direct = Callable[[str], tuple[Path, subprocess.CompletedProcess[str]]]


@pytest.mark.parametrize("credentials", ["dynamic", "static"])
def test_what_passed_passes(credentials: str, direct: Direct, capsys: pytest.CaptureFixture[str]) -> None:
    _, done = direct(credentials)

    with capsys.disabled():
        print("\n" + "\n".join(done.stdout.splitlines()[-9:]))
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_passthrough_in_front_makes_no_difference(
    direct: Direct, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, _ = direct("dynamic")

    done = run(tmp_path / "passthrough.csv", "--passthrough", "--same-as", str(results))

    with capsys.disabled():
        print("\n" + "\n".join(done.stdout.splitlines()[-10:]))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "differences: none" in done.stdout


@pytest.mark.parametrize("credentials", ["dynamic", "static"])
def test_what_must_pass_stands_in_the_guidelines(credentials: str) -> None:
    wanted = interoperability_tests()
    expected = (HERE / f"interop-{credentials}.txt").read_text().split()

    assert set(expected) <= set(wanted)
    assert len(expected) >= len(wanted) - 3
