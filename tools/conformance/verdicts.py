"""What a run of Tempest's tests says of a cloud: printed test by test, kept in a file, and compared with what was kept.

The file has the tests that pass, one a line, and the others as comments with their reasons.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from jumpgate.certify.report import VERDICTS, verdict
from jumpgate.certify.results import Result

_EXPLAINED = re.compile(r"# (?:failed|not offered): (?P<test>[\w.]+): (?P<reason>.+)")


def tell(results: Mapping[str, Result], expected: Path | None) -> int:
    """Print each test under its verdict, and the counts; return 1 when one of those that `expected` has did not pass.

    So too when a test failed for which the file has no reason.
    """
    for line in _lines(results):
        print(line)
    counts = Counter(map(verdict, results.values()))
    print(", ".join(f"{counts[name]} {name}" for name in VERDICTS))
    must = passing(expected) if expected else set()
    may = explained(expected) if expected else results.keys()
    failed = {test for test, result in results.items() if verdict(result) == "failed" and test not in may}
    worse = sorted(failed | {test for test in must if test not in results or results[test].outcome != "pass"})
    for test in worse:
        print(f"regression: {test}")
    return 1 if worse else 0


def passing(file: Path) -> set[str]:
    """Return the tests that a file says must pass."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def names(file: Path) -> list[str]:
    """Return all tests of a file, whatever they do."""
    return [*passing(file), *explained(file)]


def explained(file: Path) -> dict[str, str]:
    """Return the tests that a file says need not pass, with the reason of each."""
    matches = map(_EXPLAINED.fullmatch, file.read_text(encoding="utf-8").splitlines())
    return {match["test"]: match["reason"] for match in matches if match}


def compare(results: Mapping[str, Result], wanted: Iterable[str], file: Path) -> int:
    """Print each test under its verdict with the file's reason, and the counts; return how many differ from the file.

    One differs too that passes where the file has a reason why it cannot, and one that this Tempest does not have.
    """
    reasons = explained(file)
    for name in VERDICTS:
        for test in sorted(test for test, result in results.items() if verdict(result) == name):
            print(f"{name}: {test}{f': {reasons[test]}' if test in reasons else ''}")
    counts = Counter(map(verdict, results.values()))
    print(", ".join(f"{counts[name]} {name}" for name in VERDICTS))
    different = [test for test in wanted if test not in results or (test in reasons) == _passed(results[test])]
    for test in sorted(different):
        result = results.get(test)
        print(f"different: {test}: {'does not exist' if result is None else f'{verdict(result)} {_reason(result)}'}")
    return len(different)


def _passed(result: Result) -> bool:
    return verdict(result) == "passed"


def record(results: Mapping[str, Result], file: Path) -> None:
    """Write the file; a test that it has a reason for keeps that one."""
    known = explained(file) if file.exists() else {}
    lines = [
        test if _passed(result) else f"# {verdict(result)}: {test}: {known.get(test) or _reason(result)}"
        for wanted in VERDICTS
        for test, result in sorted(results.items())
        if verdict(result) == wanted
    ]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _lines(results: Mapping[str, Result]) -> Iterator[str]:
    for wanted in VERDICTS:
        for test, result in sorted(results.items()):
            if verdict(result) == wanted:
                yield f"{wanted}: {test}{f': {_reason(result)}' if result.reason else ''}"


def _reason(result: Result) -> str:
    """Return a reason in one line, without the ids that differ from run to run."""
    text = " ".join(result.reason.split()).removeprefix("tempest.lib.exceptions.")
    return re.sub(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|0x[0-9a-f]+", "…", text)[:200]
