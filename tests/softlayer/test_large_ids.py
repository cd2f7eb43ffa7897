"""Ids of numbers that SoftLayer cannot have: XML-RPC carries 32 bits."""

from __future__ import annotations

from typing import Any

import pytest

from jumpgate.clouds.softlayer import ids
from tests.softlayer.cloud import SoftLayerCloud
from tests.softlayer.test_networks import ROOT, ports_of

LARGE = str(2**40)
COMPUTE = "/compute/v2.1"
PATHS = [
    f"{ROOT}/networks/{ids.NETWORK.to_openstack(LARGE)}",
    f"{ROOT}/subnets/{ids.SUBNET.to_openstack(LARGE)}",
    f"{ROOT}/ports/{ids.PORT.to_openstack(LARGE)}",
    f"{ROOT}/security-groups/{ids.SECURITY_GROUP.to_openstack(LARGE)}",
    f"{ROOT}/security-group-rules/{ids.SECURITY_GROUP_RULE.to_openstack(LARGE)}",
    f"{ROOT}/floatingips/{ids.FLOATING_IP.to_openstack(LARGE)}",
    f"{COMPUTE}/os-server-groups/{ids.SERVER_GROUP.to_openstack(LARGE)}",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_nothing_has_such_an_id(cloud: SoftLayerCloud, method: str, path: str) -> None:
    assert cloud.request("alice", method, path).status_code in (404, 501)


@pytest.mark.parametrize(
    "change",
    [
        {"security_groups": [ids.SECURITY_GROUP.to_openstack(LARGE)]},
        {"admin_state_up": True, "security_groups": [ids.SECURITY_GROUP.to_openstack(LARGE)]},
    ],
)
def test_no_port_joins_such_a_group(cloud: SoftLayerCloud, change: dict[str, Any]) -> None:
    port = ports_of(cloud, cloud.running())[0]

    assert cloud.put("alice", f"{ROOT}/ports/{port['id']}", {"port": change}).status_code in (400, 404)


def test_no_rule_is_for_such_a_group(cloud: SoftLayerCloud) -> None:
    made = cloud.post("alice", f"{ROOT}/security-groups", {"security_group": {"name": "web"}}).json["security_group"]
    rule = {"direction": "ingress", "remote_group_id": ids.SECURITY_GROUP.to_openstack(LARGE)}

    answer = cloud.post(
        "alice", f"{ROOT}/security-group-rules", {"security_group_rule": {**rule, "security_group_id": made["id"]}}
    )

    assert answer.status_code == 404


def test_no_rule_is_in_or_for_the_default_group_by_its_number(cloud: SoftLayerCloud) -> None:
    made = cloud.post("alice", f"{ROOT}/security-groups", {"security_group": {"name": "web"}}).json["security_group"]
    rule = {"direction": "ingress", "remote_group_id": ids.SECURITY_GROUP.to_openstack("0")}

    answer = cloud.post(
        "alice", f"{ROOT}/security-group-rules", {"security_group_rule": {**rule, "security_group_id": made["id"]}}
    )

    assert answer.status_code == 400
    assert "default group" in answer.json["NeutronError"]["message"]
