"""The examples, run as a user runs them: against a server in a process of its own, by its clouds.yaml.

Beside them: another project sees nothing of it, no client meets a 5xx, and the log keeps secrets to itself.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack.connection import Connection

from tests.support import served, user
from tests.support.calls import Login, call, cloud_entry, log_in
from tests.support.ports import find_free_port
from tests.support.served import Served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PATIENCE_S = 60
PASSWORD = "a-password-for-the-neighbour"

# Each kind's list and member, by service type: the first column names the fixture's thing.
LISTS = {
    "server": ("compute", "/servers", "servers"),
    "server in detail": ("compute", "/servers/detail", "servers"),
    "keypair": ("compute", "/os-keypairs", "keypairs"),
    "volume": ("block-storage", "/volumes", "volumes"),
    "volume in detail": ("block-storage", "/volumes/detail", "volumes"),
    "snapshot": ("block-storage", "/snapshots", "snapshots"),
    "image": ("image", "/v2/images", "images"),
    "network": ("network", "/v2.0/networks", "networks"),
    "subnet": ("network", "/v2.0/subnets", "subnets"),
    "port": ("network", "/v2.0/ports", "ports"),
    "security group": ("network", "/v2.0/security-groups", "security_groups"),
    "security group rule": ("network", "/v2.0/security-group-rules", "security_group_rules"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the whole module: what `make serve` starts."""
    started = served.start(tmp_path_factory.mktemp("served") / "state", find_free_port(), environment={})
    yield started
    started.kill()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's folder, in which programs run and have their temporary files."""
    return tmp_path_factory.mktemp("user")


@pytest.fixture(scope="module")
def run(server: Served, home: Path) -> Callable[..., str]:
    """Run a program with the server's clouds.yaml; return its output, fail when it does."""
    cloud = {"OS_CLIENT_CONFIG_FILE": str(server.state / "clouds.yaml"), "OS_CLOUD": "jumpgate"}

    def start(*command: str, stdin: str = "", **environment: str) -> str:
        done = subprocess.run(
            command,
            cwd=home,
            env=user.environment(home, **cloud, **environment),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    return start


@pytest.fixture(scope="module")
def connect(server: Served) -> Callable[..., Connection]:
    """Connect with openstacksdk: ``connect("jumpgate-admin")``, or with other credentials than clouds.yaml's."""

    def start(cloud: str = "jumpgate", **auth: str) -> Connection:
        entry = cloud_entry(server.state, cloud)
        entry["auth"].update(auth)
        return openstack.connect(load_yaml_config=False, load_envvars=False, **entry)

    return start


@pytest.fixture(scope="module")
def neighbour(connect: Callable[..., Connection]) -> Iterator[Login]:
    """A member of a second project, both made by the administrator."""
    admin = connect("jumpgate-admin")
    project = admin.create_project("next-door", "default")
    user = admin.create_user("neighbour", password=PASSWORD, default_project=project.id, domain_id="default")
    admin.grant_role("member", user=user.id, project=project.id)
    yield login_of(connect(username="neighbour", password=PASSWORD, project_name="next-door"))
    admin.delete_user(user.id)
    admin.delete_project(project.id)


def login_of(cloud: Connection) -> Login:
    """Return the token of a connection with the catalog's URLs."""
    types = {service_type for service_type, *_ in LISTS.values()}
    session = cloud.session
    urls = {name: str(session.get_endpoint(service_type=name, interface="public")).rstrip("/") for name in types}
    return Login(
        token=str(session.get_token()),
        project_id=str(cloud.current_project_id),
        user_id=str(cloud.current_user_id),
        urls=urls,
    )


@dataclass(frozen=True)
class Things:
    """One of each kind in project demo, by the keys of LISTS, and its owner's login."""

    ids: Mapping[str, str]
    owner: Login


@pytest.fixture(scope="module")
def things(connect: Callable[..., Connection]) -> Iterator[Things]:
    """One of each kind in project demo while a test runs."""
    cloud = connect()
    with ExitStack() as undo:
        yield Things(make_one_of_each(cloud, undo), login_of(cloud))


def make_one_of_each(cloud: Connection, undo: ExitStack) -> dict[str, str]:
    """Make one of each kind; return the ids."""
    image = cloud.image.create_image("one", data=b"bytes", disk_format="raw", container_format="bare")
    undo.callback(lambda: cloud.image.delete_image(str(image.id)))
    network = cloud.network.create_network(name="one")
    undo.callback(cloud.network.delete_network, network)
    subnet = cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="192.0.2.0/24")
    group = cloud.network.create_security_group(name="one")
    undo.callback(cloud.network.delete_security_group, group)
    rule = cloud.network.create_security_group_rule(security_group_id=group.id, direction="ingress", protocol="tcp")
    keypair = cloud.compute.create_keypair(name="one")
    undo.callback(cloud.compute.delete_keypair, keypair)
    server = make_server(cloud, undo, image.id, network.id)
    port = next(iter(cloud.network.ports(device_id=server.id)))
    volume = cloud.block_storage.create_volume(name="one", size=1)
    undo.callback(delete_volume, cloud, volume.id)
    cloud.block_storage.wait_for_status(volume, status="available", interval=0.2, wait=PATIENCE_S)
    snapshot = cloud.block_storage.create_snapshot(name="one", volume_id=volume.id)
    undo.callback(delete_snapshot, cloud, snapshot)
    return {
        "server": server.id,
        "keypair": "one",
        "volume": str(volume.id),
        "snapshot": str(snapshot.id),
        "image": str(image.id),
        "network": network.id,
        "subnet": subnet.id,
        "port": port.id,
        "security group": group.id,
        "security group rule": rule.id,
    }


def make_server(cloud: Connection, undo: ExitStack, image_id: str, network_id: str) -> Any:
    """Make a server and wait until it is ACTIVE."""
    flavor = min(cloud.compute.flavors(), key=lambda item: item.ram)
    server = cloud.compute.create_server(
        name="one", image_id=image_id, flavor_id=flavor.id, networks=[{"uuid": network_id}]
    )

    def delete() -> None:
        cloud.compute.delete_server(server)
        cloud.compute.wait_for_delete(server, interval=0.2, wait=PATIENCE_S)

    undo.callback(delete)
    return cloud.compute.wait_for_server(server, interval=0.2, wait=PATIENCE_S)


def delete_volume(cloud: Connection, volume_id: str) -> None:
    cloud.block_storage.delete_volume(volume_id, ignore_missing=False)


def delete_snapshot(cloud: Connection, snapshot: Any) -> None:
    cloud.block_storage.wait_for_status(snapshot, status="available", interval=0.2, wait=PATIENCE_S)
    cloud.block_storage.delete_snapshot(snapshot.id, ignore_missing=False)
    cloud.block_storage.wait_for_delete(snapshot, interval=0.2, wait=PATIENCE_S)


def test_the_first_steps_with_the_openstack_command(run: Callable[..., str], home: Path) -> None:
    transcript = run("bash", str(EXAMPLES / "first-steps.sh"))

    assert transcript.endswith("nothing is left\n")
    assert "the same bytes came back" in transcript
    assert "Traceback" not in transcript
    assert transcript.count("$ openstack ") < 60
    assert list(home.iterdir()) == []


def test_the_first_steps_with_the_sdk(run: Callable[..., str], home: Path) -> None:
    transcript = run(sys.executable, str(EXAMPLES / "first_steps.py"))

    assert transcript.endswith("nothing is left\n")
    assert "downloaded: the same bytes" in transcript
    assert list(home.iterdir()) == []


def test_a_client_of_2014(run: Callable[..., str], server: Served, things: Things) -> None:
    auth = cloud_entry(server.state)["auth"]
    environment = {
        "OS_AUTH_URL": f"{auth['auth_url'].rstrip('/').removesuffix('/v3')}/v2.0",
        "OS_USERNAME": auth["username"],
        "OS_PASSWORD": auth["password"],
        "OS_TENANT_NAME": auth["project_name"],
    }

    transcript = run(sys.executable, str(EXAMPLES / "2014.py"), **environment)

    assert f"/servers: 1\n  {things.ids['server']} one" in transcript
    assert re.search(r"/flavors: [1-9]", transcript)
    assert f"/volumes: 1\n  {things.ids['volume']} one" in transcript


@pytest.mark.parametrize("plural", ["servers", "flavors"])
def test_compute_has_the_project_in_its_paths_for_old_clients(things: Things, plural: str) -> None:
    compute = things.owner.urls["compute"].removesuffix("/v2.1")
    headers = {"X-Auth-Token": things.owner.token}

    answer = call(f"{compute}/v2/{things.owner.project_id}/{plural}", headers=headers)

    assert answer.status == 200
    assert answer.json[plural]
    assert call(f"{compute}/v2/{'0' * 32}/{plural}", headers=headers).status == 400


@pytest.mark.parametrize("kind", LISTS)
def test_another_project_sees_none_of_it(kind: str, things: Things, neighbour: Login) -> None:
    service_type, path, plural = LISTS[kind]
    thing = things.ids[kind.removesuffix(" in detail")]

    mine = things.owner.call(service_type, path)
    theirs = neighbour.call(service_type, path)

    assert thing in names(mine.json[plural])
    assert theirs.status == 200
    assert thing not in names(theirs.json[plural])


def names(items: list[Any]) -> list[str]:
    """Return the ids of a list; a key pair's is its name."""
    return [item["keypair"]["name"] if "keypair" in item else item["id"] for item in items]


@pytest.mark.parametrize("kind", [kind for kind in LISTS if not kind.endswith("detail")])
def test_another_project_cannot_reach_it_by_id(kind: str, things: Things, neighbour: Login) -> None:
    service_type, path, _ = LISTS[kind]
    member = f"{path}/{things.ids[kind]}"

    assert things.owner.call(service_type, member).status == 200
    assert neighbour.call(service_type, member).status == 404
    assert neighbour.call(service_type, member, "DELETE").status == 404
    assert things.owner.call(service_type, member).status == 200


def test_all_projects_is_not_for_members(things: Things, neighbour: Login) -> None:
    asked = neighbour.call("compute", "/servers?all_tenants=1")

    assert asked.status == 403 or asked.json["servers"] == []


COMMANDS = (
    "server list",
    "flavor list",
    "keypair list",
    "image list",
    "volume list",
    "volume snapshot list",
    "volume type list",
    "network list",
    "subnet list",
    "port list",
    "security group list",
    "extension list",
    "limits show --absolute",
    "quota show",
    "availability zone list",
)


def test_lists_meet_no_error_underneath(run: Callable[..., str], things: Things) -> None:
    # What the command ends with after a batch tells nothing.
    transcript = run("bash", "-c", "openstack --debug || true", stdin="\n".join(COMMANDS))

    statuses = re.findall(r'HTTP/1\.1" (\d{3})', transcript)
    assert len(statuses) >= len(COMMANDS)
    assert [status for status in statuses if status >= "500"] == []
    assert "Traceback" not in transcript


def test_the_log_has_no_error_and_no_secret(server: Served, run: Callable[..., str], things: Things) -> None:
    passwords = [cloud_entry(server.state, cloud)["auth"]["password"] for cloud in ("jumpgate", "jumpgate-admin")]
    tokens = [things.owner.token, log_in(server.state, "jumpgate-admin").token]

    log = server.log

    assert "Traceback" not in log
    assert re.findall(r"^.* 5\d\d [\d.]+ms$", log, re.MULTILINE) == []
    assert len(re.findall(r"^.* 2\d\d [\d.]+ms$", log, re.MULTILINE)) > 10
    assert [secret for secret in (*passwords, *tokens, PASSWORD) if secret in log] == []
    assert re.findall(r"gAAAA[\w-]{40,}", log) == []
