"""What SoftLayer's faults, silences and limits become, and what a missing SDK says."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import Result
from SoftLayer import XmlRpcTransport
from SoftLayer.exceptions import SoftLayerAPIError

from jumpgate.clouds.softlayer.faults import word
from jumpgate.clouds.softlayer.session import KEY, USER, Session
from jumpgate.common import errors
from jumpgate.common.context import Context
from tests.fakes.softlayer import FakeServer
from tests.softlayer.cloud import KEYS, SoftLayerCloud, settings

ALICE = Context(user_id="alice", project_id="278444", secrets={USER: "alice", KEY: KEYS["alice"]})


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        ("SoftLayer_Exception", "Invalid API token.", errors.Unauthorized),
        ("SoftLayer_Exception_ObjectNotFound", "Unable to find object with id of '1'.", errors.NotFound),
        ("SoftLayer_Exception_PermissionDenied", "You do not have permission.", errors.Forbidden),
        ("SoftLayer_Exception_WebService_RateLimitExceeded", "API call rate limit exceeded.", errors.RateLimited),
        ("SoftLayer_Exception_Public", "The guest has an active transaction.", errors.Conflict),
        ("SoftLayer_Exception_Public", "SSH key already exists.", errors.Conflict),
        ("SoftLayer_Exception_Public", "Invalid hostname.", errors.BadRequest),
        ("SoftLayer_Exception_Order_Something_New", "The order is not valid.", errors.BadRequest),
        ("SoftLayer_Exception_MissingCreationProperty", "Property 'domain' must be set.", errors.BadRequest),
        ("Client", "Function is not a valid method for this service.", errors.BadRequest),
        ("Server", "An internal error has occurred.", errors.CloudError),
    ],
)
def test_a_fault_is_a_word(code: str, text: str, kind: type[errors.JumpgateError]) -> None:
    found = word(SoftLayerAPIError(code, text), "Account::getObject")

    assert type(found) is kind
    assert text.rstrip(".") in found.message


# What asks SoftLayer for something in each service; volumes and addresses are ordered by the SDK's own managers.
READS = (
    "/compute/v2.1/servers",
    "/compute/v2.1/flavors",
    "/image/v2/images",
    "/volume/v3/volumes",
    "/network/v2.0/networks",
    "/identity/v3/users",
)
WRITES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/compute/v2.1/os-keypairs", {"keypair": {"name": "new"}}),
    ("/image/v2/images", {"name": "new", "uri": "swift://account@dal05/disks/my.vhd"}),
    ("/volume/v3/volumes", {"volume": {"size": 20}}),
    ("/network/v2.0/security-groups", {"security_group": {"name": "new"}}),
    ("/network/v2.0/floatingips", {"floatingip": {"floating_network_id": "GLOBAL"}}),
)


@pytest.fixture(params=[*((path, None) for path in READS), *WRITES], ids=lambda param: param[0])
def ask(request: pytest.FixtureRequest, cloud: SoftLayerCloud) -> Callable[[], Result]:
    """Return what asks one service for something."""
    path, body = request.param
    (network,) = cloud.get("alice", "/network/v2.0/networks?router:external=true").json["networks"]
    text = json.dumps(body).replace("GLOBAL", network["id"])
    return lambda: cloud.request("alice", "GET" if body is None else "POST", path, json.loads(text))


def test_a_rate_limit_is_429_and_says_when_to_come_again(cloud: SoftLayerCloud, ask: Callable[[], Result]) -> None:
    cloud.fake.rate_limited = 1

    answer = ask()

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1"), answer.text
    assert ask().status_code < 300


def test_an_error_of_softlayers_own_is_502(cloud: SoftLayerCloud, ask: Callable[[], Result]) -> None:
    cloud.fake.is_broken = True

    answer = ask()

    assert answer.status_code == 502, answer.text
    assert "Traceback" not in answer.text


def test_a_silent_softlayer_is_504(
    cloud: SoftLayerCloud, ask: Callable[[], Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(cloud.fake, "answer", lambda call, key: (over.wait(10), None))
    # Instances have the time from the configuration; a property of their class is asked first.
    monkeypatch.setattr(XmlRpcTransport, "timeout", property(lambda _: 0.3, lambda *_: None), raising=False)

    answer = ask()

    over.set()
    assert answer.status_code == 504, answer.text


def test_what_is_asked_for_in_vain_is_not_there_later(cloud: SoftLayerCloud, ask: Callable[[], Result]) -> None:
    before = {name: len(table.things) for name, table in cloud.fake.world.tables.items()}
    cloud.fake.rate_limited = 1

    assert ask().status_code == 429

    assert {name: len(table.things) for name, table in cloud.fake.world.tables.items()} == before


def test_nobody_there_is_unreachable(fake: FakeServer) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        session = Session(settings(f"http://127.0.0.1:{nobody.getsockname()[1]}", timeout_s=2))

        with pytest.raises(errors.CloudUnreachable):
            session.call(ALICE, "Account", "getObject", mask="mask[id]")


def test_an_answer_that_does_not_come_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        session = Session(settings(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2))

        with pytest.raises(errors.CloudTimeout):
            session.call(ALICE, "Account", "getObject", mask="mask[id]")


def test_a_token_without_a_key_is_unauthorized(fake: FakeServer) -> None:
    with pytest.raises(errors.Unauthorized):
        Session(settings(fake.url)).call(Context(user_id="x"), "Account", "getObject")


def test_a_missing_sdk_is_one_sentence_that_names_the_extra(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['SoftLayer'] = None\n"
        "from jumpgate.api import Jumpgate\n"
        "from jumpgate.common.config import Config\n"
        "from jumpgate.common.errors import ConfigError\n"
        "try:\n"
        "    Jumpgate(Config.from_text('[identity]\\ndriver = jumpgate.identity.drivers.softlayer\\n'))\n"
        "except ConfigError as error:\n"
        "    print(error)\n"
    )

    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert "pip install 'jumpgate[softlayer]'" in run.stdout, run.stderr
    assert len(run.stdout.splitlines()) == 1
