"""Wait for something to come true, up to a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(holds: Callable[[], bool], *, timeout_s: float, interval_s: float = 0.05) -> bool:
    """Ask `holds` until it says True or the time is over; return its last answer."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval_s)
    return True


def soon(ask: Callable[..., bool], *arguments: object) -> bool:
    """Tell whether an answer is yes within ten seconds: on a busy machine a packet may be late, or lost."""
    return wait_until(lambda: ask(*arguments), timeout_s=10)
