"""The session with a real LXD: calls, operations that end by events, projects, and LXD's going and coming back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from jumpgate.clouds.lxd.projects import Projects
from jumpgate.clouds.lxd.session import Session
from jumpgate.clouds.lxd.settings import Settings
from jumpgate.common.config import Config
from jumpgate.common.errors import CloudError, CloudUnreachable, Conflict, NotFound
from tests.lxd.cloud import settings
from tests.support.lxd import RunningLxd
from tests.support.waiting import wait_until

NOTHING = {
    "source": {"type": "none"},
    "profiles": [],
    "devices": {"root": {"type": "disk", "path": "/", "pool": "default"}},
}


@pytest.fixture
def session(lxd: RunningLxd) -> Session:
    return Session(settings(lxd))


@pytest.fixture
def instance(session: Session) -> Iterator[str]:
    """An instance without anything in it."""
    session.post("instances", body={"name": "empty", **NOTHING})
    yield "empty"
    session.delete("instances", "empty")


def test_an_operation_is_over_when_the_call_returns(session: Session, instance: str) -> None:
    assert session.get("instances", instance)["status"] == "Stopped"


def test_a_missing_thing_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        session.get("instances", "nothing")


def test_a_taken_name_is_a_conflict(session: Session, instance: str) -> None:
    with pytest.raises(Conflict):
        session.post("instances", body={"name": instance, **NOTHING})


def test_a_failed_operation_raises_its_text(session: Session, instance: str) -> None:
    with pytest.raises(CloudError, match=r"[.]$"):
        session.put("instances", instance, "state", body={"action": "start"})


def test_a_filter_narrows_a_list(session: Session, instance: str) -> None:
    session.patch("instances", instance, body={"config": {"user.colour": "blue"}})
    assert [item["name"] for item in session.find("instances", filter="config.user.colour eq blue")] == [instance]
    assert session.find("instances", filter="config.user.colour eq red") == []


def test_an_end_that_comes_before_its_waiter_is_kept(session: Session) -> None:
    session.events.listen()
    started = session.start("post", "instances", body={"name": "early", **NOTHING})
    wait_until(lambda: bool(session.find("instances", filter="name eq early")), timeout_s=10)
    assert session.wait(started, "the test")["status"] == "Success"
    session.delete("instances", "early")


def test_waiting_asks_lxd_once_and_then_listens(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = session._ended

    def noted(operation_id: str) -> Mapping[str, object] | None:
        asked.append(operation_id)
        return ask(operation_id)

    monkeypatch.setattr(session.events, "_ask", noted)
    session.post("instances", body={"name": "watched", **NOTHING})
    session.delete("instances", "watched")
    assert len(asked) <= 2


def test_an_end_that_passed_a_new_connection_by_is_asked_for(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    deaf_until = time.monotonic() + 0.5
    receive = session.events._receive

    def deaf_at_first(event: Mapping[str, Any]) -> None:
        if time.monotonic() > deaf_until:
            receive(event)

    monkeypatch.setattr(session.events, "_receive", deaf_at_first)
    began = time.monotonic()
    session.post("instances", body={"name": "missed", **NOTHING})
    session.delete("instances", "missed")
    assert time.monotonic() - began < 30


def test_a_project_is_made_once_by_many(session: Session) -> None:
    threads = [threading.Thread(target=Projects(session).ensure, args=("a1b2",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Projects(session).names().count("os-a1b2") == 1
    assert Projects(session).id_of("os-a1b2") == "a1b2"
    session.delete("projects", "os-a1b2")


def test_an_lxd_that_is_down_is_unreachable_and_serves_again_after(lxd: RunningLxd, session: Session) -> None:
    session.events.listen()
    lxd.stop()
    with pytest.raises(CloudUnreachable) as down:
        session.get()
    assert down.value.headers == {"Retry-After": "5"}
    lxd.begin()
    session.post("instances", body={"name": "after", **NOTHING})
    session.delete("instances", "after")


def test_an_lxd_that_was_never_there_is_unreachable() -> None:
    with pytest.raises(CloudUnreachable):
        Session(Settings.of(Config.from_text("[lxd]\nendpoint = /nowhere/unix.socket\n"))).get()
