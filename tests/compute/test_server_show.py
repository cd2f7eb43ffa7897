"""Showing and changing a server: which attributes exist in which microversion and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud

FIRST = {
    "accessIPv4",
    "accessIPv6",
    "addresses",
    "config_drive",
    "created",
    "flavor",
    "hostId",
    "id",
    "image",
    "key_name",
    "links",
    "metadata",
    "name",
    "progress",
    "security_groups",
    "status",
    "tenant_id",
    "updated",
    "user_id",
    "OS-DCF:diskConfig",
    "OS-EXT-AZ:availability_zone",
    "OS-EXT-STS:power_state",
    "OS-EXT-STS:task_state",
    "OS-EXT-STS:vm_state",
    "OS-SRV-USG:launched_at",
    "OS-SRV-USG:terminated_at",
    "os-extended-volumes:volumes_attached",
}
ADDED = [
    ("2.9", {"locked"}),
    ("2.19", {"description"}),
    ("2.26", {"tags"}),
    ("2.63", {"trusted_image_certificates"}),
    ("2.71", {"server_groups"}),
    ("2.73", {"locked_reason"}),
    ("2.90", {"OS-EXT-SRV-ATTR:hostname"}),
    ("2.96", {"pinned_availability_zone"}),
]
OPERATORS = {f"OS-EXT-SRV-ATTR:{name}" for name in ("host", "instance_name", "hypervisor_hostname")}
OPERATORS_SINCE_2_3 = {
    f"OS-EXT-SRV-ATTR:{name}"
    for name in (
        "hostname",
        "kernel_id",
        "launch_index",
        "ramdisk_id",
        "reservation_id",
        "root_device_name",
        "user_data",
    )
}


def _before(version: str) -> str:
    major, minor = version.split(".")
    return f"{major}.{int(minor) - 1}"


def test_the_first_microversion_has_these_attributes(cloud: ComputeCloud) -> None:
    assert set(cloud.server(cloud.boot())) == FIRST


@pytest.mark.parametrize(("version", "names"), ADDED)
def test_attributes_come_with_their_microversion(cloud: ComputeCloud, version: str, names: set[str]) -> None:
    server_id = cloud.boot()

    earlier, now = set(cloud.server(server_id, at=_before(version))), set(cloud.server(server_id, at=version))

    assert now - earlier == names
    assert earlier - now == set()


def test_operators_see_where_a_server_runs(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert set(cloud.server(server_id, "admin")) == FIRST | OPERATORS
    assert set(cloud.server(server_id, "admin", at="2.3")) == FIRST | OPERATORS | OPERATORS_SINCE_2_3
    assert cloud.server(server_id, "admin", at="2.16")["host_status"] == "UP"
    assert "host_status" not in cloud.server(server_id, at="2.16")


def test_a_list_in_detail_has_no_server_groups(cloud: ComputeCloud) -> None:
    cloud.boot()

    assert "server_groups" not in cloud.call("alice", "GET", "/servers/detail", at="2.96").json["servers"][0]


def test_the_flavor_is_embedded_since_2_47(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert set(cloud.server(server_id, at="2.46")["flavor"]) == {"id", "links"}
    assert cloud.server(server_id, at="2.47")["flavor"] == {
        "vcpus": 1,
        "ram": 128,
        "disk": 1,
        "ephemeral": 0,
        "swap": 0,
        "original_name": "m1.nano",
        "extra_specs": {},
    }


def test_times_have_nova_s_forms(cloud: ComputeCloud) -> None:
    server = cloud.server(cloud.boot())

    assert server["created"].endswith("Z")
    assert len(server["created"]) == len("2025-01-31T12:00:00Z")
    assert len(server["OS-SRV-USG:launched_at"]) == len("2025-01-31T12:00:00.000000")


def test_the_host_id_tells_projects_nothing(cloud: ComputeCloud) -> None:
    mine, theirs = cloud.boot(), cloud.boot("bob")

    assert cloud.server(mine)["hostId"] != cloud.server(theirs, "bob")["hostId"]
    assert len(cloud.server(mine)["hostId"]) == 56


def test_floating_addresses_come_after_fixed_ones(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    cloud.network.floating_ips.add("172.24.4.3", cloud.network.ports_of(server_id)[0].id)

    shown = cloud.server(server_id)["addresses"]["private"]

    assert [(item["addr"], item["OS-EXT-IPS:type"]) for item in shown] == [
        ("10.0.0.2", "fixed"),
        ("172.24.4.3", "floating"),
    ]


def test_addresses_are_live(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()
    (port,) = cloud.network.ports_of(server_id)
    del cloud.network.ports.shelf.things[port.id]

    assert cloud.server(server_id)["addresses"] == {}


def test_the_ips_are_shown_by_network(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    addresses = {"private": [{"version": 4, "addr": "10.0.0.2"}]}
    assert cloud.call("alice", "GET", f"/servers/{server_id}/ips").json == {"addresses": addresses}
    assert cloud.call("alice", "GET", f"/servers/{server_id}/ips/private").json == addresses
    missing = cloud.call("alice", "GET", f"/servers/{server_id}/ips/other")
    assert missing.status_code == 404
    assert missing.json["itemNotFound"]["message"] == "Instance is not a member of specified network"


@pytest.mark.parametrize("server_id", ["11111111-1111-1111-1111-111111111111", "nonsense", "-1", "x" * 300])
def test_a_server_that_is_not_there(cloud: ComputeCloud, server_id: str) -> None:
    answer = cloud.call("alice", "GET", f"/servers/{server_id}")

    assert answer.status_code == 404
    assert answer.json == {"itemNotFound": {"code": 404, "message": f"Instance {server_id} could not be found."}}


@pytest.mark.parametrize(
    ("body", "at", "shown"),
    [
        ({"name": "other"}, None, {"name": "other"}),
        ({"accessIPv4": "1.1.1.1", "accessIPv6": "::2"}, None, {"accessIPv4": "1.1.1.1", "accessIPv6": "::2"}),
        ({"OS-DCF:diskConfig": "AUTO"}, None, {"OS-DCF:diskConfig": "AUTO"}),
        ({"description": "new"}, "2.19", {"description": "new"}),
        ({"description": None}, "2.19", {"description": None}),
        ({"hostname": "host"}, "2.90", {"OS-EXT-SRV-ATTR:hostname": "host"}),
        ({"hostname": "host.example"}, "2.94", {"OS-EXT-SRV-ATTR:hostname": "host.example"}),
        ({}, None, {"name": "web"}),
    ],
)
def test_an_update_changes_what_it_names(
    cloud: ComputeCloud, body: dict[str, Any], at: str | None, shown: dict[str, Any]
) -> None:
    server_id = cloud.boot()

    answer = cloud.call("alice", "PUT", f"/servers/{server_id}", {"server": body}, at=at)

    assert answer.status_code == 200
    assert answer.json["server"].items() >= shown.items()
    assert cloud.server(server_id, at=at).items() >= shown.items()


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"name": ""}, None),
        ({"name": "x" * 256}, None),
        ({"name": None}, None),
        ({"accessIPv4": "x"}, None),
        ({"description": "x"}, None),
        ({"hostname": "host.example"}, "2.90"),
        ({"hostname": "host"}, "2.89"),
        ({"flavorRef": "1"}, None),
    ],
)
def test_an_update_that_fits_no_schema_is_refused(cloud: ComputeCloud, body: dict[str, Any], at: str | None) -> None:
    assert cloud.call("alice", "PUT", f"/servers/{cloud.boot()}", {"server": body}, at=at).status_code == 400


def test_an_update_answers_with_everything_since_2_75(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    def answered(at: str) -> set[str]:
        return set(cloud.call("alice", "PUT", f"/servers/{server_id}", {"server": {}}, at=at).json["server"])

    assert "OS-EXT-STS:vm_state" not in answered("2.74")
    assert answered("2.75") == set(cloud.server(server_id, at="2.75"))


def test_a_reader_may_look_and_not_touch(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert cloud.server(server_id, "reader")["id"] == server_id
    assert cloud.call("reader", "PUT", f"/servers/{server_id}", {"server": {}}).status_code == 403
    assert cloud.call("reader", "DELETE", f"/servers/{server_id}").status_code == 403


def test_bob_finds_nothing_of_alice(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"server": {"name": "mine"}}),
        ("DELETE", "", None),
        ("GET", "/ips", None),
        ("GET", "/metadata", None),
        ("POST", "/action", {"os-stop": None}),
        ("GET", "/os-instance-actions", None),
        ("GET", "/os-interface", None),
        ("GET", "/os-volume_attachments", None),
        ("GET", "/os-security-groups", None),
        ("GET", "/os-server-password", None),
    ):
        assert cloud.call("bob", method, f"/servers/{server_id}{path}", body).status_code == 404, path
    assert cloud.server(server_id)["name"] == "web"


def test_the_encrypted_password_is_empty(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    assert cloud.call("alice", "GET", f"/servers/{server_id}/os-server-password").json == {"password": ""}
    assert cloud.call("alice", "DELETE", f"/servers/{server_id}/os-server-password").status_code == 204
