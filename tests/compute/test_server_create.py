"""Creating servers: the answer, what is written, and the building."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.compute.conftest import SMALL, ComputeCloud
from tests.support.cloud import DEMO


def test_the_answer_is_a_promise(cloud: ComputeCloud) -> None:
    answer = cloud.call("alice", "POST", "/servers", cloud.wanted())

    assert answer.status_code == 202
    server = answer.json["server"]
    assert set(server) == {"id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"}
    assert server["security_groups"] == [{"name": "default"}]
    assert answer.headers["Location"] == server["links"][0]["href"]
    assert len(server["adminPass"]) == 12


def test_a_new_server_builds_and_hides_its_addresses(cloud: ComputeCloud) -> None:
    server_id = cloud.call("alice", "POST", "/servers", cloud.wanted()).json["server"]["id"]

    server = cloud.server(server_id)
    assert (server["status"], server["OS-EXT-STS:vm_state"]) == ("BUILD", "building")
    assert server["OS-EXT-STS:task_state"] == "scheduling"
    assert server["addresses"] == {}
    assert server["hostId"] == ""
    assert server["progress"] == 0


def test_a_built_server_runs_with_an_address_on_the_only_network(cloud: ComputeCloud) -> None:
    server_id = cloud.boot()

    server = cloud.server(server_id)
    assert (server["status"], server["OS-EXT-STS:power_state"], server["OS-EXT-STS:task_state"]) == ("ACTIVE", 1, None)
    assert server["OS-SRV-USG:launched_at"] is not None
    (port,) = cloud.network.ports_of(server_id)
    assert (port.device_owner, port.project_id) == ("compute:nova", DEMO)
    address = {"version": 4, "addr": "10.0.0.2"}
    extended = {"OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": port.mac_address}
    assert server["addresses"] == {"private": [{**address, **extended}]}
    assert server["security_groups"] == [{"name": "default"}]


def test_everything_that_was_asked_for_is_kept(cloud: ComputeCloud) -> None:
    cloud.call("alice", "POST", "/os-keypairs", {"keypair": {"name": "mine"}})
    data = base64.b64encode(b"#!/bin/sh").decode()
    server_id = cloud.boot(
        at="2.96",
        networks="auto",
        description="the first",
        metadata={"role": "web"},
        tags=["blue", "green"],
        key_name="mine",
        user_data=data,
        config_drive=True,
        accessIPv4="1.2.3.4",
        accessIPv6="fe80::1",
        hostname="web.example.org",
        availability_zone="nova",
        **{"OS-DCF:diskConfig": "AUTO"},
    )

    server = cloud.server(server_id, "admin", at="2.96")
    assert server["description"] == "the first"
    assert server["metadata"] == {"role": "web"}
    assert server["tags"] == ["blue", "green"]
    assert server["key_name"] == "mine"
    assert server["OS-EXT-SRV-ATTR:user_data"] == data
    assert server["config_drive"] == "True"
    assert (server["accessIPv4"], server["accessIPv6"]) == ("1.2.3.4", "fe80::1")
    assert server["OS-EXT-SRV-ATTR:hostname"] == "web.example.org"
    assert server["pinned_availability_zone"] == "nova"
    assert server["OS-DCF:diskConfig"] == "AUTO"


def test_before_2_19_the_description_is_the_name(cloud: ComputeCloud) -> None:
    assert cloud.server(cloud.boot(), at="2.19")["description"] == "web"
    assert cloud.server(cloud.boot(at="2.19"), at="2.19")["description"] is None


def test_the_host_name_is_made_of_the_name(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(name="My Web_Server.1!")

    assert cloud.server(server_id, "admin", at="2.3")["OS-EXT-SRV-ATTR:hostname"] == "my-web-server-1"


def test_an_administrator_password_can_be_given(cloud: ComputeCloud) -> None:
    answer = cloud.call("alice", "POST", "/servers", cloud.wanted(adminPass="s3cret"))

    assert answer.json["server"]["adminPass"] == "s3cret"


def test_several_servers_are_numbered(cloud: ComputeCloud) -> None:
    cloud.call("alice", "POST", "/servers", cloud.wanted(min_count=2, max_count="3"))
    cloud.settle()

    servers = cloud.call("admin", "GET", "/servers/detail?all_tenants=1&sort_key=display_name&sort_dir=asc", at="2.3")
    shown = servers.json["servers"]
    assert [server["name"] for server in shown] == ["web-1", "web-2", "web-3"]
    assert [server["OS-EXT-SRV-ATTR:launch_index"] for server in shown] == [0, 1, 2]
    assert [server["OS-EXT-SRV-ATTR:hostname"] for server in shown] == ["web-1", "web-2", "web-3"]
    assert len({server["OS-EXT-SRV-ATTR:reservation_id"] for server in shown}) == 1


def test_a_reservation_id_can_be_asked_for(cloud: ComputeCloud) -> None:
    answer = cloud.call("alice", "POST", "/servers", cloud.wanted(return_reservation_id=True, max_count=2))

    assert answer.status_code == 202
    reservation = answer.json["reservation_id"]
    assert reservation.startswith("r-")
    found = cloud.call("alice", "GET", f"/servers?reservation_id={reservation}").json["servers"]
    assert len(found) == 2


def test_as_many_are_made_as_the_quota_lets(cloud: ComputeCloud) -> None:
    cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {"instances": 2}})

    answer = cloud.call("alice", "POST", "/servers", cloud.wanted(min_count=1, max_count=5))

    assert answer.status_code == 202
    assert len(cloud.call("alice", "GET", "/servers").json["servers"]) == 2


@pytest.mark.parametrize(
    ("quota", "message"),
    [
        ({"instances": 1}, "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances"),
        ({"cores": 1}, "Quota exceeded for cores: Requested 1, but already used 1 of 1 cores"),
        ({"ram": 200}, "Quota exceeded for ram: Requested 128, but already used 128 of 200 ram"),
        (
            {"instances": 1, "cores": 1},
            "Quota exceeded for instances, cores: Requested 1, 1, but already used 1, 1 of 1, 1 instances, cores",
        ),
    ],
)
def test_more_than_the_quota_is_refused(cloud: ComputeCloud, quota: dict[str, int], message: str) -> None:
    cloud.boot()
    cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": quota})

    answer = cloud.call("alice", "POST", "/servers", cloud.wanted())

    assert answer.status_code == 403
    assert answer.json["forbidden"]["message"] == message


def test_a_deleted_server_gives_its_quota_back(cloud: ComputeCloud) -> None:
    cloud.call("admin", "PUT", f"/os-quota-sets/{DEMO}", {"quota_set": {"instances": 1}})
    server_id = cloud.boot()
    cloud.call("alice", "DELETE", f"/servers/{server_id}")
    cloud.settle()

    assert cloud.call("alice", "POST", "/servers", cloud.wanted()).status_code == 202


def test_no_network_can_be_asked_for(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(at="2.37", networks="none")

    assert cloud.server(server_id)["addresses"] == {}
    assert cloud.network.ports_of(server_id) == []


def test_networks_must_be_said_since_2_37(cloud: ComputeCloud) -> None:
    answer = cloud.call("alice", "POST", "/servers", cloud.wanted(), at="2.37")

    assert answer.status_code == 400
    assert "networks" in answer.json["badRequest"]["message"]


def test_a_network_an_address_and_a_port_can_be_chosen(cloud: ComputeCloud) -> None:
    other = cloud.network.add_network("other", "10.1.0")
    port = cloud.network.add_port()
    wanted = [{"uuid": other.id, "fixed_ip": "10.1.0.9"}, {"port": port.id}, {"uuid": other.id}]
    server_id = cloud.boot(networks=wanted)

    addresses = cloud.server(server_id)["addresses"]
    assert sorted(item["addr"] for item in addresses["other"]) == ["10.1.0.2", "10.1.0.9"]
    assert [item["addr"] for item in addresses["private"]] == ["10.0.0.2"]
    assert cloud.network.ports.shelf.things[port.id].device_id == server_id


def test_a_project_without_networks_gets_a_server_without_addresses(cloud: ComputeCloud) -> None:
    server_id = cloud.boot("bob", networks=None)

    assert cloud.server(server_id, "bob")["addresses"] == {}


def test_a_shared_network_of_another_project_is_used(cloud: ComputeCloud) -> None:
    cloud.network.add_network("everybody", "10.9.0", shared=True)

    assert list(cloud.server(cloud.boot("bob"), "bob")["addresses"]) == ["everybody"]


def test_security_groups_are_found_by_name_and_id(cloud: ComputeCloud) -> None:
    web, ssh = cloud.network.security_groups.add("web"), cloud.network.security_groups.add("ssh")
    server_id = cloud.boot(security_groups=[{"name": "web"}, {"name": ssh.id}])

    (port,) = cloud.network.ports_of(server_id)
    assert set(port.security_group_ids) == {web.id, ssh.id}
    assert {group["name"] for group in cloud.server(server_id)["security_groups"]} == {"web", "ssh"}


def test_a_flavor_may_be_given_as_a_url(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(flavorRef="http://nova.example/v2/flavors/42")

    assert cloud.server(server_id)["flavor"]["id"] == "42"


def test_scheduler_hints_are_taken_by_both_names(cloud: ComputeCloud) -> None:
    for key in ("os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"):
        body = {**cloud.wanted(), key: {"query": '[">=", "$free_ram_mb", 1024]', "anything": 1}}
        assert cloud.call("alice", "POST", "/servers", body).status_code == 202


def test_a_build_without_a_free_address_ends_in_error_and_keeps_nothing(cloud: ComputeCloud) -> None:
    cloud.network.ports.free[cloud.network.private.id].clear()

    server_id = cloud.boot()

    server = cloud.server(server_id)
    assert server["status"] == "ERROR"
    assert server["fault"]["code"] == 409
    assert "No more IP addresses" in server["fault"]["message"]
    assert "created" in server["fault"]
    assert cloud.network.ports_of(server_id) == []


def test_an_unexpected_problem_is_tried_again_and_its_details_are_the_administrators(cloud: ComputeCloud) -> None:
    def fail() -> None:
        raise ZeroDivisionError("in the network")

    cloud.network.ports.shelf.before["create"] = fail
    server_id = cloud.call("alice", "POST", "/servers", cloud.wanted()).json["server"]["id"]
    for _ in range(5):
        cloud.settle()
        cloud.make_due("compute.build")

    assert cloud.server(server_id)["status"] == "ERROR"
    assert "details" not in cloud.server(server_id)["fault"]
    fault = cloud.server(server_id, "admin")["fault"]
    assert (fault["code"], fault["message"]) == (500, "ZeroDivisionError")
    assert "in the network" in fault["details"]


def test_a_zero_disk_flavor_needs_a_volume(cloud: ComputeCloud) -> None:
    cloud.call(
        "admin", "POST", "/flavors", {"flavor": {"name": "diskless", "id": "z", "ram": 64, "vcpus": 1, "disk": 0}}
    )

    answer = cloud.call("alice", "POST", "/servers", cloud.wanted(flavorRef="z"))

    assert answer.status_code == 403
    assert "zero disk" in answer.json["forbidden"]["message"]


@pytest.mark.parametrize("files", [[], [{"path": "/etc/motd", "contents": "aGVsbG8="}]])
def test_files_are_taken_until_2_57(cloud: ComputeCloud, files: list[Any]) -> None:
    assert cloud.call("alice", "POST", "/servers", cloud.wanted(personality=files)).status_code == 202
    late = cloud.wanted(personality=files, networks="none")
    assert cloud.call("alice", "POST", "/servers", late, at="2.57").status_code == 400


def test_a_reader_may_not_create(cloud: ComputeCloud) -> None:
    answer = cloud.call("reader", "POST", "/servers", cloud.wanted())

    assert answer.status_code == 403
    assert "os_compute_api:servers:create" in answer.json["forbidden"]["message"]


def test_an_embedded_flavor_stays_as_it_was(cloud: ComputeCloud) -> None:
    server_id = cloud.boot(flavorRef=SMALL)
    cloud.call("admin", "DELETE", f"/flavors/{SMALL}")

    flavor = cloud.server(server_id, at="2.47")["flavor"]
    assert (flavor["original_name"], flavor["ram"], flavor["extra_specs"]) == ("m1.small", 2048, {})
