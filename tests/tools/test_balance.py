"""Dividing Tempest's classes among workers by how long they take."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

subunit = pytest.importorskip("subunit")

from stestr.repository.file import RepositoryFactory  # noqa: E402
from stestr.scheduler import partition_tests  # noqa: E402

from tools.conformance import balance  # noqa: E402

BEGINNING = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


def write(stream: Path, *tests: tuple[str, str, float, float]) -> None:
    """Write a run: each test's worker, name, and the seconds at which it began and ended."""
    with stream.open("wb") as file:
        result = subunit.StreamResultToBytes(file)
        for worker, name, begin, end in tests:
            for status, second in (("inprogress", begin), ("success", end)):
                moment = BEGINNING + dt.timedelta(seconds=second)
                result.status(test_id=name, test_status=status, timestamp=moment, test_tags={worker})


def test_a_class_takes_what_its_fixtures_take_too(tmp_path: Path) -> None:
    write(
        tmp_path / "run",
        ("worker-0", "a.First.test_1[id-1]", 0, 2),
        ("worker-1", "a.Third.test_1[id-4]", 1, 4),
        ("worker-0", "a.First.test_2[id-2]", 2, 3),
        ("worker-0", "a.Second.test_1[id-3]", 8, 9),
        ("worker-0", "tearDownClass (a.Second)", 9, 10),
    )

    assert balance.measure(tmp_path / "run") == {"a.First": 3, "a.Second": 7, "a.Third": 3}


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    balance.save({"b": 2.0, "a": 1.5}, tmp_path / "seconds.csv")

    assert balance.load(tmp_path / "seconds.csv") == {"a": 1.5, "b": 2.0}


def test_stestr_deals_out_classes_by_what_it_was_told(tmp_path: Path) -> None:
    tests = [f"a.{name}.test_{number}[id-{number}]" for name in ("Long", "Short", "Brief", "New") for number in (1, 2)]

    RepositoryFactory().initialise(str(tmp_path))
    balance.tell(tmp_path, tests, {"a.Long": 30, "a.Short": 10, "a.Brief": 8})

    parts = partition_tests(
        tests, 2, RepositoryFactory().open(str(tmp_path)), lambda test: re.sub(r"\.test_.*", "", test)
    )
    assert sorted({balance.class_of(test) for test in part} for part in parts) == [
        {"a.Long"},
        {"a.Brief", "a.New", "a.Short"},
    ]


def test_a_repository_that_is_missing_is_made(tmp_path: Path) -> None:
    balance.tell(tmp_path, ["a.One.test_1"], {"a.One": 2})

    times = RepositoryFactory().open(str(tmp_path)).get_test_times(["a.One.test_1"])
    assert times["known"] == {"a.One.test_1": 2}


def test_the_seconds_that_are_kept_are_of_tempests_classes() -> None:
    known = balance.load()

    assert all(name.startswith("tempest.api.") for name in known)
    assert min(known.values()) >= 0
