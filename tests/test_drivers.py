"""Drivers are found by module path or by the name under which a package installs them; a broken one is named."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from jumpgate import drivers
from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.errors import ConfigError

PLACE = "[compute] driver"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """The entry points of installed packages, as a list that a test fills."""
    found: list[EntryPoint] = []

    def entry_points(*, group: str, name: str | None = None) -> list[EntryPoint]:
        return [entry for entry in found if entry.group == group and name in (None, entry.name)]

    monkeypatch.setattr(drivers, "entry_points", entry_points)
    return found


def entry(service: str, name: str, module: str) -> EntryPoint:
    return EntryPoint(name=name, value=module, group=f"jumpgate.{service}.drivers")


def test_a_driver_is_found_by_its_module_path() -> None:
    assert drivers.load("tests.support.silent", "compute", PLACE).__name__ == "tests.support.silent"


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_those_in_the_box_are_found_by_name(service: str) -> None:
    assert drivers.load("embedded", service, PLACE).__name__ == f"jumpgate.{service}.drivers.embedded"
    assert {"embedded", "openstack"} <= drivers.installed(service).keys()


def test_an_installed_one_is_found_by_name_for_its_service_alone(installed: list[EntryPoint]) -> None:
    installed.append(entry("compute", "quiet", "tests.support.silent"))

    assert drivers.load("quiet", "compute", PLACE).__name__ == "tests.support.silent"
    assert drivers.installed("compute")["quiet"] == "tests.support.silent"
    with pytest.raises(ConfigError, match="No module named 'quiet'"):
        drivers.load("quiet", "image", PLACE)


def test_two_of_one_name_are_not_chosen_between(installed: list[EntryPoint]) -> None:
    installed += [entry("compute", "quiet", "tests.support.silent"), entry("compute", "quiet", "other.silent")]

    with pytest.raises(ConfigError, match=r"several installed packages have one \(other\.silent, tests\.support\.sil"):
        drivers.load("quiet", "compute", PLACE)


def test_the_names_are_listed_by_service(installed: list[EntryPoint]) -> None:
    installed.append(entry("compute", "quiet", "tests.support.silent"))

    lines = drivers.installed_lines().splitlines()

    assert [line.split(":")[0].strip() for line in lines[1:]] == list(SERVICE_NAMES)
    compute = next(line for line in lines if line.startswith("    compute: "))
    assert "quiet (tests.support.silent)" in compute


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which drivers can be imported."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "broken_driver", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "def setup_routes(app, disp):\n    {}['user']\n",
            "setup_routes failed (KeyError: 'user'; {folder}/broken_driver.py, line 2).",
        ),
        ("import nowhere_to_be_found\n", "it cannot be imported (ModuleNotFoundError: No module named 'nowhere_to_be"),
        ("x = 1 +\n", "it cannot be imported (SyntaxError: invalid syntax"),
        ("def setup_routes(app, disp):\n    raise ValueError\n", "setup_routes failed (ValueError: no more is said; "),
        (
            "def setup_routes(app, disp):\n    disp.set_handler('v2_serverz', None)\n",
            "The compute service has no endpoint 'v2_serverz'.",
        ),
    ],
)
def test_what_goes_wrong_at_start_is_one_line_that_names_the_driver(folder: Path, source: str, expected: str) -> None:
    (folder / "broken_driver.py").write_text(source)
    others = "".join(f"[{name}]\ndriver = tests.support.silent\n" for name in SERVICE_NAMES if name != "compute")

    with pytest.raises(ConfigError) as refused:
        Jumpgate(Config.from_text(f"{others}[compute]\ndriver = broken_driver\n"))

    text = str(refused.value)
    assert text.startswith("[compute] driver = broken_driver: ")
    assert expected.format(folder=folder) in text
    assert "\n" not in text
