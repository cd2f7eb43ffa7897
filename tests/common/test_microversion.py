"""Microversions: what a client may ask for, what it gets, and which window has it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from jumpgate.common.errors import BadRequest, NotAcceptable
from jumpgate.common.microversion import Microversion, Microversions, in_window

COMPUTE = Microversions(
    service_type="compute",
    minimum=Microversion(2, 1),
    maximum=Microversion(2, 96),
    root="/v2.1",
    legacy_header="X-OpenStack-Nova-API-Version",
)
VOLUME = Microversions(
    service_type="volume", minimum=Microversion(3, 0), maximum=Microversion(3, 70), root="/v3", legacy_header=None
)


def negotiate(microversions: Microversions, headers: Mapping[str, str]) -> str:
    return str(microversions.negotiate(headers.get))


def test_versions_are_ordered_as_numbers() -> None:
    assert Microversion.parse("2.9") < Microversion.parse("2.10") < Microversion.parse("3.0")


@pytest.mark.parametrize(
    "text", ["2", "2.", ".1", "2.01", "02.1", "0.1", "2.1.1", "2,1", "a.b", "", " 2.1", "2.1 ", "2.-1"]
)
def test_what_is_no_version_is_a_bad_request(text: str) -> None:
    with pytest.raises(BadRequest, match=r"is of invalid format\. It must be of format 'MajorNum\.MinorNum'"):
        Microversion.parse(text)


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (None, "2.1"),
        ("compute 2.53", "2.53"),
        ("compute 2.1", "2.1"),
        ("compute 2.96", "2.96"),
        ("compute latest", "2.96"),
        ("Compute 2.53", "2.53"),
        ("  compute   2.53 ", "2.53"),
        ("volume 3.50", "2.1"),
        ("volume 3.50, compute 2.53", "2.53"),
        ("compute 2.53,volume 3.50", "2.53"),
        ("compute", "2.1"),
        ("", "2.1"),
    ],
)
def test_the_header_chooses_the_version(header: str | None, version: str) -> None:
    headers = {} if header is None else {"OpenStack-API-Version": header}

    assert negotiate(COMPUTE, headers) == version


@pytest.mark.parametrize(("text", "version"), [("2.53", "2.53"), ("latest", "2.96")])
def test_the_older_header_has_the_number_alone(text: str, version: str) -> None:
    assert negotiate(COMPUTE, {"X-OpenStack-Nova-API-Version": text}) == version


def test_the_newer_header_wins() -> None:
    headers = {"OpenStack-API-Version": "compute 2.60", "X-OpenStack-Nova-API-Version": "2.3"}

    assert negotiate(COMPUTE, headers) == "2.60"


def test_a_service_without_an_older_header_does_not_look_for_one() -> None:
    assert negotiate(VOLUME, {"X-OpenStack-Nova-API-Version": "3.50"}) == "3.0"


@pytest.mark.parametrize("version", ["2.0", "2.97", "1.1", "3.1"])
def test_a_version_that_is_not_served_is_not_acceptable(version: str) -> None:
    with pytest.raises(
        NotAcceptable, match=f"Version {version} is not supported by the API. Minimum is 2.1 and maximum"
    ):
        negotiate(COMPUTE, {"OpenStack-API-Version": f"compute {version}"})


def test_a_version_that_is_none_is_a_bad_request() -> None:
    with pytest.raises(BadRequest):
        negotiate(COMPUTE, {"OpenStack-API-Version": "compute two"})


@pytest.mark.parametrize(
    ("path", "applies"),
    [("/v2.1", True), ("/v2.1/servers", True), ("/v2.1/{tenant_id}/servers", True), ("/v2", False), ("/v2.10", False)],
)
def test_versions_belong_to_one_root(path: str, applies: bool) -> None:
    assert COMPUTE.applies_to(path) is applies


def test_the_answer_says_which_version_was_used() -> None:
    version = Microversion(2, 53)

    assert COMPUTE.headers(version) == {
        "OpenStack-API-Version": "compute 2.53",
        "X-OpenStack-Nova-API-Version": "2.53",
        "Vary": "OpenStack-API-Version, X-OpenStack-Nova-API-Version",
    }
    assert VOLUME.headers(Microversion(3, 5)) == {
        "OpenStack-API-Version": "volume 3.5",
        "Vary": "OpenStack-API-Version",
    }


@pytest.mark.parametrize(
    ("version", "since", "until", "inside"),
    [
        ("2.5", None, None, True),
        ("2.5", "2.5", None, True),
        ("2.4", "2.5", None, False),
        ("2.5", None, "2.5", True),
        ("2.6", None, "2.5", False),
        ("2.10", "2.9", "2.11", True),
        (None, "2.5", None, True),
        (None, None, "2.5", False),
    ],
)
def test_a_window_includes_both_its_ends(
    version: str | None, since: str | None, until: str | None, inside: bool
) -> None:
    parsed = [Microversion.parse(text) if text else None for text in (version, since, until)]

    assert in_window(*parsed) is inside
