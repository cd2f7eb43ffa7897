"""What the tests did, read from a run's subunit stream."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import subunit
import testtools

OUTCOMES = {"success": "pass", "fail": "fail", "skip": "skip", "xfail": "pass", "uxsuccess": "fail"}


@dataclass(frozen=True, slots=True)
class Result:
    """What one test did: `outcome` is pass, fail or skip; `reason` says why it failed or was skipped."""

    outcome: str
    seconds: float
    reason: str


def read(stream: Path, wanted: Iterable[str]) -> dict[str, Result]:
    """Return every wanted test's result; the tests of a class that failed or skipped as a whole share its reason."""
    found: dict[str, Result] = {}
    classes: dict[str, Result] = {}

    def on_test(test: Mapping[str, Any]) -> None:
        outcome = OUTCOMES.get(test["status"])
        if outcome is None:
            return
        result = Result(outcome, _seconds(test["timestamps"]), _reason(test["details"], outcome))
        fixture = re.match(r"setUpClass \((.*)\)", test["id"])
        if fixture:
            classes[fixture[1]] = result
        elif not test["id"].startswith(("tearDownClass", "process-returncode")):
            found[test["id"].partition("[")[0]] = result

    reader = testtools.StreamToDict(on_test)
    reader.startTestRun()
    with stream.open("rb") as file:
        subunit.ByteStreamToStreamResult(file, non_subunit_name="stdout").run(reader)
    reader.stopTestRun()
    missing = Result("fail", 0.0, "no outcome was recorded")
    return {name: found.get(name) or classes.get(name.rpartition(".")[0], missing) for name in wanted}


def _seconds(timestamps: tuple[Any, Any]) -> float:
    begin, end = timestamps
    return (end - begin).total_seconds() if begin and end else 0.0


def _reason(details: Mapping[str, Any], outcome: str) -> str:
    texts = {name: content.as_text() for name, content in details.items()}
    if outcome == "skip":
        return str(texts.get("reason", ""))
    lines = [line.strip() for line in texts.get("traceback", "").splitlines() if line and not line.startswith(" ")]
    return " | ".join(lines[1:] or lines)[:300] if outcome == "fail" else ""


def service_of(test: str) -> str:
    """Return the service that a test belongs to by its name."""
    return test.split(".")[2]
