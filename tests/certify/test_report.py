"""The report says what passed, what failed and what the cloud does not offer, by capability."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re

import pytest

pytest.importorskip("subunit", reason="Tempest is not installed here: pip install 'jumpgate[certify]'")

from jumpgate.certify.report import Certificate, as_html, as_json, capability_of, verdict
from jumpgate.certify.results import Result
from jumpgate.certify.target import Version

FLAVORS = "tempest.api.compute.flavors.test_flavors.FlavorsV2TestJSON"
CERTIFICATE = Certificate(
    cloud="a <cloud>",
    auth_url="http://cloud.example/identity/v3",
    region="RegionOne",
    versions=[
        Version(service="compute", url="http://cloud.example/compute/v2.1", version="2.1", microversion="2.96"),
        Version(service="image", url="http://cloud.example/image/v2", version="2.17", microversion=None),
    ],
    software={"jumpgate": "1.0", "tempest": "47.0.0"},
    started_at=dt.datetime(2025, 1, 2, 3, 4, tzinfo=dt.UTC),
    elapsed_s=61.26,
    results={
        f"{FLAVORS}.test_list_flavors": Result("pass", 0.25, ""),
        f"{FLAVORS}.test_get_flavor": Result("fail", 1.0, "AssertionError: <a> & b"),
        "tempest.api.compute.servers.test_servers.ServersTestJSON.test_pause": Result(
            "fail", 0.1, "tempest.lib.exceptions.NotImplemented: The API does not"
        ),
        "tempest.api.image.v2.test_images.ListUserImagesTest.test_index": Result("skip", 0.0, "no import"),
    },
    absent=["tempest.api.gone.test_it"],
)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Result("pass", 0.0, ""), "passed"),
        (Result("fail", 0.0, "AssertionError: 500 != 200"), "failed"),
        (Result("fail", 0.0, "tempest.lib.exceptions.NotImplemented: no"), "not offered"),
        (Result("skip", 0.0, "Resize is not available"), "not offered"),
    ],
)
def test_what_a_cloud_answers_501_to_it_does_not_offer(result: Result, expected: str) -> None:
    assert verdict(result) == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (f"{FLAVORS}.test_list_flavors", "flavors / flavors"),
        ("tempest.api.image.v2.test_images.ListUserImagesTest.test_index", "images"),
        ("tempest.api.network.test_floating_ips.FloatingIPTestJSON.test_x", "floating ips"),
        ("tempest.api.identity.admin.v3.test_users.UsersV3TestJSON.test_x", "admin / users"),
    ],
)
def test_a_capability_is_what_tempest_sorts_a_test_under(test: str, expected: str) -> None:
    assert capability_of(test) == expected


def test_the_json_report_has_everything() -> None:
    document = json.loads(as_json(CERTIFICATE))

    assert document["counts"] == {"passed": 1, "failed": 1, "not offered": 2}
    assert document["software"] == {"jumpgate": "1.0", "tempest": "47.0.0"}
    assert (document["started_at"], document["elapsed_s"]) == ("2025-01-02T03:04:00+00:00", 61.3)
    assert document["services"][0]["microversion"] == "2.96"
    assert document["absent"] == ["tempest.api.gone.test_it"]
    flavors = document["capabilities"][0]
    assert (flavors["service"], flavors["capability"], flavors["passed"], flavors["failed"]) == (
        "compute",
        "flavors / flavors",
        1,
        1,
    )
    assert flavors["tests"][0] == {
        "name": f"{FLAVORS}.test_get_flavor",
        "verdict": "failed",
        "seconds": 1.0,
        "reason": "AssertionError: <a> & b",
    }


def test_the_html_report_is_one_page_that_shows_failures_and_escapes_what_it_quotes() -> None:
    page = as_html(CERTIFICATE)

    assert "1 passed" in page
    assert "1 failed" in page
    assert "2 not offered" in page
    assert "<h1>Interoperability of a &lt;cloud&gt;</h1>" in page
    assert "AssertionError: &lt;a&gt; &amp; b" in page
    assert re.findall(r"<details open><summary>(.*?)</summary>", page) == ["flavors / flavors"]
    assert "compute</td><td>2.1</td><td>2.96</td>" in page
    assert "tempest.api.gone.test_it" in page
    assert "2025-01-02 03:04 UTC" in page
    assert not re.search(r"<(script|link|img)", page)


def test_the_summary_names_what_failed() -> None:
    assert CERTIFICATE.summary().splitlines() == [
        "compute, flavors / flavors: 1 of 2 failed",
        "a <cloud>: 1 passed, 1 failed, 2 not offered in 61 s",
    ]


def test_a_page_without_absent_tests_does_not_speak_of_them() -> None:
    assert "Not in this Tempest" not in as_html(dataclasses.replace(CERTIFICATE, absent=[]))
