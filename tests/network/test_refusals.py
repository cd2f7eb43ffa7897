"""What is refused, in Neutron's own words: compared with the answers of a real one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import UNKNOWN, fault, found, make, make_subnet, message, path
from tests.support.cloud import Cloud


@pytest.fixture
def ids(cloud: Cloud) -> dict[str, str]:
    """The ids of what the requests below name."""
    subnet = make_subnet(cloud, "alice", "10.200.0.0/24", enable_dhcp=False)
    (public,) = found(cloud, "alice", "network", "router:external=true")
    return {
        "network": subnet["network_id"],
        "subnet": subnet["id"],
        "port": make(cloud, "alice", "port", network_id=subnet["network_id"])["id"],
        "router": make(cloud, "alice", "router")["id"],
        "group": make(cloud, "alice", "security_group", name="g")["id"],
        "public": public["id"],
    }


_GATEWAY = "rule:update_router:external_gateway_info"
_TOO_LARGE = "Invalid input for operation: Requested MTU is too big, maximum is 1450."


@pytest.mark.parametrize(
    ("singular", "body", "status", "text"),
    [
        ("network", {"mtu": 70000}, 400, _TOO_LARGE),
        ("network", {"mtu": 3_000_000_000}, 400, _TOO_LARGE),
        ("network", {"mtu": -1}, 400, "Invalid input for mtu. Reason: '-1' should be non-negative."),
        ("port", {"allowed_address_pairs": [{"mac_address": "x"}]}, 400, "'x' is not a valid MAC address"),
        ("port", {"allowed_address_pairs": [{}]}, 400, "AllowedAddressPair must contain ip_address"),
        (
            "security_group_rule",
            {"direction": "ingress", "protocol": "foo"},
            400,
            "Security group rule protocol foo not supported. Only protocol values (None, 'any', 'ah', ",
        ),
    ],
)
def test_what_cannot_be_made(
    cloud: Cloud, ids: dict[str, str], singular: str, body: dict[str, Any], status: int, text: str
) -> None:
    place = {"port": {"network_id": ids["network"]}, "security_group_rule": {"security_group_id": ids["group"]}}
    result = cloud.post("alice", path(singular), {singular: {**place.get(singular, {}), **body}})
    assert result.status_code == status
    assert message(result).startswith(text)


def test_a_refusal_names_the_rules_of_the_parts(cloud: Cloud, ids: dict[str, str]) -> None:
    body = {"router": {"external_gateway_info": {"network_id": ids["public"], "enable_snat": False}}}
    result = cloud.put("alice", path("router", ids["router"]), body)
    parts = f"({_GATEWAY}:network_id and {_GATEWAY}:enable_snat)"
    assert message(result) == f"(rule:update_router and ({_GATEWAY} and {parts})) is disallowed by policy"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("cidr=x", "Invalid input for operation: x is not in a CIDR format."),
        ("ip_version=x", "Invalid input for operation: 'x' is not an integer."),
        ("enable_dhcp=x", "Invalid input for operation: 'x' cannot be converted to boolean."),
        ("colour=1", "['colour'] is invalid attribute for filtering"),
    ],
)
def test_filters_of_subnets(cloud: Cloud, query: str, text: str) -> None:
    result = cloud.get("alice", f"{path('subnet')}?{query}")
    assert (result.status_code, message(result)) == (400, text)


def test_a_prefix_finds_the_subnet_that_has_it(cloud: Cloud, ids: dict[str, str]) -> None:
    assert [item["id"] for item in found(cloud, "alice", "subnet", "cidr=10.200.0.0/24")] == [ids["subnet"]]
    assert found(cloud, "alice", "subnet", "cidr=10.200.0.7/24") == []


@pytest.mark.parametrize(
    "singular", ["network", "subnet", "subnetpool", "port", "security_group", "security_group_rule", "router", "trunk"]
)
def test_no_list_ignores_a_filter(cloud: Cloud, singular: str) -> None:
    assert fault(cloud.get("alice", f"{path(singular)}?colour={UNKNOWN}")) == (400, "HTTPBadRequest")
