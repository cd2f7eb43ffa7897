"""docs/raw-contract.md speaks of names that exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from jumpgate.common import error_handling
from tests.raw.conftest import RawCloud

PAGE = (Path(__file__).parents[2] / "docs" / "raw-contract.md").read_text()


def names_of(variable: str) -> list[str]:
    return sorted(set(re.findall(rf"\b{variable}\.(\w+)", PAGE)))


@pytest.mark.parametrize("name", names_of("app"))
def test_the_application_has_what_the_page_says(raw: RawCloud, name: str) -> None:
    assert hasattr(raw().jumpgate, name)


@pytest.mark.parametrize("name", names_of("disp"))
def test_the_dispatcher_has_what_the_page_says(raw: RawCloud, name: str) -> None:
    assert hasattr(raw().jumpgate.get_dispatcher("compute"), name)


@pytest.mark.parametrize("module", ["errors", "error_handling", "nested_dict", "format"])
def test_the_helpers_are_where_the_page_says(module: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{module}` |"))
    names = re.findall(r"`(\w+)(?:\(.*?\))?`", row.partition("|")[2].partition("|")[2])
    loaded = importlib.import_module(f"jumpgate.common.{module}")

    assert names
    assert [name for name in names if not hasattr(loaded, name)] == []


def test_the_page_has_every_error_helper() -> None:
    helpers = [name for name in vars(error_handling) if not name.startswith("_") and name.islower()]
    documented = [name for name in helpers if callable(getattr(error_handling, name))]

    assert documented
    assert [name for name in documented if f"`{name}" not in PAGE] == []
