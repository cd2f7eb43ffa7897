"""The network interfaces of servers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compute.conftest import ComputeCloud

NOWHERE = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def server_id(cloud: ComputeCloud) -> str:
    return cloud.boot()


def plug(cloud: ComputeCloud, server_id: str, at: str | None = None, **wanted: Any) -> Any:
    return cloud.call("alice", "POST", f"/servers/{server_id}/os-interface", {"interfaceAttachment": wanted}, at=at)


def test_interfaces_are_listed_and_shown(cloud: ComputeCloud, server_id: str) -> None:
    (port,) = cloud.network.ports_of(server_id)

    (interface,) = cloud.call("alice", "GET", f"/servers/{server_id}/os-interface").json["interfaceAttachments"]

    assert interface == {
        "net_id": cloud.network.private.id,
        "port_id": port.id,
        "mac_addr": port.mac_address,
        "port_state": "ACTIVE",
        "fixed_ips": [{"subnet_id": cloud.network.private.subnet_ids[0], "ip_address": "10.0.0.2"}],
    }
    shown = cloud.call("alice", "GET", f"/servers/{server_id}/os-interface/{port.id}").json
    assert shown == {"interfaceAttachment": interface}


def test_a_network_is_plugged_in_and_out(cloud: ComputeCloud, server_id: str) -> None:
    answer = plug(cloud, server_id, net_id=cloud.network.private.id, fixed_ips=[{"ip_address": "10.0.0.40"}])
    assert answer.status_code == 200
    interface = answer.json["interfaceAttachment"]
    assert interface["fixed_ips"][0]["ip_address"] == "10.0.0.40"
    assert len(cloud.network.ports_of(server_id)) == 2

    gone = cloud.call("alice", "DELETE", f"/servers/{server_id}/os-interface/{interface['port_id']}")

    assert (gone.status_code, gone.text) == (202, "")
    assert interface["port_id"] not in cloud.network.ports.shelf.things
    actions = cloud.call("alice", "GET", f"/servers/{server_id}/os-instance-actions").json["instanceActions"]
    assert [action["action"] for action in actions] == ["detach_interface", "attach_interface", "create"]


def test_the_only_network_need_not_be_named(cloud: ComputeCloud, server_id: str) -> None:
    assert plug(cloud, server_id).json["interfaceAttachment"]["net_id"] == cloud.network.private.id


def test_a_borrowed_port_is_given_back(cloud: ComputeCloud, server_id: str) -> None:
    port = cloud.network.add_port()

    assert plug(cloud, server_id, port_id=port.id).status_code == 200
    assert cloud.network.ports.shelf.things[port.id].device_id == server_id
    cloud.call("alice", "DELETE", f"/servers/{server_id}/os-interface/{port.id}")

    assert cloud.network.ports.shelf.things[port.id].device_id == ""


def test_interfaces_have_tags_since_2_49(cloud: ComputeCloud, server_id: str) -> None:
    assert plug(cloud, server_id, at="2.48", tag="nic").status_code == 400
    answer = plug(cloud, server_id, at="2.70", tag="nic")

    assert answer.json["interfaceAttachment"]["tag"] == "nic"
    listed = cloud.call("alice", "GET", f"/servers/{server_id}/os-interface", at="2.70").json
    assert sorted(str(item["tag"]) for item in listed["interfaceAttachments"]) == ["None", "nic"]


@pytest.mark.parametrize(
    ("wanted", "status", "message"),
    [
        ({"net_id": NOWHERE}, 404, f"Network {NOWHERE} could not be found."),
        ({"port_id": NOWHERE}, 404, f"Port id {NOWHERE} could not be found."),
        ({"port_id": NOWHERE, "net_id": NOWHERE}, 400, "Must not input both network_id and port_id"),
        ({"fixed_ips": [{"ip_address": "10.0.0.9"}]}, 400, "Must input network_id when request IP address"),
    ],
)
def test_what_is_not_there_is_not_plugged_in(
    cloud: ComputeCloud, server_id: str, wanted: dict[str, Any], status: int, message: str
) -> None:
    answer = plug(cloud, server_id, **wanted)

    assert answer.status_code == status
    (fault,) = answer.json.values()
    assert fault["message"] == message


@pytest.mark.parametrize("wanted", [{"net_id": "x"}, {"unknown": 1}, {"fixed_ips": []}])
def test_a_bad_body_is_refused(cloud: ComputeCloud, server_id: str, wanted: dict[str, Any]) -> None:
    assert plug(cloud, server_id, **wanted).status_code == 400


def test_a_taken_address_is_a_conflict(cloud: ComputeCloud, server_id: str) -> None:
    wanted: dict[str, Any] = {"net_id": cloud.network.private.id, "fixed_ips": [{"ip_address": "10.0.0.2"}]}

    assert plug(cloud, server_id, **wanted).status_code == 409


def test_a_port_in_use_is_a_conflict(cloud: ComputeCloud, server_id: str) -> None:
    other = cloud.boot()
    (port,) = cloud.network.ports_of(other)

    assert plug(cloud, server_id, port_id=port.id).status_code == 409


def test_an_external_network_is_forbidden(cloud: ComputeCloud, server_id: str) -> None:
    public = cloud.network.add_network("public", "172.24.4", project_id="3" * 32, external=True)

    assert plug(cloud, server_id, net_id=public.id).status_code == 403


def test_a_network_without_addresses_is_refused(cloud: ComputeCloud, server_id: str) -> None:
    cloud.network.ports.free[cloud.network.private.id].clear()

    answer = plug(cloud, server_id)

    assert answer.status_code == 400
    assert "No fixed IP addresses available" in answer.json["badRequest"]["message"]


def test_several_or_no_networks_need_a_choice(cloud: ComputeCloud, server_id: str) -> None:
    cloud.network.add_network("other", "10.1.0")
    assert "More than one possible network found" in plug(cloud, server_id).text
    bobs = cloud.boot("bob")
    nothing = cloud.call("bob", "POST", f"/servers/{bobs}/os-interface", {"interfaceAttachment": {}})
    assert "none are available" in nothing.text


def test_a_suspended_or_locked_server_keeps_its_interfaces(cloud: ComputeCloud, server_id: str) -> None:
    (port,) = cloud.network.ports_of(server_id)
    cloud.act(server_id, "suspend")

    assert "Cannot 'attach_interface'" in plug(cloud, server_id).text
    gone = cloud.call("alice", "DELETE", f"/servers/{server_id}/os-interface/{port.id}")
    assert (gone.status_code, "Cannot 'detach_interface'" in gone.text) == (409, True)
    cloud.act(server_id, "resume")
    cloud.act(server_id, "lock")
    assert plug(cloud, server_id).status_code == 409


def test_an_interface_of_another_server_is_not_found(cloud: ComputeCloud, server_id: str) -> None:
    (port,) = cloud.network.ports_of(cloud.boot())

    for method in ("GET", "DELETE"):
        assert cloud.call("alice", method, f"/servers/{server_id}/os-interface/{port.id}").status_code == 404


def test_nobody_else_touches_them(cloud: ComputeCloud, server_id: str) -> None:
    (port,) = cloud.network.ports_of(server_id)

    assert cloud.call("bob", "DELETE", f"/servers/{server_id}/os-interface/{port.id}").status_code == 404
    assert cloud.call("reader", "DELETE", f"/servers/{server_id}/os-interface/{port.id}").status_code == 403
    assert cloud.call("reader", "GET", f"/servers/{server_id}/os-interface").status_code == 200


def test_an_interface_plugged_into_a_server_that_is_going_goes_as_well(cloud: ComputeCloud, server_id: str) -> None:
    def delete() -> None:
        del cloud.network.ports.shelf.before["create"]
        cloud.call("alice", "DELETE", f"/servers/{server_id}")
        cloud.settle()

    cloud.network.ports.shelf.before["create"] = delete

    assert plug(cloud, server_id).status_code == 409
    assert cloud.network.ports_of(server_id) == []
