"""Measure the passthrough beside no proxy, nginx, and a proxy that opens a `requests` session for each request.

All of them stand in front of the same service, one after the other, with one worker each; the ratios are made within
one run. ``python -m benchmarks.passthrough``
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks import load, process, transfers
from benchmarks.bare import Recording, write
from benchmarks.load import Load, Target
from benchmarks.report import table
from tests.support.calls import Login, log_in
from tests.support.ports import find_free_port

THREADS, CONNECTIONS, ROUNDS = 4, 16, 3
IMAGE_MIB = 1024
PATH = "/v2.1/servers/7a3c1f6e-0000-4000-8000-000000000001"
PREFIX = "/compute"
# What the passthrough has to reach: docs/decisions/passthrough-in-an-event-loop.md
MOST_ADDED_MS, LEAST_RATIO, LEAST_SHARE, MOST_GROWTH_MIB = 0.6, 4.0, 0.8, 32.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to the service, and what a small GET costs on it: with many connections, and alone."""

    name: str
    many: Load
    alone: Load


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image up and down on one way, in MiB a second; how much the worker grew, where one is in between."""

    name: str
    up: float
    down: float
    growth_mib: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run."""

    generator: str
    ways: Sequence[Way]
    images: Sequence[Image]
    missing: Sequence[str]


def document(url: str) -> bytes:
    """Return a small answer with links, as a server's is."""
    links = [{"rel": "self", "href": url + PATH}, {"rel": "bookmark", "href": url + PATH}]
    return json.dumps({"server": {"id": PATH[-36:], "name": "bench", "links": links, "note": "x" * 700}}).encode()


def nginx_missing() -> str | None:
    """Say why nginx cannot be measured; None where it can."""
    return (
        None
        if shutil.which("nginx")
        else "nginx is not installed here (Debian's package nginx-light), so it is left out."
    )


Proxy = Callable[[str, Path], AbstractContextManager[process.Running]]


def proxies() -> dict[str, Proxy]:
    """Return what is measured, by name, as context managers of a backend's URL and a folder."""
    found: dict[str, Proxy] = {
        "Jumpgate": process.passthrough,
        "requests session each": lambda url, folder: process.session_proxy(url, folder, threads=THREADS),
    }
    if nginx_missing() is None:
        found["nginx"] = process.nginx
    return found


def small_gets(folder: Path, seconds: int) -> Iterator[Way]:
    """Measure a small GET on every way, by turns, so that what else the machine does troubles all."""
    file = folder / "recordings.json"
    headers = {"Content-Type": "application/json", "X-Compute-Request-Id": "req-1", "Vary": "X-Auth-Token"}
    port = find_free_port()
    content = document(f"http://127.0.0.1:{port}")
    write([Recording.of(PATH, 200, headers, content)], file)
    with ExitStack() as running:
        backend = running.enter_context(process.bare(file, threads=THREADS, port=port))
        urls = {"direct": backend.url + PATH}
        for name, proxy in proxies().items():
            place = folder / name.split()[0]
            place.mkdir()
            urls[name] = running.enter_context(proxy(backend.url, place)).url + PREFIX * (name == "Jumpgate") + PATH
        targets = {name: Target(url=url, headers={"X-Auth-Token": "x" * 180}) for name, url in urls.items()}
        rounds = [{name: _way(name, target, seconds) for name, target in targets.items()} for _ in range(ROUNDS)]
    for name in targets:
        ways = [found[name] for found in rounds]
        many = sorted((way.many for way in ways), key=lambda item: item.per_second)[ROUNDS // 2]
        yield Way(name=name, many=many, alone=load.middle([way.alone for way in ways]))


def _way(name: str, target: Target, seconds: int) -> Way:
    many = load.measure(target, connections=CONNECTIONS, seconds=seconds)
    return Way(name=name, many=many, alone=load.measure(target, connections=1, seconds=1))


def images(folder: Path, mib: int) -> Iterator[Image]:
    """Move an image up and down, directly and through the passthrough, by turns; yield the middle of each."""
    folder.mkdir()
    wanted = transfers.checksum(mib)
    with ExitStack() as running:
        behind = running.enter_context(process.jumpgate(folder / "state", find_free_port(), threads=THREADS))
        front = running.enter_context(process.passthrough(behind.url, folder, mounted=True))
        login, worker = log_in(folder / "state"), front.worker_pids()[0]
        rounds = [
            {
                "direct": _image("direct", behind.url, login, mib, wanted, None),
                "Jumpgate": _image("Jumpgate", front.url, login, mib, wanted, worker),
            }
            for _ in range(ROUNDS)
        ]
    for name in rounds[0]:
        made = [found[name] for found in rounds]
        growths = [image.growth_mib for image in made if image.growth_mib is not None]
        yield Image(
            name=name,
            up=median(image.up for image in made),
            down=median(image.down for image in made),
            growth_mib=max(growths) if growths else None,
        )


def _image(name: str, base: str, login: Login, mib: int, wanted: str, pid: int | None) -> Image:
    body = {"name": name, "disk_format": "raw", "container_format": "bare"}
    image_id = login.call("image", "/v2/images", "POST", body).json["id"]
    url, headers = f"{base}/image/v2/images/{image_id}/file", {"X-Auth-Token": login.token}
    peak = transfers.Peak(pid) if pid is not None else None
    up = transfers.upload(url, headers, mib)
    down = transfers.download(url, headers)
    growth = peak.growth_mib() if peak is not None else None
    login.call("image", f"/v2/images/{image_id}", "DELETE")
    if down.checksum != wanted:
        raise RuntimeError(f"{url}: what came back is not what was sent.")
    return Image(name=name, up=up.mib_per_second, down=down.mib_per_second, growth_mib=growth)


def measure(folder: Path, seconds: int, mib: int) -> Report:
    """Measure all."""
    missing = nginx_missing()
    return Report(
        generator=load.generator(),
        ways=list(small_gets(folder, seconds)),
        images=list(images(folder / "images", mib)),
        missing=[missing] if missing else [],
    )


def verdicts(report: Report) -> list[tuple[str, float, float, bool]]:
    """Return what was to be reached: its name, the figure, the limit, and whether it holds."""
    ways = {way.name: way for way in report.ways}
    sizes = {image.name: image for image in report.images}
    ours, direct = ways["Jumpgate"], ways["direct"]
    added = ours.alone.median_ms - direct.alone.median_ms
    ratio = ours.many.per_second / ways["requests session each"].many.per_second
    up, down = (getattr(sizes["Jumpgate"], way) / getattr(sizes["direct"], way) for way in ("up", "down"))
    growth = sizes["Jumpgate"].growth_mib or 0.0
    return [
        ("added latency, median, ms, at most", added, MOST_ADDED_MS, added <= MOST_ADDED_MS),
        ("throughput, times a session each, at least", ratio, LEAST_RATIO, ratio >= LEAST_RATIO),
        ("upload, share of direct, at least", up, LEAST_SHARE, up >= LEAST_SHARE),
        ("download, share of direct, at least", down, LEAST_SHARE, down >= LEAST_SHARE),
        ("growth of the worker, MiB, below", growth, MOST_GROWTH_MIB, growth < MOST_GROWTH_MIB),
    ]


def markdown(report: Report, mib: int) -> str:
    """Return the report as tables."""
    direct = next(way for way in report.ways if way.name == "direct")
    small = (
        (
            way.name,
            f"{way.many.per_second:,.0f}",
            f"{way.alone.median_ms:.2f}, {way.alone.p99_ms:.2f}",
            f"{way.alone.median_ms - direct.alone.median_ms:.2f}",
            str(way.many.errors + way.alone.errors),
        )
        for way in report.ways
    )
    large = (
        (
            image.name,
            f"{image.up:,.0f}",
            f"{image.down:,.0f}",
            "" if image.growth_mib is None else f"{image.growth_mib:.1f}",
        )
        for image in report.images
    )
    reached = (
        (name, f"{found:.2f}", f"{limit:g}", "yes" if holds else "NO") for name, found, limit, holds in verdicts(report)
    )
    return "\n\n".join(
        [
            f"A small GET with {CONNECTIONS} connections, and milliseconds of one client alone (median, p99). "
            f"Load: {report.generator}.",
            table(("way", "requests/s", "alone ms", "added ms", "errors"), small),
            f"An image of {mib:,} MiB, in MiB a second, to and from the embedded cloud; MiB that the worker grew by:",
            table(("way", "up", "down", "growth"), large),
            table(("what", "found", "limit", "holds"), reached),
            *report.missing,
        ]
    )


def main() -> int:
    """Print the report; the exit status is 1 where a limit does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.passthrough", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there as well")
    parser.add_argument("--seconds", type=int, default=3, metavar="N", help="for each throughput (default: 3)")
    parser.add_argument("--mib", type=int, default=IMAGE_MIB, metavar="N", help="the size of the image")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jumpgate-bench-") as folder:
        report = measure(Path(folder), options.seconds, options.mib)
    print(markdown(report, options.mib))
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(report), indent=1) + "\n")
    print(f"\n(in {time.monotonic() - began:.0f} s)", file=sys.stderr)
    return 0 if all(holds for *_, holds in verdicts(report)) else 1


if __name__ == "__main__":
    sys.exit(main())
