"""docs/passthrough.md: each configuration in it is one that Jumpgate serves, and does what its section says."""

from __future__ import annotations

import re
from collections.abc import Set
from pathlib import Path

import certifi
import pytest

from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.gateway import passes_through

ALL = frozenset(SERVICE_NAMES)
PAGE = (Path(__file__).parents[2] / "docs" / "passthrough.md").read_text()
# The services that pass through in the examples of each section, in order.
PASSED: dict[str, list[Set[str]]] = {
    "All five services": [ALL, ALL],
    "Service by service": [{"identity", "image"}],
    "Ports or prefixes": [ALL],
    "TLS and trusted proxies": [ALL],
    "Identity from a real Keystone": [{"identity"}],
    "Identity of our own": [{"image"}],
}


def examples() -> list[tuple[str, str]]:
    """Return each example with its section's title, in order."""
    parts = [part.partition("\n") for part in PAGE.split("\n## ")[1:]]
    return [(title, text) for title, _, body in parts for text in re.findall(r"```ini\n(.*?)```", body, re.DOTALL)]


def test_every_section_has_the_examples_that_are_checked() -> None:
    assert [title for title, _ in examples()] == [title for title, expected in PASSED.items() for _ in expected]


@pytest.mark.parametrize("number", range(sum(map(len, PASSED.values()))))
def test_an_example_is_served_as_its_section_says(number: int, tmp_path: Path) -> None:
    _, text = examples()[number]
    expected = [services for title in PASSED for services in PASSED[title]][number]
    text = re.sub(r"(?m)^state=.*$", f"state={tmp_path}", text)
    config = Config.from_text(re.sub(r"(?m)^ca_file=.*$", f"ca_file={certifi.where()}", text))

    app = Jumpgate(config)

    assert {disp.service.name for disp in app.dispatchers() if passes_through(disp)} == expected
    if "port=5000" in text:
        assert [disp.mount.port for disp in app.dispatchers()] == [5000, 8774, 9292, 8776, 9696]


def test_a_driver_that_misses_a_service_says_so_at_start(tmp_path: Path) -> None:
    text = next(text for title, text in examples() if title == "Service by service")

    app = Jumpgate(Config.from_text(text.replace("/var/lib/jumpgate", str(tmp_path))))

    assert any("compute driver" in notice and "image" in notice for notice in app.notices)


def test_the_options_that_the_page_names_exist() -> None:
    shipped = (Path(__file__).parents[2] / "jumpgate.conf").read_text()

    for option in re.findall(r"(?m)^(\w+)=", "\n".join(text for _, text in examples())):
        assert re.search(rf"(?m)^#?{option}=", shipped), option
