"""Server actions that lead from one state to another: begun in the request, ended by a task.

Beginning one checks the state rules and sets the `task_state` in one transaction; ending it sets the states of the
table and records the event. A task that runs twice finds the second time that the server has left its `task_state`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import CloudError, CloudUnreachable, JumpgateError
from jumpgate.compute.drivers.embedded import history, records
from jumpgate.compute.drivers.embedded.creation import fault_of
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.drivers.embedded.waiting import NotReady, look_again
from jumpgate.compute.models import PAUSED, RUNNING, SHUTDOWN
from jumpgate.compute.models.states import require
from jumpgate.store.tasks import Task

CHANGE = "compute.change"
Row = sa.Row[Any]
Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One action. `rule` is its rule in `states`, `task_state` what the server is in while it lasts.

    `vm_state` and `power_state` are those afterwards; None leaves one as it is. `line` goes to the console.
    """

    action: str
    task_state: str
    vm_state: str | None = None
    power_state: int | None = None
    rule: str = ""
    line: str = ""


TRANSITIONS: Mapping[str, Transition] = {
    "start": Transition(
        action="start", task_state="powering-on", vm_state="active", power_state=RUNNING, line="Power on."
    ),
    "stop": Transition(
        action="stop", task_state="powering-off", vm_state="stopped", power_state=SHUTDOWN, line="Shut down."
    ),
    "reboot": Transition(
        action="reboot", task_state="rebooting", vm_state="active", power_state=RUNNING, line="Reboot."
    ),
    "hard reboot": Transition(
        action="reboot",
        task_state="rebooting_hard",
        vm_state="active",
        power_state=RUNNING,
        rule="hard reboot",
        line="Reset.",
    ),
    "pause": Transition(action="pause", task_state="pausing", vm_state="paused", power_state=PAUSED, line="Paused."),
    "unpause": Transition(
        action="unpause", task_state="unpausing", vm_state="active", power_state=RUNNING, line="Running again."
    ),
    "suspend": Transition(
        action="suspend",
        task_state="suspending",
        vm_state="suspended",
        power_state=SHUTDOWN,
        line="Memory written to disk; suspended.",
    ),
    "resume": Transition(
        action="resume", task_state="resuming", vm_state="active", power_state=RUNNING, line="Memory read; running."
    ),
    "rescue": Transition(
        action="rescue", task_state="rescuing", vm_state="rescued", power_state=RUNNING, line="Boot from rescue image."
    ),
    "unrescue": Transition(
        action="unrescue", task_state="unrescuing", vm_state="active", power_state=RUNNING, line="Boot from own disk."
    ),
    "changePassword": Transition(
        action="changePassword", task_state="updating_password", line="Administrator's password changed."
    ),
    "rebuild": Transition(action="rebuild", task_state="rebuilding", line="Installed anew; first boot."),
    "resize": Transition(action="resize", task_state="resize_prep", vm_state="resized", line="Resized; boot."),
    "confirmResize": Transition(action="confirmResize", task_state="resize_confirming"),
    "revertResize": Transition(
        action="revertResize", task_state="resize_reverting", line="Reverted to the former flavor; boot."
    ),
    "shelveOffload": Transition(
        action="shelveOffload", task_state="shelving_offloading", vm_state="shelved_offloaded", power_state=SHUTDOWN
    ),
}

Begin = Callable[[sa.Connection, Row], Values]
Work = Callable[[Row, Mapping[str, Any]], None]
End = Callable[[sa.Connection, Row, Mapping[str, Any]], Values]


def _nothing(_connection: sa.Connection, _row: Row) -> Values:
    return {}


class Transitions:
    """Begins and ends the actions of the table."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._work: dict[str, Work] = {}
        self._ends: dict[str, End] = {}
        region.tasks.register(CHANGE, self.run, give_up=self.give_up)

    def before_end(self, name: str, work: Work) -> None:
        """Let `work` do what a transition takes at the sibling services; it may raise NotReady, and is repeated."""
        self._work[name] = work

    def at_end(self, name: str, end: End) -> None:
        """Let `end` do what else a transition changes, and return what it changes in the row."""
        self._ends[name] = end

    def begin(
        self,
        ctx: Context,
        server_id: str,
        name: str,
        *,
        also: Begin = _nothing,
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        """Take an action in hand; raise Conflict unless the server is in a state for it.

        `also` returns what changes in the row at once, and may refuse.
        """
        transition = TRANSITIONS[name]
        with self._region.store.write(TOPIC) as connection:
            row = records.load(connection, ctx, server_id)
            require(transition.rule or transition.action, row)
            changes = also(connection, row)
            records.change(connection, server_id, task_state=transition.task_state, **changes)
            action = history.begin(connection, ctx, server_id, transition.action)
            self._region.tasks.enqueue(
                connection, CHANGE, server_id=server_id, action_id=action, name=name, arguments=dict(arguments or {})
            )

    def run(self, task: Task) -> None:
        """Do what the action takes and put the server in the state that it leads to."""
        try:
            self._prepare(task)
        except NotReady:
            look_again(self._region, task, self.give_up)
        except (CloudError, CloudUnreachable):
            raise
        except JumpgateError as error:
            self.give_up(task, error)
        else:
            self._end(task)

    def _prepare(self, task: Task) -> None:
        name = task.arguments["name"]
        if name not in self._work:
            return
        with self._region.store.read() as connection:
            row = records.anyone(connection, task.arguments["server_id"])
        if row is not None and row.task_state == TRANSITIONS[name].task_state:
            self._work[name](row, task.arguments["arguments"])

    def _end(self, task: Task) -> None:
        name = task.arguments["name"]
        transition = TRANSITIONS[name]
        with self._region.store.write(TOPIC) as connection:
            row = records.anyone(connection, task.arguments["server_id"])
            if row is None or row.task_state != transition.task_state:
                return
            values: Values = {"task_state": None, "fault": None}
            if transition.vm_state is not None:
                values["vm_state"] = transition.vm_state
            if transition.power_state is not None:
                values["power_state"] = transition.power_state
            if name in self._ends:
                values |= self._ends[name](connection, row, task.arguments["arguments"])
            records.change(connection, row.id, **values)
            if transition.line:
                records.log(connection, row, transition.line)
            history.end(connection, task.arguments["action_id"])

    def give_up(self, task: Task, error: Exception) -> None:
        """Put a server whose action cannot be ended in ERROR."""
        transition = TRANSITIONS[task.arguments["name"]]
        with self._region.store.write(TOPIC) as connection:
            row = records.anyone(connection, task.arguments["server_id"])
            if row is not None and row.task_state == transition.task_state:
                records.change(connection, row.id, vm_state="error", task_state=None, fault=fault_of(error))
                history.end(connection, task.arguments["action_id"], error)
