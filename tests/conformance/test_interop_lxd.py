"""OpenStack's interoperability tests on a real LXD: what it offers passes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jumpgate.certify import interoperability_tests
from tools.conformance import verdicts
from tools.conformance.lxd import UNAVAILABLE

HERE = Path(__file__).parent
EXPECTED = HERE / "interop-lxd.txt"
pytestmark = pytest.mark.conformance


@pytest.mark.timeout(900)
@pytest.mark.skipif(
    not Path(sys.executable).with_name("tempest").exists(),
    reason="Tempest is not installed here: pip install 'jumpgate[certify]'",
)
def test_what_passed_passes_and_nothing_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--expected", str(EXPECTED), "--report", str(tmp_path))
    command = [sys.executable, "-m", "tools.conformance.lxd", *options]
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, check=False)

    if done.returncode == UNAVAILABLE:
        pytest.skip(done.stdout.strip())
    with capsys.disabled():
        print("\n" + "\n".join(line for line in done.stdout.splitlines() if not line.startswith("passed: ")))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_test_of_the_guidelines_passes_or_has_a_reason() -> None:
    passing, explained = verdicts.passing(EXPECTED), verdicts.explained(EXPECTED)

    assert passing | explained.keys() <= set(interoperability_tests())
    assert len(passing | explained.keys()) >= len(interoperability_tests()) - 1
    assert not passing & explained.keys()
    assert len(passing) > 260
