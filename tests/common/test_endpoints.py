"""The shape of an endpoint table: names, roots, suffixes and the variables in them."""

from __future__ import annotations

import pytest

from jumpgate.common.endpoints import Endpoint, fields, fill, under


def test_an_endpoint_stands_below_each_of_its_roots() -> None:
    endpoint = Endpoint("v2_servers", "/servers", ("/v2/{tenant_id}", "/v2.1"))

    assert endpoint.templates == ("/v2/{tenant_id}/servers", "/v2.1/servers")


def test_an_endpoint_without_a_path_is_the_root() -> None:
    assert Endpoint("versions", "").templates == ("/",)


def test_rows_share_their_roots() -> None:
    assert under(("/a", "/b"), ("x", "/1"), ("y", "/2")) == (
        Endpoint("x", "/1", ("/a", "/b")),
        Endpoint("y", "/2", ("/a", "/b")),
    )


@pytest.mark.parametrize(
    ("template", "names"),
    [("/", ()), ("/a/{b}/c/{d}", ("b", "d")), ("/{n:int}", ("n",)), ("/{n:int(min=1, max=5)}/{m}", ("n", "m"))],
)
def test_the_variables_of_a_template(template: str, names: tuple[str, ...]) -> None:
    assert fields(template) == names
    assert fill(template, dict.fromkeys(names, "1")).count("1") >= len(names)
    assert "{" not in fill(template, dict.fromkeys(names, "1"))


def test_a_variable_without_a_value_is_named() -> None:
    with pytest.raises(KeyError, match="server_id"):
        fill("/servers/{server_id}", {})
