"""Answers that are kept until a write: right for whoever asks, wherever he asks from, and never older than the data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from falcon.testing import Result, TestClient

from jumpgate.api import Jumpgate
from jumpgate.common.config import SERVICE_NAMES, Config
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, Unauthorized
from jumpgate.common.policy import Rule
from jumpgate.common.resource import Resource
from jumpgate.common.typed import Call, Handler, TypedService, operation
from jumpgate.store.engine import Store
from tests.store import processes
from tests.store.tables import count_up, make_tables, value

ALICE = Context(user_id="alice", project_id="p", roles=("member", "reader"))
CALLERS = {
    "alice": ALICE,
    "alice in another project": replace(ALICE, project_id="q"),
    "alice in a domain": replace(ALICE, project_id=None, domain_id="p"),
    "alice in the system": replace(ALICE, project_id=None, system=True),
    "alice unscoped": replace(ALICE, project_id=None),
    "alice as a reader": replace(ALICE, roles=("reader",)),
    "alice without a role": replace(ALICE, roles=()),
    "bob": replace(ALICE, user_id="bob"),
}
SERVERS = "/compute/v2.1/servers"


class Tokens:
    """Takes a caller's name for his token."""

    def authenticate(self, token: str) -> Context:
        try:
            return CALLERS[token]
        except KeyError:
            raise Unauthorized("The token is unknown.") from None


class Counters(Resource):
    """The counter of tests/store/tables.py, which a cached answer shows."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.asked = 0
        self.knows_revisions = True
        self.fails = False

    def revision(self, ctx: Context) -> int | None:
        return self.store.revision("compute") if self.knows_revisions else None


@dataclass(frozen=True)
class Cloud:
    counters: Counters


class Show(Handler[Cloud]):
    """Answers with the counter and all that an answer may depend on."""

    @operation(policy="show", cached="counters")
    def on_get(self, call: Call[Cloud], **_path: str) -> dict[str, Any]:
        counters = call.cloud.counters
        counters.asked += 1
        if counters.fails:
            raise Conflict("Not now.")
        ctx = call.ctx
        return {
            "value": value(counters.store),
            "caller": [ctx.user_id, ctx.project_id, ctx.domain_id, ctx.system, *ctx.roles],
            "version": str(call.version),
            "url": call.url("v2_servers"),
            "here": call.here(),
            "parameters": dict(call.parameters),
        }

    @operation(policy="show")
    def on_post(self, call: Call[Cloud]) -> dict[str, Any]:
        count_up(call.cloud.counters.store)
        return {"value": value(call.cloud.counters.store)}


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request."""

    caller: str = "alice"
    path: str = SERVERS
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"


class Worker:
    """One worker process of an installation: an application of its own on the common database."""

    def __init__(self, url: str) -> None:
        sections = "".join(f"[{name}]\ndriver = tests.support.silent\n" for name in SERVICE_NAMES if name != "compute")
        own = "[compute]\ndriver = cached.driver\n[server]\ntrusted_proxies = 127.0.0.0/8\n"
        self.app = Jumpgate(Config.from_text(f"{sections}{own}[store]\nurl = {url}\n"))
        self.app.authenticator = Tokens()
        self.store = self.app.store
        self.counters: Counters = self.app.siblings("RegionOne")["compute"].counters
        self._client = TestClient(self.app)

    def ask(self, question: Question) -> Result:
        headers = {"X-Auth-Token": question.caller, **question.headers}
        return self._client.simulate_request(
            question.method,
            question.path,
            query_string=question.query,
            headers=headers,
            remote_addr="127.0.0.1",
        )

    def value(self) -> int:
        answer = self.ask(Question())
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        return int(answer.json["value"])


@pytest.fixture
def url(tmp_path: Path) -> str:
    store = Store(f"sqlite:///{tmp_path}/store.sqlite")
    make_tables(store)
    store.close()
    return f"sqlite:///{tmp_path}/store.sqlite"


@pytest.fixture
def worker(url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Worker]:
    """Start one more worker."""
    module = ModuleType("cached.driver")

    def setup_routes(app: Any, disp: Any) -> None:
        service = TypedService(app, disp, Cloud(Counters(app.store)), [Rule("show", "role:reader")])
        for name in ("v2_servers", "v2_servers_detail"):
            disp.set_handler(name, Show(service))

    module.setup_routes = setup_routes  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cached.driver", module)
    return lambda: Worker(url)


def test_a_repeated_question_is_answered_without_asking_again(worker: Callable[[], Worker]) -> None:
    one = worker()
    first, second = one.ask(Question()), one.ask(Question())

    assert (first.content, first.headers["content-type"]) == (second.content, second.headers["content-type"])
    assert (first.status_code, second.status_code, one.counters.asked) == (200, 200, 1)


def test_a_workers_own_write_is_seen(worker: Callable[[], Worker]) -> None:
    one = worker()
    for number in range(3):
        assert (one.value(), one.value()) == (number, number)
        assert one.ask(Question(method="POST")).json == {"value": number + 1}


def test_another_workers_write_is_seen(worker: Callable[[], Worker]) -> None:
    one, other = worker(), worker()
    for number in range(3):
        assert (one.value(), other.value()) == (number, number)
        other.ask(Question(method="POST"))


def test_another_processes_write_is_seen(worker: Callable[[], Worker], url: str) -> None:
    one = worker()
    assert (one.value(), one.value()) == (0, 0)

    processes.run(processes.count, url, 3)

    assert (one.value(), one.value(), one.counters.asked) == (3, 3, 2)


def test_a_write_that_was_rolled_back_is_not_seen(worker: Callable[[], Worker]) -> None:
    one = worker()
    one.value()
    with pytest.raises(LookupError), one.store.write("compute"):
        raise LookupError

    assert (one.value(), one.counters.asked) == (0, 1)


def test_a_write_of_another_topic_keeps_the_answer(worker: Callable[[], Worker]) -> None:
    one = worker()
    one.value()
    with one.store.write("network"):
        pass
    one.value()

    assert one.counters.asked == 1


FROM = Question()
DIFFERENT = {
    **{caller: Question(caller=caller) for caller in CALLERS if caller not in ("alice", "alice without a role")},
    "another host": Question(headers={"Host": "cloud.example.org"}),
    "another port": Question(headers={"Host": "falconframework.org:8774"}),
    "another scheme": Question(headers={"X-Forwarded-Proto": "https"}),
    "another forwarded host": Question(headers={"X-Forwarded-Host": "gate.example.org"}),
    "another prefix": Question(headers={"X-Forwarded-Prefix": "/openstack"}),
    "another microversion": Question(headers={"OpenStack-API-Version": "compute 2.53"}),
    "a microversion by the older header": Question(headers={"X-OpenStack-Nova-API-Version": "2.10"}),
    "the newest microversion": Question(headers={"OpenStack-API-Version": "compute latest"}),
    "a query": Question(query="name=a"),
    "another value": Question(query="name=b"),
    "another case": Question(query="name=A"),
    "another order": Question(query="limit=1&name=a"),
    "another path": Question(path=f"{SERVERS}/detail"),
    "an older API": Question(path="/compute/v2/servers"),
    "a path with the project": Question(path="/compute/v2.1/p/servers"),
}


@pytest.mark.parametrize("question", DIFFERENT.values(), ids=DIFFERENT)
def test_a_different_question_gets_an_answer_of_its_own(worker: Callable[[], Worker], question: Question) -> None:
    one = worker()
    first, answer = one.ask(FROM), one.ask(question)
    first_again, answer_again = one.ask(FROM), one.ask(question)
    assert one.counters.asked == 2
    one.counters.knows_revisions = False

    assert first.json == first_again.json == one.ask(FROM).json
    assert answer.json == answer_again.json == one.ask(question).json != first.json
    assert (answer.status_code, one.counters.asked) == (200, 4)


def test_all_these_questions_at_once_share_no_answer(worker: Callable[[], Worker]) -> None:
    one = worker()
    questions = [FROM, *DIFFERENT.values()]
    for question in questions:
        one.ask(question)
    kept = [one.ask(question).content for question in questions]

    assert one.counters.asked == len(set(kept)) == len(questions)


def test_who_may_not_ask_does_not_get_what_was_kept(worker: Callable[[], Worker]) -> None:
    one = worker()
    one.ask(Question())

    assert one.ask(Question(caller="alice without a role")).status_code == 403
    assert one.ask(Question(caller="nobody")).status_code == 401


def test_an_error_is_not_kept(worker: Callable[[], Worker]) -> None:
    one = worker()
    one.counters.fails = True
    assert one.ask(Question()).status_code == 409
    one.counters.fails = False

    assert (one.value(), one.counters.asked) == (0, 2)


def test_without_a_revision_every_question_is_asked(worker: Callable[[], Worker]) -> None:
    one = worker()
    one.counters.knows_revisions = False
    one.value()
    one.value()

    assert one.counters.asked == 2
