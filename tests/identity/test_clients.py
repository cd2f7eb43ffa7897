"""The identity service as its clients see it: keystoneauth, openstacksdk, keystoneclient and the openstack command."""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import keystoneauth1.exceptions
import keystoneauth1.session
import openstack
import pytest
from keystoneauth1.identity import v2, v3

from tests.identity.keystone import PASSWORD, Keystone
from tests.support.ports import LOOPBACK, find_free_port

pytestmark = pytest.mark.slow


class Server(socketserver.ThreadingMixIn, WSGIServer):
    """Answers each request in a thread of its own."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Keystone]:
    """A service that listens where its `clouds.yaml` says."""
    port = find_free_port()
    keystone = Keystone(tmp_path, f"public_url = http://{LOOPBACK}:{port}/identity")
    with make_server(LOOPBACK, port, keystone.app, server_class=Server, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield keystone
        server.shutdown()
        thread.join()


@pytest.fixture
def connect(served: Keystone, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Connect by `clouds.yaml`, as any openstacksdk does."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(served.state / "clouds.yaml"))
    return lambda cloud: openstack.connect(cloud=cloud)


def root(keystone: Keystone) -> str:
    url: str = keystone.clouds["jumpgate"]["auth"]["auth_url"]
    return url.removesuffix("/v3")


def test_keystoneauth_finds_both_versions_from_the_root(served: Keystone) -> None:
    known: dict[str, Any] = {"username": "demo", "password": served.known_password("demo")}
    names: dict[str, Any] = {"user_domain_id": "default", "project_domain_id": "default", "project_name": "demo"}
    new = keystoneauth1.session.Session(auth=v3.Password(f"{root(served)}/v3", **known, **names))
    assert new.get_project_id() == served.id_of("project", "demo")
    assert new.get_endpoint(service_type="identity", version=(3, 0)) == f"{root(served)}/v3/"
    assert new.get_endpoint(service_type="identity") == root(served)

    old = keystoneauth1.session.Session(auth=v2.Password(f"{root(served)}/v2.0", **known, tenant_name="demo"))
    assert old.get_project_id() == served.id_of("project", "demo")
    assert str(old.get_endpoint(service_type="identity", version=(2, 0))).rstrip("/") == f"{root(served)}/v2.0"

    any_version = openstack.connection.Connection(
        auth={**known, **names, "auth_url": root(served)}, auth_type="password", region_name="RegionOne"
    )
    assert any_version.current_project_id == served.id_of("project", "demo")


def test_a_wrong_password_is_unauthorized(served: Keystone) -> None:
    auth = v3.Password(f"{root(served)}/v3", username="demo", password="wrong", user_domain_id="default", unscoped=True)
    with pytest.raises(keystoneauth1.exceptions.Unauthorized):
        keystoneauth1.session.Session(auth=auth).get_token()


def test_keystoneclient_of_old_uses_v2(served: Keystone) -> None:
    client = pytest.importorskip("keystoneclient.v2_0.client")

    known = {"username": "demo", "password": served.known_password("demo"), "tenant_name": "demo"}
    keystone = client.Client(auth_url=f"{root(served)}/v2.0", **known)
    assert [tenant.name for tenant in keystone.tenants.list()] == ["demo"]
    assert keystone.service_catalog.url_for(service_type="identity") == f"{root(served)}/v2.0"


def test_openstacksdk_administers_the_cloud(connect: Any) -> None:
    cloud = connect("jumpgate-admin")
    identity = cloud.identity
    project = identity.create_project(name="one", domain_id="default", tags=["a"])
    user = identity.create_user(name="alice", password=PASSWORD, domain_id="default", email="a@example.org")
    role = identity.find_role("member")
    identity.assign_project_role_to_user(project, user, role)
    assert identity.validate_user_has_project_role(project, user, role)
    assert {item.role["id"] for item in identity.role_assignments(user_id=user.id)} == {role.id}
    assert [item.name for item in identity.user_projects(user)] == ["one"]
    assert identity.update_user(user, name="alicia").name == "alicia"
    assert identity.find_user("alicia").id == user.id
    group = identity.create_group(name="people", domain_id="default")
    identity.add_user_to_group(user, group)
    assert identity.check_user_in_group(user, group)
    assert [item.id for item in identity.group_users(group)] == [user.id]
    domain = identity.create_domain(name="elsewhere")
    identity.update_domain(domain, is_enabled=False)
    identity.delete_domain(domain)
    identity.delete_group(group)
    identity.delete_user(user)
    identity.delete_project(project)
    assert identity.find_user("alicia") is None
    assert [item.type for item in identity.services()] == ["identity"]
    assert [item.id for item in identity.regions()] == ["RegionOne"]
    assert len(list(identity.endpoints())) == 3


def test_openstacksdk_pages_through_a_list(served: Keystone, connect: Any) -> None:
    for number in range(5):
        served.make("group", name=f"g{number}")
    names = [group.name for group in connect("jumpgate-admin").identity.groups(limit=2)]
    assert sorted(names) == ["g0", "g1", "g2", "g3", "g4"]


def test_the_cloud_of_the_system_works_without_a_project(connect: Any) -> None:
    cloud = connect("jumpgate-system-admin")
    assert sorted(user.name for user in cloud.identity.users()) == ["admin", "demo"]
    assert cloud.current_project_id is None


def test_an_application_credential_logs_in(served: Keystone, connect: Any) -> None:
    cloud = connect("jumpgate")
    made = cloud.identity.create_application_credential(user=cloud.current_user_id, name="robot")
    auth = {
        "auth_url": f"{root(served)}/v3",
        "application_credential_id": made.id,
        "application_credential_secret": made.secret,
    }
    robot = openstack.connect(auth=auth, auth_type="v3applicationcredential")
    assert robot.current_project_id == cloud.current_project_id


@pytest.mark.parametrize(
    ("cloud", "command", "expected"),
    [
        ("jumpgate", "token issue -f value -c id", "gAAAAA"),
        ("jumpgate", "catalog list -f value -c Type", "identity"),
        ("jumpgate", "project list -f value -c Name", "demo"),
        ("jumpgate-admin", "user list -f value -c Name", "admin\ndemo"),
        ("jumpgate-admin", "role assignment list --names -f value -c Role --user demo", "member"),
        ("jumpgate-system-admin", "domain list -f value -c Name", "Default"),
    ],
)
def test_the_openstack_command(served: Keystone, cloud: str, command: str, expected: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    result = subprocess.run(
        [sys.executable, "-m", "openstackclient.shell", *command.split()],
        env={**kept, "OS_CLIENT_CONFIG_FILE": str(served.state / "clouds.yaml"), "OS_CLOUD": cloud},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "\n".join(sorted(result.stdout.split())).startswith(expected)
