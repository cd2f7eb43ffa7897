"""The suite bites: it passes right drivers, and catches each wrong one by the test that names the fault."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.testing.small import SwitchedServers
from tests.testing.wrong import FAULTS, RIGHT

ROOT = Path(__file__).parents[2]
TEST_FILE = """
import pytest

from jumpgate.testing.contract.compute import *
from tests.testing.small import on_the_bench
from tests.testing.wrong import DRIVERS

@pytest.fixture(scope="module", params=DRIVERS)
def cloud(request):
    return on_the_bench(DRIVERS[request.param], timeout_s=0.2)
"""

Failures = Mapping[str, set[str]]


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    """The tests of the suite that fail, by the name of the driver: all drivers are tested in one run."""
    folder = tmp_path_factory.mktemp("bite")
    (folder / "test_compute.py").write_text(TEST_FILE)
    report = folder / "report.xml"
    options = ("-q", "-p", "no:cacheprovider", "--tb=no", "--rootdir", str(folder), f"--junit-xml={report}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-k", "TestServers or TestServerStates", str(folder)],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.is_file(), done.stdout + done.stderr
    found = defaultdict[str, set[str]](set)
    for case in ET.parse(report).iter("testcase"):
        name, _, driver = case.get("name", "").partition("[")
        if case.find("failure") is not None or case.find("error") is not None:
            found[driver.rstrip("]").split("-")[0]].add(name)
    return found


@pytest.mark.parametrize("driver", RIGHT, ids=lambda cls: cls.__name__)
def test_a_right_driver_passes(failures: Failures, driver: type[SwitchedServers]) -> None:
    assert not failures.get(driver.__name__)


@pytest.mark.parametrize("driver", FAULTS, ids=lambda cls: cls.__name__)
def test_a_wrong_driver_is_caught_by_the_test_of_its_fault(failures: Failures, driver: type[SwitchedServers]) -> None:
    assert FAULTS[driver] in failures.get(driver.__name__, set())
