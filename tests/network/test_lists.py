"""Lists: filters, order, pages, fields."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.network.neutron import UNKNOWN, change, fault, found, make, make_subnet, message, path, show
from tests.support.cloud import DEMO, OTHER, Cloud


def names(items: list[dict[str, Any]]) -> list[str]:
    """Return the names in a list."""
    return [item["name"] for item in items]


def follow(cloud: Cloud, links: list[dict[str, str]], rel: str) -> Any:
    """Return the page to which a link leads."""
    href = next(link["href"] for link in links if link["rel"] == rel)
    parts = urlsplit(href)
    return cloud.get("alice", f"{parts.path}?{parts.query}")


@pytest.fixture
def five(cloud: Cloud) -> list[str]:
    """The ids of five networks of alice's, in the order of a list, named after their place in it."""
    assert cloud.delete("admin", path("network", found(cloud, "admin", "network")[0]["id"])).status_code == 204
    ids = sorted(make(cloud, "alice", "network")["id"] for _ in range(5))
    for number, network_id in enumerate(ids):
        change(cloud, "alice", "network", network_id, name=f"n{number}")
    return ids


class TestPages:
    def test_a_list_is_ordered_by_id(self, cloud: Cloud, five: list[str]) -> None:
        result = cloud.get("alice", path("network"))
        assert [item["id"] for item in result.json["networks"]] == five
        assert "networks_links" not in result.json

    def test_pages_lead_to_the_end(self, cloud: Cloud, five: list[str]) -> None:
        page = cloud.get("alice", path("network") + "?limit=2")
        seen = []
        while page.json["networks"]:
            seen.append(names(page.json["networks"]))
            if "next" not in {link["rel"] for link in page.json["networks_links"]}:
                break
            page = follow(cloud, page.json["networks_links"], "next")
        assert seen == [["n0", "n1"], ["n2", "n3"], ["n4"]]

    def test_and_back_again(self, cloud: Cloud, five: list[str]) -> None:
        page = cloud.get("alice", f"{path('network')}?limit=2&marker={five[2]}")
        assert names(page.json["networks"]) == ["n3", "n4"]
        page = follow(cloud, page.json["networks_links"], "previous")
        assert names(page.json["networks"]) == ["n1", "n2"]
        page = follow(cloud, page.json["networks_links"], "previous")
        assert names(page.json["networks"]) == ["n0"]
        assert [link["rel"] for link in page.json["networks_links"]] == ["next"]

    def test_links_keep_the_query(self, cloud: Cloud, five: list[str]) -> None:
        page = cloud.get("alice", f"{path('network')}?limit=1&fields=name&fields=id&shared=false")
        href = page.json["networks_links"][0]["href"]
        assert href.startswith(
            "http://falconframework.org/network/v2.0/networks?limit=1&fields=name&fields=id&shared=false"
        )
        assert href.endswith(f"&marker={five[0]}")

    def test_a_limit_of_nothing_is_no_limit(self, cloud: Cloud, five: list[str]) -> None:
        assert len(found(cloud, "alice", "network", "limit=0")) == 5

    @pytest.mark.parametrize("limit", ["-1", "x", "1.5"])
    def test_a_limit_is_a_number(self, cloud: Cloud, limit: str) -> None:
        result = cloud.get("alice", f"{path('network')}?limit={limit}")
        assert fault(result) == (400, "BadRequest")
        assert message(result) == f"Bad limit request: Limit must be an integer 0 or greater and not '{limit}'."

    def test_a_marker_must_be_there(self, cloud: Cloud) -> None:
        result = cloud.get("alice", f"{path('network')}?limit=1&marker={UNKNOWN}")
        assert fault(result) == (404, "NetworkNotFound")

    def test_an_exact_page_leads_to_an_empty_one(self, cloud: Cloud, five: list[str]) -> None:
        page = cloud.get("alice", path("network") + "?limit=5")
        assert [item["id"] for item in page.json["networks"]] == five
        assert [link["rel"] for link in page.json["networks_links"]] == ["next", "previous"]
        after = follow(cloud, page.json["networks_links"], "next")
        assert after.json["networks"] == []
        assert [link["rel"] for link in after.json["networks_links"]] == ["previous"]

    def test_a_marker_that_was_deleted_meanwhile_is_gone(self, cloud: Cloud, five: list[str]) -> None:
        page = cloud.get("alice", path("network") + "?limit=2")
        assert cloud.delete("alice", path("network", five[1])).status_code == 204
        assert fault(follow(cloud, page.json["networks_links"], "next")) == (404, "NetworkNotFound")

    def test_a_limit_of_more_than_there_is(self, cloud: Cloud, five: list[str]) -> None:
        page = cloud.get("alice", path("network") + "?limit=100000")
        assert len(page.json["networks"]) == 5
        assert [link["rel"] for link in page.json["networks_links"]] == ["previous"]

    def test_the_last_page_from_the_other_end(self, cloud: Cloud, five: list[str]) -> None:
        page = cloud.get("alice", path("network") + "?limit=2&page_reverse=True")
        assert names(page.json["networks"]) == ["n3", "n4"]
        assert [link["rel"] for link in page.json["networks_links"]] == ["next", "previous"]
        assert names(follow(cloud, page.json["networks_links"], "previous").json["networks"]) == ["n1", "n2"]

    def test_without_a_limit_the_whole_list_is_reversed(self, cloud: Cloud, five: list[str]) -> None:
        assert names(found(cloud, "alice", "network", "page_reverse=True")) == ["n4", "n3", "n2", "n1", "n0"]

    def test_pages_hold_ones_own_and_what_is_public(self, cloud: Cloud, five: list[str]) -> None:
        public = [make(cloud, "admin", "network", name=f"p{n}", shared=True)["id"] for n in range(3)]
        make(cloud, "bob", "network")
        seen: list[str] = []
        page = cloud.get("alice", path("network") + "?limit=3")
        while page.json["networks"]:
            seen += [item["id"] for item in page.json["networks"]]
            page = cloud.get("alice", f"{path('network')}?limit=3&marker={seen[-1]}")
        assert seen == sorted([*five, *public])


class TestOrder:
    def test_several_keys(self, cloud: Cloud, five: list[str]) -> None:
        change(cloud, "alice", "network", five[1], admin_state_up=False)
        query = "sort_key=admin_state_up&sort_dir=desc&sort_key=name&sort_dir=desc"
        assert names(found(cloud, "alice", "network", query)) == ["n4", "n3", "n2", "n0", "n1"]

    def test_pages_keep_the_order(self, cloud: Cloud, five: list[str]) -> None:
        query = f"sort_key=name&sort_dir=desc&limit=2&marker={five[3]}"
        assert names(found(cloud, "alice", "network", query)) == ["n2", "n1"]

    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("sort_key=name", "The number of sort_keys and sort_dirs must be same"),
            ("sort_key=colour&sort_dir=asc", "['colour'] is invalid attribute for sort_keys"),
            (
                "sort_key=name&sort_dir=up",
                "['up'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'",
            ),
        ],
    )
    def test_an_order_that_there_is_not(self, cloud: Cloud, query: str, text: str) -> None:
        result = cloud.get("alice", f"{path('network')}?{query}")
        assert fault(result) == (400, "HTTPBadRequest")
        assert message(result) == text


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("name=n1", ["n1"]),
            ("name=n1&name=n3", ["n1", "n3"]),
            ("name=n1&admin_state_up=false", []),
            ("admin_state_up=True&status=ACTIVE", ["n0", "n1", "n2", "n3", "n4"]),
            ("shared=true", []),
            ("router:external=true", []),
            ("mtu=1450&name=n0", ["n0"]),
            (f"project_id={DEMO}&name=n0", ["n0"]),
            (f"tenant_id={OTHER}", []),
            ("description=", ["n0", "n1", "n2", "n3", "n4"]),
            ("revision_number=2&name=n4", ["n4"]),
            ("id=no-uuid", []),
        ],
    )
    def test_of_networks(self, cloud: Cloud, five: list[str], query: str, expected: list[str]) -> None:
        assert names(found(cloud, "alice", "network", query)) == expected

    def test_by_id(self, cloud: Cloud, five: list[str]) -> None:
        assert names(found(cloud, "alice", "network", f"id={five[0]}&id={five[2]}")) == ["n0", "n2"]

    @pytest.mark.parametrize("singular", ["network", "subnet", "port", "security_group", "security_group_rule"])
    def test_an_unknown_one_is_refused(self, cloud: Cloud, singular: str) -> None:
        result = cloud.get("alice", f"{path(singular)}?colour=blue&name=x&taste=sweet")
        assert fault(result)[0] == 400
        assert "'colour'" in message(result)
        assert message(result).endswith("is invalid attribute for filtering")

    def test_a_value_must_fit(self, cloud: Cloud) -> None:
        result = cloud.get("alice", f"{path('network')}?shared=perhaps")
        assert fault(result) == (400, "InvalidInput")
        assert message(result) == "Invalid input for operation: 'perhaps' cannot be converted to boolean."

    def test_of_subnets(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", "10.9.0.0/24", name="it")
        make_subnet(cloud, "alice", "2001:db8::/64")
        for query in (
            "cidr=10.9.0.0/24",
            f"network_id={subnet['network_id']}",
            "gateway_ip=10.9.0.1",
            "ip_version=4&router:external=false",
            "enable_dhcp=true&name=it",
        ):
            assert names(found(cloud, "alice", "subnet", query)) == ["it"]

    def test_of_ports(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice")
        group = make(cloud, "alice", "security_group", name="web")["id"]
        network_id = subnet["network_id"]
        given = {"device_id": "it", "device_owner": "garden:gnome", "mac_address": "aa:bb:cc:00:00:01"}
        make(cloud, "alice", "port", network_id=network_id, name="it", security_groups=[group], **given)
        make(cloud, "alice", "port", network_id=network_id, name="other")
        for query in (
            "device_id=it",
            "device_owner=garden:gnome",
            "mac_address=AA-BB-CC-00-00-01",
            f"network_id={network_id}&name=it",
            f"security_groups={group}",
            "fixed_ips=ip_address=10.0.0.2",
            f"fixed_ips=ip_address%3D10.0.0.2&fixed_ips=subnet_id%3D{subnet['id']}",
            "fixed_ips=ip_address_substr%3D0.0.2",
        ):
            assert names(found(cloud, "alice", "port", query)) == ["it"], query

    def test_addresses_of_the_same_kind_are_alternatives(self, cloud: Cloud) -> None:
        subnet = make_subnet(cloud, "alice", enable_dhcp=False)
        for name in ("a", "b", "c"):
            make(cloud, "alice", "port", network_id=subnet["network_id"], name=name)
        query = "fixed_ips=ip_address=10.0.0.2&fixed_ips=ip_address=10.0.0.4"
        assert sorted(names(found(cloud, "alice", "port", query))) == ["a", "c"]

    @pytest.mark.parametrize("text", ["10.0.0.2", "colour=blue"])
    def test_fixed_ips_are_pairs(self, cloud: Cloud, text: str) -> None:
        assert fault(cloud.get("alice", f"{path('port')}?fixed_ips={text}")) == (400, "InvalidInput")

    def test_of_rules(self, cloud: Cloud) -> None:
        group = make(cloud, "alice", "security_group", name="web")["id"]
        given = {"protocol": "tcp", "port_range_min": 80, "port_range_max": 80, "remote_ip_prefix": "10.0.0.0/8"}
        rule = make(cloud, "alice", "security_group_rule", security_group_id=group, direction="ingress", **given)
        for query in (
            "protocol=tcp",
            "port_range_min=80",
            "remote_ip_prefix=10.0.0.0/8",
            f"security_group_id={group}&direction=ingress",
        ):
            assert [item["id"] for item in found(cloud, "alice", "security_group_rule", query)] == [rule["id"]]
        assert len(found(cloud, "alice", "security_group_rule", "belongs_to_default_sg=true")) == 4
        assert len(found(cloud, "alice", "security_group_rule", "ethertype=ipv6&direction=egress")) == 2


class TestTags:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("tags=red", ["n0", "n1"]),
            ("tags=red,blue", ["n1"]),
            ("tags-any=red,green", ["n0", "n1", "n2"]),
            ("not-tags=red,blue", ["n0", "n2", "n3", "n4"]),
            ("not-tags-any=red,green", ["n3", "n4"]),
            ("tags=red&not-tags=blue", ["n0"]),
            ("tags=red&limit=1", ["n0"]),
        ],
    )
    def test_filters(self, cloud: Cloud, five: list[str], query: str, expected: list[str]) -> None:
        for network_id, tags in zip(five, (["red"], ["red", "blue"], ["green"]), strict=False):
            cloud.put("alice", path("network", network_id, "tags"), {"tags": tags})
        assert names(found(cloud, "alice", "network", query)) == expected


class TestFields:
    def test_only_what_is_asked_for_is_shown(self, cloud: Cloud, five: list[str]) -> None:
        assert found(cloud, "alice", "network", "fields=name&name=n1") == [{"name": "n1"}]
        result = cloud.get("alice", path("network", five[0]) + "?fields=id&fields=name&fields=colour")
        assert result.json == {"network": {"id": five[0], "name": "n0"}}

    def test_what_one_may_not_see_stays_hidden(self, cloud: Cloud, five: list[str]) -> None:
        assert found(cloud, "alice", "network", "fields=provider:network_type&name=n1") == [{}]


def test_a_list_is_never_older_than_the_last_change(cloud: Cloud, five: list[str]) -> None:
    assert names(found(cloud, "alice", "network", "name=n0")) == ["n0"]
    change(cloud, "alice", "network", five[0], name="new")
    assert found(cloud, "alice", "network", "name=n0") == []
    assert show(cloud, "alice", "network", five[0])["name"] == "new"
