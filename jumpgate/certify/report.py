"""The report of a certification: what passed, what failed and what the cloud does not offer, by capability."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from jumpgate.certify.results import Result, service_of
from jumpgate.certify.target import Version

VERDICTS = ("passed", "failed", "not offered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One run. `software` are the versions of what tested; `absent` are tests that this Tempest does not have."""

    cloud: str
    auth_url: str
    region: str
    versions: Sequence[Version]
    software: Mapping[str, str]
    started_at: dt.datetime
    elapsed_s: float
    results: Mapping[str, Result]
    absent: Sequence[str]

    def counts(self) -> Counter[str]:
        """Return how many tests have each verdict."""
        return Counter(map(verdict, self.results.values()))

    def capabilities(self) -> dict[tuple[str, str], dict[str, Result]]:
        """Return the results by (service, capability)."""
        found: dict[tuple[str, str], dict[str, Result]] = {}
        for test in sorted(self.results):
            found.setdefault((service_of(test), capability_of(test)), {})[test] = self.results[test]
        return found

    def summary(self) -> str:
        """Return lines: each capability of which something failed, and the counts of all."""
        lines = []
        for (service, capability), results in self.capabilities().items():
            counts = Counter(map(verdict, results.values()))
            if counts["failed"]:
                lines.append(f"{service}, {capability}: {counts['failed']} of {len(results)} failed")
        counts = self.counts()
        numbers = ", ".join(f"{counts[name]} {name}" for name in VERDICTS)
        return "\n".join([*lines, f"{self.cloud}: {numbers} in {self.elapsed_s:.0f} s"])


def verdict(result: Result) -> str:
    """Return what a result says of the cloud: what it answers 501 to, or was found not to have, it does not offer."""
    if result.outcome == "pass":
        return "passed"
    not_there = result.outcome == "skip" or "exceptions.NotImplemented" in result.reason
    return "not offered" if not_there else "failed"


def capability_of(test: str) -> str:
    """Return what a test is about, as Tempest sorts its tests: the folder below the service, and the module."""
    *folders, module = test.split(".")[3:-2]
    words = re.sub(r"^test_", "", module).replace("_", " ")
    return " / ".join([*(folder for folder in folders if folder not in ("v2", "v3")), words])


def as_json(certificate: Certificate) -> bytes:
    """Return the report for programs."""
    document = {
        "cloud": {"name": certificate.cloud, "auth_url": certificate.auth_url, "region": certificate.region},
        "services": [asdict(version) for version in certificate.versions],
        "software": dict(certificate.software),
        "started_at": certificate.started_at.isoformat(),
        "elapsed_s": round(certificate.elapsed_s, 1),
        "counts": {name: certificate.counts()[name] for name in VERDICTS},
        "absent": list(certificate.absent),
        "capabilities": [_entry(*item) for item in certificate.capabilities().items()],
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _entry(key: tuple[str, str], results: Mapping[str, Result]) -> dict[str, Any]:
    counts = Counter(map(verdict, results.values()))
    tests = [
        {"name": name, "verdict": verdict(result), "seconds": round(result.seconds, 3), "reason": result.reason}
        for name, result in results.items()
    ]
    return {"service": key[0], "capability": key[1], **{name: counts[name] for name in VERDICTS}, "tests": tests}


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Interoperability of {cloud}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top }}
td.n {{ text-align: right }}
.passed {{ color: #17692b }} .failed {{ color: #a8201a; font-weight: 600 }} .not-offered {{ color: #666 }}
summary {{ cursor: pointer }} code {{ font-size: 13px }}
</style>
</head>
<body>
<h1>Interoperability of {cloud}</h1>
<p><span class="passed">{passed} passed</span>, <span class="failed">{failed} failed</span>,
<span class="not-offered">{not_offered} not offered</span>. Run at {started}, in {elapsed:.0f} s, against {auth_url},
region {region}, with {software}.</p>
<h2>Services</h2>
<table><tr><th>service</th><th>version</th><th>newest microversion</th><th>URL</th></tr>
{services}
</table>
<h2>Capabilities</h2>
<table><tr><th>service</th><th>capability</th><th>passed</th><th>failed</th><th>not offered</th></tr>
{capabilities}
</table>
{absent}</body>
</html>
"""


def as_html(certificate: Certificate) -> str:
    """Return the report for people: one page without anything from elsewhere."""
    counts = certificate.counts()
    return _PAGE.format(
        cloud=html.escape(certificate.cloud),
        passed=counts["passed"],
        failed=counts["failed"],
        not_offered=counts["not offered"],
        started=certificate.started_at.strftime("%Y-%m-%d %H:%M UTC"),
        elapsed=certificate.elapsed_s,
        auth_url=html.escape(certificate.auth_url),
        region=html.escape(certificate.region),
        software=html.escape(", ".join(f"{name} {version}" for name, version in certificate.software.items())),
        services="\n".join(
            _row(one.service, one.version, one.microversion or "none", one.url) for one in certificate.versions
        ),
        capabilities="\n".join(_capability_rows(certificate)),
        absent=_absent(certificate.absent),
    )


def _row(*cells: object) -> str:
    return f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in cells)}</tr>"


def _capability_rows(certificate: Certificate) -> Iterator[str]:
    for (service, capability), results in certificate.capabilities().items():
        counts = Counter(map(verdict, results.values()))
        numbers = "".join(f'<td class="n {name.replace(" ", "-")}">{counts[name] or ""}</td>' for name in VERDICTS)
        tests = "".join(_test(name, result) for name, result in results.items())
        opened = " open" if counts["failed"] else ""
        details = f"<details{opened}><summary>{html.escape(capability)}</summary>{tests}</details>"
        yield f"<tr><td>{html.escape(service)}</td><td>{details}</td>{numbers}</tr>"


def _test(name: str, result: Result) -> str:
    said = verdict(result)
    short = ".".join(name.split(".")[-2:])
    reason = f": {html.escape(' '.join(result.reason.split()))}" if result.reason else ""
    return f'<div class="{said.replace(" ", "-")}"><code>{html.escape(short)}</code> {said}{reason}</div>'


def _absent(names: Sequence[str]) -> str:
    if not names:
        return ""
    rows = "".join(f"<li><code>{html.escape(name)}</code></li>" for name in names)
    return f"<h2>Not in this Tempest</h2>\n<ul>{rows}</ul>\n"
