"""The test file of docs/contract-suite.md runs as it is written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVER = """
from tests.testing.small import SmallServers, on_the_bench

CLOUD = on_the_bench(SmallServers)

def connect():
    return CLOUD.offers
"""
IN_A_HURRY = """
import pytest
from mycloud.compute import CLOUD

@pytest.fixture(autouse=True)
def _hurry(cloud):
    cloud.settle = CLOUD.settle
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of the page's test file and a driver with four methods."""
    folder = tmp_path_factory.mktemp("driver")
    (page,) = re.findall(
        r"## A complete test file\n\n```python\n(.*?)```", (ROOT / "docs/contract-suite.md").read_text(), re.S
    )
    (folder / "mycloud").mkdir()
    (folder / "mycloud" / "__init__.py").touch()
    (folder / "mycloud" / "compute.py").write_text(DRIVER)
    (folder / "conftest.py").write_text(IN_A_HURRY)
    (folder / "test_compute.py").write_text(page.replace('image_id="img-42", ', ""))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    done = subprocess.run(
        command, cwd=folder, env={"PYTHONPATH": f"{folder}:{ROOT}"}, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_the_pages_test_file_passes_for_a_driver_of_four_methods(run: str) -> None:
    assert re.search(r"^\d\d+ passed, \d+ skipped", run, re.M), run


def test_what_the_driver_does_not_offer_is_listed_at_the_end(run: str) -> None:
    assert "methods of Compute are offered; not " in run
    assert "servers.pause" in run.split("methods of Compute are offered; not ")[1]
