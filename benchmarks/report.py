"""What was measured, and how it is printed: Markdown for people, JSON for programs."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from benchmarks.load import Load
from benchmarks.process import Memory

PROGRAMS = ("falcon", "granian", "SQLAlchemy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Jumpgate and the bare handler at the same request, with many connections and with one (`alone`)."""

    name: str
    jumpgate: Load
    bare: Load
    jumpgate_alone: Load
    bare_alone: Load


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCost:
    """What one page of 50 costs a client that asks alone, where a kept answer may serve and where none can."""

    servers: int
    place: str
    kept: Load
    made: Load


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run. `first_answer_s` and `memory` are by the state of the database."""

    generator: str
    connections: int
    threads: int
    comparisons: Sequence[Comparison]
    pages: Sequence[PageCost]
    memory: Mapping[str, Sequence[Memory]]
    first_answer_s: Mapping[str, float]


def markdown(report: Report) -> str:
    """Return the report as tables."""
    programs = ", ".join(f"{name} {version(name)}" for name in PROGRAMS)
    bytecode = ", which keeps no bytecode" if sys.dont_write_bytecode else ""
    about = (
        f"Python {platform.python_version()}{bytecode}; {programs}; "
        f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}.\n"
        f"One worker with {report.threads} threads. Load: {report.generator}."
    )
    return "\n\n".join([about, *_parts(report)])


def _parts(report: Report) -> Iterator[str]:
    yield (
        f"Requests a second with {report.connections} connections, and milliseconds of one client alone (median, p99), "
        "beside a bare\nFalcon handler that returns the same bytes:"
    )
    yield table(("request", "Jumpgate/s", "bare/s", "ratio", "Jumpgate ms", "bare ms", "errors"), _rows(report))
    yield "Milliseconds for a page of 50 servers in detail (median, p99):"
    yield table(
        ("servers", "page", "kept answer", "made anew", "errors"),
        (
            (f"{item.servers:,}", item.place, _ms(item.kept), _ms(item.made), str(item.kept.errors + item.made.errors))
            for item in report.pages
        ),
    )
    yield "Cost of the dearest page, relative to that of the cheapest, made anew: " + _spread(report.pages)
    yield table(
        ("database", "first answer", "memory of a worker afterwards (RSS, PSS)"),
        (
            (
                name,
                f"{report.first_answer_s[name]:.2f} s",
                "; ".join(f"{worker.rss_mib:.0f} MiB, {worker.pss_mib:.0f} MiB" for worker in workers),
            )
            for name, workers in report.memory.items()
        ),
    )


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    for item in report.comparisons:
        loads = (item.jumpgate, item.bare, item.jumpgate_alone, item.bare_alone)
        yield (
            item.name,
            f"{item.jumpgate.per_second:,.0f}",
            f"{item.bare.per_second:,.0f}",
            f"{item.jumpgate.per_second / item.bare.per_second:.2f}",
            _ms(item.jumpgate_alone),
            _ms(item.bare_alone),
            str(sum(found.errors for found in loads)),
        )


def _ms(found: Load) -> str:
    return f"{found.median_ms:.2f}, {found.p99_ms:.2f}"


def _spread(pages: Iterable[PageCost]) -> str:
    costs = [item.made.median_ms for item in pages]
    return f"{max(costs) / min(costs):.2f}."


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    cells = [head, *rows]
    widths = [max(len(row[index]) for row in cells) for index in range(len(head))]
    lines = [
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])
