"""Two runs of the same tests, side by side: directly against a cloud, and through Jumpgate; the file and the page."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from jumpgate.certify.results import Result, service_of

_DOCS = Path(__file__).resolve().parents[2] / "docs"
FILE = _DOCS / "conformance-passthrough.csv"
INTEROP_FILE = _DOCS / "conformance-passthrough-interop.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One test. `direct_again` and `through_again` are of a test that differed and was repeated alone, else empty."""

    test: str
    direct: str
    through: str
    direct_again: str
    through_again: str
    direct_seconds: str
    through_seconds: str
    reason: str

    @property
    def differs(self) -> bool:
        return self.direct != self.through

    @property
    def differs_again(self) -> bool:
        return self.differs and (not self.direct_again or self.direct_again != self.through_again)


def join(
    direct: Mapping[str, Result], through: Mapping[str, Result], repeated: Mapping[str, tuple[Result, Result]]
) -> list[Row]:
    """Return the rows of all tests that either run has, by name."""
    absent = Result("absent", 0.0, "")
    rows = []
    for test in sorted({*direct, *through}):
        one, other = direct.get(test, absent), through.get(test, absent)
        again = repeated.get(test)
        rows.append(
            Row(
                test=test,
                direct=one.outcome,
                through=other.outcome,
                direct_again=again[0].outcome if again else "",
                through_again=again[1].outcome if again else "",
                direct_seconds=f"{one.seconds:.3f}",
                through_seconds=f"{other.seconds:.3f}",
                reason=" ".join((other.reason or one.reason).split()),
            )
        )
    return rows


def save(rows: Iterable[Row], file: Path = FILE) -> None:
    """Write rows for `load`."""
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def load(file: Path = FILE) -> list[Row]:
    """Read what `save` wrote."""
    with file.open(newline="") as stream:
        return [Row(**row) for row in csv.DictReader(stream)]


def differing(rows: Iterable[Row]) -> list[Row]:
    """Return the rows whose outcomes differ between the two runs."""
    return [row for row in rows if row.differs]


def remaining(rows: Iterable[Row]) -> list[Row]:
    """Return those that differ when repeated alone too."""
    return [row for row in rows if row.differs_again]


def table(rows: Sequence[Row]) -> str:
    """Return the counts of both runs by service, and of all, as a Markdown table."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(service_of(row.test), []).append(row)
    groups = dict(sorted(groups.items())) | {"all": list(rows)}
    head = ["| tests | | total | passed | failed | skipped | differ | still differ when repeated |"]
    head.append("|---|---|---:|---:|---:|---:|---:|---:|")
    return "\n".join([*head, *(line for name, group in groups.items() for line in _lines(name, group))])


def _lines(name: str, rows: Sequence[Row]) -> list[str]:
    direct, through = Counter(row.direct for row in rows), Counter(row.through for row in rows)
    differ = f"{len(differing(rows))} | {len(remaining(rows))}"
    return [
        f"| {name} | directly | {len(rows)} | {_counts(direct)} | | |",
        f"| | through Jumpgate | {len(rows)} | {_counts(through)} | {differ} |",
    ]


def _counts(found: Counter[str]) -> str:
    return " | ".join(str(found[outcome]) for outcome in ("pass", "fail", "skip"))


HEAD = """\
# The passthrough in front of a real OpenStack

What OpenStack's own Tempest 47 finds in a real OpenStack (keystone 30, nova 34 with its fake hypervisor, glance 33,
cinder 29, neutron 29), directly and through a Jumpgate with the shipped `jumpgate.conf`, whose `[openstack]` names the
five services. The same tests run both ways, with the same tempest.conf but for the URL of the identity service.

    make conformance-openstack

installs and starts the real OpenStack where its scripts are at hand, runs both and compares the outcomes test by test.
What is found to differ is mended, and the tests that showed it are repeated alone, both ways. The page is written from
`conformance-passthrough.csv` and `conformance-passthrough-interop.csv`, which have every test.
"""


def page(file: Path = FILE, interop_file: Path = INTEROP_FILE) -> str:
    """Return the page about two comparisons: of the interoperability tests alone, and of all API tests."""
    rows = load(file)
    parts = [HEAD, "## The interoperability tests", "", *_section(load(interop_file))]
    parts += ["## All API tests of the five services", "", *_section(rows)]
    parts += ["## What fails both ways", "", *_failures(rows), ""]
    return "\n".join(parts)


def _section(rows: Sequence[Row]) -> list[str]:
    return [table(rows), "", f"Differences: {_differences(rows)}", ""]


def _differences(rows: Sequence[Row]) -> str:
    differ = differing(rows)
    if not differ:
        return "none."
    lines = [
        f"{len(differ)}.",
        "",
        "| test | directly | through Jumpgate | alone, directly | alone, through Jumpgate |",
        "|---|---|---|---|---|",
    ]
    for row in differ:
        lines.append(
            f"| {row.test} | {row.direct} | {row.through} | {row.direct_again or '-'} | {row.through_again or '-'} |"
        )
    number = len(remaining(rows))
    lines += ["", f"Differences that remain when a test is repeated alone: {number or 'none'}."]
    return "\n".join(lines)


def _failures(rows: Sequence[Row]) -> list[str]:
    failed = [row for row in rows if row.direct == row.through == "fail"]
    return [f"- `{row.test}`: {row.reason[:160]}" for row in failed] or ["Nothing."]
