"""Network: the rows of the published compatibility table, each a test of its own, named after it."""

from __future__ import annotations

import pytest

from tests.softlayer.cloud import ACCOUNT, SoftLayerCloud

# As published, and as Neutron's clients have it.
ROOTS = (f"/network/v1/{ACCOUNT}", "/network/v2.0")


@pytest.mark.parametrize("root", ROOTS)
def test_get_v1_tenant_id_networks(cloud: SoftLayerCloud, root: str) -> None:
    networks = cloud.get("alice", f"{root}/networks").json["networks"]

    vlans = {item["name"].partition("-")[0]: item for item in networks if item["provider:network_type"] == "vlan"}
    assert set(vlans) == {"public", "private"}
    assert vlans["public"]["project_id"] == str(ACCOUNT)
    assert len(vlans["public"]["subnets"]) == 1
    assert [item["name"] for item in networks if item["router:external"]] == ["global"]


@pytest.mark.parametrize("root", ROOTS)
def test_get_v1_tenant_id_networks_network_id(cloud: SoftLayerCloud, root: str) -> None:
    networks = cloud.get("alice", f"{root}/networks").json["networks"]
    (vlan,) = (item for item in networks if item["name"].startswith("private"))

    assert cloud.get("alice", f"{root}/networks/{vlan['id']}").json["network"] == vlan
    assert cloud.get("bob", f"/network/v2.0/networks/{vlan['id']}").status_code == 404
    assert cloud.get("alice", f"{root}/networks/nothing").status_code == 404


@pytest.mark.parametrize("root", ROOTS)
def test_get_v1_tenant_id_subnets(cloud: SoftLayerCloud, root: str) -> None:
    subnets = cloud.get("alice", f"{root}/subnets").json["subnets"]

    networks = {item["id"] for item in cloud.get("alice", f"{root}/networks").json["networks"]}
    assert [subnet["ip_version"] for subnet in subnets] == [4, 4]
    assert {subnet["network_id"] for subnet in subnets} <= networks
    assert all(subnet["cidr"].endswith("/22") and subnet["gateway_ip"] for subnet in subnets)


@pytest.mark.parametrize("root", ROOTS)
def test_get_v1_tenant_id_subnets_subnet_id(cloud: SoftLayerCloud, root: str) -> None:
    subnet = cloud.get("alice", f"{root}/subnets").json["subnets"][0]

    assert cloud.get("alice", f"{root}/subnets/{subnet['id']}").json["subnet"] == subnet
    assert cloud.get("bob", f"/network/v2.0/subnets/{subnet['id']}").status_code == 404


@pytest.mark.parametrize("root", ROOTS)
def test_get_v1_tenant_id_extensions(cloud: SoftLayerCloud, root: str) -> None:
    aliases = {item["alias"] for item in cloud.get("alice", f"{root}/extensions").json["extensions"]}

    assert "security-group" in aliases
    assert not {"subnet_allocation", "trunk", "metering"} & aliases
