"""The tables of states: statuses both ways, and the rules of actions."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from jumpgate.common.errors import Conflict
from jumpgate.compute.models.states import RULES, STATUSES, require, states_of, status


@dataclass(frozen=True)
class Server:
    id: str = "x"
    vm_state: str = "active"
    task_state: str | None = None
    launched_at: dt.datetime | None = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("vm_state", "task_state", "expected"),
    [
        ("active", None, "ACTIVE"),
        ("active", "rebooting_hard", "HARD_REBOOT"),
        ("active", "deleting", "ACTIVE"),
        ("stopped", "resize_finish", "RESIZE"),
        ("error", "rebuild_spawning", "REBUILD"),
        ("resized", "resize_reverting", "REVERT_RESIZE"),
        ("nonsense", None, "UNKNOWN"),
    ],
)
def test_states_make_a_status(vm_state: str, task_state: str | None, expected: str) -> None:
    assert status(vm_state, task_state) == expected


@pytest.mark.parametrize("word", sorted({word for words in STATUSES.values() for word in words.values()}))
def test_every_status_has_states(word: str) -> None:
    vm_states, task_states = states_of([word.lower()])

    assert vm_states
    assert all(status(vm_state, None) == word for vm_state in vm_states) or task_states


def test_a_status_that_depends_on_the_task_names_its_tasks() -> None:
    assert states_of(["reboot"]) == (("active",), ("reboot_pending", "reboot_started", "rebooting"))
    assert states_of(["active", "reboot"]) == (("active",), None)
    assert states_of(["nonsense"]) == ((), ())


@pytest.mark.parametrize("action", sorted(RULES))
def test_no_rule_lets_a_building_server_through(action: str) -> None:
    with pytest.raises(Conflict):
        require(action, Server(vm_state="building", launched_at=None))


def test_rules_ask_the_vm_state_then_the_task_then_the_launch() -> None:
    require("stop", Server())
    with pytest.raises(Conflict, match="vm_state paused"):
        require("stop", Server(vm_state="paused", task_state="x"))
    with pytest.raises(Conflict, match="task_state x"):
        require("stop", Server(task_state="x"))
    with pytest.raises(Conflict, match="invalid state for 'stop'"):
        require("stop", Server(launched_at=None))
