"""References of the site that are read off the code: configuration, commands and what each driver offers."""

from __future__ import annotations

import argparse
import csv
import importlib
import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from jumpgate import cli
from jumpgate.certify import interoperability_tests
from jumpgate.common.config import OPTIONS, Option
from jumpgate.common.resource import Resource, operations
from tools import contract_reference
from tools.conformance import verdicts

ROOT = Path(__file__).parents[1]


def configuration_page() -> str:
    """Return the page of every option of Jumpgate's own, by section."""
    lines, options = [CONFIGURATION], [*OPTIONS, *(option for _, option in driver_options())]
    for section in dict.fromkeys(option.section for option in options):
        lines += [f"## [{section}]", "", "| option | type | default | meaning |", "| --- | --- | --- | --- |"]
        lines += [_option(option) for option in options if option.section == section]
        lines.append("")
    return "\n".join(lines)


CONFIGURATION = """\
# Configuration reference

`jumpgate serve --config FILE` reads a file in ConfigParser format; `jumpgate.conf` in the root of the repository
explains each option where it stands. A value that cannot be read stops the start with one line. A section such as
`[compute:eu]` has the options of `[compute]` for a further region. `[openstack]` and the sections of other clouds are
read by their drivers alone.
"""


def driver_options() -> Iterator[tuple[str, Option]]:
    """Yield every option that a driver in the box declares, with the module that does."""
    for name in DECLARING:
        for option in importlib.import_module(name).OPTIONS:
            yield name, option


DECLARING = (
    "jumpgate.compute.drivers.embedded.consoles",
    "jumpgate.image.drivers.embedded.limits",
    "jumpgate.clouds.openstack",
    "jumpgate.clouds.softlayer.session",
    "jumpgate.clouds.softlayer.bucket",
    "jumpgate.clouds.lxd.settings",
)
# An option that is read without being declared: its value has no type, and the page does not have it.
_UNDECLARED = re.compile(r"config\.get(?:int|float|boolean)?\(\s*(?:SECTION|section|disp\.section)|config\[SECTION\]")


def undeclared_options(package: Path) -> Iterator[str]:
    """Yield, in a line each, the places of a package where an option is read past its declaration."""
    for file in sorted(package.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if file.match("common/config.py") or "configparser" in text:
            continue
        for found in _UNDECLARED.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{file.relative_to(package.parent)}:{line} reads an option that no OPTIONS declares"


def kind(option: Option) -> str:
    """Return what an option's value is, in words."""
    name = option.read.__name__.strip("_")
    if name == "read":
        return " or ".join(inspect.getclosurevars(option.read).nonlocals["words"])
    return KINDS.get(name, name)


KINDS = {
    "str": "text",
    "int": "number",
    "seconds": "seconds, above 0",
    "file_name": "file",
    "certificates": "file in PEM",
    "urls": "URLs, with commas",
    "port": "port, 1 to 65535",
    "positive": "number, 1 or more",
    "natural": "number, 0 or more",
    "names": "names, with commas",
    "flag": "true or false",
    "pattern": "regular expression",
    "url": "URL",
    "mount": "path",
    "ports": "ports, or any",
    "networks": "CIDRs, with commas",
}


def _option(option: Option) -> str:
    default = f"`{option.default}`" if option.default else "none"
    return f"| `{option.name}` | {kind(option)} | {default} | {option.help.replace('|', '&#124;')} |"


def undocumented_options() -> Iterator[str]:
    """Yield, in a line each, the options of which nobody says what they mean or what they take."""
    for module, option in (*(("jumpgate.common.config", option) for option in OPTIONS), *driver_options()):
        if len(option.help.split()) < 2:
            yield f"{module}: [{option.section}] {option.name} has no meaning"
        elif option.read.__name__.strip("_") not in (*KINDS, "read"):
            yield f"tools/references.py: KINDS has no word for the type of [{option.section}] {option.name}"


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command."""
    parser = cli._parser()
    (action,) = (item for item in parser._actions if isinstance(item, argparse._SubParsersAction))
    return dict(action.choices)


def commands_page() -> str:
    """Return the page of every command with what ``--help`` says."""
    lines = ["# Command reference", ""]
    for name, parser in commands().items():
        parser.formatter_class = lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=100)
        page = f"More: [jumpgate {name}](commands/{name}.md).\n" if name != "serve" else ""
        lines += [f"## jumpgate {name}", "", "```text", parser.format_help().rstrip(), "```", "", page]
    return "\n".join(lines)


def undocumented_commands(docs: Path) -> Iterator[str]:
    """Yield, in a line each, the commands that have no page, and the options that neither page nor help tells of."""
    for name, parser in commands().items():
        page = docs / "commands" / f"{name}.md"
        if name != "serve" and not page.is_file():
            yield f"docs/commands/{name}.md is missing: jumpgate {name} has no page"
        text = page.read_text(encoding="utf-8") if page.is_file() else ""
        for action in parser._actions:
            flag = next((item for item in action.option_strings if item.startswith("--")), action.metavar)
            if not action.help:
                yield f"jumpgate {name} {flag} has no help"
            elif text and flag != "--help" and str(flag) not in text:
                yield f"docs/commands/{name}.md does not tell of {flag}"


def drivers(service: str) -> dict[str, dict[str, frozenset[str]]]:
    """Return what each typed driver of a service in the box offers: driver -> resource -> methods."""
    package = importlib.import_module(f"jumpgate.{service}.drivers")
    found = {
        item.name: _offers(service, f"{package.__name__}.{item.name}")
        for item in pkgutil.iter_modules(package.__path__)
    }
    return {name: offers for name, offers in found.items() if offers}


def _offers(service: str, driver: str) -> dict[str, frozenset[str]]:
    """Return what the classes of a driver's package implement."""
    classes = [
        value
        for module in contract_reference._modules(driver)
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Resource) and value.__module__.startswith(driver)
    ]
    offers = {}
    for name, contract in contract_reference.resources(service).items():
        sets = [operations(cls) for cls in classes if issubclass(cls, contract)]
        if sets:
            offers[name] = frozenset[str]().union(*sets)
    return offers


def compatibility_page(titles: dict[str, str]) -> str:
    """Return the tables of which contract methods each driver overrides."""
    lines = [COMPATIBILITY]
    for service, title in titles.items():
        found = drivers(service)
        lines += [f"## {title}", "", f"| method | {' | '.join(found)} |", f"| --- |{' --- |' * len(found)}"]
        for resource, contract in contract_reference.resources(service).items():
            for method, function in contract_reference.methods(contract).items():
                if hasattr(function, "__hint__"):
                    continue
                cells = ("yes" if method in offers.get(resource, ()) else "" for offers in found.values())
                lines.append(f"| `{resource}.{method}` | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join([*lines, RESULTS, *results_table(ROOT)])


def results_table(root: Path) -> list[str]:
    """Return the lines of the table of what passed in the runs whose results the repository keeps, by service."""
    found = {
        "embedded": _outcomes(root / "docs/conformance.csv", "outcome"),
        "openstack": _outcomes(root / "docs/conformance-passthrough.csv", "through"),
        "softlayer": _listed(interoperability_tests(), root / "tests/conformance/interop-softlayer.txt"),
        "lxd": _listed(interoperability_tests(), root / "tests/conformance/interop-lxd.txt"),
    }
    services = sorted({service for outcomes in found.values() for service, _ in outcomes})
    lines = [f"| service | {' | '.join(found)} |", f"| --- |{' ---: |' * len(found)}"]
    for service in services:
        lines.append(f"| {service} | {' | '.join(_passed(outcomes, service) for outcomes in found.values())} |")
    return [*lines, ""]


def _outcomes(file: Path, column: str) -> Counter[tuple[str, bool]]:
    with file.open(newline="", encoding="utf-8") as stream:
        return Counter((_service(row["test"]), row[column] == "pass") for row in csv.DictReader(stream))


def _listed(tests: Iterable[str], passing: Path) -> Counter[tuple[str, bool]]:
    passed = verdicts.passing(passing)
    return Counter((_service(test), test in passed) for test in tests)


def _service(test: str) -> str:
    return test.removeprefix("tempest.api.").partition(".")[0]


def _passed(outcomes: Counter[tuple[str, bool]], service: str) -> str:
    passed, missed = outcomes[service, True], outcomes[service, False]
    return f"{passed} of {passed + missed}"


RESULTS = """\
## What Tempest finds

How many tests passed in the run that the repository keeps: for `embedded` and for `openstack`, in front of a real
OpenStack, all of Tempest's API tests ([embedded](../conformance.md), [passthrough](../conformance-passthrough.md)); for
`softlayer`, in front of a stand-in for SoftLayer's API, and for `lxd`, in front of a real LXD, the interoperability
tests. What did not pass is mostly skipped, because the cloud does not offer it.
"""

COMPATIBILITY = """\
# What each driver offers

The methods of the contract that the drivers in the box override. What is empty answers 501 and is not advertised. The
passthrough, `openstack`, implements no contract: the OpenStack behind it answers. `jumpgate drivers --config FILE`
prints the same for a configuration, `jumpgate check` asks it of a cloud, and `jumpgate certify` tests it.
"""
