"""The measuring itself: the load, the bare handler and the report. What they find is no test's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import lxd, process, requester
from benchmarks.bare import Recording, write
from benchmarks.load import VARY, Load, parse_wrk
from benchmarks.process import Memory
from benchmarks.report import Comparison, PageCost, Report, markdown
from tests.support.calls import call

WRK_REPORT = """Running 3s test @ http://127.0.0.1:8000/
  2 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   651.22us    1.07ms  17.62ms   93.29%
    Req/Sec    15.34k     1.46k   18.38k    70.00%
  Latency Distribution
     50%  461.00us
     75%  533.00us
     90%    0.88ms
     99%    5.32ms
  91645 requests in 3.00s, 14.60MB read
  Socket errors: connect 0, read 1, write 0, timeout 2
  Non-2xx or 3xx responses: 4
Requests/sec:  30548.33
Transfer/sec:      4.87MB
"""


def test_the_report_of_wrk_is_read() -> None:
    assert parse_wrk(WRK_REPORT) == Load(per_second=30548.33, median_ms=0.461, p99_ms=5.32, errors=7)


def test_another_report_is_refused() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        parse_wrk("unable to connect to 127.0.0.1:8000")


def test_requests_that_vary_all_differ() -> None:
    prepared = requester.prepare("GET", f"http://127.0.0.1:8000/x?vary={VARY}", {}, b"")
    requests = prepared.numbered(7)

    assert [next(requests).split()[1] for _ in range(2)] == [b"/x?vary=7", b"/x?vary=8"]


@pytest.mark.slow
def test_the_bare_handler_gives_what_was_recorded(tmp_path: Path) -> None:
    answer = Recording.of("/0", 202, {"content-type": "text/plain", "x-thing": "1", "date": "long ago"}, b"\x00bytes")
    write([answer], tmp_path / "recordings.json")

    with process.bare(tmp_path / "recordings.json", threads=2) as server:
        got, posted = call(f"{server.url}/0?vary=1"), call(f"{server.url}/0", "POST", b"body")
        (worker,) = server.workers()

    assert (got.status, got.body, posted.body) == (202, b"\x00bytes", b"\x00bytes")
    assert (got.headers["content-type"], got.headers["x-thing"]) == ("text/plain", "1")
    assert got.headers.get("date") != "long ago"
    assert worker.rss_mib > worker.pss_mib > 1
    assert server.process.returncode == 0


@pytest.mark.slow
def test_the_load_counts_answers_and_errors(tmp_path: Path) -> None:
    good = Recording.of("/good", 200, {}, b"x" * 600_000)
    write([good, Recording.of("/bad", 500, {}, b"")], tmp_path / "recordings.json")

    with process.bare(tmp_path / "recordings.json", threads=2) as server:
        fine, failing = (
            requester.run(requester.prepare("GET", f"{server.url}/{path}", {}, b""), connections=4, seconds=0.3)
            for path in ("good", "bad")
        )

    assert fine["errors"] == 0
    assert fine["per_second"] > 10
    assert 0 < fine["median_ms"] <= fine["p99_ms"]
    assert failing["errors"] == round(failing["per_second"] * 0.3)


def test_the_report_has_ratios_and_all_numbers() -> None:
    fast, slow = (Load(per_second=rate, median_ms=1000 / rate, p99_ms=5, errors=1) for rate in (1000, 250))
    comparison = Comparison(name="GET it", jumpgate=slow, bare=fast, jumpgate_alone=slow, bare_alone=fast)
    report = Report(
        generator="wrk",
        connections=16,
        threads=4,
        comparisons=[comparison],
        pages=[
            PageCost(servers=100, place="the first", kept=fast, made=fast),
            PageCost(servers=100_000, place="the last", kept=fast, made=slow),
        ],
        memory={"new": [Memory(80.4, 61.2)]},
        first_answer_s={"new": 0.914},
    )

    text = markdown(report)

    assert "| GET it  | 250        | 1,000  | 0.25  | 4.00, 5.00  | 1.00, 5.00 | 4      |" in text
    assert "| 100,000 | the last  | 1.00, 5.00  | 4.00, 5.00 | 2      |" in text
    assert "made anew: 4.00." in text
    assert "| new      | 0.91 s       | 80 MiB, 61 MiB" in text


def test_the_report_of_lxd_has_every_time_the_median_and_its_ratio() -> None:
    assert lxd.report({"Jumpgate's API": [1.0, 3.0, 2.0], "lxc launch": [0.5, 0.5, 9.0]}).splitlines()[2:] == [
        "| Jumpgate's API | 1.00 3.00 2.00 | 2.00 s | 4.00 |",
        "| lxc launch | 0.50 0.50 9.00 | 0.50 s | 1.00 |",
    ]
