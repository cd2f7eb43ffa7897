"""Services of different clouds behind one Jumpgate: its own behind a Keystone, and others behind its own identity."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openstack
import pytest
from keystoneauth1.exceptions import Unauthorized

from jumpgate.common.config import SERVICE_NAMES
from tests.support.calls import call, cloud_entry
from tests.support.openstack import Cloud, Unavailable, running_glance, running_keystone
from tests.support.ports import find_free_port
from tests.support.served import Served
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(240)]

Serve = Callable[..., Served]
TYPES = ("compute", "image", "network", "block-storage")
PASSWORD = "only for this test"


def administrator(served: Served) -> dict[str, str]:
    return dict(cloud_entry(served.state, "jumpgate-admin")["auth"])


@pytest.fixture(params=["jumpgate", "keystone"])
def keystone(request: pytest.FixtureRequest, serve: Serve, tmp_path: Path) -> Iterator[Cloud]:
    """A Keystone: a second Jumpgate's, and OpenStack's own; skips where that is not installed."""
    if request.param == "jumpgate":
        served = serve()
        yield Cloud(f"{served.url}/identity", administrator(served), served.process)
        return
    try:
        with running_keystone(tmp_path / "keystone") as cloud:
            yield cloud
    except Unavailable as missing:
        pytest.skip(str(missing))


def sections(*, of: str, names: tuple[str, ...]) -> str:
    return "".join(f"[{name}]\ndriver=jumpgate.{name}.drivers.{of}\n" for name in names)


@pytest.fixture
def front(serve: Serve, keystone: Cloud, tmp_path: Path) -> Served:
    """A Jumpgate with services of its own whose identity service is `keystone`."""
    file = tmp_path / "front.conf"
    own = sections(of="embedded", names=SERVICE_NAMES[1:])
    file.write_text(f"{own}[openstack]\nidentity_endpoint={keystone.url}\ntoken_cache=0.5\n[server]\nworkers=1\n")
    return serve("--config", str(file))


@contextmanager
def connected(auth: Mapping[str, str], url: str, **other: str) -> Iterator[Any]:
    """Connect openstacksdk to the identity service of the Jumpgate at `url`, as a user of another."""
    own = {**auth, "auth_url": f"{url}/identity/v3", **other}
    connection = openstack.connect(auth=own, region_name="RegionOne", load_yaml_config=False, load_envvars=False)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def member(
    admin: Any, auth: Mapping[str, str], url: str, *, project: str = "mixed", role: str = "member"
) -> Iterator[Any]:
    """Connect as a new user with one role in a project, which is made where it is missing."""
    identity = admin.identity
    found = identity.find_project(project, domain_id="default")
    made = found or identity.create_project(name=project, domain_id="default")
    name = f"{role} of {project}"
    user = identity.create_user(name=name, password=PASSWORD, domain_id="default")
    identity.assign_project_role_to_user(made, user, identity.find_role(role))
    domain = {"user_domain_id": "default", "project_domain_id": "default"}
    kept = {"auth_url": auth["auth_url"], "username": name, "password": PASSWORD, "project_name": project, **domain}
    with connected(kept, url) as connection:
        yield connection


@pytest.fixture
def admin(front: Served, keystone: Cloud) -> Iterator[Any]:
    with connected(keystone.auth, front.url) as connection:
        yield connection


@pytest.fixture
def ann(admin: Any, front: Served, keystone: Cloud) -> Iterator[Any]:
    """A member of a project of the Keystone, who knows of the front only."""
    with member(admin, keystone.auth, front.url) as connection:
        yield connection


def test_a_member_works_with_every_service(ann: Any, front: Served, tmp_path: Path) -> None:
    """The catalog has all five, though a Keystone of its own knows of none but itself."""
    for kind in ("identity", *TYPES):
        assert ann.session.get_endpoint(service_type=kind, interface="public").startswith(front.url)
    content = os.urandom(2_000_000)
    (tmp_path / "image").write_bytes(content)

    image = ann.image.create_image(
        name="i", filename=str(tmp_path / "image"), disk_format="raw", container_format="bare", wait=True
    )
    network = ann.network.create_network(name="n")
    ann.network.create_subnet(network_id=network.id, ip_version=4, cidr="192.0.2.0/24")
    flavor = min(ann.compute.flavors(), key=lambda flavor: flavor.ram)
    server = ann.compute.create_server(
        name="s", image_id=image.id, flavor_id=flavor.id, networks=[{"uuid": network.id}]
    )
    volume = ann.block_storage.create_volume(size=1)

    assert ann.image.download_image(image).content == content
    assert ann.compute.wait_for_server(server, interval=1).project_id == ann.current_project_id
    assert ann.block_storage.wait_for_status(volume, interval=1).status == "available"


def test_roles_are_applied_and_projects_kept_apart(ann: Any, admin: Any, front: Served, keystone: Cloud) -> None:
    mine = ann.network.create_network(name="mine")

    with member(admin, keystone.auth, front.url, role="reader") as reader:
        assert reader.network.get_network(mine.id).name == "mine"
        with pytest.raises(openstack.exceptions.ForbiddenException):
            reader.network.create_network(name="another")
    with member(admin, keystone.auth, front.url, project="other") as stranger:
        with pytest.raises(openstack.exceptions.NotFoundException):
            stranger.network.get_network(mine.id)
        assert "mine" not in {network.name for network in stranger.network.networks()}
    assert "mine" in {network.name for network in admin.network.networks()}


def test_a_token_counts_as_long_as_the_keystone_vouches_for_it(ann: Any, front: Served, keystone: Cloud) -> None:
    token = ann.session.get_token()
    url, headers = f"{front.url}/network/v2.0/networks", {"X-Auth-Token": token}
    assert call(url, headers=headers).status == 200
    assert call(url, headers={"X-Auth-Token": "gAAAAAnonsense"}).status == 401

    given_back = call(f"{front.url}/identity/v3/auth/tokens", "DELETE", headers={**headers, "X-Subject-Token": token})

    assert given_back.status == 204
    assert wait_until(lambda: call(url, headers=headers).status == 401, timeout_s=5)
    with pytest.raises(Unauthorized), connected(keystone.auth, front.url, password="wrong") as connection:
        connection.session.get_token()


def test_a_keystone_that_is_down_is_no_refusal(ann: Any, front: Served, keystone: Cloud) -> None:
    url, headers = f"{front.url}/network/v2.0/networks", {"X-Auth-Token": ann.session.get_token()}
    assert call(url, headers=headers).status == 200

    keystone.stop()

    assert wait_until(lambda: call(url, headers=headers).status == 503, timeout_s=10)
    assert "cannot be reached" in call(url, headers=headers).json["NeutronError"]["message"]
    assert call(f"{front.url}/identity/v3/auth/tokens", headers=headers).status == 503


@pytest.fixture
def behind_our_identity(serve: Serve, tmp_path: Path) -> Served:
    """A Jumpgate with its own identity service; its networks are another's, which validates tokens there."""
    port, other = find_free_port(), find_free_port()
    ours, theirs = tmp_path / "ours.conf", tmp_path / "theirs.conf"
    kept = tuple(name for name in SERVICE_NAMES if name != "network")
    ours.write_text(
        f"{sections(of='embedded', names=kept)}[openstack]\nnetwork_endpoint=http://127.0.0.1:{other}/network\n"
        "[server]\nworkers=1\n"
    )
    theirs.write_text(
        f"{sections(of='embedded', names=SERVICE_NAMES[1:])}[server]\nworkers=1\n"
        f"[openstack]\nidentity_endpoint=http://127.0.0.1:{port}/identity\n"
    )
    front = serve("--config", str(ours), port=port)
    serve("--config", str(theirs), port=other)
    return front


def test_a_service_behind_validates_the_tokens_of_our_identity(behind_our_identity: Served) -> None:
    front, auth = behind_our_identity, administrator(behind_our_identity)
    with connected(auth, front.url) as admin, member(admin, auth, front.url) as ann:
        assert ann.session.get_endpoint(service_type="network", interface="public") == f"{front.url}/network"
        network = ann.network.create_network(name="theirs")

        assert network.project_id == ann.current_project_id
        with (
            member(admin, auth, front.url, role="reader") as reader,
            pytest.raises(openstack.exceptions.ForbiddenException),
        ):
            reader.network.create_network(name="another")
        with (
            member(admin, auth, front.url, project="other") as stranger,
            pytest.raises(openstack.exceptions.NotFoundException),
        ):
            stranger.network.get_network(network.id)


def test_a_real_service_behind_validates_the_tokens_of_our_identity(serve: Serve, tmp_path: Path) -> None:
    """A real Glance whose keystonemiddleware asks our identity service."""
    first = serve()
    auth = administrator(first)
    first.stop()
    port, config = find_free_port(), tmp_path / "ours.conf"
    kept = sections(of="embedded", names=("identity", "compute", "block_storage", "network"))
    try:
        with running_glance(
            tmp_path / "glance", {**auth, "auth_url": f"http://127.0.0.1:{port}/identity/v3"}
        ) as glance:
            config.write_text(f"{kept}[openstack]\nimage_endpoint={glance}\n[server]\nworkers=1\n")
            _use_images(serve("--config", str(config), state=first.state, port=port), auth, tmp_path)
    except Unavailable as missing:
        pytest.skip(str(missing))


def _use_images(front: Served, auth: Mapping[str, str], folder: Path) -> None:
    content = os.urandom(300_000)
    (folder / "image").write_bytes(content)
    with connected(auth, front.url) as admin, member(admin, auth, front.url) as ann:
        image = ann.image.create_image(
            name="real", filename=str(folder / "image"), disk_format="raw", container_format="bare", wait=True
        )

        assert ann.session.get_endpoint(service_type="image", interface="public") == f"{front.url}/image"
        assert image.owner == ann.current_project_id
        assert ann.image.download_image(image).content == content
        with (
            member(admin, auth, front.url, role="reader") as reader,
            pytest.raises(openstack.exceptions.ForbiddenException),
        ):
            reader.image.create_image(name="no", disk_format="raw", container_format="bare")
        with (
            member(admin, auth, front.url, project="other") as stranger,
            pytest.raises(openstack.exceptions.NotFoundException),
        ):
            stranger.image.get_image(image.id)
