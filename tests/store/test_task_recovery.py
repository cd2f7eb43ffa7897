"""A process is killed in the middle of a task, and another one brings the task to its end."""

from __future__ import annotations

import sqlalchemy as sa

from jumpgate.store.engine import Store
from jumpgate.store.tasks import Tasks
from jumpgate.store.tasks import tasks as queue
from tests.store import processes
from tests.store.tables import value
from tests.support.waiting import wait_until


def test_a_task_survives_the_kill_of_its_process(store: Store, url: str) -> None:
    with store.write("compute") as connection:
        Tasks(store).enqueue(connection, "count")

    first = processes.start(processes.hang, url, "here")
    assert wait_until(lambda: value(store) == 1, timeout_s=60)
    first.kill()
    first.join(10)
    with store.read() as connection:
        assert connection.execute(sa.select(queue.c.attempts, queue.c.leased_by)).one() == (1, "here")

    processes.run(processes.finish_counting, url, "here")

    with store.read() as connection:
        assert connection.execute(sa.select(queue)).all() == []
    assert value(store) == 2
