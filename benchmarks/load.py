"""Load: many requests of one kind on connections that stay open, by wrk where there is one, else by `requester`."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from benchmarks import requester

VARY = "{vary}"

_UNITS_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One kind of request. ``{vary}`` in the URL becomes another number in each request."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What came of it. `errors` counts answers that are not 2xx, and broken connections."""

    per_second: float
    median_ms: float
    p99_ms: float
    errors: int


def middle(loads: Sequence[Load]) -> Load:
    """Return the one with the middle median, with the errors of all."""
    found = sorted(loads, key=lambda item: item.median_ms)[len(loads) // 2]
    return replace(found, errors=sum(item.errors for item in loads))


def find_wrk() -> str | None:
    """Return the path of wrk, None where it is not installed."""
    return shutil.which("wrk")


def generator() -> str:
    """Say what makes the load."""
    return "wrk" if find_wrk() else f"benchmarks.requester, {requester.PROCESSES} processes"


def measure(target: Target, *, connections: int, seconds: int) -> Load:
    """Send requests one after the other on each connection for so long."""
    wrk = find_wrk()
    if wrk is None:
        request = requester.prepare(target.method, target.url, target.headers, target.body)
        return Load(**requester.run(request, connections=connections, seconds=seconds))
    return _run_wrk(wrk, target, connections, seconds)


def _run_wrk(wrk: str, target: Target, connections: int, seconds: int) -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_lua(target))
        script.flush()
        threads = min(2, connections)
        options = [f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--latency", "--script", script.name]
        parts = urlsplit(target.url)
        command = [wrk, *options, f"{parts.scheme}://{parts.netloc}/"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return parse_wrk(done.stdout)


def _lua(target: Target) -> str:
    """Return the script that makes wrk send the target's requests; Lua reads JSON's strings as its own."""
    parts = urlsplit(target.url)
    path = json.dumps(parts.path + (f"?{parts.query}" if parts.query else ""))
    headers = "".join(f"wrk.headers[{json.dumps(key)}] = {json.dumps(text)}\n" for key, text in target.headers.items())
    # Another number than any run before had, whose answers may have been kept.
    number = f'"{int(time.time()) % 10**6}" .. math.random(999999999)'
    varied = f'string.gsub({path}, "{VARY}", {number})' if VARY in target.url else path
    return (
        f"wrk.method = {json.dumps(target.method)}\n"
        f"wrk.body = {json.dumps(target.body.decode())}\n{headers}"
        'function init() math.randomseed(tonumber(tostring(wrk.thread):match("0x(%x+)"), 16)) end\n'
        f"function request() local path = {varied}; return wrk.format(nil, path) end\n"
    )


def parse_wrk(text: str) -> Load:
    """Read wrk's report."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    percentiles = dict(re.findall(r"^\s+(50|99)%\s+([\d.]+[a-z]+)$", text, re.MULTILINE))
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.findall(r"(?:connect|read|write|timeout) (\d+)", text)
    if rate is None:
        raise ValueError(f"wrk's report cannot be read:\n{text}")
    return Load(
        per_second=float(rate[1]),
        median_ms=_milliseconds(percentiles["50"]),
        p99_ms=_milliseconds(percentiles["99"]),
        errors=(int(refused[1]) if refused else 0) + sum(map(int, broken)),
    )


def _milliseconds(text: str) -> float:
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    return float(number) * _UNITS_MS[text.removeprefix(number)]
