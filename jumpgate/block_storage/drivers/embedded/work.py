"""What the tasks of block storage have in common.

A task reads from the row what is to be done, does it, and then says so in the row. It may be started again after a
crash at any point: it finds either its work undone and begins again, or its subject in another state and has nothing to
do. What no other try would change ends at once in an error that the project can read.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded import messages
from jumpgate.block_storage.drivers.embedded.cloud import TOPIC, EmbeddedCloud
from jumpgate.block_storage.drivers.embedded.files import TooSmall
from jumpgate.block_storage.drivers.embedded.rows import Row, Values, move
from jumpgate.block_storage.models.events import Event
from jumpgate.common.errors import CloudError, CloudUnreachable, JumpgateError
from jumpgate.store.tasks import GiveUp, Run, Task

# How long a deletion waits before it looks again whether somebody still copies from its subject.
WAIT_S = 1.0
_HOPELESS = (JumpgateError, TooSmall, FileNotFoundError)
_PASSING = (CloudError, CloudUnreachable)


def ending(run: Run, give_up: GiveUp) -> Run:
    """Return a `run` that gives up at once where another try could not succeed."""

    def attempt(task: Task) -> None:
        try:
            run(task)
        except _HOPELESS as error:
            if isinstance(error, _PASSING):
                raise
            give_up(task, error)

    return attempt


class Work:
    """The tasks of one kind of thing: `table` holds it, `argument` names its id in a task."""

    table: sa.Table
    argument: str
    resource_type: str

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self._cloud = cloud
        self._store = cloud.store

    def handlers(self) -> Mapping[str, tuple[Run, GiveUp]]:
        """Return what does the tasks of each kind, and what ends them in error."""
        raise NotImplementedError

    def register(self) -> None:
        """Take on the tasks."""
        for kind, (run, give_up) in self.handlers().items():
            self._cloud.tasks.register(kind, ending(run, give_up), give_up=give_up)

    def _row(self, task: Task, status: str) -> Row | None:
        """Return the subject's row if it still is in the state that the task is to end."""
        mine = sa.and_(self.table.c.id == task.arguments[self.argument], self.table.c.status == status)
        with self._store.read() as connection:
            return connection.execute(sa.select(self.table).where(mine)).one_or_none()

    def _is_gone(self, thing_id: str) -> bool:
        with self._store.read() as connection:
            return connection.execute(sa.select(self.table.c.id).where(self.table.c.id == thing_id)).first() is None

    def _end(self, row: Row, values: Values) -> bool:
        """Take the subject out of the state it was found in; tell whether it still was in it."""
        with self._store.write(TOPIC) as connection:
            moved = move(connection, self.table, row.id, row.status, values)
            self._ended(connection, row)
            return moved

    def _fail(self, task: Task, row: Row, event: Event, values: Values) -> None:
        """End the state that the task was to end as `values` say, and leave a message about it."""
        with self._store.write(TOPIC) as connection:
            if move(connection, self.table, row.id, row.status, {"error": event.text, **values}):
                request_id = task.arguments.get("request_id", "")
                messages.tell(connection, row, event, resource_type=self.resource_type, request_id=request_id)
            self._ended(connection, row)

    def _ended(self, connection: sa.Connection, row: Row) -> None:
        """Change what else depends on the subject's state, which has just ended."""

    def _again(self, task: Task) -> None:
        """Do the task once more in a while."""
        with self._store.write() as connection:
            self._cloud.tasks.enqueue(connection, task.kind, delay_s=WAIT_S, **task.arguments)
