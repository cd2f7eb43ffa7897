"""What SoftLayer said a moment ago: one value for each key, asked for again when it is too old."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")
MOST = 1024


class Remembered(Generic[V]):
    """Values with a lifetime in seconds. `now` is a clock in seconds that never goes back."""

    def __init__(self, lifetime_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._lifetime_s = lifetime_s
        self._now = now
        self._values: dict[Hashable, tuple[float, V]] = {}

    def get(self, key: Hashable, ask: Callable[[], V]) -> V:
        """Return the value of a key, from `ask` where it is not known or too old. What `ask` raises is not kept."""
        known = self._values.get(key)
        if known is not None and self._now() < known[0]:
            return known[1]
        value = ask()
        if len(self._values) >= MOST:
            self._values.clear()
        self._values[key] = (self._now() + self._lifetime_s, value)
        return value
