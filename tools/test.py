"""Run the rings of tests, the fast one first, and end with one line that counts all.

Arguments go to pytest as they are: ``python -m tools.test -k servers``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

NOTHING_COLLECTED = 5


@dataclass(frozen=True, slots=True)
class Ring:
    """One of the parts in which the tests run: a marker expression, and pytest's arguments for it."""

    name: str
    marker: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many tests passed, failed (errors too) and were skipped, and why these were."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.reasons + other.reasons,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


RINGS = (
    Ring("unit", "not slow and not conformance", ("--numprocesses=auto",)),
    Ring("slow", "slow", ("--numprocesses=auto", "--dist=loadfile")),
    # Tempest takes longer than the time after which pytest tells where a test hangs.
    Ring("conformance", "conformance", ("-o", "faulthandler_timeout=0")),
)


def run(ring: Ring, arguments: list[str], report: Path) -> int:
    """Run one ring's tests; return pytest's exit code, 0 where the ring has no test."""
    command = [sys.executable, "-m", "pytest", "-m", ring.marker, f"--junit-xml={report}", *ring.arguments, *arguments]
    code = subprocess.run(command, check=False).returncode
    return 0 if code == NOTHING_COLLECTED else code


def read(report: Path) -> Count:
    """Count the tests in a JUnit report; a test that failed and then failed again at its end is one."""
    if not report.is_file():
        return Count()
    results: dict[str, str] = {}
    reasons: Counter[str] = Counter()
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            results[name] = "failed"
        elif skip is not None:
            results.setdefault(name, "skipped")
            reasons[skip.get("message", "")] += 1
        else:
            results.setdefault(name, "passed")
    total = Counter(results.values())
    return Count(total["passed"], total["failed"], total["skipped"], reasons)


def main(arguments: list[str] | None = None) -> int:
    """Run every ring, print its count, why tests were skipped, and the sum; return the first bad exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    total, status = Count(), 0
    with tempfile.TemporaryDirectory(prefix="jumpgate-test-") as folder:
        for ring in RINGS:
            started = time.monotonic()
            report = Path(folder, f"{ring.name}.xml")
            code = run(ring, given, report)
            count = read(report)
            ended = "" if code in (0, 1) else f" (pytest ended with {code})"
            print(f"{ring.name}: {count} in {time.monotonic() - started:.0f} s{ended}\n", flush=True)
            total, status = total + count, status or code
    for reason, times in sorted(total.reasons.items()):
        print(f"skipped {times}: {reason}")
    if status == 0 and total.passed == 0:
        print("No test has run.")
        status = NOTHING_COLLECTED
    print(total, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
