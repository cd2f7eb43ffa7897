"""Which contract methods are being called now, and which of them take too long.

A driver asks its cloud and returns; what takes longer is a status that the client watches, or a task. A method that
waits holds one of the few threads that serve requests.
"""

from __future__ import annotations

import logging
import sys
import threading
from threading import get_ident
from time import perf_counter

LOG = logging.getLogger(__name__)

LONGEST_S = 20.0
"""How long a call of a contract method may take before the log complains."""

_RULE = (
    "a driver does not wait for its cloud: answer with a status that the client can watch, or leave the rest to a task"
)


Started = tuple[str | None, float]
"""A call that is not over: the driver and its method, or None where it may take as long as its client does; and when
it began, as a `perf_counter`. A tuple, because every call makes one."""


class Running:
    """The innermost contract call of each thread of this process.

    One dictionary, of which each thread touches its own entry: `enter` and `leave` cost a fraction of a microsecond.
    """

    def __init__(self) -> None:
        self._calls: dict[int, Started] = {}
        self._named: set[Started] = set()
        self._end = threading.Event()

    def enter(self, place: str | None) -> Started | None:
        """Note that this thread begins a call; return what `leave` needs, the call from which it is made."""
        thread = get_ident()
        outer = self._calls.get(thread)
        self._calls[thread] = (place, perf_counter())
        return outer

    def enter_unhurried(self, place: str | None) -> Started | None:
        """Note a call that lasts as long as a client sends."""
        return self.enter(None)

    def leave(self, outer: Started | None) -> None:
        """Note that this thread's call is over, and complain of one that took too long."""
        thread = get_ident()
        call = self._calls.pop(thread)
        if outer is not None:
            self._calls[thread] = outer
        place, began = call
        if place is not None and perf_counter() - began > LONGEST_S:
            self._named.discard(call)
            LOG.warning("%s took %.0f s: %s.", place, perf_counter() - began, _RULE)

    def look(self, now: float) -> None:
        """Complain, once, of each call that is still going on and has taken too long; `now` is a `perf_counter`."""
        for thread, call in list(self._calls.items()):
            place, began = call
            if place is not None and now - began > LONGEST_S and call not in self._named:
                self._named.add(call)
                LOG.warning("%s has not returned for %.0f s%s: %s.", place, now - began, _where(thread), _RULE)

    def watch(self) -> None:
        """Look every few seconds until `rest`, in a thread of its own."""
        self._end = threading.Event()
        threading.Thread(target=self._watch, args=(self._end,), name="running", daemon=True).start()

    def rest(self) -> None:
        """End what `watch` began."""
        self._end.set()

    def _watch(self, end: threading.Event) -> None:
        while not end.wait(LONGEST_S / 4):
            self.look(perf_counter())


def _where(thread: int) -> str:
    """Return the line at which a thread is, so that its author finds the call to the cloud."""
    frame = sys._current_frames().get(thread)
    return f" ({frame.f_code.co_filename}, line {frame.f_lineno})" if frame is not None else ""


RUNNING = Running()
