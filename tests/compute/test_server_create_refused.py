"""What a create asks for and the cloud cannot give is refused before anything is promised, in Nova's words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, JumpgateError
from tests.compute.conftest import ComputeCloud

NOWHERE = "6f70656e-7374-4163-8b20-6e6f77686572"


def refused(cloud: ComputeCloud, status: int, at: str | None = None, **more: Any) -> str:
    """Return the message with which a create is refused; nothing may be left of it."""
    answer = cloud.call("alice", "POST", "/servers", cloud.wanted(**more), at=at)
    assert answer.status_code == status, answer.text
    assert cloud.call("alice", "GET", "/servers").json["servers"] == []
    (fault,) = answer.json.values()
    assert fault["code"] == status
    message: str = fault["message"]
    return message


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"imageRef": NOWHERE}, "Can not find requested image"),
        ({"imageRef": None}, "Missing imageRef attribute"),
        ({"imageRef": ""}, "Missing imageRef attribute"),
        ({"flavorRef": "nope"}, "Flavor nope could not be found."),
        ({"key_name": "nope"}, "Invalid key_name provided."),
        ({"availability_zone": "mars"}, "The requested availability zone is not available"),
        ({"networks": [{"uuid": NOWHERE}]}, f"Network {NOWHERE} could not be found."),
        ({"networks": [{"uuid": "x"}]}, "Bad networks format: network uuid is not in proper format (x)"),
        ({"networks": [{}]}, "Bad network format: missing 'uuid'"),
        ({"networks": [{"port": NOWHERE}]}, f"Port id {NOWHERE} could not be found."),
        (
            {"networks": [{"port": NOWHERE}, {"port": NOWHERE}]},
            f"Port ID '{NOWHERE}' was specified twice: you cannot attach a port multiple times.",
        ),
        (
            {"networks": [{"port": NOWHERE, "fixed_ip": "10.0.0.2"}]},
            f"Specified Fixed IP '10.0.0.2' cannot be used with port '{NOWHERE}': "
            "the two cannot be specified together.",
        ),
        ({"security_groups": [{"name": "nope"}]}, "Unable to find security_group with name or id 'nope'"),
        ({"min_count": 3, "max_count": 2}, "min_count must be <= max_count"),
    ],
)
def test_what_is_not_there_is_a_bad_request(cloud: ComputeCloud, more: dict[str, Any], message: str) -> None:
    assert refused(cloud, 400, **more) == message


@pytest.mark.parametrize(
    "more",
    [
        {"name": ""},
        {"name": "x" * 256},
        {"name": 12},
        {"name": " x"},
        {"flavorRef": None},
        {"imageRef": "no uuid"},
        {"metadata": {"a": "x" * 256}},
        {"metadata": {"a": 1}},
        {"user_data": "no base64!"},
        {"user_data": "aGk=" * 20_000},
        {"accessIPv4": "1.2.3"},
        {"accessIPv6": "notvalid"},
        {"config_drive": "maybe"},
        {"min_count": 0},
        {"max_count": "x"},
        {"OS-DCF:diskConfig": "SOMEHOW"},
        {"unknown": 1},
        {"tags": ["a"]},
        {"description": "before 2.19"},
    ],
)
def test_a_body_that_fits_no_schema_is_refused(cloud: ComputeCloud, more: dict[str, Any]) -> None:
    body = cloud.wanted()
    body["server"] |= more
    if more == {"flavorRef": None}:
        del body["server"]["flavorRef"]

    answer = cloud.call("alice", "POST", "/servers", body)

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"]


def test_an_inactive_image_is_refused(cloud: ComputeCloud) -> None:
    image = cloud.imaging.images.add(status="queued")

    assert refused(cloud, 400, imageRef=image.id) == f"Image {image.id} is not active."


def test_a_foreign_private_image_is_not_found(cloud: ComputeCloud) -> None:
    image = cloud.imaging.images.add(visibility="private", owner="2" * 32)

    assert refused(cloud, 400, imageRef=image.id) == "Can not find requested image"


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ({"min_ram_mib": 129}, "Flavor's memory is too small for requested image."),
        ({"min_disk_gib": 2}, "Flavor's disk is smaller than the minimum size specified in image metadata."),
        ({"size_bytes": 2**30 + 1}, "Flavor's disk is too small for requested image."),
    ],
)
def test_an_image_must_fit_the_flavor(cloud: ComputeCloud, image: dict[str, Any], message: str) -> None:
    too_large = cloud.imaging.images.add(**image)

    assert refused(cloud, 400, imageRef=too_large.id).startswith(message)


def test_several_networks_need_a_choice(cloud: ComputeCloud) -> None:
    cloud.network.add_network("other", "10.1.0")

    message = "Multiple possible networks found, use a Network ID to be more specific."
    assert refused(cloud, 409) == message
    assert refused(cloud, 409, at="2.37", networks="auto") == message


def test_automatic_networking_needs_a_network(cloud: ComputeCloud) -> None:
    answer = cloud.call("bob", "POST", "/servers", cloud.wanted(networks="auto"), at="2.37")

    assert answer.status_code == 400
    assert "Unable to automatically allocate a network for project" in answer.json["badRequest"]["message"]


class Topologies:
    """A network service that makes a network for whom has none."""

    def __init__(self, cloud: ComputeCloud, problem: JumpgateError | None = None) -> None:
        self.cloud = cloud
        self.problem = problem

    def get(self, ctx: Context, project_id: str) -> Any:
        if self.problem is not None:
            raise self.problem
        made = self.cloud.network.add_network("auto", "10.2.0", project_id=project_id)
        return SimpleNamespace(network_id=made.id, project_id=project_id)


def test_automatic_networking_makes_a_network_once(cloud: ComputeCloud) -> None:
    vars(cloud.network)["auto_allocated_topologies"] = Topologies(cloud)

    for _ in range(2):
        server = cloud.server(cloud.boot("bob", networks="auto", at="2.37"), "bob")
        assert set(server["addresses"]) == {"auto"}
    assert [item.name for item in cloud.network.networks.shelf.things.values()] == ["private", "auto"]
    assert cloud.server(cloud.boot("bob", networks="none", at="2.37"), "bob")["addresses"] == {}


def test_automatic_networking_that_is_refused(cloud: ComputeCloud) -> None:
    problem = Conflict("No default router:external network.")
    vars(cloud.network)["auto_allocated_topologies"] = Topologies(cloud, problem)

    answer = cloud.call("bob", "POST", "/servers", cloud.wanted(networks="auto"), at="2.37")

    assert answer.status_code == 400
    assert "Unable to automatically allocate a network for project" in answer.json["badRequest"]["message"]


def test_a_network_needs_a_subnet(cloud: ComputeCloud) -> None:
    bare = cloud.network.add_network("bare", "10.1.0", subnet_ids=())

    message = f"Network {bare.id} requires a subnet in order to boot instances on."
    assert refused(cloud, 400, networks=[{"uuid": bare.id}]) == message


def test_an_external_network_is_the_administrators(cloud: ComputeCloud) -> None:
    public = cloud.network.add_network("public", "172.24.4", project_id="3" * 32, external=True)

    message = f"It is not allowed to create an interface on external network {public.id}"
    assert refused(cloud, 403, networks=[{"uuid": public.id}]) == message
    assert cloud.call("admin", "POST", "/servers", cloud.wanted(networks=[{"uuid": public.id}])).status_code == 202


def test_a_taken_address_is_refused(cloud: ComputeCloud) -> None:
    port = cloud.network.add_port()
    address = port.fixed_ips[0].ip_address

    wanted = [{"uuid": cloud.network.private.id, "fixed_ip": address}]
    assert refused(cloud, 400, networks=wanted).startswith(f"Fixed IP address {address} is already in use")


def test_a_port_in_use_is_a_conflict(cloud: ComputeCloud) -> None:
    port = cloud.network.add_port()
    cloud.network.ports.shelf.change(port.id, {"device_id": "somebody"})

    assert refused(cloud, 409, networks=[{"port": port.id}]) == f"Port {port.id} is still in use."


def test_a_port_without_an_address_is_refused(cloud: ComputeCloud) -> None:
    port = cloud.network.add_port()
    cloud.network.ports.shelf.change(port.id, {"fixed_ips": ()})

    assert "requires a FixedIP" in refused(cloud, 400, networks=[{"port": port.id}])


def test_a_foreign_port_is_not_found(cloud: ComputeCloud) -> None:
    port = cloud.network.add_port(project_id="2" * 32)

    assert refused(cloud, 400, networks=[{"port": port.id}]) == f"Port id {port.id} could not be found."


def test_several_servers_cannot_share_a_port_or_an_address(cloud: ComputeCloud) -> None:
    port = cloud.network.add_port()
    fixed = {"uuid": cloud.network.private.id, "fixed_ip": "10.0.0.30"}

    assert "single configured port ID" in refused(cloud, 400, networks=[{"port": port.id}], max_count=2)
    assert "fixed_ip is specified" in refused(cloud, 400, networks=[fixed], max_count=2)


def test_the_port_quota_is_looked_at(cloud: ComputeCloud) -> None:
    cloud.network.quotas.limit = 0

    wanted = [{"uuid": cloud.network.private.id}]
    assert refused(cloud, 403, networks=wanted) == "Maximum number of ports exceeded"


def test_a_group_name_that_several_have_is_a_conflict(cloud: ComputeCloud) -> None:
    cloud.network.security_groups.add("twin")
    cloud.network.security_groups.add("twin")

    assert "Multiple security_group matches" in refused(cloud, 409, security_groups=[{"name": "twin"}])


def test_a_foreign_security_group_is_not_found(cloud: ComputeCloud) -> None:
    group = cloud.network.security_groups.add("theirs", "2" * 32)

    assert "Unable to find security_group" in refused(cloud, 400, security_groups=[{"name": group.id}])


def test_one_hostname_serves_one_server(cloud: ComputeCloud) -> None:
    message = "Unable to allocate a single hostname to multiple instances"
    assert refused(cloud, 400, at="2.90", networks="none", hostname="web", max_count=2) == message


def test_only_administrators_choose_the_host(cloud: ComputeCloud) -> None:
    assert "forced_host" in refused(cloud, 403, availability_zone="nova:embedded")
    assert "requested_destination" in refused(cloud, 403, at="2.74", networks="none", host="embedded")


def test_an_administrator_may_choose_the_host(cloud: ComputeCloud) -> None:
    forced = cloud.wanted(availability_zone="nova:embedded", networks=[{"uuid": cloud.network.private.id}])
    assert cloud.call("admin", "POST", "/servers", forced).status_code == 202
    nowhere = cloud.wanted(host="nowhere", networks="none")
    answer = cloud.call("admin", "POST", "/servers", nowhere, at="2.74")
    assert answer.json["badRequest"]["message"] == "Compute host nowhere could not be found."
    both = cloud.wanted(host="embedded", availability_zone="nova:embedded", networks="none")
    assert "mutually exclusive" in cloud.call("admin", "POST", "/servers", both, at="2.74").text
    unreadable = cloud.wanted(availability_zone="a:b:c:d")
    assert "Unable to parse availability_zone" in cloud.call("admin", "POST", "/servers", unreadable).text


def test_an_unknown_server_group_is_refused(cloud: ComputeCloud) -> None:
    body = {**cloud.wanted(), "os:scheduler_hints": {"group": NOWHERE}}

    answer = cloud.call("alice", "POST", "/servers", body)

    assert answer.status_code == 400
    assert answer.json["badRequest"]["message"] == f"Instance group {NOWHERE} could not be found."


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"metadata": {str(number): "" for number in range(129)}}, "Maximum number of metadata items exceeds 128"),
        ({"personality": [{"path": f"/{n}", "contents": ""} for n in range(6)]}, "Personality file limit exceeded"),
        ({"personality": [{"path": "x" * 256, "contents": ""}]}, "Personality file path exceeds maximum 255"),
        (
            {"personality": [{"path": "/a", "contents": "aGk=" * 6000}]},
            "Personality file content exceeds maximum 10240",
        ),
    ],
)
def test_what_goes_with_a_server_has_its_quota(cloud: ComputeCloud, more: dict[str, Any], message: str) -> None:
    if "personality" in more and message.endswith("10240"):
        more = {"personality": [{"path": "/a", "contents": "aGkh" * 6000}]}

    assert refused(cloud, 403, **more) == message
