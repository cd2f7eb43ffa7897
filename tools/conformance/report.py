"""What a run of the conformance tests amounts to: counts by service, what got worse, and the page about it."""

from __future__ import annotations

import collections
import csv
import importlib.metadata
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from jumpgate.certify.results import Result, service_of


def counts(results: Mapping[str, Result]) -> dict[str, collections.Counter[str]]:
    """Return the outcomes by service, and of all."""
    found: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for test, result in results.items():
        for key in (service_of(test), "all"):
            found[key][result.outcome] += 1
            found[key]["total"] += 1
    return found


def table(results: Mapping[str, Result]) -> str:
    """Return the counts as a Markdown table."""
    lines = ["| service | total | passed | failed | skipped |", "|---|---:|---:|---:|---:|"]
    found = counts(results)
    for service in sorted(found, key=lambda name: (name == "all", name)):
        row = found[service]
        lines.append(f"| {service} | {row['total']} | {row['pass']} | {row['fail']} | {row['skip']} |")
    return "\n".join(lines)


def save(results: Mapping[str, Result], file: Path) -> None:
    """Write the results as CSV: test, outcome, seconds, reason."""
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["test", "outcome", "seconds", "reason"])
        for test, result in sorted(results.items()):
            writer.writerow([test, result.outcome, f"{result.seconds:.3f}", " ".join(result.reason.split())])


def load(file: Path) -> dict[str, Result]:
    """Read what `save` wrote."""
    with file.open(newline="") as stream:
        return {
            row["test"]: Result(row["outcome"], float(row["seconds"]), row["reason"]) for row in csv.DictReader(stream)
        }


def regressions(results: Mapping[str, Result], expected: Iterable[str]) -> list[str]:
    """Return the tests that are expected to pass and did not."""
    return sorted(test for test in expected if test in results and results[test].outcome != "pass")


def differences(results: Mapping[str, Result], others: Mapping[str, Result]) -> dict[str, tuple[str, str]]:
    """Return the tests that came out otherwise than in another run, or that only one of them has: its outcome, ours.

    Without another run there is nothing to compare.
    """
    if not others:
        return {}
    outcomes = {test: (_outcome(others, test), _outcome(results, test)) for test in sorted({*results, *others})}
    return {test: pair for test, pair in outcomes.items() if pair[0] != pair[1]}


def _outcome(results: Mapping[str, Result], test: str) -> str:
    return results[test].outcome if test in results else "absent"


_HEAD = """# Conformance

What OpenStack's own Tempest {version} finds in the embedded cloud: the API tests of the five services. This page is
written by the run itself:

    {command}

The run took {elapsed_s:.0f} s on {cores} cores. A real OpenStack (keystone 30, nova 34 with its fake hypervisor, glance
33, cinder 29, neutron 29) passed 1,177 of the same 1,310 tests: compute 505, identity 137, image 57, network 261,
volume 217. Most of what it skipped needs a guest to log in to or a second host.
"""


def document(results: Mapping[str, Result], *, command: str, elapsed_s: float) -> str:
    """Return a Markdown page: the counts, and what did not pass, by class and reason."""
    head = _HEAD.format(
        version=importlib.metadata.version("tempest"), command=command, elapsed_s=elapsed_s, cores=os.cpu_count()
    )
    parts = [head, table(results), "", *_section("Failed", results, "fail"), *_section("Skipped", results, "skip")]
    return "\n".join(parts) + "\n"


def _section(title: str, results: Mapping[str, Result], outcome: str) -> list[str]:
    rows: collections.Counter[tuple[str, str]] = collections.Counter()
    for test, result in sorted(results.items()):
        if result.outcome == outcome:
            rows[test.rpartition(".")[0].removeprefix("tempest.api."), _short(result.reason)] += 1
    if not rows:
        return []
    lines = [f"## {title}", "", "| class | tests | reason |", "|---|---:|---|"]
    return [*lines, *(f"| {name} | {number} | {reason} |" for (name, reason), number in rows.items()), ""]


def _short(reason: str) -> str:
    """Return a reason that fits a table: one line, without what differs from run to run."""
    text = re.sub(r"tempest\.lib\.exceptions\.|testtools\.matchers\._impl\.", "", " ".join(reason.split()))
    return re.sub(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}|0x[0-9a-f]+", "…", text).replace("|", "/")[:140]
