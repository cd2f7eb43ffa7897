"""Trunks and their subports."""

from __future__ import annotations

from typing import Any

import pytest

from tests.network.neutron import UNKNOWN, ask, change, fault, found, make, message, path, show
from tests.support.cloud import DEMO, Cloud


@pytest.fixture
def ports(cloud: Cloud) -> list[str]:
    """The ids of four ports of alice's on one network."""
    network_id = make(cloud, "alice", "network")["id"]
    return [make(cloud, "alice", "port", network_id=network_id)["id"] for _ in range(4)]


def vlan(port_id: str, number: int = 10) -> dict[str, Any]:
    """Return a subport."""
    return {"port_id": port_id, "segmentation_type": "vlan", "segmentation_id": number}


def act(cloud: Cloud, trunk_id: str, action: str, *entries: Any, caller: str = "alice") -> Any:
    """Add or remove subports."""
    return cloud.put(caller, path("trunk", trunk_id, f"{action}_subports"), {"sub_ports": list(entries)})


class TestTrunks:
    def test_a_trunk_is_made_and_shown(self, cloud: Cloud, ports: list[str]) -> None:
        made = make(cloud, "alice", "trunk", name="t", port_id=ports[0], sub_ports=[vlan(ports[1])])
        for name in ("created_at", "updated_at", "revision_number"):
            assert name in made
            made.pop(name)
        assert made == {
            "id": made["id"],
            "name": "t",
            "description": "",
            "tenant_id": DEMO,
            "project_id": DEMO,
            "admin_state_up": True,
            "port_id": ports[0],
            "status": "DOWN",
            "sub_ports": [vlan(ports[1])],
            "tags": [],
        }
        assert cloud.get("alice", path("trunk", made["id"], "get_subports")).json == {"sub_ports": [vlan(ports[1])]}

    def test_it_is_changed_but_for_its_port(self, cloud: Cloud, ports: list[str]) -> None:
        trunk_id = make(cloud, "alice", "trunk", port_id=ports[0])["id"]
        changed = change(cloud, "alice", "trunk", trunk_id, name="u", admin_state_up=False).json["trunk"]
        assert (changed["name"], changed["admin_state_up"]) == ("u", False)
        for name in ("port_id", "sub_ports"):
            result = change(cloud, "alice", "trunk", trunk_id, **{name: ports[1]})
            assert message(result) == f"Cannot update read-only attribute {name}"

    def test_lists_are_filtered_and_sorted(self, cloud: Cloud, ports: list[str]) -> None:
        for port_id, name in zip(ports, "badc", strict=True):
            make(cloud, "alice", "trunk", port_id=port_id, name=name)
        names = [item["name"] for item in found(cloud, "alice", "trunk", "sort_key=name&sort_dir=asc&status=DOWN")]
        assert names == ["a", "b", "c", "d"]
        assert [item["name"] for item in found(cloud, "alice", "trunk", f"port_id={ports[2]}")] == ["d"]
        assert fault(cloud.get("alice", path("trunk") + "?sub_ports=1")) == (400, "HTTPBadRequest")
        page = found(cloud, "alice", "trunk", "sort_key=status&sort_dir=asc&sort_key=name&sort_dir=desc&limit=2")
        assert [item["name"] for item in page] == ["d", "c"]

    def test_its_tags(self, cloud: Cloud, ports: list[str]) -> None:
        trunk_id = make(cloud, "alice", "trunk", port_id=ports[0])["id"]
        assert cloud.put("alice", path("trunk", trunk_id, "tags", "x")).status_code == 201
        assert [item["id"] for item in found(cloud, "alice", "trunk", "tags=x")] == [trunk_id]

    def test_its_ports_stay_as_long_as_it_does(self, cloud: Cloud, ports: list[str]) -> None:
        trunk_id = make(cloud, "alice", "trunk", port_id=ports[0], sub_ports=[vlan(ports[1])])["id"]
        assert fault(cloud.delete("alice", path("port", ports[0]))) == (409, "PortInUseAsTrunkParent")
        assert fault(cloud.delete("alice", path("port", ports[1]))) == (409, "PortInUseAsSubPort")
        assert cloud.delete("alice", path("trunk", trunk_id)).status_code == 204
        for port_id in ports[:2]:
            assert cloud.delete("alice", path("port", port_id)).status_code == 204

    def test_one_that_is_down_does_not_change(self, cloud: Cloud, ports: list[str]) -> None:
        trunk_id = make(cloud, "alice", "trunk", port_id=ports[0], sub_ports=[vlan(ports[1])])["id"]
        change(cloud, "alice", "trunk", trunk_id, admin_state_up=False)
        assert fault(act(cloud, trunk_id, "add", vlan(ports[2], 11))) == (409, "TrunkDisabled")
        assert fault(act(cloud, trunk_id, "remove", {"port_id": ports[1]})) == (409, "TrunkDisabled")
        assert fault(cloud.delete("alice", path("trunk", trunk_id))) == (409, "TrunkDisabled")

    def test_a_port_has_a_part_in_one_trunk(self, cloud: Cloud, ports: list[str]) -> None:
        make(cloud, "alice", "trunk", port_id=ports[0], sub_ports=[vlan(ports[1])])
        assert fault(ask(cloud, "alice", "trunk", port_id=ports[0])) == (409, "ParentPortInUse")
        assert fault(ask(cloud, "alice", "trunk", port_id=ports[1])) == (409, "TrunkPortInUse")
        assert fault(ask(cloud, "alice", "trunk", port_id=ports[2], sub_ports=[vlan(ports[2])])) == (
            409,
            "ParentPortInUse",
        )
        assert len(found(cloud, "alice", "trunk")) == 1

    @pytest.mark.parametrize(
        ("entry", "status", "text"),
        [
            ({"segmentation_type": "vlan"}, 400, "Invalid input for operation: Invalid subport details"),
            ({"segmentation_type": "foo", "segmentation_id": 5}, 400, "Invalid input for operation: Unknown segment"),
            ({"segmentation_type": "vlan", "segmentation_id": 5000}, 400, "Invalid input for operation: Segmentation"),
            (
                {"segmentation_type": "vlan", "segmentation_id": "x"},
                400,
                "Invalid input for operation: Invalid subport",
            ),
            ({"segmentation_type": "inherit"}, 400, "Invalid input for operation: Unknown segmentation_type 'vxlan'."),
            ({"port_id": "x"}, 400, "Invalid input for sub_ports. Reason: A valid port UUID must be specified."),
            ({"port_id": UNKNOWN, "segmentation_type": "vlan", "segmentation_id": 5}, 404, "Port 00000000-"),
        ],
    )
    def test_subports_that_cannot_be(
        self, cloud: Cloud, ports: list[str], entry: dict[str, Any], status: int, text: str
    ) -> None:
        result = ask(cloud, "alice", "trunk", port_id=ports[0], sub_ports=[{"port_id": ports[1], **entry}])
        assert result.status_code == status
        assert message(result).startswith(text)
        assert found(cloud, "alice", "trunk") == []

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("x", "Invalid data format for subports: 'x' is not a list."),
            (["x"], "Invalid data format for subport: 'x' is not a dictionary."),
        ],
    )
    def test_subports_are_objects(self, cloud: Cloud, ports: list[str], value: Any, reason: str) -> None:
        result = ask(cloud, "alice", "trunk", port_id=ports[0], sub_ports=value)
        assert message(result) == f"Invalid input for sub_ports. Reason: {reason}"

    def test_numbers_are_unique(self, cloud: Cloud, ports: list[str]) -> None:
        result = ask(cloud, "alice", "trunk", port_id=ports[0], sub_ports=[vlan(ports[1]), vlan(ports[2])])
        reason = f"Segmentation ID '10' for '{ports[2]}' is not unique."
        assert message(result) == f"Invalid input for sub_ports. Reason: {reason}"

    def test_a_port_of_a_device_is_no_subport(self, cloud: Cloud, ports: list[str]) -> None:
        change(cloud, "alice", "port", ports[1], device_id="vm")
        result = ask(cloud, "alice", "trunk", port_id=ports[0], sub_ports=[vlan(ports[1])])
        assert fault(result) == (409, "PortInUse")

    def test_packets_fit_through_it(self, cloud: Cloud, ports: list[str]) -> None:
        narrow = make(cloud, "alice", "network", mtu=1300)["id"]
        parent = make(cloud, "alice", "port", network_id=narrow)["id"]
        result = ask(cloud, "alice", "trunk", port_id=parent, sub_ports=[vlan(ports[1])])
        assert fault(result) == (409, "SubPortMtuGreaterThanTrunkPortMtu")


class TestActions:
    def test_subports_are_added_and_removed(self, cloud: Cloud, ports: list[str]) -> None:
        trunk_id = make(cloud, "alice", "trunk", port_id=ports[0], sub_ports=[vlan(ports[1])])["id"]
        result = act(cloud, trunk_id, "add", vlan(ports[2], 11))
        assert (result.status_code, result.json["id"]) == (200, trunk_id)
        assert result.json["sub_ports"] == [vlan(ports[1]), vlan(ports[2], 11)]
        assert act(cloud, trunk_id, "remove", {"port_id": ports[1]}).json["sub_ports"] == [vlan(ports[2], 11)]
        assert show(cloud, "alice", "trunk", trunk_id)["sub_ports"] == [vlan(ports[2], 11)]

    def test_all_or_none(self, cloud: Cloud, ports: list[str]) -> None:
        trunk_id = make(cloud, "alice", "trunk", port_id=ports[0], sub_ports=[vlan(ports[1])])["id"]
        assert fault(act(cloud, trunk_id, "add", vlan(ports[2], 11), vlan(ports[3]))) == (409, "DuplicateSubPort")
        assert fault(act(cloud, trunk_id, "add", vlan(ports[1], 12))) == (409, "TrunkPortInUse")
        removal = ({"port_id": ports[1]}, {"port_id": ports[2]})
        assert fault(act(cloud, trunk_id, "remove", *removal)) == (404, "SubPortNotFound")
        assert show(cloud, "alice", "trunk", trunk_id)["sub_ports"] == [vlan(ports[1])]

    def test_what_a_body_must_say(self, cloud: Cloud, ports: list[str]) -> None:
        trunk_id = make(cloud, "alice", "trunk", port_id=ports[0])["id"]
        assert fault(cloud.put("alice", path("trunk", trunk_id, "add_subports"), {})) == (400, "InvalidInput")
        result = act(cloud, trunk_id, "remove", {"x": 1})
        assert message(result) == "Invalid input for operation: A valid port UUID must be specified."


def test_other_projects_have_no_part_in_it(cloud: Cloud, ports: list[str]) -> None:
    trunk_id = make(cloud, "alice", "trunk", port_id=ports[0])["id"]
    assert found(cloud, "bob", "trunk") == []
    assert cloud.get("bob", path("trunk", trunk_id)).status_code == 404
    assert cloud.get("bob", path("trunk", trunk_id, "get_subports")).status_code == 404
    assert change(cloud, "bob", "trunk", trunk_id, name="mine").status_code == 404
    assert cloud.delete("bob", path("trunk", trunk_id)).status_code == 404
    assert act(cloud, trunk_id, "add", vlan(ports[1]), caller="bob").status_code == 404
    assert fault(ask(cloud, "bob", "trunk", port_id=ports[1])) == (404, "PortNotFound")
    assert fault(act(cloud, trunk_id, "add", vlan(ports[1]), caller="reader")) == (403, "PolicyNotAuthorized")
