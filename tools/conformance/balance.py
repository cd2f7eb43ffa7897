"""Giving each of stestr's workers as much to do: how long each class took, told to stestr before it divides them.

stestr keeps a class together, and without a history deals classes out in turn: one worker then ends long before
another. It takes the time that a class spends on what its tests share for none, so the history speaks of whole classes.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import subunit
import testtools
from stestr.repository.abstract import RepositoryNotFound
from stestr.repository.file import RepositoryFactory

SECONDS = Path(__file__).with_name("seconds.csv")

_BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def class_of(test: str) -> str:
    """Return the class of a test, or of the fixture of a class, by its name in a subunit stream."""
    fixture = re.match(r"(?:setUp|tearDown)Class \((.*)\)", test)
    return fixture[1] if fixture else test.partition("[")[0].rpartition(".")[0]


def measure(stream: Path) -> dict[str, float]:
    """Return the seconds that each class of a run took its worker, with what its tests share."""
    ends: dict[str, list[tuple[float, float, str]]] = defaultdict(list)

    def on_test(test: Mapping[str, Any]) -> None:
        begin, end = test["timestamps"]
        worker = next((tag for tag in test["tags"] if tag.startswith("worker-")), "")
        if begin and end:
            ends[worker].append((begin.timestamp(), end.timestamp(), class_of(test["id"])))

    reader = testtools.StreamToDict(on_test)
    reader.startTestRun()
    with stream.open("rb") as file:
        subunit.ByteStreamToStreamResult(file, non_subunit_name="stdout").run(reader)
    reader.stopTestRun()
    return _by_class(ends.values())


def _by_class(workers: Iterable[list[tuple[float, float, str]]]) -> dict[str, float]:
    """Give each class the time since its worker's last test before it."""
    seconds: dict[str, float] = defaultdict(float)
    for tests in workers:
        before = min(begin for begin, _, _ in tests)
        for _, end, name in sorted(tests):
            seconds[name] += max(0, end - before)
            before = max(before, end)
    return dict(seconds)


def save(seconds: Mapping[str, float], file: Path = SECONDS) -> None:
    """Write what `measure` found, for the next runs."""
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["class", "seconds"])
        writer.writerows((name, f"{value:.1f}") for name, value in sorted(seconds.items()))


def load(file: Path = SECONDS) -> dict[str, float]:
    """Read what `save` wrote."""
    with file.open(newline="") as stream:
        return {row["class"]: float(row["seconds"]) for row in csv.DictReader(stream)}


def tell(folder: Path, tests: Iterable[str], seconds: Mapping[str, float]) -> None:
    """Give the stestr repository of a Tempest workspace a history in which the classes took so long.

    `tests` are the tests that will run, as stestr lists them; those of a class have equal shares. A class that is not
    in `seconds` counts as an average one.
    """
    classes: dict[str, list[str]] = defaultdict(list)
    for test in tests:
        classes[class_of(test)].append(test)
    average = sum(seconds.values()) / len(seconds) if seconds else 1.0
    history = _repository(folder).get_inserter()
    history.startTestRun()
    for name, members in classes.items():
        share = dt.timedelta(seconds=seconds.get(name, average) / len(members))
        for test in members:
            history.status(test_id=test, test_status="inprogress", timestamp=_BEGINNING)
            history.status(test_id=test, test_status="success", timestamp=_BEGINNING + share)
    history.stopTestRun()


def _repository(folder: Path) -> Any:
    """Open a workspace's repository, or make it where Tempest has not yet."""
    factory = RepositoryFactory()
    try:
        return factory.open(str(folder))
    except RepositoryNotFound:
        return factory.initialise(str(folder))
