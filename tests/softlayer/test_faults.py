"""What SoftLayer's faults, silences and limits become, and what a missing SDK says."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
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


def test_a_rate_limit_is_429_and_says_when_to_come_again(cloud: SoftLayerCloud) -> None:
    cloud.token("alice")
    cloud.fake.rate_limited = 1

    answer = cloud.get("alice", "/compute/v2.1/servers")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"
    assert cloud.get("alice", "/compute/v2.1/servers").status_code == 200


def test_an_error_of_softlayers_own_is_502(cloud: SoftLayerCloud) -> None:
    cloud.token("alice")
    cloud.fake.is_broken = True

    assert cloud.get("alice", "/compute/v2.1/servers").status_code == 502


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
