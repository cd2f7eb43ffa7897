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
