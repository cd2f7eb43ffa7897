"""The jumpgate.conf in the root: it is valid, passes everything through, and explains every option."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jumpgate.common.config import OPTIONS, SERVICE_NAMES, Config, Option
from tools import references

FILE = Path(__file__).parent.parent / "jumpgate.conf"
# The options of clouds' own sections.
CLOUDS = ("lxd", "softlayer")
OF_CLOUDS = [option for _, option in references.driver_options() if option.section in CLOUDS]
# What embedded drivers have in the sections of services.
OF_SERVICES = [option for _, option in references.driver_options() if option.section in SERVICE_NAMES]
EXAMPLES = FILE.parent / "examples"
PER_SERVICE = {"mount", "port", "public_url", "policy_file"}


def explained(file: Path = FILE) -> dict[tuple[str, str], str]:
    """Return the values of the options in a file, set or commented, those of every service under no section."""
    values: dict[tuple[str, str], str] = {}
    section = ""
    for line in file.read_text().splitlines():
        if header := re.fullmatch(r"#?\[([\w:]+)\]", line):
            section = header[1]
        elif line == "# Every service takes these as well.":
            section = ""
        elif option := re.fullmatch(r"#?(\w+)=(.*)", line):
            values.setdefault((section, option[1]), option[2])
    return values


def test_the_file_is_valid_and_passes_every_service_through() -> None:
    config = Config.from_file(FILE)

    drivers = {service: config.value(service, "driver") for service in SERVICE_NAMES}
    assert drivers == {service: f"jumpgate.{service}.drivers.openstack" for service in SERVICE_NAMES}


def test_the_file_names_an_endpoint_for_every_service() -> None:
    config = Config.from_file(FILE)

    assert set(config["openstack"]) == {f"{service}_endpoint" for service in SERVICE_NAMES}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: f"{option.section}.{option.name}")
def test_an_option_is_explained_with_its_default(option: Option) -> None:
    shared = option.section in SERVICE_NAMES and option.name in PER_SERVICE
    value = explained()["" if shared else option.section, option.name]

    option.read(value)
    assert value == option.default or not option.default


@pytest.mark.parametrize("option", OF_CLOUDS, ids=lambda option: f"{option.section}.{option.name}")
def test_an_option_of_a_cloud_is_explained_with_its_default_in_an_example(option: Option) -> None:
    value = explained(EXAMPLES / f"{option.section}.conf")[option.section, option.name]

    assert value == option.default or not option.default


@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_example_is_valid_and_explains_no_option_that_does_not_exist(cloud: str) -> None:
    config = Config.from_file(EXAMPLES / f"{cloud}.conf")

    assert {config.value(service, "driver").rpartition(".")[2] for service in SERVICE_NAMES} <= {cloud, "embedded"}
    known = {(option.section, option.name) for option in OF_CLOUDS} | {(name, "driver") for name in SERVICE_NAMES}
    assert set(explained(EXAMPLES / f"{cloud}.conf")) <= known


def test_the_file_explains_no_option_that_does_not_exist() -> None:
    known = {(option.section, option.name) for option in (*OPTIONS, *OF_SERVICES)} | {
        ("", name) for name in PER_SERVICE
    }

    places = {(section.partition(":")[0], name) for section, name in explained() if section != "openstack"}
    assert places <= known
