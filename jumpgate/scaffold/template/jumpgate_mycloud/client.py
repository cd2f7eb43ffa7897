"""Stands in for the cloud: machines in memory. Put the cloud's SDK in its place.

It has the habits of a real one: what it is asked for is done a little later, lists come in pages, every account's
machines are in them, and its errors are its own.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

SIZES = {"small": (1, 1024, 10), "medium": (2, 4096, 20), "large": (4, 8192, 40)}
"""The sizes of machines: processors, memory in MiB, disk in GiB."""


class ApiError(Exception):
    """What the cloud answers when something is wrong; `code` says what."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The cloud answers {code}.")
        self.code = code


@dataclass
class Machine:
    """A machine as the cloud shows it. `state` is pending, running, stopping, off, starting or ending."""

    id: str
    account: str
    owner: str
    label: str
    size: str
    tags: Mapping[str, str]
    made_at: float
    state: str = "pending"
    due_at: float = 0.0
    started_at: float | None = field(default=None)


_DONE = {"pending": "running", "stopping": "off", "starting": "running"}
_MAY = {"stopping": ("running",), "starting": ("off",), "ending": ("pending", "running", "off", "stopping", "starting")}


class Client:
    """The cloud's API. `now` tells the time in seconds, `takes_s` is how long the cloud takes for anything."""

    def __init__(self, *, now: Callable[[], float] = time.time, takes_s: float = 1.0, page_size: int = 50) -> None:
        self.page_size = page_size
        self.is_down = False
        self._now = now
        self._takes_s = takes_s
        self._machines: dict[str, Machine] = {}
        self._numbers = itertools.count(1)

    def run(self, *, account: str, owner: str, label: str, size: str, tags: Mapping[str, str]) -> Machine:
        """Make a machine."""
        self._answer()
        machine = Machine(f"m-{next(self._numbers):08x}", account, owner, label, size, dict(tags), self._now())
        machine.due_at = self._now() + self._takes_s
        self._machines[machine.id] = machine
        return machine

    def describe(self, machine_id: str) -> Machine:
        """Return one machine, or raise ApiError NoSuchMachine."""
        self._answer()
        try:
            return self._machines[machine_id]
        except KeyError:
            raise ApiError("NoSuchMachine") from None

    def page(self, start: int = 0) -> tuple[Sequence[Machine], int | None]:
        """Return a page of all machines, and where the next page starts."""
        self._answer()
        end = start + self.page_size
        return list(self._machines.values())[start:end], end if end < len(self._machines) else None

    def change(self, machine_id: str, state: str) -> None:
        """Begin to stop, start or end a machine, or raise ApiError WrongState."""
        machine = self.describe(machine_id)
        if machine.state not in _MAY[state]:
            raise ApiError("WrongState")
        machine.state, machine.due_at = state, self._now() + self._takes_s

    def _answer(self) -> None:
        """Let time pass, as every call does."""
        if self.is_down:
            raise ApiError("Unavailable")
        for machine in [item for item in self._machines.values() if item.due_at <= self._now()]:
            if machine.state == "ending":
                del self._machines[machine.id]
            machine.state = _DONE.get(machine.state, machine.state)
            if machine.state == "running" and machine.started_at is None:
                machine.started_at = machine.due_at
