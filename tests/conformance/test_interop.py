"""OpenStack's interoperability tests pass: those of Tempest that a cloud had to pass to be called OpenStack Powered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not Path(sys.executable).with_name("tempest").exists(),
        reason="Tempest is not installed here: pip install 'jumpgate[conformance]'",
    ),
]


@pytest.mark.parametrize("credentials", ["dynamic", "static"])
def test_what_passed_passes(credentials: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "tools.conformance", "--credentials", credentials]
    lists = ["--list", str(HERE / "interop.txt"), "--expected", str(HERE / f"interop-{credentials}.txt")]

    run = subprocess.run([*command, *lists], cwd=ROOT, capture_output=True, text=True, check=False)

    with capsys.disabled():
        print("\n" + "\n".join(run.stdout.splitlines()[-9:]))
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("credentials", ["dynamic", "static"])
def test_what_must_pass_stands_in_the_guidelines(credentials: str) -> None:
    wanted = (HERE / "interop.txt").read_text().split()
    expected = (HERE / f"interop-{credentials}.txt").read_text().split()

    assert set(expected) <= set(wanted)
    assert len(expected) >= len(wanted) - 3
