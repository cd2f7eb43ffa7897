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
from tests.testing.twisted import FAULTS as TWISTS
from tests.testing.twisted import Fault
from tests.testing.wrong import FAULTS, RIGHT

pytestmark = pytest.mark.slow

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

TWISTED_FILE = """
import pytest

from jumpgate.testing.contract.{service} import *
from tests.testing.embedded import Embedded
from tests.testing.twisted import FAULTS, twisted

@pytest.fixture(scope="module")
def embedded(tmp_path_factory):
    embedded = Embedded(tmp_path_factory.mktemp("embedded"))
    yield embedded.cloud("{service}", timeout_s=2)
    embedded.app.store.close()

@pytest.fixture(scope="module", params=FAULTS["{service}"], ids=lambda fault: fault.method)
def cloud(request, embedded):
    return twisted(embedded, request.param)
"""

CONFTEST = """
def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if is_meant(item, item.callspec.params["cloud"])]

def is_meant(item, fault):
    resource = item.cls.resource or getattr(getattr(item.cls, "thing", None), "resource", "")
    return fault.method.startswith(f"{resource}.") and item.originalname == fault.caught_by.partition("[")[0]
"""

Failures = Mapping[str, set[str]]


def run(folder: Path, *choice: str) -> Failures:
    """Run the test files of a folder, and return which tests fail, by the name of the driver."""
    report = folder / "report.xml"
    options = ("-q", "-p", "no:cacheprovider", "--tb=no", "--rootdir", str(folder), f"--junit-xml={report}")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *choice, str(folder)],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    found = defaultdict[str, set[str]](set)
    for case in ET.parse(report).iter("testcase"):
        name, _, parameters = case.get("name", "").partition("[")
        driver, _, more = parameters.rstrip("]").partition("-")
        if case.find("failure") is not None or case.find("error") is not None:
            found[driver] |= {name, f"{name}[{more}]"}
    return found


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    """The tests of the suite that fail for drivers of the small cloud, all of which are tested in one run."""
    folder = tmp_path_factory.mktemp("bite")
    (folder / "test_compute.py").write_text(TEST_FILE)
    return run(folder, "-k", "TestServers or TestServerStates")


@pytest.fixture(scope="module")
def twists(tmp_path_factory: pytest.TempPathFactory) -> Failures:
    """The same for embedded drivers with a fault, each service in a file of its own; a fault meets its test only."""
    folder = tmp_path_factory.mktemp("twists")
    for service in TWISTS:
        (folder / f"test_{service}.py").write_text(TWISTED_FILE.format(service=service))
    (folder / "conftest.py").write_text(CONFTEST)
    return run(folder)


@pytest.mark.parametrize("driver", RIGHT, ids=lambda cls: cls.__name__)
def test_a_right_driver_passes(failures: Failures, driver: type[SwitchedServers]) -> None:
    assert not failures.get(driver.__name__)


@pytest.mark.parametrize("driver", FAULTS, ids=lambda cls: cls.__name__)
def test_a_wrong_driver_is_caught_by_the_test_of_its_fault(failures: Failures, driver: type[SwitchedServers]) -> None:
    assert FAULTS[driver] in failures.get(driver.__name__, set())


@pytest.mark.parametrize(
    "fault", [fault for faults in TWISTS.values() for fault in faults], ids=lambda fault: fault.method
)
def test_a_wrong_method_is_caught_by_its_test(twists: Failures, fault: Fault) -> None:
    assert fault.caught_by in twists.get(fault.method, set())
