"""How errors look on the wire in each service's format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jumpgate.common import errors
from jumpgate.common.faults import (
    Answer,
    Fault,
    FaultFormat,
    KeyedFaults,
    NeutronFaults,
    TitledFaults,
    WebobFaults,
    fault_of,
    title,
)


def rendered(faults: FaultFormat, fault: Fault, accept: str = "application/json") -> Any:
    content, content_type = faults.render(fault, accept)
    assert content_type == "application/json"
    return json.loads(content)


def test_keystone_says_code_message_and_title() -> None:
    assert rendered(TitledFaults(), Fault(404, "Gone.")) == {
        "error": {"code": 404, "message": "Gone.", "title": "Not Found"}
    }


@pytest.mark.parametrize(
    ("status", "key"),
    [
        (400, "badRequest"),
        (403, "forbidden"),
        (404, "itemNotFound"),
        (405, "badMethod"),
        (406, "computeFault"),
        (409, "conflictingRequest"),
        (413, "overLimit"),
        (415, "badMediaType"),
        (429, "overLimit"),
        (500, "computeFault"),
        (501, "notImplemented"),
        (502, "computeFault"),
        (503, "serviceUnavailable"),
        (504, "computeFault"),
    ],
)
def test_nova_and_cinder_have_a_key_for_each_status(status: int, key: str) -> None:
    assert rendered(KeyedFaults(), Fault(status, "So.")) == {key: {"code": status, "message": "So."}}


def test_nova_and_cinder_say_when_to_come_back() -> None:
    fault = Fault(429, "So.", headers={"Retry-After": "7"})

    assert rendered(KeyedFaults(), fault) == {"overLimit": {"code": 429, "message": "So.", "retryAfter": "7"}}


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(404, "So.", "NetworkNotFound"), "NetworkNotFound"),
        (Fault(404, "So."), "HTTPNotFound"),
        (Fault(400, "So."), "HTTPBadRequest"),
        (Fault(504, "So."), "HTTPGatewayTimeout"),
    ],
)
def test_neutron_names_the_error(fault: Fault, kind: str) -> None:
    assert rendered(NeutronFaults(), fault) == {"NeutronError": {"type": kind, "message": "So.", "detail": ""}}


def test_glance_speaks_as_the_client_asks() -> None:
    fault = Fault(404, "No <b> here.")

    assert rendered(WebobFaults(), fault) == {
        "message": "No <b> here.",
        "code": "404 Not Found",
        "title": "Not Found",
    }
    for accept in ("*/*", "text/html", "text/*"):
        page, content_type = WebobFaults().render(fault, accept)
        assert content_type == "text/html; charset=UTF-8"
        assert b"<h1>404 Not Found</h1>" in page
        assert b"No &lt;b&gt; here." in page
    for accept in ("", "text/plain", "image/png"):
        plain = (b"404 Not Found\n\nNo <b> here.\n\n", "text/plain; charset=UTF-8")
        assert WebobFaults().render(fault, accept) == plain


@pytest.mark.parametrize("faults", [TitledFaults(), KeyedFaults(), NeutronFaults(), WebobFaults()])
def test_who_is_not_authenticated_hears_keystones_middleware_everywhere(faults: FaultFormat) -> None:
    assert rendered(faults, Fault(401, "Who?")) == {"error": {"code": 401, "message": "Who?", "title": "Unauthorized"}}


def test_a_status_without_a_phrase_has_a_title_all_the_same() -> None:
    assert (title(404), title(599)) == ("Not Found", "Error")


def test_each_word_has_its_status() -> None:
    words = {
        errors.BadRequest: 400,
        errors.Unauthorized: 401,
        errors.Forbidden: 403,
        errors.OverQuota: 403,
        errors.NotFound: 404,
        errors.Conflict: 409,
        errors.NoFreeAddress: 409,
        errors.RateLimited: 429,
        errors.CloudError: 502,
        errors.CloudUnreachable: 503,
        errors.CloudTimeout: 504,
    }

    assert {word: fault_of(word("So."), {}).status for word in words} == words
    assert fault_of(errors.NotSupported(), {}).status == 501


def test_a_service_may_answer_a_word_in_its_own_way() -> None:
    answers: dict[type[errors.JumpgateError], Answer] = {
        errors.OverQuota: Answer(413, {"Retry-After": "0"}),
        errors.Forbidden: Answer(404),
    }

    assert fault_of(errors.OverQuota("Full."), answers).status == 413
    assert fault_of(errors.OverQuota("Full."), answers).headers == {"Retry-After": "0"}
    assert fault_of(errors.Forbidden("No."), answers).status == 404
    assert fault_of(errors.Conflict("Busy."), answers).status == 409
