"""The network service on PostgreSQL: what it says in SQL of its own must mean the same there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from jumpgate.common.errors import NoFreeAddress
from jumpgate.network.models import Port, PortSpec
from jumpgate.store.metadata import METADATA
from jumpgate.store.tables import network as tables
from tests.network.neutron import addresses, found, make, make_subnet
from tests.support.cloud import CALLERS, Cloud

OURS = [table for table in vars(tables).values() if isinstance(table, sa.Table)]


@pytest.fixture
def cloud(tmp_path: Path, postgresql_url: str) -> Cloud:
    """A network service whose tables, shared by all tests of the run, are empty."""
    cloud = Cloud(tmp_path, "network", extra=f"[store]\nurl = {postgresql_url}\n")
    with cloud.app.store.write("network") as connection:
        for table in reversed(METADATA.sorted_tables):
            if table in OURS:
                connection.execute(table.delete())
    return cloud


def test_the_last_addresses_go_to_one_port_each(cloud: Cloud) -> None:
    subnet = make_subnet(
        cloud, "alice", allocation_pools=[{"start": "10.0.0.10", "end": "10.0.0.15"}], enable_dhcp=False
    )
    ports = cloud.app.siblings("RegionOne")["network"].ports

    def plug(_: int) -> str | None:
        try:
            made: Port = ports.create(CALLERS["alice"], PortSpec(network_id=subnet["network_id"]))
        except NoFreeAddress:
            return None
        return str(made.fixed_ips[0].ip_address)

    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(plug, range(10)))
    assert sorted(filter(None, given)) == [f"10.0.0.{number}" for number in range(10, 16)]
    assert given.count(None) == 4


def test_ports_are_found_by_address_and_part_of_one(cloud: Cloud) -> None:
    subnet = make_subnet(cloud, "alice", enable_dhcp=False)
    first, second = (make(cloud, "alice", "port", network_id=subnet["network_id"]) for _ in range(2))
    address = addresses(second)[0]

    assert [port["id"] for port in found(cloud, "alice", "port", f"fixed_ips=ip_address={address}")] == [second["id"]]
    both = found(cloud, "alice", "port", "fixed_ips=ip_address_substr=0.0.")
    assert {port["id"] for port in both} == {first["id"], second["id"]}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sort_key=name&sort_dir=asc", ["B", "a", "c"]),
        ("sort_key=name&sort_dir=desc&limit=2", ["c", "a"]),
        ("name=a&name=c&sort_key=name&sort_dir=asc", ["a", "c"]),
        ("tags=a&sort_key=name&sort_dir=asc", ["a"]),
        ("not-tags=a&sort_key=name&sort_dir=asc", ["B", "c"]),
        ("tags-any=a,c&sort_key=name&sort_dir=asc", ["a", "c"]),
    ],
)
def test_lists(cloud: Cloud, query: str, names: list[str]) -> None:
    for name in ("a", "B", "c"):
        network_id = make(cloud, "alice", "network", name=name)["id"]
        assert cloud.put("alice", f"/network/v2.0/networks/{network_id}/tags/{name}").status_code == 201

    assert [network["name"] for network in found(cloud, "alice", "network", query)] == names
