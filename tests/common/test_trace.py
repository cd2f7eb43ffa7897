"""`JUMPGATE_TRACE=1`: a line for each contract call, which tells no secret."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jumpgate.common import trace
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound
from jumpgate.common.guard import guarded
from jumpgate.common.listing import EVERYTHING, Applied, Query
from jumpgate.common.trace import shown
from tests.common.contract import World
from tests.common.models import Thing, ThingSpec
from tests.common.things import DictThings
from tests.support.cloud import Cloud

ALICE = Context(user_id="alice", project_id="p", request_id="req-task", secrets={"cloud": "sesame"})
MS = r" in \d+\.\d ms$"


class Pages(DictThings):
    """Applies the query itself."""

    def find(self, ctx: Context, query: Query) -> Iterable[Thing]:
        return Applied(list(super().find(ctx, query)))


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUMPGATE_TRACE", "1")
    monkeypatch.setattr(trace, "_request", threading.local())


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "jumpgate.trace"]


@pytest.mark.usefixtures("traced")
def test_a_call_is_a_line_with_its_arguments_its_result_and_its_time(caplog: pytest.LogCaptureFixture) -> None:
    things = guarded(World(things=DictThings()), "my_driver").things
    things.create(ALICE, ThingSpec(name="web", color="red"))
    things.update(ALICE, "n-1", {"size": 2})

    create, update = lines(caplog)
    assert re.fullmatch(
        r"req-task things\.create\(spec=ThingSpec\(name='web', color='red'\)\) "
        r"-> Thing\(id='n-1', name='web', size=1, color='red', project_id='p'\)" + MS,
        create,
    )
    assert update.startswith("req-task things.update(resource_id='n-1', changes={'size': 2}) -> Thing(id='n-1', ")


@pytest.mark.usefixtures("traced")
def test_an_error_is_told(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NotFound):
        guarded(World(things=DictThings()), "my_driver").things.get(ALICE, "n-9")

    assert re.fullmatch(
        r"req-task things\.get\(resource_id='n-9'\) raised NotFound: 'Thing n-9 could not be found\.'" + MS,
        lines(caplog)[0],
    )


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize(("cls", "expected"), [(DictThings, "-> 2 items, in all, in "), (Pages, "-> 2 items in ")])
def test_items_are_counted(caplog: pytest.LogCaptureFixture, cls: type[DictThings], expected: str) -> None:
    things = cls()
    things.create(ALICE, ThingSpec())
    things.create(ALICE, ThingSpec())

    assert len(list(guarded(World(things=things), "my_driver").things.find(ALICE, EVERYTHING))) == 2

    assert expected in lines(caplog)[0]
    assert len(lines(caplog)) == 1


@pytest.mark.usefixtures("traced")
def test_the_time_of_a_list_is_the_drivers_alone(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(trace, "perf_counter", lambda: now[0])
    things = DictThings()
    things.create(ALICE, ThingSpec())

    for _ in guarded(World(things=things), "my_driver").things.find(ALICE, EVERYTHING):
        now[0] += 60

    assert lines(caplog)[0].endswith(" in 0.0 ms")


def test_nothing_is_traced_unless_it_is_asked_for(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in ("", "0"):
        monkeypatch.setenv("JUMPGATE_TRACE", value)
        guarded(World(things=DictThings()), "my_driver").things.create(ALICE, ThingSpec())

    assert lines(caplog) == []


@dataclass(frozen=True)
class Account:
    name: str
    password: str
    api_key: str = field(default="", repr=False)


@pytest.mark.parametrize(
    ("value", "name", "expected"),
    [
        ("sesame", "password", "***"),
        ("sesame", "original_password", "***"),
        ("sesame", "admin_pass", "***"),
        ("sesame", "user_data", "***"),
        ("sesame", "token_id", "***"),
        (None, "password", "None"),
        (Account("a", "sesame", "sesame"), "", "Account(name='a', password=***, api_key=***)"),
        ({"name": "a", "secret": "sesame"}, "", "{'name': 'a', 'secret': ***}"),
        ([{"private_key": "sesame"}], "", "[{'private_key': ***}]"),
        ("x" * 100, "name", "'" + "x" * 59 + "…"),
        (list(range(20)), "", "[0, 1, 2, 3, 4, 5, 6, 7, …]"),
    ],
)
def test_a_value_is_shown_briefly_and_a_secret_not_at_all(value: object, name: str, expected: str) -> None:
    assert shown(value, name) == expected


@pytest.mark.usefixtures("traced")
def test_a_request_is_traced_under_its_id_and_without_its_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cloud = Cloud(tmp_path, "identity", "compute", "network", "image", "block_storage")
    admin = cloud.app.config.state() / "clouds.yaml"
    password = re.findall(r"password: (\S+)", admin.read_text())
    answers = []
    for secret in password:
        user = {"name": "admin", "domain": {"id": "default"}, "password": secret}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
        body["auth"]["scope"] = {"project": {"name": "admin", "domain": {"id": "default"}}}
        answers.append(cloud.post(None, "/identity/v3/auth/tokens", body))
    token = next(answer.headers["x-subject-token"] for answer in answers if answer.status_code == 201)
    user = {"user": {"name": "eve", "password": "correct horse", "domain_id": "default"}}
    made = cloud.post(token, "/identity/v3/users", user)
    listed = cloud.get(token, "/compute/v2.1/servers")

    assert (made.status_code, listed.status_code) == (201, 200)
    text = "\n".join(lines(caplog))
    assert f"{listed.headers['x-openstack-request-id']} servers.find(" in text
    assert f"{made.headers['x-openstack-request-id']} users.create(spec=UserSpec(name='eve', " in text
    assert all(secret not in text for secret in (*password, token, "correct horse"))
