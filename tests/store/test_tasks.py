"""The task queue: done once, tried again, given up in the end, and never left to a runner that is gone."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from jumpgate.store import tasks as module
from jumpgate.store.engine import Store
from jumpgate.store.tasks import LEASE_S, MOST_ATTEMPTS, MOST_STARTS, Abandoned, Task, Tasks
from tests.store.tables import count_up, make_tables, rolled_back, value
from tests.store.threads import at_once
from tests.support.waiting import wait_until


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)


class Work:
    """A handler that notes what it was given and fails as often as it is told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.failures = failures
        self.ran: list[Task] = []
        self.given_up: list[tuple[Task, Exception]] = []

    def run(self, task: Task) -> None:
        self.ran.append(task)
        if len(self.ran) <= self.failures:
            raise OSError("The cloud is away.")

    def give_up(self, task: Task, error: Exception) -> None:
        self.given_up.append((task, error))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runner(store: Store, clock: Clock) -> Callable[..., Tasks]:
    """Make a runner of the task "work", as each worker process has one."""

    def make(work: Work, owner: str = "here") -> Tasks:
        made = Tasks(store, owner=owner, clock=clock)
        made.register("work", work.run, give_up=work.give_up)
        return made

    return make


@pytest.fixture
def running(store: Store) -> Iterator[Callable[..., Tasks]]:
    """Start a runner with threads, in real time; all are stopped in the end."""
    started: list[Tasks] = []

    def start(run: Callable[[Task], None], *, threads: int = 2) -> Tasks:
        tasks = Tasks(store, threads=threads)
        tasks.register("work", run, give_up=lambda _task, _error: None)
        tasks.start()
        started.append(tasks)
        return tasks

    yield start
    for tasks in started:
        tasks.stop()


def enqueue(store: Store, tasks: Tasks, **arguments: Any) -> None:
    with store.write("compute") as connection:
        tasks.enqueue(connection, "work", **arguments)


def left(store: Store) -> int:
    """Return how many tasks are in the queue."""
    with store.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(module.tasks)).scalar_one())


def test_a_task_runs_once_with_its_arguments(store: Store, runner: Callable[..., Tasks]) -> None:
    work = Work()
    tasks = runner(work)
    enqueue(store, tasks, server_id="a", options={"n": [1, None]})

    assert (tasks.run_due(), tasks.run_due(), left(store)) == (1, 0, 0)
    assert [(task.kind, task.arguments, task.attempts) for task in work.ran] == [
        ("work", {"server_id": "a", "options": {"n": [1, None]}}, 0)
    ]


def test_what_is_promised_is_known_until_it_is_over(store: Store, runner: Callable[..., Tasks]) -> None:
    tasks = runner(Work())
    enqueue(store, tasks, server_id="a")
    assert (tasks.promised("work"), tasks.promised("other")) == ([{"server_id": "a"}], [])
    tasks.run_due()
    assert tasks.promised("work") == []


def test_tasks_run_in_the_order_in_which_they_are_due(store: Store, runner: Callable[..., Tasks], clock: Clock) -> None:
    work = Work()
    tasks = runner(work)
    for name, delay_s in (("third", 3), ("first", 1), ("second", 2)):
        enqueue(store, tasks, name=name, delay_s=delay_s)
    assert tasks.run_due() == 0
    clock.forward(3)
    tasks.run_due()

    assert [task.arguments["name"] for task in work.ran] == ["first", "second", "third"]


def test_a_task_of_a_rolled_back_write_never_was(store: Store, runner: Callable[..., Tasks]) -> None:
    tasks = runner(Work())
    with rolled_back(store, "compute") as connection:
        tasks.enqueue(connection, "work")

    assert (left(store), tasks.run_due()) == (0, 0)


def test_a_task_of_an_unknown_kind_waits_for_whoever_knows_it(store: Store, runner: Callable[..., Tasks]) -> None:
    tasks = runner(Work())
    with store.write("compute") as connection:
        tasks.enqueue(connection, "elsewhere")

    assert (tasks.run_due(), left(store)) == (0, 1)


def test_many_runners_run_each_task_once(store: Store, runner: Callable[..., Tasks]) -> None:
    work = Work()
    runners = [runner(work) for _ in range(8)]
    for number in range(40):
        enqueue(store, runners[0], number=number)
    free = iter(runners)

    assert sum(at_once(8, lambda: next(free).run_due())) == 40
    assert sorted(task.arguments["number"] for task in work.ran) == list(range(40))


def test_a_failed_task_is_tried_again_later(store: Store, runner: Callable[..., Tasks], clock: Clock) -> None:
    work = Work(failures=1)
    tasks = runner(work)
    enqueue(store, tasks)

    assert (tasks.run_due(), tasks.run_due()) == (1, 0)
    clock.forward(module.RETRY_S)
    assert (tasks.run_due(), left(store), work.given_up) == (1, 0, [])
    assert [task.attempts for task in work.ran] == [0, 1]


def test_each_failure_makes_the_next_attempt_wait_longer(
    store: Store, runner: Callable[..., Tasks], clock: Clock
) -> None:
    work = Work(failures=2)
    tasks = runner(work)
    enqueue(store, tasks)
    tasks.run_due()
    clock.forward(module.RETRY_S)
    tasks.run_due()

    clock.forward(module.RETRY_S)
    assert tasks.run_due() == 0
    clock.forward(module.RETRY_S)
    assert tasks.run_due() == 1


def exhaust(tasks: Tasks, clock: Clock, times: int) -> None:
    for _ in range(times):
        tasks.run_due()
        clock.forward(3600)


def test_a_task_that_always_fails_is_given_up_once(store: Store, runner: Callable[..., Tasks], clock: Clock) -> None:
    work = Work(failures=99)
    tasks = runner(work)
    enqueue(store, tasks, server_id="a")
    exhaust(tasks, clock, MOST_ATTEMPTS + 3)

    (task, error), *others = work.given_up
    assert (len(work.ran), others, left(store)) == (MOST_ATTEMPTS, [], 0)
    assert (task.arguments, str(error)) == ({"server_id": "a"}, "The cloud is away.")


def test_giving_up_is_tried_again_when_it_fails(store: Store, clock: Clock) -> None:
    work = Work(failures=99)
    refusals = iter([True, False])

    def give_up(task: Task, error: Exception) -> None:
        if next(refusals):
            raise OSError("The disk is full.")
        work.give_up(task, error)

    tasks = Tasks(store, clock=clock)
    tasks.register("work", work.run, give_up=give_up)
    enqueue(store, tasks)
    exhaust(tasks, clock, MOST_ATTEMPTS)
    assert (left(store), work.given_up) == (1, [])
    exhaust(tasks, clock, 1)

    assert (left(store), len(work.given_up)) == (0, 1)


class Crash(BaseException):
    """The process dies in the middle of a task: nobody catches it."""


def crash(_task: Task) -> None:
    raise Crash


def claim_and_crash(store: Store, clock: Clock, owner: str = "here") -> None:
    """Claim a task and die with it."""
    dying = Tasks(store, owner=owner, clock=clock)
    dying.register("work", crash, give_up=lambda _task, _error: None)
    with pytest.raises(Crash):
        dying.run_due()


def test_a_dead_runners_task_is_taken_over_when_its_lease_ends(
    store: Store, runner: Callable[..., Tasks], clock: Clock
) -> None:
    work = Work()
    tasks = runner(work)
    enqueue(store, tasks)
    claim_and_crash(store, clock)

    clock.forward(LEASE_S)
    assert tasks.run_due() == 0
    clock.forward(1)
    assert tasks.run_due() == 1
    assert [task.attempts for task in work.ran] == [1]


def test_released_leases_let_an_installations_tasks_start_at_once(
    store: Store, runner: Callable[..., Tasks], clock: Clock
) -> None:
    work = Work()
    tasks = runner(work)
    enqueue(store, tasks)
    claim_and_crash(store, clock)

    tasks.release_leases()
    assert (tasks.run_due(), len(work.ran)) == (1, 1)


def test_another_installations_leases_are_left_alone(store: Store, runner: Callable[..., Tasks], clock: Clock) -> None:
    tasks = runner(Work())
    enqueue(store, tasks)
    claim_and_crash(store, clock, owner="elsewhere")

    tasks.release_leases()
    assert tasks.run_due() == 0


def test_a_task_that_kills_every_runner_is_given_up(store: Store, runner: Callable[..., Tasks], clock: Clock) -> None:
    work = Work()
    tasks = runner(work)
    enqueue(store, tasks)
    for _ in range(MOST_STARTS):
        claim_and_crash(store, clock)
        clock.forward(LEASE_S + 1)
    tasks.run_due()

    ((_, error),) = work.given_up
    assert (work.ran, left(store), type(error)) == ([], 0, Abandoned)


@pytest.mark.parametrize("failures", [0, 1])
def test_a_runner_that_lost_its_lease_does_not_touch_the_task_of_the_next(
    store: Store, runner: Callable[..., Tasks], clock: Clock, failures: int
) -> None:
    second = Work(failures=1)

    def overtaken(_task: Task) -> None:
        clock.forward(LEASE_S + 1)
        runner(second).run_due()
        if failures:
            raise OSError

    slow = Tasks(store, clock=clock)
    slow.register("work", overtaken, give_up=lambda _task, _error: None)
    enqueue(store, slow)
    slow.run_due()

    assert left(store) == 1
    clock.forward(2 * module.RETRY_S)
    assert (runner(second).run_due(), left(store)) == (1, 0)


def test_looking_for_work_only_reads(sqlite_store: Store) -> None:
    tasks = Tasks(sqlite_store)
    tasks.register("work", Work().run, give_up=Work().give_up)
    executed: list[str] = []
    sa.event.listen(
        sqlite_store.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: executed.append(statement)
    )

    with sqlite_store.exclusive():
        assert tasks.run_due() == 0
    assert [statement.split()[0] for statement in executed] == ["SELECT"]


def test_a_started_runner_begins_when_the_write_is_committed(
    store: Store, running: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_S", 3600)
    tasks = running(lambda _task: count_up(store))
    for number in range(1, 6):
        enqueue(store, tasks)
        assert wait_until(lambda number=number: value(store) == number, timeout_s=10)  # type: ignore[misc]

    assert wait_until(lambda: left(store) == 0, timeout_s=10)


def test_a_started_runner_finds_what_another_process_left(
    store: Store, running: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_S", 0.02)
    running(lambda _task: count_up(store))
    enqueue(store, Tasks(store))

    assert wait_until(lambda: value(store) == 1, timeout_s=10)


def test_somebody_looks_for_work_while_another_thread_is_busy(
    store: Store, running: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_S", 0.02)
    release = threading.Event()

    def run(task: Task) -> None:
        count_up(store)
        if task.arguments["wait"]:
            release.wait(30)

    tasks = running(run)
    enqueue(store, tasks, wait=True)
    assert wait_until(lambda: value(store) == 1, timeout_s=10)
    enqueue(store, Tasks(store), wait=False)
    assert wait_until(lambda: value(store) == 2, timeout_s=10)
    release.set()


def test_only_one_idle_thread_looks_for_work(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_S", 0.02)
    looking: list[str] = []
    sa.event.listen(
        sqlite_store.engine,
        "before_cursor_execute",
        lambda *_: looking.append(threading.current_thread().name),
    )
    tasks = Tasks(sqlite_store, threads=4)
    tasks.start()
    assert wait_until(lambda: len(looking) > 20, timeout_s=10)
    tasks.stop()

    assert len(set(looking[12:])) == 1


def test_stop_waits_for_the_task_at_hand_and_starts_no_other(store: Store, running: Callable[..., Tasks]) -> None:
    begun, release = threading.Event(), threading.Event()

    def run(_task: Task) -> None:
        begun.set()
        release.wait(30)
        count_up(store)

    tasks = running(run, threads=1)
    enqueue(store, tasks)
    enqueue(store, tasks)
    assert begun.wait(10)
    stopping = threading.Thread(target=tasks.stop)
    stopping.start()
    assert stopping.is_alive()
    release.set()
    stopping.join(10)

    assert (value(store), left(store)) == (1, 1)


def test_stop_gives_up_waiting_in_the_end(store: Store, running: Callable[..., Tasks]) -> None:
    begun, release = threading.Event(), threading.Event()

    def run(_task: Task) -> None:
        begun.set()
        release.wait(30)

    tasks = running(run)
    enqueue(store, tasks)
    assert begun.wait(10)
    tasks.stop(timeout_s=0.05)

    assert left(store) == 1
    release.set()


def test_a_runner_that_was_never_started_can_be_stopped(store: Store) -> None:
    Tasks(store).stop()


def test_a_long_task_keeps_its_lease(
    store: Store, running: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEASE_S", 0.3)
    begun, release = threading.Event(), threading.Event()
    starts: list[Task] = []

    def run(task: Task) -> None:
        starts.append(task)
        begun.set()
        release.wait(30)

    def lease() -> dt.datetime:
        with store.read() as connection:
            until: dt.datetime = connection.execute(sa.select(module.tasks.c.leased_until)).scalar_one()
            return until

    tasks = running(run)
    enqueue(store, tasks)
    assert begun.wait(10)
    first = lease()
    assert wait_until(lambda: lease() > first + dt.timedelta(seconds=0.3), timeout_s=10)
    release.set()
    assert wait_until(lambda: left(store) == 0, timeout_s=10)
    assert len(starts) == 1


def test_a_runner_survives_a_database_that_fails(
    open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "POLL_S", 0.02)
    store = open_store()
    tasks = Tasks(store)
    tasks.register("work", lambda _task: count_up(store), give_up=lambda _task, _error: None)
    tasks.start()
    assert wait_until(lambda: len(caplog.records) > 4, timeout_s=10)

    make_tables(store)
    enqueue(store, tasks)
    assert wait_until(lambda: value(store) == 1, timeout_s=10)
    tasks.stop()
    assert {record.getMessage() for record in caplog.records} == {"The task queue cannot be used; it is tried again"}


class TestLingering:
    """A request that waits a moment for the work that it began."""

    def test_the_work_is_over_at_the_end(self, store: Store, running: Callable[..., Tasks]) -> None:
        done: list[str] = []
        tasks = running(lambda task: done.append(task.id))

        with tasks.lingering():
            enqueue(store, tasks)

        assert (len(done), left(store)) == (1, 0)

    def test_long_work_is_not_waited_for(
        self, store: Store, running: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LINGER_S", 0.01)
        go_on = threading.Event()
        tasks = running(lambda _task: go_on.wait(30) or None)

        with tasks.lingering():
            enqueue(store, tasks)

        assert left(store) == 1
        go_on.set()
        wait_until(lambda: left(store) == 0, timeout_s=30)

    def test_nor_is_more_than_can_be_done_at_once(
        self, store: Store, running: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LINGER_S", 1000)
        go_on = threading.Event()
        tasks = running(lambda _task: go_on.wait(30) or None, threads=1)

        with tasks.lingering():
            enqueue(store, tasks)
            enqueue(store, tasks)

        assert left(store) == 2
        go_on.set()
        wait_until(lambda: left(store) == 0, timeout_s=30)

    def test_nor_is_what_is_due_later(
        self, store: Store, running: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LINGER_S", 1000)
        tasks = running(lambda _task: None)

        with tasks.lingering():
            enqueue(store, tasks, delay_s=60)

        assert left(store) == 1

    def test_nor_is_what_is_not_to_be_awaited(
        self, store: Store, running: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LINGER_S", 1000)
        go_on = threading.Event()
        tasks = running(lambda _task: go_on.wait(30) or None)

        with tasks.lingering():
            enqueue(store, tasks, awaited=False)

        assert left(store) == 1
        go_on.set()
        wait_until(lambda: left(store) == 0, timeout_s=30)

    def test_nor_is_anything_where_no_tasks_run(
        self, store: Store, runner: Callable[..., Tasks], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "LINGER_S", 1000)
        tasks = runner(Work())

        with tasks.lingering():
            enqueue(store, tasks)

        assert left(store) == 1
