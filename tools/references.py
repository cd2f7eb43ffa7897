"""References of the site that are read off the code: configuration, commands and what each driver offers."""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from jumpgate import cli
from jumpgate.common.config import OPTIONS, Option
from jumpgate.common.resource import Resource, operations
from tools import contract_reference


def configuration_page() -> str:
    """Return the page of every option of Jumpgate's own, by section."""
    lines = [CONFIGURATION]
    for section in dict.fromkeys(option.section for option in OPTIONS):
        lines += [f"## [{section}]", "", "| option | type | default | meaning |", "| --- | --- | --- | --- |"]
        lines += [_option(option) for option in OPTIONS if option.section == section]
        lines.append("")
    return "\n".join(lines)


CONFIGURATION = """\
# Configuration reference

`jumpgate serve --config FILE` reads a file in ConfigParser format; `jumpgate.conf` in the root of the repository
explains each option where it stands. A value that cannot be read stops the start with one line. A section such as
`[compute:eu]` has the options of `[compute]` for a further region. Other sections, `[openstack]` and those of other
clouds, are their drivers'.
"""


def kind(option: Option) -> str:
    """Return what an option's value is, in words."""
    name = option.read.__name__.strip("_")
    if name == "read":
        return " or ".join(inspect.getclosurevars(option.read).nonlocals["words"])
    return KINDS.get(name, name)


KINDS = {
    "str": "text",
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
    for option in OPTIONS:
        if len(option.help.split()) < 2:
            yield f"jumpgate/common/config.py: [{option.section}] {option.name} has no meaning"
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
    return "\n".join(lines)


COMPATIBILITY = """\
# What each driver offers

The methods of the contract that the drivers in the box override. What is empty answers 501 and is not advertised. The
passthrough, `openstack`, implements no contract: the OpenStack behind it answers. `jumpgate drivers --config FILE`
prints the same for a configuration, `jumpgate check` asks it of a cloud, and `jumpgate certify` tests it.
"""
