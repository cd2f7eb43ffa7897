"""Work that outlives a request: a row first, then a thread. It survives a crash and is done once.

A task is enqueued in the transaction that promises its result. Every worker process runs due tasks; a lease keeps two
from running the same one, and a lease that ran out (its process died) lets another take over. A handler therefore must
be able to start again from whatever it left behind.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
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
# How long a request waits for the work that it began, which mostly takes a tenth of it.
LINGER_S = 0.5
POLL_S = 1.0
RETRY_S = 2
MOST_ATTEMPTS = 5
# A task that never fails but takes its process down with it must come to an end, too.
MOST_STARTS = 20


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work: `kind` names its handler, `arguments` is JSON, `attempts` counts the starts before this."""

    id: str
    kind: str
    arguments: Mapping[str, Any]
    attempts: int


class Abandoned(Exception):
    """The processes that ran a task have all died before it ended."""


Run = Callable[[Task], None]
GiveUp = Callable[[Task, Exception], None]


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Tasks:
    """The queue and its runner. Handlers are registered while drivers are set up, then `start` begins."""

    def __init__(
        self, store: Store, *, threads: int = 2, owner: str = "", clock: Callable[[], dt.datetime] = _utc_now
    ) -> None:
        """`owner` names this installation among those that share the store."""
        self._store = store
        self._owner = owner
        self._clock = clock
        self._handlers: dict[str, tuple[Run, GiveUp]] = {}
        self._running: dict[str, Task] = {}
        self._request = threading.local()
        self._awaited: set[str] = set()
        self._over = threading.Condition()
        self._wake = threading.Condition()
        self._pending = False
        self._watched = False
        self._started = False
        self._stopping = False
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"tasks-{n}", daemon=True) for n in range(threads)]

    def register(self, kind: str, run: Run, *, give_up: GiveUp) -> None:
        """Let `run` do the tasks of a kind; after MOST_ATTEMPTS failures `give_up` puts the subject in error."""
        self._handlers[kind] = (run, give_up)

    def enqueue(
        self, connection: sa.Connection, kind: str, *, delay_s: float = 0, awaited: bool = True, **arguments: Any
    ) -> None:
        """Promise a task in the transaction of `connection`; it starts after the commit.

        One that is not `awaited` makes no request linger: its caller is to see it in progress.
        """
        task_id = str(uuid.uuid4())
        row = {"id": task_id, "kind": kind, "arguments": arguments, "due_at": self._in(delay_s)}
        connection.execute(tasks.insert().values(row))
        if awaited and not delay_s:
            self._store.after_commit(lambda: self._await(task_id))
        self._store.after_commit(self._notify)

    def promised(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the arguments of the tasks of a kind that are not over."""
        with self._store.read() as connection:
            return list(connection.execute(sa.select(tasks.c.arguments).where(tasks.c.kind == kind)).scalars())

    @contextlib.contextmanager
    def lingering(self) -> Iterator[None]:
        """Wait at the end, for LINGER_S at most, until the tasks are over that this thread has enqueued inside.

        Who asks whether his server is there then finds it at the first look, and need not sleep until the next. Nobody
        waits while more is awaited than can be done at once: the work would not be done sooner.
        """
        begun = self._request.begun = set[str]()
        try:
            yield
        finally:
            self._request.begun = None
            if begun:
                with self._over:
                    if len(self._awaited) <= len(self._threads):
                        self._over.wait_for(lambda: self._awaited.isdisjoint(begun), LINGER_S)
                    self._awaited -= begun

    def _await(self, task_id: str) -> None:
        """Note that a request has begun a task, where this process is one that runs them."""
        begun: set[str] | None = getattr(self._request, "begun", None)
        if begun is not None and self._started and not self._stopping:
            begun.add(task_id)
            with self._over:
                self._awaited.add(task_id)

    def start(self) -> None:
        """Begin to run tasks in this process."""
        self._started = True
        threading.Thread(target=self._renew, name="tasks-leases", daemon=True).start()
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
        self._ended.set()

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
                if (task := self._claim()) is not None:
                    # There may be more, and while this thread is busy another one must watch.
                    self._notify()
                    self._run(task)
                    continue
            except Exception:
                LOG.exception("The task queue cannot be used; it is tried again")
            self._rest()

    def _rest(self) -> None:
        """Wait for a task of this process; one thread also looks every POLL_S for what others left or is due later."""
        with self._wake:
            if not self._pending and not self._stopping:
                watches = not self._watched
                self._watched = True
                self._wake.wait(POLL_S if watches else None)
                self._watched = self._watched and not watches
            self._pending = False

    def _claim(self) -> Task | None:
        now = self._clock()
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
            lease = {"leased_until": self._in(LEASE_S), "leased_by": self._owner, "attempts": row.attempts + 1}
            connection.execute(tasks.update().where(tasks.c.id == row.id).values(lease))
        return Task(row.id, row.kind, row.arguments, row.attempts)

    def _run(self, task: Task) -> None:
        self._running[task.id] = task
        try:
            is_over = self._attempt(task)
        except Exception:
            LOG.exception("Task %s (%s) could not be given up; it is tried again", task.id, task.kind)
            is_over = False
        finally:
            del self._running[task.id]
        later = {"leased_until": None, "leased_by": None, "due_at": self._in(RETRY_S * (task.attempts + 1))}
        with self._store.write() as connection:
            connection.execute((tasks.delete() if is_over else tasks.update().values(later)).where(_lease(task)))
        with self._over:
            self._awaited.discard(task.id)
            self._over.notify_all()

    def _attempt(self, task: Task) -> bool:
        """Run a task, or give it up; tell whether it is over."""
        run, give_up = self._handlers[task.kind]
        if task.attempts >= MOST_STARTS:
            give_up(task, Abandoned(f"The work was started {task.attempts} times and never came to an end."))
            return True
        try:
            run(task)
        except Exception as error:
            LOG.exception("Task %s (%s) failed at attempt %d", task.id, task.kind, task.attempts + 1)
            if task.attempts + 1 < MOST_ATTEMPTS:
                return False
            give_up(task, error)
        return True

    def _renew(self) -> None:
        """Keep the leases of the running tasks alive."""
        while not self._ended.wait(LEASE_S / 3):
            running = list(self._running.copy().values())
            if not running:
                continue
            try:
                with self._store.write() as connection:
                    mine = sa.or_(*map(_lease, running))
                    connection.execute(tasks.update().where(mine).values(leased_until=self._in(LEASE_S)))
            except Exception:
                LOG.exception("The leases of running tasks could not be renewed; it is tried again")

    def _in(self, delay_s: float) -> dt.datetime:
        return self._clock() + dt.timedelta(seconds=delay_s)


def _lease(task: Task) -> sa.ColumnElement[bool]:
    """Match the row while nobody else has started the task again."""
    return sa.and_(tasks.c.id == task.id, tasks.c.attempts == task.attempts + 1)
