"""What a driver does wrong in a call is a 500, and the log names the driver, the method and the rule."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from jumpgate.common import running
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, NotFound
from jumpgate.common.guard import WrongResult, guarded
from jumpgate.common.listing import EVERYTHING, Applied, Query
from jumpgate.common.resource import Resource, capabilities
from jumpgate.common.typed import Call, Handler, TypedService, attach, operation
from tests.common.conftest import TypedClient
from tests.common.contract import Lamps, Things, World
from tests.common.models import Thing, ThingSpec
from tests.common.things import DictThings

ALICE = Context(user_id="alice", project_id="p")
ONE = Thing(id="n-1", name="one", project_id="p")


class Scripted(DictThings):
    """Returns or raises what a test says."""

    def __init__(self, outcome: Any) -> None:
        super().__init__()
        self.outcome = outcome
        self.color = "red"

    def find(self, ctx: Context, query: Query) -> Iterable[Thing]:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        found: Iterable[Thing] = self.outcome
        return found

    def get(self, ctx: Context, resource_id: str) -> Thing:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        thing: Thing = self.outcome
        return thing


def world(outcome: Any) -> World:
    return guarded(World(things=Scripted(outcome)), "my_driver")


@pytest.mark.parametrize(
    ("outcome", "described"), [({"id": "n-1"}, "a dict"), (None, "None"), ([ONE], "a list"), ("n-1", "a str")]
)
def test_a_wrong_result_is_named(outcome: Any, described: str) -> None:
    with pytest.raises(WrongResult) as wrong:
        world(outcome).things.get(ALICE, "n-1")

    assert str(wrong.value) == f"my_driver: Scripted.get returned {described}; its contract says Thing"


@pytest.mark.parametrize(
    "outcome",
    [[ONE, {"id": "n-2"}], Applied([ONE, {"id": "n-2"}]), iter([ONE, {"id": "n-2"}]), {"n-2": ONE}],
    ids=["list", "applied", "iterator", "mapping"],
)
def test_a_wrong_item_is_named(outcome: Any) -> None:
    with pytest.raises(WrongResult, match=r"Scripted\.find yielded a (dict|str); its contract says Iterable of Thing"):
        list(world(outcome).things.find(ALICE, EVERYTHING))


def test_a_list_that_is_none_is_named() -> None:
    with pytest.raises(WrongResult, match="find returned None; its contract says Iterable of Thing"):
        world(None).things.find(ALICE, EVERYTHING)


@pytest.mark.parametrize("outcome", [[ONE], (ONE,), {ONE.id: ONE}.values(), iter([ONE]), Applied([ONE]), Applied(())])
def test_what_is_right_comes_through(outcome: Any) -> None:
    found = world(outcome).things.find(ALICE, EVERYTHING)

    assert list(found) in ([ONE], [])
    assert isinstance(found, Applied) is isinstance(outcome, Applied)


def test_items_are_taken_from_a_driver_one_by_one() -> None:
    taken = []

    def items() -> Iterable[Thing]:
        for number in range(3):
            taken.append(number)
            yield Thing(id=f"n-{number}", name="")

    found = iter(world(items()).things.find(ALICE, EVERYTHING))

    assert taken == []
    assert next(found).id == "n-0"
    assert taken == [0]


def notes(error: BaseException) -> Sequence[str]:
    return getattr(error, "__notes__", ())


def test_an_exception_that_nobody_knows_is_named() -> None:
    with pytest.raises(KeyError) as raised:
        world(KeyError("instance")).things.get(ALICE, "n-1")

    assert notes(raised.value) == [
        "my_driver: Scripted.get raised KeyError, which is no word of jumpgate.common.errors: a contract method says "
        "what went wrong in those words, the cloud's own exception as their cause"
    ]


def test_an_exception_inside_iteration_is_named() -> None:
    def items() -> Iterable[Thing]:
        yield ONE
        raise TimeoutError

    with pytest.raises(TimeoutError) as raised:
        list(world(items()).things.find(ALICE, EVERYTHING))

    assert notes(raised.value)[0].startswith("my_driver: Scripted.find raised TimeoutError, ")


@pytest.mark.parametrize("word", [NotFound("No."), Conflict("Busy.")])
def test_a_known_word_passes_as_it_is(word: Exception) -> None:
    with pytest.raises(type(word)) as raised:
        world(word).things.get(ALICE, "n-1")

    assert raised.value is word
    assert notes(word) == ()


def test_everything_else_of_a_resource_is_its_own() -> None:
    things: Any = world([ONE]).things

    assert [isinstance(things, cls) for cls in (Things, Resource, Lamps)] == [True, True, False]
    assert (things.color, things.ids) == ("red", Scripted.ids)
    assert things.shake.__func__ is Things.shake
    with pytest.raises(AttributeError, match="'Scripted' object has no attribute 'weight'"):
        _ = things.weight


def test_a_guarded_composition_offers_what_it_did() -> None:
    assert capabilities(world(ONE)) == capabilities(World(things=Scripted(ONE)))
    assert capabilities(world(ONE)) >= {"things.find", "things.create"}


def test_a_part_that_is_absent_stays_absent() -> None:
    assert world(ONE).lamps is None


class ServerHandler(Handler[World]):
    """Shows one thing."""

    @operation("things.get")
    def on_get(self, call: Call[World], server_id: str) -> Any:
        return {"name": call.cloud.things.get(call.ctx, server_id).name}


def client(exposed: Callable[..., TypedClient], things: Things) -> TypedClient:
    def setup_routes(app: Any, disp: Any) -> None:
        attach(TypedService(app, disp, World(things=things), ()), [("v2_server", ServerHandler)])

    return exposed(compute=setup_routes)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"name": "x"}, "Scripted.get returned a dict; its contract says Thing"),
        (KeyError("instance"), "Scripted.get raised KeyError, which is no word of jumpgate.common.errors"),
    ],
)
def test_the_log_has_the_rule_and_the_client_the_request_id(
    exposed: Callable[..., TypedClient], caplog: pytest.LogCaptureFixture, outcome: Any, expected: str
) -> None:
    answer = client(exposed, Scripted(outcome)).ask("alice", "GET", "/compute/v2.1/servers/n-1")

    assert answer.status_code == 500
    assert "Scripted" not in answer.text
    assert f"typed_driver_of_a_test_compute: {expected}" in caplog.text
    assert answer.headers["x-openstack-request-id"] in caplog.text


class Slow(DictThings):
    """Takes a while by the clock of a test."""

    def __init__(self, seconds: float, clock: list[float]) -> None:
        super().__init__()
        self.seconds, self.clock = seconds, clock

    def get(self, ctx: Context, resource_id: str) -> Thing:
        self.clock[0] += self.seconds
        running.RUNNING.look(self.clock[0])
        running.RUNNING.look(self.clock[0])
        return ONE

    def find(self, ctx: Context, query: Query) -> Iterable[Thing]:
        yield self.get(ctx, "n-1")

    def create(self, ctx: Context, spec: ThingSpec) -> Thing:
        guarded(World(things=Slow(0, self.clock)), "my_driver").things.get(ctx, "n-1")
        self.clock[0] += self.seconds
        return ONE


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(running, "perf_counter", lambda: now[0])
    return now


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_a_method_that_takes_a_minute_is_named_while_it_does_and_at_its_end(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    guarded(World(things=Slow(60, clock)), "my_driver").things.get(ALICE, "n-1")

    during, after = complaints(caplog)
    assert during.startswith("my_driver: Slow.get has not returned for 60 s (")
    assert f"{__file__}, line " in during or "running.py, line " in during
    assert after.startswith("my_driver: Slow.get took 60 s: a driver does not wait for its cloud")


def test_a_step_of_an_iteration_that_takes_a_minute_is_named(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    assert list(guarded(World(things=Slow(60, clock)), "my_driver").things.find(ALICE, EVERYTHING)) == [ONE]

    assert [text.split(" ")[1] for text in complaints(caplog)] == ["Slow.find", "Slow.find"]


def test_a_call_within_a_call_does_not_hide_the_outer_one(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    guarded(World(things=Slow(60, clock)), "my_driver").things.create(ALICE, ThingSpec())

    assert [text.partition(":")[2].split(" ")[1:4] for text in complaints(caplog)] == [["Slow.create", "took", "60"]]


def test_a_quick_method_is_no_news(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    guarded(World(things=Slow(19, clock)), "my_driver").things.get(ALICE, "n-1")

    assert complaints(caplog) == []


class Receiving(Lamps):
    """Its switch takes as long as a client sends."""

    def __init__(self, clock: list[float]) -> None:
        self.clock = clock

    def switch(self, ctx: Context, lamp_id: str) -> None:
        self.clock[0] += 60
        running.RUNNING.look(self.clock[0])


def test_a_method_that_takes_a_stream_may_take_as_long_as_its_client(
    clock: list[float], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def switch(self: Lamps, ctx: Context, stream: object) -> None:
        """Read the stream."""

    monkeypatch.setattr(Lamps, "switch", switch)
    composition = guarded(World(things=DictThings(), lamps=Receiving(clock)), "my_driver")
    assert composition.lamps is not None

    composition.lamps.switch(ALICE, "lamp")

    assert complaints(caplog) == []


def test_the_watch_looks_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = running.Running()
    looked = threading.Event()
    monkeypatch.setattr(running, "LONGEST_S", 0.01)
    monkeypatch.setattr(calls, "look", lambda now: looked.set())

    calls.watch()

    assert looked.wait(10)
    calls.rest()
