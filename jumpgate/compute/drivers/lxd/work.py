"""Switching servers on and off, and removing them: noted at once, and done by a task."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from jumpgate.clouds.lxd import holders
from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import CloudUnreachable, Conflict, JumpgateError, NotFound, OverQuota
from jumpgate.common.format import utcnow
from jumpgate.compute.drivers.lxd import history, notes, records, rescues
from jumpgate.compute.drivers.lxd.captures import Captures
from jumpgate.compute.drivers.lxd.consoles import Consoles
from jumpgate.compute.drivers.lxd.creation import note_fault
from jumpgate.compute.drivers.lxd.disks import Disks
from jumpgate.compute.drivers.lxd.instances import PATIENCE_S, Instances
from jumpgate.compute.drivers.lxd.nics import Nics
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.drivers.lxd.rescues import Rescues
from jumpgate.compute.drivers.lxd.root_volumes import RootVolumes
from jumpgate.compute.drivers.lxd.roots import Roots
from jumpgate.compute.drivers.lxd.usages import LxdUsages
from jumpgate.compute.models.states import require
from jumpgate.store.tasks import Task

ACT, DELETE = "lxd.act", "lxd.delete"


@dataclass(frozen=True, slots=True)
class Action:
    """One action: the word of its record, its task state, LXD's word, and the status after which all is done.

    What is not `forced` asks the guest first. `state` is what is noted of the server afterwards.
    """

    record: str
    task_state: str
    word: str
    result: str
    forced: bool = False
    state: str | None = None


ACTIONS: Mapping[str, Action] = {
    "start": Action("start", "powering-on", "start", "Running"),
    "stop": Action("stop", "powering-off", "stop", "Stopped"),
    "reboot": Action("reboot", "rebooting", "restart", ""),
    "hard reboot": Action("reboot", "rebooting_hard", "restart", "", forced=True),
    "pause": Action("pause", "pausing", "freeze", "Frozen", forced=True),
    "unpause": Action("unpause", "unpausing", "unfreeze", "Running", forced=True),
    "suspend": Action("suspend", "suspending", "freeze", "Frozen", forced=True, state="suspended"),
    "resume": Action("resume", "resuming", "unfreeze", "Running", forced=True),
}


class Work:
    """The tasks that LXD's slow calls are made in."""

    def __init__(
        self, region: Region, instances: Instances, nics: Nics, volumes: Disks, consoles: Consoles, usages: LxdUsages
    ) -> None:
        self._consoles = consoles
        self._usages = usages
        self._region = region
        self._instances = instances
        self._nics = nics
        self._disks = volumes
        self._roots = RootVolumes(region, instances)
        self._captures = Captures(region, instances)
        self._rescues = Rescues(region, instances, Roots(region, instances))
        region.tasks.register(ACT, self.act, give_up=self.give_up)
        region.tasks.register(DELETE, self.remove, give_up=self.give_up_delete)

    def begin(self, ctx: Context, server_id: str, name: str) -> None:
        """Note that an action is under way, and promise it."""
        action = ACTIONS[name]
        record = self._instances.get(ctx, server_id)
        require(name, records.server(record, ""))
        actions = history.begun(record, ctx, action.record)
        self._instances.note(record, task=notes.task(action.task_state), actions=actions, fault=None)
        self._region.promise(ACT, server_id=server_id, action=name)

    def act(self, task: Task) -> None:
        """Do an action; what LXD refuses is the server's fault to show."""
        action = ACTIONS[task.arguments["action"]]
        record = self._instances.anyone(task.arguments["server_id"])
        if record is None or notes.task_state(record["config"])[0] != action.task_state:
            return
        try:
            self._do(record, action)
        except (CloudUnreachable, NotFound):
            raise
        except JumpgateError as error:
            self.give_up(task, error)
            return
        record = self._instances.anyone(task.arguments["server_id"])
        if record is not None and notes.task_state(record["config"])[0] == action.task_state:
            now, actions = utcnow().isoformat(), history.ended(record, action.record)
            self._instances.note(record, task=None, state=action.state, updated=now, actions=actions)

    def _do(self, record: Record, action: Action) -> None:
        if record["status"] == action.result:
            return
        word, forced = action.word, action.forced
        if word == "restart" and record["status"] == "Stopped":
            word = "start"
        if record["status"] == "Frozen" and word in ("restart", "stop"):
            forced = True
        try:
            self._instances.act(record, word, force=forced, timeout_s=PATIENCE_S)
        except JumpgateError:
            if forced or word not in ("stop", "restart"):
                raise
            self._instances.act(record, word, force=True)

    def give_up(self, task: Task, error: Exception) -> None:
        """Leave a server as LXD has it, with the reason in its fault."""
        action = ACTIONS[task.arguments["action"]]
        record = self._instances.anyone(task.arguments["server_id"])
        if record is not None:
            note_fault(self._instances, record, error, action.record, state=None)

    def delete(self, ctx: Context, record: Record) -> None:
        """Note that a server goes, and promise it."""
        actions = history.begun(record, ctx, "delete")
        # LXD may be busy making or starting it, or it is gone; the task waits for that. Or its disk has no more room.
        with contextlib.suppress(Conflict, NotFound, OverQuota):
            self._instances.note(record, task=notes.task("deleting"), actions=actions)
        project_id = self._instances.owner(record)
        self._region.promise(DELETE, server_id=server_id_of(record), project_id=project_id)

    def remove(self, task: Task) -> None:
        """Remove an instance with its interfaces."""
        server_id = task.arguments["server_id"]
        record = self._instances.anyone(server_id)
        if record is not None:
            if record["status"] != "Stopped":
                # It may stop by itself.
                with contextlib.suppress(Conflict):
                    self._instances.act(record, "stop", force=True)
            # What is borrowed is given back first: afterwards nobody knows that it was.
            self._nics.give_back_borrowed(record)
            self._disks.release(record)
        # A server that is gone has no ports any more.
        self._nics.release(server_id, task.arguments["project_id"])
        if record is not None:
            self._usages.remember(record)
            with contextlib.suppress(NotFound):
                self._remove(record)
        self._consoles.forget(server_id)

    def _remove(self, record: Record) -> None:
        """Remove an instance; the volume that it boots from stays, unless it goes with the server.

        The image of a shelved server goes with it, and the root disk of one that is rescued.
        """
        image_id = notes.text(record["config"], "shelved_image")
        if image_id is not None:
            self._captures.forget(image_id)
        if notes.text(record["config"], rescues.NOTE) is not None:
            self._rescues.forget(record)
        volume_id = holders.volume_id_of(record)
        if volume_id is None:
            self._instances.remove(record)
            return
        wish = notes.value(record["config"], notes.disk(volume_id), {})
        self._roots.part(record, with_volume=bool(wish.get("delete_on_termination") or wish.get("doomed")))

    def give_up_delete(self, task: Task, error: Exception) -> None:
        """Show a server that LXD does not let go in ERROR."""
        record = self._instances.anyone(task.arguments["server_id"])
        if record is not None:
            note_fault(self._instances, record, error, "delete", state="error")
