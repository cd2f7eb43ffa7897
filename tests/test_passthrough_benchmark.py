"""The benchmark of the passthrough: what stands in the row, and what its report says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import passthrough, process
from benchmarks.bare import Recording, write
from benchmarks.load import Load
from benchmarks.passthrough import PATH, PREFIX, Image, Report, Way, document, markdown, proxies, verdicts
from tests.support.calls import call
from tests.support.ports import find_free_port


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[str]:
    port = find_free_port()
    file = tmp_path / "recordings.json"
    headers = {"Content-Type": "application/json"}
    write([Recording.of(PATH, 200, headers, document(f"http://127.0.0.1:{port}"))], file)
    with process.bare(file, threads=1, port=port) as running:
        yield running.url


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Jumpgate", "requests session each", "nginx"])
def test_each_proxy_passes_a_request_on(backend: str, name: str, tmp_path: Path) -> None:
    missing = passthrough.nginx_missing()
    if name == "nginx" and missing:
        pytest.skip(missing)

    with proxies()[name](backend, tmp_path) as running:
        place = f"{running.url}{PREFIX}" if name == "Jumpgate" else running.url
        answer = call(place + PATH)

    assert answer.status == 200
    # Jumpgate alone has links to itself.
    expected = (place if name == "Jumpgate" else backend) + PATH
    assert {link["href"] for link in answer.json["server"]["links"]} == {expected}


def a_report(*, median_ms: float, per_second: float, share: float, growth_mib: float) -> Report:
    def way(name: str, rate: float, ms: float) -> Way:
        found = Load(per_second=rate, median_ms=ms, p99_ms=9, errors=0)
        return Way(name=name, many=found, alone=found)

    ways = [way("direct", 9000, 0.1), way("Jumpgate", per_second, median_ms), way("requests session each", 500, 2)]
    direct = Image(name="direct", up=100, down=1000, growth_mib=None)
    ours = Image(name="Jumpgate", up=100 * share, down=1000 * share, growth_mib=growth_mib)
    return Report(generator="wrk", ways=ways, images=[direct, ours], missing=["nginx is not here."])


def test_the_report_says_what_was_reached() -> None:
    report = a_report(median_ms=0.6, per_second=3000, share=0.9, growth_mib=3)

    text = markdown(report, 1024)

    assert all(holds for *_, holds in verdicts(report))
    assert "| added latency, median, ms, at most         | 0.50  | 0.6   | yes   |" in text
    assert "| throughput, times a session each, at least | 6.00  | 4     | yes   |" in text
    assert "nginx is not here." in text


def test_the_report_says_what_was_not() -> None:
    report = a_report(median_ms=0.8, per_second=1000, share=0.5, growth_mib=40)

    assert [holds for *_, holds in verdicts(report)] == [False] * 5
    assert markdown(report, 1024).count("| NO ") == 5
