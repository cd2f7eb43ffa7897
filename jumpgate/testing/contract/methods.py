"""Every method of a service's contract, and which of them a driver offers."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator

import pytest

from jumpgate.common.resource import Resource, capabilities
from jumpgate.testing.contract.cloud import Cloud


def resources(composition: type) -> Iterator[tuple[str, type[Resource]]]:
    """Yield the fields of a composition (`Compute`) and their contract classes."""
    hints = typing.get_type_hints(composition)
    for part in dataclasses.fields(composition):
        classes = [item for item in (hints[part.name], *typing.get_args(hints[part.name])) if isinstance(item, type)]
        yield from ((part.name, cls) for cls in classes if issubclass(cls, Resource))


def methods(composition: type) -> frozenset[str]:
    """Return every contract method of a composition: ``servers.pause``, hints among them."""
    return frozenset(f"{name}.{method}" for name, cls in resources(composition) for method in _public(cls))


def hints(composition: type) -> frozenset[str]:
    """Return the methods that only help to be fast."""
    return frozenset(
        f"{name}.{method}"
        for name, cls in resources(composition)
        for method in _public(cls)
        if any(hasattr(vars(base).get(method), "__hint__") for base in cls.__mro__)
    )


def _public(cls: type) -> Iterator[str]:
    for method in dir(cls):
        if not method.startswith("_") and callable(getattr(cls, method)):
            yield method


class Summary:
    """Tells at the end of a run what each driver offers of its contract, and what it does not."""

    name = "jumpgate-contract-summary"

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}

    @classmethod
    def of(cls, config: pytest.Config) -> Summary:
        """Return the summary of a run, which pytest shows."""
        summary = config.pluginmanager.get_plugin(cls.name)
        if summary is None:
            summary = cls()
            config.pluginmanager.register(summary, cls.name)
        return typing.cast(Summary, summary)

    def note(self, cloud: Cloud, where: str) -> None:
        """Remember what a driver offers."""
        composition = type(cloud.offers)
        every = methods(composition) - hints(composition)
        lacks = sorted(every - capabilities(cloud.offers))
        line = f"{where}: {len(every) - len(lacks)} of {len(every)} methods of {composition.__name__} are offered"
        self._lines[line + (f"; not {', '.join(lacks)}" if lacks else "")] = None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the lines."""
        terminalreporter.section("contract")
        for line in self._lines:
            terminalreporter.write_line(line)
