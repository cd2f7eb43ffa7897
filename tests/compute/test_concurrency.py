"""Many at once: a quota is never exceeded, and nothing that it lets is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud
from tests.support.cloud import DEMO

CREATES = 20


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Return what `work` returns for each of twenty numbers, in as many threads."""
    with ThreadPoolExecutor(CREATES) as pool:
        return list(pool.map(work, range(CREATES)))


def limit(cloud: ComputeCloud, **limits: int) -> None:
    answer = cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": limits})
    assert answer.status_code == 200, answer.text


def detail(cloud: ComputeCloud) -> dict[str, Any]:
    """Return the project's quotas with what is used of them."""
    quotas: dict[str, Any] = cloud.call("alice", "GET", f"/os-quota-sets/{DEMO}/detail").json["quota_set"]
    return quotas


def used(cloud: ComputeCloud) -> tuple[int, int, int]:
    """Return the servers, cores and MiB that the limits tell of."""
    absolute = cloud.call("alice", "GET", "/limits").json["limits"]["absolute"]
    quotas = detail(cloud)
    shown = tuple(absolute[f"total{name}Used"] for name in ("Instances", "Cores", "RAM"))
    assert shown == tuple(quotas[name]["in_use"] for name in ("instances", "cores", "ram"))
    instances, cores, ram = shown
    return instances, cores, ram


@pytest.mark.parametrize("quota", [{"instances": 7}, {"cores": 7}, {"ram": 7 * 128 + 127}])
def test_the_last_servers_of_a_quota_go_to_as_many_creates(cloud: ComputeCloud, quota: dict[str, int]) -> None:
    limit(cloud, **{"instances": -1, "cores": -1, "ram": -1, **quota})

    statuses = at_once(lambda _: cloud.call("alice", "POST", "/servers", cloud.wanted()).status_code)

    assert Counter(statuses) == {202: 7, 403: 13}
    assert used(cloud) == (7, 7, 7 * 128)
    cloud.settle()
    servers = cloud.call("alice", "GET", "/servers/detail").json["servers"]
    assert [server["status"] for server in servers] == ["ACTIVE"] * 7
    assert used(cloud) == (7, 7, 7 * 128)


def test_several_servers_each_take_what_is_left(cloud: ComputeCloud) -> None:
    limit(cloud, instances=10)

    answers = at_once(lambda _: cloud.call("alice", "POST", "/servers", cloud.wanted(min_count=3, max_count=4)))

    # Two or three of them fit, by whether the first took four: ten is never exceeded, and less than three is left.
    assert {answer.status_code for answer in answers} == {202, 403}
    assert used(cloud)[0] == len(cloud.call("alice", "GET", "/servers").json["servers"])
    assert 8 <= used(cloud)[0] <= 10


def test_places_come_back_while_others_take_them(cloud: ComputeCloud) -> None:
    limit(cloud, instances=4)
    servers = [cloud.boot() for _ in range(4)]

    def churn(number: int) -> int:
        if number < len(servers):
            status = cloud.call("alice", "DELETE", f"/servers/{servers[number]}").status_code
            cloud.settle()
            return status
        status = cloud.call("alice", "POST", "/servers", cloud.wanted()).status_code
        assert detail(cloud)["instances"]["in_use"] <= 4
        return status

    at_once(churn)
    cloud.settle()
    while cloud.call("alice", "POST", "/servers", cloud.wanted()).status_code == 202:
        cloud.settle()

    assert used(cloud) == (4, 4, 4 * 128)
    assert len(cloud.call("alice", "GET", "/servers").json["servers"]) == 4


def test_the_last_keypair_and_server_group_go_to_one_each(cloud: ComputeCloud) -> None:
    limit(cloud, key_pairs=1, server_groups=1)

    def create(number: int) -> tuple[int, int]:
        key = cloud.call("alice", "POST", "/os-keypairs", {"keypair": {"name": f"key-{number}"}})
        group = {"server_group": {"name": f"group-{number}", "policies": ["affinity"]}}
        return key.status_code, cloud.call("alice", "POST", "/os-server-groups", group).status_code

    keys, groups = zip(*at_once(create), strict=True)

    assert Counter(keys) == {200: 1, 403: 19}
    assert Counter(groups) == {200: 1, 403: 19}
    assert len(cloud.call("alice", "GET", "/os-keypairs").json["keypairs"]) == 1
    assert len(cloud.call("alice", "GET", "/os-server-groups").json["server_groups"]) == 1
