"""What a check found, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import orjson

WORKS, REFUSED, WRONG, UNKNOWN = "works", "refused", "wrong", "unknown"
VERDICTS = (WORKS, REFUSED, WRONG, UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check of one service: what was asked, and what came of it.

    `verdict` is works; refused (not offered, or not for this user); wrong; or unknown, where there was nothing to check
    it with. `detail` says why, unless it works.
    """

    service: str
    region: str
    subject: str
    verdict: str
    detail: str = ""


def as_json(findings: Sequence[Finding]) -> bytes:
    """Return the findings for programs: counts, and each finding, by service and region."""
    services = [
        {"service": service, "region": region, **_counts(rows), "findings": [_entry(row) for row in rows]}
        for service, region, rows in _by_service(findings)
    ]
    return orjson.dumps({**_counts(findings), "services": services}, option=orjson.OPT_INDENT_2)


def as_text(findings: Sequence[Finding]) -> str:
    """Return the findings for people: the counts of each service, and whatever does not simply work."""
    return "\n".join([line for group in _by_service(findings) for line in _lines(*group)])


def _by_service(findings: Iterable[Finding]) -> Iterator[tuple[str, str, list[Finding]]]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.service, finding.region), []).append(finding)
    for (service, region), rows in groups.items():
        yield service, region, rows


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    counts = Counter(finding.verdict for finding in findings)
    return {verdict: counts[verdict] for verdict in VERDICTS}


def _entry(finding: Finding) -> dict[str, str]:
    return {name: value for name, value in asdict(finding).items() if name not in ("service", "region")}


def _lines(service: str, region: str, rows: Sequence[Finding]) -> Iterator[str]:
    counts = ", ".join(f"{number} {verdict}" for verdict, number in _counts(rows).items() if number)
    yield f"{service} in {region}: {counts}"
    for verdict in (WRONG, REFUSED):
        subjects: dict[str, list[str]] = {}
        for row in rows:
            if row.verdict == verdict:
                subjects.setdefault(row.detail, []).append(row.subject)
        for detail, asked in subjects.items():
            yield f"    {verdict}: {asked[0]}: {detail}{f' (and {len(asked) - 1} more)' if len(asked) > 1 else ''}"
