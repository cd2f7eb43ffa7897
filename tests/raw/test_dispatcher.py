"""`jumpgate.common.dispatcher.Dispatcher` as a driver's author sees it: names, handlers, unused endpoints, URLs."""

from __future__ import annotations

from typing import Any

import pytest
from falcon.testing import create_environ

from jumpgate.common.dispatcher import Dispatcher, UnknownEndpoint
from jumpgate.common.http import Request
from tests.raw.conftest import RawCloud


class Empty:
    """A handler for tests that never call it."""


def request(tenant_id: str | None = None) -> Request:
    """A request that has come by no endpoint, for the project `tenant_id`."""
    env = create_environ("/")
    if tenant_id is not None:
        env["tenant_id"] = tenant_id
    return Request(env)


@pytest.fixture
def disp(raw: RawCloud) -> Dispatcher:
    return raw().jumpgate.get_dispatcher("compute")


def test_endpoint_names_are_unique(raw: RawCloud) -> None:
    for disp in raw().jumpgate.dispatchers():
        names = [endpoint.name for endpoint in disp]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "use",
    [
        lambda disp: disp.set_handler("v9_servers", Empty()),
        lambda disp: disp.get_handler("v9_servers"),
        lambda disp: disp.get_endpoint_url(request(), "v9_servers"),
        lambda disp: disp.get_endpoint_path(request(), "v9_servers"),
    ],
    ids=["set_handler", "get_handler", "get_endpoint_url", "get_endpoint_path"],
)
def test_an_unknown_endpoint_name_raises(disp: Dispatcher, use: Any) -> None:
    with pytest.raises(UnknownEndpoint, match=r"compute service has no endpoint 'v9_servers'"):
        use(disp)


def test_an_unknown_endpoint_name_is_a_value_error() -> None:
    assert issubclass(UnknownEndpoint, ValueError)


def test_get_unused_endpoints_starts_with_every_name_in_the_tables_order(disp: Dispatcher) -> None:
    assert disp.get_unused_endpoints() == [endpoint.name for endpoint in disp]


def test_get_unused_endpoints_leaves_out_what_has_a_handler(disp: Dispatcher) -> None:
    disp.set_handler("v2_servers", Empty())
    disp.set_handler("v2_index", Empty())

    assert set(disp.get_unused_endpoints()) == {endpoint.name for endpoint in disp} - {"v2_servers", "v2_index"}


def test_get_unused_endpoints_is_true_after_a_handler_was_replaced(disp: Dispatcher) -> None:
    first, second = Empty(), Empty()
    disp.set_handler("v2_servers", first)
    before = disp.get_unused_endpoints()
    disp.set_handler("v2_servers", second)

    assert disp.get_unused_endpoints() == before
    assert disp.get_handler("v2_servers") is second


def test_get_unused_endpoints_counts_an_older_name_as_the_endpoint_it_means(disp: Dispatcher) -> None:
    disp.set_handler("index", Empty())

    assert "versions" not in disp.get_unused_endpoints()
    assert disp.get_handler("versions") is disp.get_handler("index")


def test_get_endpoint_url_fills_variables_and_writes_them_as_text(disp: Dispatcher) -> None:
    assert disp.get_endpoint_path(request("t"), "v2_server", server_id=17) == "/v2/t/servers/17"


def test_get_endpoint_url_of_env_tenant_id_reaches_every_url_that_has_one(disp: Dispatcher) -> None:
    paths = {name: disp.get_endpoint_path(request("t"), name) for name in ("v2_servers", "v2_flavors", "v2_limits")}

    assert paths == {"v2_servers": "/v2/t/servers", "v2_flavors": "/v2/t/flavors", "v2_limits": "/v2/t/limits"}


def test_get_endpoint_url_prefers_a_given_tenant_id_to_that_of_the_request(disp: Dispatcher) -> None:
    assert disp.get_endpoint_path(request("t"), "v2_servers", tenant_id="other") == "/v2/other/servers"


def test_get_endpoint_url_without_a_tenant_uses_a_root_that_needs_none(disp: Dispatcher) -> None:
    assert disp.get_endpoint_path(request(), "v2_servers") == "/v2.1/servers"


def test_get_endpoint_url_without_a_needed_value_raises_and_names_it(disp: Dispatcher) -> None:
    with pytest.raises(ValueError, match=r"'v2_server' needs a value for .*server_id"):
        disp.get_endpoint_url(request("t"), "v2_server")


def test_get_endpoint_url_has_the_address_that_the_client_used(disp: Dispatcher) -> None:
    req = Request(create_environ("/", host="cloud.example.org", scheme="https"))

    assert disp.get_endpoint_url(req, "v1_index") == "https://cloud.example.org/compute/v1"


def test_the_compute_dispatcher_has_the_v1_index_of_the_guide(disp: Dispatcher) -> None:
    assert disp.get_endpoint("v1_index").templates == ("/v1",)
