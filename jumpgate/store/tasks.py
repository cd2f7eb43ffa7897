"""Work that outlives a request: a row first, then a thread. It survives a crash and is done once.

A task is enqueued in the transaction that promises its result. Every worker process runs due tasks; a lease keeps two
from running the same one, and a lease that ran out (its process died) lets another take over. A handler therefore must
be able to start again from whatever it left behind.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jumpgate.store.engine import Store
from jumpgate.store.metadata import ID, JSON, METADATA, UtcDateTime

LOG = logging.getLogger(__name__)

tasks = sa.Table(
    "tasks",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("arguments", JSON, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False, index=True),
    sa.Column("leased_until", UtcDateTime),
    sa.Column("leased_by", sa.String(255)),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
)

LEASE_S = 60
POLL_S = 1.0
MOST_ATTEMPTS = 5
RETRY_S = 2


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work: `kind` names its handler, `arguments` is JSON, `attempts` counts the starts before this."""

    id: str
    kind: str
    arguments: Mapping[str, Any]
    attempts: int


Run = Callable[[Task], None]
GiveUp = Callable[[Task, Exception], None]


class Tasks:
    """The queue and its runner. Handlers are registered while drivers are set up, then `start` begins."""

    def __init__(self, store: Store, *, threads: int = 2, owner: str = "") -> None:
        """`owner` names this installation among those that share the store."""
        self._store = store
        self._owner = owner
        self._handlers: dict[str, tuple[Run, GiveUp]] = {}
        self._wake = threading.Condition()
        self._pending = False
        self._stopping = False
        self._threads = [threading.Thread(target=self._work, name=f"tasks-{n}", daemon=True) for n in range(threads)]

    def register(self, kind: str, run: Run, *, give_up: GiveUp) -> None:
        """Let `run` do the tasks of a kind; after MOST_ATTEMPTS failures `give_up` puts the subject in error."""
        self._handlers[kind] = (run, give_up)

    def enqueue(self, connection: sa.Connection, kind: str, *, delay_s: float = 0, **arguments: Any) -> None:
        """Promise a task in the transaction of `connection`; it starts after the commit."""
        row = {"id": str(uuid.uuid4()), "kind": kind, "arguments": arguments, "due_at": _now(delay_s), "attempts": 0}
        connection.execute(tasks.insert().values(row))
        self._store.after_commit(self._notify)

    def start(self) -> None:
        """Begin to run tasks in this process."""
        for thread in self._threads:
            thread.start()

    def stop(self, *, timeout_s: float = 10) -> None:
        """Finish the tasks at hand and start no more."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))

    def run_due(self) -> int:
        """Run every task that is due in the calling thread, and return how many there were (for tests)."""
        done = 0
        while (task := self._claim()) is not None:
            self._run(task)
            done += 1
        return done

    def release_leases(self) -> None:
        """Let the tasks that this installation left behind start at once: called before its processes start."""
        with self._store.write() as connection:
            mine = tasks.c.leased_by == self._owner
            connection.execute(tasks.update().where(mine).values(leased_until=None, leased_by=None))

    def _notify(self) -> None:
        with self._wake:
            self._pending = True
            self._wake.notify()

    def _work(self) -> None:
        while not self._stopping:
            try:
                task = self._claim()
                if task is not None:
                    self._run(task)
                    continue
            except Exception:
                LOG.exception("The task queue could not be read; it is tried again")
            with self._wake:
                if not self._pending and not self._stopping:
                    self._wake.wait(POLL_S)
                self._pending = False

    def _claim(self) -> Task | None:
        now = _now()
        due = sa.and_(
            tasks.c.due_at <= now,
            sa.or_(tasks.c.leased_until.is_(None), tasks.c.leased_until < now),
            tasks.c.kind.in_(self._handlers),
        )
        with self._store.read() as connection:
            if connection.execute(sa.select(tasks.c.id).where(due).limit(1)).first() is None:
                return None
        first = sa.select(tasks).where(due).order_by(tasks.c.due_at).limit(1)
        with self._store.write() as connection:
            row = connection.execute(first.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            lease = {"leased_until": _now(LEASE_S), "leased_by": self._owner, "attempts": row.attempts + 1}
            connection.execute(tasks.update().where(tasks.c.id == row.id).values(lease))
        return Task(row.id, row.kind, row.arguments, row.attempts)

    def _run(self, task: Task) -> None:
        run, give_up = self._handlers[task.kind]
        try:
            with _Renewal(self._store, task.id):
                run(task)
        except Exception as error:
            LOG.exception("Task %s (%s) failed at attempt %d", task.id, task.kind, task.attempts + 1)
            if task.attempts + 1 < MOST_ATTEMPTS:
                self._retry(task)
                return
            give_up(task, error)
        with self._store.write() as connection:
            connection.execute(tasks.delete().where(tasks.c.id == task.id))

    def _retry(self, task: Task) -> None:
        later = {"leased_until": None, "due_at": _now(RETRY_S * (task.attempts + 1))}
        with self._store.write() as connection:
            connection.execute(tasks.update().where(tasks.c.id == task.id).values(later))


class _Renewal:
    """Keeps a task's lease alive while its handler runs."""

    def __init__(self, store: Store, task_id: str) -> None:
        self._store = store
        self._task_id = task_id
        self._timer: threading.Timer | None = None
        self._ended = False

    def __enter__(self) -> None:
        self._schedule()

    def __exit__(self, *_: object) -> None:
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()

    def _schedule(self) -> None:
        self._timer = threading.Timer(LEASE_S / 3, self._renew)
        self._timer.daemon = True
        self._timer.start()

    def _renew(self) -> None:
        if self._ended:
            return
        with self._store.write() as connection:
            connection.execute(tasks.update().where(tasks.c.id == self._task_id).values(leased_until=_now(LEASE_S)))
        self._schedule()


def _now(delay_s: float = 0) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=delay_s)
