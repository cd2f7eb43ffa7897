"""Running the part of the contract suite that only reads, on a cloud as it is."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jumpgate.api import Jumpgate
from jumpgate.check.finding import REFUSED, UNKNOWN, WORKS, WRONG, Finding
from jumpgate.common.context import Context
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import ConfigError

_READS = """
access are_revoked associations capabilities check class_limits console_output count default default_networks defaults
detailed diagnostics download encryption find find_access_rules find_for_user find_implications find_roles find_users
get has_user holder hypervisors loads networks of_network of_router resource_types routers services sets_passwords
summarize
"""
READS = frozenset(_READS.split())
"""The contract methods that change nothing; a test of the suite that names another one does not run."""

MAKING = frozenset({"made", "shelf"})
"""The suite's fixtures that make things."""

_MODULE = """\
from jumpgate.testing.contract.{service} import *
from jumpgate.check.live import cloud, stock

SERVICE, REGION = {service!r}, {region!r}
"""


def check_installed() -> None:
    """Raise ConfigError where what the suite needs is not there."""
    if find_spec("pytest") is None:
        raise ConfigError("The contract suite needs pytest, which is not here: pip install 'jumpgate[testing]'.")


def run(app: Jumpgate, ctx: Context, services: Iterable[Dispatcher]) -> list[Finding]:
    """Return what the suite finds of services that have a contract, as `ctx`."""
    check_installed()
    import pytest

    plugin = Plugin(app, ctx)
    with tempfile.TemporaryDirectory(prefix="jumpgate-check-") as name:
        folder = Path(name)
        files = list(_write(folder, services))
        (folder / "pytest.ini").write_text("[pytest]\n")
        options = ["-c", str(folder / "pytest.ini"), "-p", "no:terminal", "-p", "no:cacheprovider"]
        if files:
            pytest.main([*options, "--import-mode=importlib", *files], plugins=[plugin])
    return plugin.findings


def _write(folder: Path, services: Iterable[Dispatcher]) -> Iterator[str]:
    for number, disp in enumerate(services):
        file = folder / f"test_{number}_{disp.service.name}.py"
        file.write_text(_MODULE.format(service=disp.service.name, region=disp.region))
        yield str(file)


class Plugin:
    """Leaves only the tests that read, gives them the cloud, and turns their outcomes into findings."""

    def __init__(self, app: Jumpgate, ctx: Context) -> None:
        self.findings: list[Finding] = []
        self._app = app
        self._ctx = ctx

    def pytest_configure(self, config: Any) -> None:
        """Let the fixtures find this object."""
        from jumpgate.check.live import PLUGIN

        config.pluginmanager.register(_Source(self._app, self._ctx), PLUGIN)

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Leave the tests that change nothing."""
        items[:] = [item for item in items if _only_reads(item)]

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note what came of a test: its call, or what kept it from being called."""
        if report.when == "call" or (report.when == "setup" and not report.passed):
            verdict, detail = _judged(report)
            service, region, subject = report.jumpgate
            self.findings.append(
                Finding(service=service, region=region, subject=subject, verdict=verdict, detail=detail)
            )

    def pytest_runtest_makereport(self, item: Any, call: Any) -> Any:
        """Make the report of a phase, with what it is about and whether the cloud only refused."""
        from _pytest.reports import TestReport

        from jumpgate.check.live import REFUSALS

        report: Any = TestReport.from_item_and_call(item, call)
        report.jumpgate = (item.module.SERVICE, item.module.REGION, _subject(item))
        report.refusal = call.excinfo is not None and _caused_by(call.excinfo.value, REFUSALS)
        report.said = "" if call.excinfo is None else _said(call.excinfo)
        return report


class _Source:
    """Where the fixtures get the cloud under test."""

    def __init__(self, app: Jumpgate, ctx: Context) -> None:
        self._app = app
        self._ctx = ctx

    def cloud(self, service: str, region: str) -> Any:
        from jumpgate.testing.contract import Cloud

        admin = self._ctx if self._ctx.is_admin else None
        return Cloud.of(self._app, service, region=region, alice=self._ctx, admin=admin)


def _only_reads(item: Any) -> bool:
    named: Sequence[str] = getattr(item.function, "__needs__", ())
    methods = {name.rpartition(".")[2] for name in named}
    makes = getattr(item.function, "__as_made__", False) or MAKING & set(item.fixturenames)
    return bool(methods) and methods <= READS and not makes


def _subject(item: Any) -> str:
    resource = item.cls.resource or getattr(getattr(item.cls, "thing", None), "resource", item.cls.__name__)
    return f"{resource}: {item.name.removeprefix('test_').replace('_', ' ')}"


def _said(excinfo: Any) -> str:
    """Return what an error says; of one that says nothing, the line that raised it."""
    return str(excinfo.value) or f"{excinfo.typename} at {str(excinfo.traceback[-1].statement).strip()}"


def _caused_by(error: BaseException | None, kinds: tuple[type[BaseException], ...]) -> bool:
    while error is not None:
        if isinstance(error, kinds):
            return True
        error = error.__cause__ or error.__context__
    return False


def _judged(report: Any) -> tuple[str, str]:
    lines = report.said.strip().splitlines()
    said = " ".join(line.strip() for line in lines[:3])
    if report.passed:
        return WORKS, ""
    if report.skipped:
        return (REFUSED if "not offered" in said else UNKNOWN), said
    return (REFUSED if report.refusal else WRONG), said
