"""Many threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(number: int, function: Callable[[], T]) -> list[T]:
    """Run `function` in `number` threads that begin together; return its results, or raise what it raised."""
    barrier = threading.Barrier(number)

    def run() -> T:
        barrier.wait()
        return function()

    with ThreadPoolExecutor(number) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(number)]]


def in_thread(function: Callable[[], T]) -> T:
    """Run `function` in another thread and return its result."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()
