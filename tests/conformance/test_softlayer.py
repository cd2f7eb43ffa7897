"""Tempest's tests against the SoftLayer drivers do what their lists say: pass, but for what SoftLayer cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jumpgate.certify import interoperability_tests
from tools.conformance import verdicts

HERE = Path(__file__).parent
INTEROP, FIRST = HERE / "interop-softlayer.txt", HERE / "first-softlayer.txt"
pytestmark = pytest.mark.conformance


@pytest.mark.timeout(900)
@pytest.mark.skipif(
    not Path(sys.executable).with_name("tempest").exists(),
    reason="Tempest is not installed here: pip install 'jumpgate[certify]'",
)
def test_each_does_what_its_list_says(capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "tools.conformance.softlayer"]
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, check=False)

    with capsys.disabled():
        print(f"\n{done.stdout}")
    assert done.returncode == 0, done.stderr


def test_every_interoperability_test_of_this_tempest_is_listed() -> None:
    listed = verdicts.names(INTEROP)

    assert len(listed) == len(set(listed))
    # One of them left Tempest when its port's test did.
    assert len(set(interoperability_tests()) - set(listed)) <= 1
    assert set(listed) <= set(interoperability_tests())


@pytest.mark.parametrize("file", [INTEROP, FIRST], ids=["interop", "first"])
def test_what_does_not_pass_has_a_reason_of_softlayers(file: Path) -> None:
    assert all("." in reason and len(reason) > 20 for reason in verdicts.explained(file).values())
    assert not verdicts.passing(file) & verdicts.explained(file).keys()
