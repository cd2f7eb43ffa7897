"""What the store's tests do in processes of their own; each opens the database for itself."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Sequence
from typing import Any

from jumpgate.store.engine import Store
from jumpgate.store.migrations import migrate
from jumpgate.store.tasks import Task, Tasks
from tests.store.tables import count_up

_SPAWN = multiprocessing.get_context("spawn")


def start(function: Callable[..., None], *arguments: Any) -> Any:
    """Start `function` in a new interpreter and return the process."""
    process = _SPAWN.Process(target=function, args=arguments, daemon=True)
    process.start()
    return process


def finish(processes: Sequence[Any], *, timeout_s: float = 120) -> None:
    """Wait for processes and insist that they ended well."""
    for process in processes:
        process.join(timeout_s)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def run(function: Callable[..., None], *arguments: Any) -> None:
    """Run `function` in a new interpreter to its end."""
    finish([start(function, *arguments)])


def count(url: str, times: int) -> None:
    """Count up the counter "n"."""
    store = Store(url)
    for _ in range(times):
        count_up(store)
    store.close()


def migrate_database(url: str) -> None:
    """Bring a database to the current schema."""
    store = Store(url)
    migrate(store)
    store.close()


def hang(url: str, owner: str) -> None:
    """Run the task "count", which says that it has begun by counting, and never end it."""
    store = Store(url)

    def run_forever(_task: Task) -> None:
        count_up(store)
        threading.Event().wait()

    _run_count(store, owner, run_forever)


def finish_counting(url: str, owner: str) -> None:
    """Start as an installation does and run the task "count" to its end."""
    store = Store(url)
    _run_count(store, owner, lambda _task: count_up(store))
    store.close()


def _run_count(store: Store, owner: str, handler: Callable[[Task], None]) -> None:
    tasks = Tasks(store, owner=owner)
    tasks.register("count", handler, give_up=lambda _task, _error: None)
    tasks.release_leases()
    tasks.run_due()
