"""Server states: how vm_state and task_state make the status that clients see, and which states an action needs.

Source: Nova's ``api/openstack/common.py`` (the map of states) and the checks in front of ``compute/api.py``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from jumpgate.common.errors import Conflict

_DEFAULT = "default"

_REBUILD = dict.fromkeys(("rebuilding", "rebuild_block_device_mapping", "rebuild_spawning"), "REBUILD")
_RESIZE = dict.fromkeys(("resize_prep", "resize_migrating", "resize_migrated", "resize_finish"), "RESIZE")

STATUSES: Mapping[str, Mapping[str, str]] = {
    "active": {
        _DEFAULT: "ACTIVE",
        "rebooting": "REBOOT",
        "reboot_pending": "REBOOT",
        "reboot_started": "REBOOT",
        "rebooting_hard": "HARD_REBOOT",
        "reboot_pending_hard": "HARD_REBOOT",
        "reboot_started_hard": "HARD_REBOOT",
        "updating_password": "PASSWORD",
        "migrating": "MIGRATING",
        **_REBUILD,
        **_RESIZE,
    },
    "building": {_DEFAULT: "BUILD"},
    "stopped": {_DEFAULT: "SHUTOFF", **_RESIZE, **_REBUILD},
    "resized": {_DEFAULT: "VERIFY_RESIZE", "resize_reverting": "REVERT_RESIZE"},
    "paused": {_DEFAULT: "PAUSED", "migrating": "MIGRATING"},
    "suspended": {_DEFAULT: "SUSPENDED"},
    "rescued": {_DEFAULT: "RESCUE"},
    "error": {_DEFAULT: "ERROR", **_REBUILD},
    "deleted": {_DEFAULT: "DELETED"},
    "soft-delete": {_DEFAULT: "SOFT_DELETED"},
    "shelved": {_DEFAULT: "SHELVED"},
    "shelved_offloaded": {_DEFAULT: "SHELVED_OFFLOADED"},
}


def status(vm_state: str, task_state: str | None) -> str:
    """Return the status of a server in these states."""
    words = STATUSES.get(vm_state)
    if words is None:
        return "UNKNOWN"
    return words.get(task_state or _DEFAULT, words[_DEFAULT])


def states_of(statuses: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the vm_states and task_states that any of some statuses, in any case, stands for.

    The task states are None where the status does not depend on them. Both are empty for an unknown status.
    """
    wanted = {word.lower() for word in statuses}
    pairs = [
        (vm_state, task_state)
        for vm_state, words in STATUSES.items()
        for task_state, word in words.items()
        if word.lower() in wanted
    ]
    task_states = {task_state for _, task_state in pairs}
    vm_states = tuple(sorted({vm_state for vm_state, _ in pairs}))
    return vm_states, None if _DEFAULT in task_states else tuple(sorted(task_states))


class Stated(Protocol):
    """What the rules ask of a server."""

    @property
    def id(self) -> str: ...
    @property
    def vm_state(self) -> str: ...
    @property
    def task_state(self) -> str | None: ...
    @property
    def launched_at(self) -> dt.datetime | None: ...


@dataclass(frozen=True, slots=True)
class StateRule:
    """The states in which a server takes an action; None is any. `launched`: only one that has run before."""

    vm_states: frozenset[str] | None = None
    task_states: frozenset[str | None] | None = frozenset({None})
    launched: bool = True


def _in(*vm_states: str) -> StateRule:
    return StateRule(frozenset(vm_states))


_RUNNABLE = ("active", "stopped", "paused", "suspended")
_ATTACHABLE = ("active", "paused", "stopped", "resized", "soft-delete", "shelved", "shelved_offloaded")
_REBOOTABLE_TASKS = frozenset(
    {
        None,
        "rebooting",
        "reboot_pending",
        "reboot_started",
        "resuming",
        "rebooting_hard",
        "unpausing",
        "pausing",
        "suspending",
    }
)
_LABELLED = StateRule(frozenset(_RUNNABLE), None)

# By the word that Nova's message has for the action.
RULES: Mapping[str, StateRule] = {
    "start": _in("stopped"),
    "stop": _in("active", "error"),
    "reboot": _in("active"),
    "hard reboot": StateRule(frozenset({*_RUNNABLE, "error"}), _REBOOTABLE_TASKS),
    "pause": _in("active"),
    "unpause": _in("paused"),
    "suspend": _in("active"),
    "resume": _in("suspended"),
    "rebuild": _in("active", "stopped", "error"),
    "resize": _in("active", "stopped"),
    "confirmResize": _in("resized"),
    "revertResize": _in("resized"),
    "rescue": _in("active", "stopped", "error"),
    "unrescue": _in("rescued"),
    "changePassword": _in("active"),
    "createImage": _in(*_RUNNABLE),
    "createBackup": _in(*_RUNNABLE),
    "migrate": _in("active", "stopped"),
    "os-migrateLive": _in("active", "paused"),
    "evacuate": StateRule(frozenset({"active", "stopped", "error"}), None),
    "restore": _in("soft-delete"),
    "shelve": _in(*_RUNNABLE),
    "shelveOffload": _in("shelved"),
    "unshelve": _in("shelved", "shelved_offloaded"),
    "attach_volume": _in(*_ATTACHABLE),
    "detach_volume": _in(*_ATTACHABLE),
    "attach_interface": _in("active", "paused", "stopped"),
    "detach_interface": _in("active", "paused", "stopped"),
    "update metadata": _LABELLED,
    "delete metadata": _LABELLED,
    # Nova does not ask whether a server was launched before it is tagged, and its states imply it.
    "update tag": _LABELLED,
    "update tags": _LABELLED,
    "delete tag": _LABELLED,
    "delete tags": _LABELLED,
}
_SHOWN = {"hard reboot": "reboot"}


def require(action: str, server: Stated) -> None:
    """Raise Conflict, in Nova's words, unless `server` is in a state that takes `action`."""
    rule = RULES[action]
    word = _SHOWN.get(action, action)
    if rule.vm_states is not None and server.vm_state not in rule.vm_states:
        raise _conflict(word, server.id, f"vm_state {server.vm_state}")
    if rule.task_states is not None and server.task_state not in rule.task_states:
        raise _conflict(word, server.id, f"task_state {server.task_state}")
    if rule.launched and server.launched_at is None:
        raise Conflict(f"Instance {server.id} is in an invalid state for '{word}'")


def _conflict(action: str, server_id: str, state: str) -> Conflict:
    return Conflict(f"Cannot '{action}' instance {server_id} while it is in {state}", reason="InstanceInvalidState")
