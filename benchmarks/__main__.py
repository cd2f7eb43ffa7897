"""Measure Jumpgate against a bare Falcon handler on the same server, and print the result as Markdown.

The ratios are made within one run and with one worker each, so they say more than the numbers beside them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import cloud, load, process
from benchmarks.bare import Recording, write
from benchmarks.load import VARY, Target
from benchmarks.report import Comparison, PageCost, Report, markdown
from tests.support.calls import call, password_body
from tests.support.ports import find_free_port

THREADS, CONNECTIONS = 4, 16
SERVERS, IMAGES, MANY_SERVERS = 100, 20, 100_000
PAGE, ROUNDS = 50, 3


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the first table."""

    name: str
    target: Target


def reads(ground: cloud.Ground, state: Path) -> Iterator[Case]:
    """Yield what changes nothing: tokens and lists, these also where no kept answer can serve."""
    headers = headers_of(ground)
    tokens = f"{ground.login.urls['identity'].removesuffix('/v3')}/v3/auth/tokens"
    body = json.dumps(password_body(state)).encode()
    yield Case("POST auth/tokens, password", Target(method="POST", url=tokens, headers=headers, body=body))
    yield Case("GET auth/tokens", Target(url=tokens, headers={**headers, "X-Subject-Token": ground.login.token}))
    servers = f"{ground.login.urls['compute']}/servers/detail?limit=1000"
    yield Case(f"GET servers/detail, {SERVERS}", Target(url=servers, headers=headers))
    yield Case(f"GET servers/detail, {SERVERS}, made anew", Target(url=f"{servers}&vary={VARY}", headers=headers))
    images = f"{ground.login.urls['image']}/v2/images?limit=1"
    yield Case(f"GET images, {IMAGES}", Target(url=f"{images}000", headers=headers))
    yield Case(f"GET images, {IMAGES}, made anew", Target(url=f"{images}0{VARY}", headers=headers))


def creation(ground: cloud.Ground) -> Case:
    """Return the case that adds servers."""
    body = json.dumps(ground.server("made")).encode()
    url = f"{ground.login.urls['compute']}/servers"
    return Case("POST servers", Target(method="POST", url=url, headers=headers_of(ground), body=body))


def headers_of(ground: cloud.Ground) -> dict[str, str]:
    """Return the headers that all requests have."""
    return {"X-Auth-Token": ground.login.token, "Accept": "application/json", "Content-Type": "application/json"}


def record(case: Case, path: str) -> Recording:
    """Ask Jumpgate once; the bare handler gives that answer."""
    target = case.target
    url = target.url.replace(VARY, "000")
    answer = call(url, target.method, json.loads(target.body) if target.body else None, headers=target.headers)
    if not 200 <= answer.status < 300:
        raise RuntimeError(f"{case.name}: {answer.status} {answer.text}")
    return Recording.of(path, answer.status, dict(answer.headers), answer.body)


def compare(cases: Sequence[Case], folder: Path, seconds: int) -> Iterator[Comparison]:
    """Measure each case at Jumpgate and at the bare handler, one right after the other."""
    file = folder / "recordings.json"
    write([record(case, f"/{number}") for number, case in enumerate(cases)], file)
    with process.bare(file, threads=THREADS) as bare:
        for number, case in enumerate(cases):
            target = case.target
            url = f"{bare.url}/{number}?{urlsplit(target.url).query}"
            yardstick = Target(url=url, method=target.method, headers=target.headers, body=target.body)
            yield Comparison(
                name=case.name,
                jumpgate=load.measure(target, connections=CONNECTIONS, seconds=seconds),
                bare=load.measure(yardstick, connections=CONNECTIONS, seconds=seconds),
                jumpgate_alone=load.measure(target, connections=1, seconds=1),
                bare_alone=load.measure(yardstick, connections=1, seconds=1),
            )


def page_url(ground: cloud.Ground, marker: str | None) -> str:
    """Return the URL of a full page of servers in detail; raise RuntimeError where it is not full."""
    url = f"{ground.login.urls['compute']}/servers/detail?limit={PAGE}" + (f"&marker={marker}" if marker else "")
    found = call(url, headers=headers_of(ground)).json["servers"]
    if len(found) != PAGE:
        raise RuntimeError(f"{url} has {len(found)} servers")
    return url


def page_costs(few: cloud.Ground, many: cloud.Ground) -> Iterator[PageCost]:
    """Measure pages of both clouds by turns, so that what else the machine does troubles both."""
    places: list[tuple[int, str, str, list[load.Load]]] = []
    for ground, servers in ((few, SERVERS), (many, MANY_SERVERS)):
        last = cloud.marker(ground, behind=servers - PAGE)
        places.append((servers, "the first", page_url(ground, None), []))
        places.append((servers, "the last", page_url(ground, last), []))
    headers = headers_of(few)
    for _ in range(ROUNDS):
        for *_, url, made in places:
            made.append(load.measure(Target(url=f"{url}&vary={VARY}", headers=headers), connections=1, seconds=1))
    for servers, place, url, made in places:
        kept = load.measure(Target(url=url, headers=headers), connections=1, seconds=1)
        yield PageCost(servers=servers, place=place, kept=kept, made=load.middle(made))


def measure(folder: Path, seconds: int) -> Report:
    """Measure on state directories of its own: with few servers, and with many."""
    few, many = folder / "few" / "state", folder / "many" / "state"
    port = find_free_port()
    with process.jumpgate(few, port, threads=THREADS) as cold:
        ground = cloud.prepare(few, servers=SERVERS, images=IMAGES)
        comparisons = list(compare(list(reads(ground, few)), folder, seconds))
        memory = {"new": cold.workers()}
    cloud.fill(few, many, servers=MANY_SERVERS)
    with process.jumpgate(few, port, threads=THREADS) as warm:
        with process.jumpgate(many, find_free_port(), threads=THREADS) as full:
            pages = list(page_costs(ground, ground.at(warm.url, full.url)))
            memory[f"{MANY_SERVERS:,} servers"] = full.workers()
        comparisons += compare([creation(ground)], folder, seconds)
        cloud.wait_for_servers(ground.login)
        memory[f"{SERVERS} servers"] = warm.workers()
    starts = (cold.first_answer_s, full.first_answer_s, warm.first_answer_s)
    return Report(
        generator=load.generator(),
        connections=CONNECTIONS,
        threads=THREADS,
        comparisons=comparisons,
        pages=pages,
        memory=memory,
        first_answer_s=dict(zip(memory, starts, strict=True)),
    )


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there as well")
    parser.add_argument("--seconds", type=int, default=3, metavar="N", help="for each throughput (default: 3)")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="jumpgate-bench-") as folder:
        report = measure(Path(folder), options.seconds)
    print(markdown(report))
    if options.json is not None:
        options.json.write_text(json.dumps(asdict(report), indent=1) + "\n")
    print(f"\n(in {time.monotonic() - began:.0f} s)", file=sys.stderr)


if __name__ == "__main__":
    main()
