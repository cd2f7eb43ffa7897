"""``jumpgate certify``: connect, run the interoperability tests, write the two reports."""

from __future__ import annotations

import configparser
import datetime as dt
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jumpgate.certify import interoperability_tests, report
from jumpgate.certify.features import Settings
from jumpgate.certify.report import Certificate
from jumpgate.certify.target import Target, connect
from jumpgate.certify.tempest import Tempest
from jumpgate.certify.workspace import workspace
from jumpgate.common.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to certify: a cloud of a clouds.yaml, with the tests whose names match `regex`, reported in `folder`."""

    cloud: str
    clouds: Path | None
    accounts: Path | None
    settings: Path | None
    regex: str
    concurrency: int
    folder: Path


def certify(request: Request) -> Certificate:
    """Run the tests and write ``report.html`` and ``report.json``; raise ConfigError where that cannot begin."""
    wanted = [name for name in interoperability_tests() if re.search(request.regex, name)]
    if not wanted:
        raise ConfigError(f"None of the interoperability tests has a name that matches {request.regex!r}.")
    given = _given(request.settings)
    target = connect(request.cloud, request.clouds)
    with tempfile.TemporaryDirectory(prefix="jumpgate-certify-") as place:
        tempest = Tempest(Path(place, "tempest"))
        tempest.init()
        with workspace(Path(place, "tempest"), target, accounts=request.accounts, overrides=given):
            certificate = _run(tempest, target, wanted, request)
    request.folder.mkdir(parents=True, exist_ok=True)
    (request.folder / "report.json").write_bytes(report.as_json(certificate))
    (request.folder / "report.html").write_text(report.as_html(certificate), encoding="utf-8")
    return certificate


def _run(tempest: Tempest, target: Target, wanted: Sequence[str], request: Request) -> Certificate:
    tests = tempest.tests(wanted)
    started_at, began = dt.datetime.now(dt.UTC), time.monotonic()
    results = tempest.run(tests, concurrency=request.concurrency)
    failed = {name: tests[name] for name, result in results.items() if report.verdict(result) == "failed"}
    if failed and request.concurrency > 1:
        # What fails beside others may have waited for them: a test that fails alone too has failed.
        results |= tempest.run(failed, concurrency=1)
    return Certificate(
        cloud=target.name,
        auth_url=target.auth_url,
        region=target.region,
        versions=list(target.versions()),
        software={name: _version(name) for name in ("jumpgate", "tempest")},
        started_at=started_at,
        elapsed_s=time.monotonic() - began,
        results=results,
        absent=[name for name in wanted if name not in tests],
    )


def _given(file: Path | None) -> Settings:
    """Return the settings of a file in tempest.conf's format; raise ConfigError."""
    parser = configparser.RawConfigParser()
    try:
        if file is not None:
            with file.open(encoding="utf-8") as stream:
                parser.read_file(stream)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from error
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {str(error).splitlines()[0]}") from error
    return {section: dict(parser[section]) for section in parser.sections()}


def _version(package: str) -> str:
    """Return a package's version; Jumpgate has none where it runs from a checkout that nobody installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
