"""Servers that go: their ports and volumes are given back, then the row is marked as deleted.

It works in every state, also while the server is still being built, and goes on after a crash wherever it was. A second
look a minute later gives back what an interface or volume that was attached meanwhile may have left.
"""

from __future__ import annotations

from jumpgate.common.context import Context
from jumpgate.common.format import utcnow
from jumpgate.compute.drivers.embedded import history, migrations, records
from jumpgate.compute.drivers.embedded.creation import fault_of
from jumpgate.compute.drivers.embedded.disks import Disks
from jumpgate.compute.drivers.embedded.images import Images
from jumpgate.compute.drivers.embedded.ports import Ports
from jumpgate.compute.drivers.embedded.region import TOPIC, Region
from jumpgate.compute.drivers.embedded.waiting import NotReady, look_again
from jumpgate.compute.models import NOSTATE
from jumpgate.store.tasks import Task

DELETE = "compute.delete"
SWEEP = "compute.sweep"
_SWEEP_S = 60


class Deletion:
    """Removes servers."""

    def __init__(self, region: Region, ports: Ports, disks: Disks, images: Images) -> None:
        self._region = region
        self._ports = ports
        self._disks = disks
        self._images = images
        region.tasks.register(DELETE, self.remove, give_up=self.give_up)
        region.tasks.register(SWEEP, self.sweep, give_up=self._leave)

    def delete(self, ctx: Context, server_id: str) -> None:
        """Promise to remove a server; one that is going already goes once."""
        with self._region.store.write(TOPIC) as connection:
            row = records.load(connection, ctx, server_id)
            if row.task_state == "deleting":
                return
            records.change(connection, server_id, task_state="deleting", progress=0)
            action = history.begin(connection, ctx, server_id, "delete")
            self._region.tasks.enqueue(connection, DELETE, server_id=server_id, action_id=action)

    def remove(self, task: Task) -> None:
        """Give back what a server has and mark it as deleted."""
        server_id = task.arguments["server_id"]
        with self._region.store.read() as connection:
            row = records.anyone(connection, server_id)
        if row is None or row.deleted:
            return
        try:
            self._ports.release(row)
            self._disks.release(row)
        except NotReady:
            look_again(self._region, task, self.give_up)
            return
        self._images.delete_shelved(row)
        now = utcnow()
        with self._region.store.write(TOPIC) as connection:
            records.change(
                connection,
                server_id,
                deleted=True,
                vm_state="deleted",
                task_state=None,
                power_state=NOSTATE,
                terminated_at=now,
                server_group_id=None,
            )
            if row.vm_state == "resized":
                migrations.move_on(connection, server_id, "confirmed")
            history.end(connection, task.arguments["action_id"])
            self._region.tasks.enqueue(connection, SWEEP, delay_s=_SWEEP_S, server_id=server_id)

    def sweep(self, task: Task) -> None:
        """Give back what was attached to a server while it went."""
        with self._region.store.read() as connection:
            row = records.anyone(connection, task.arguments["server_id"])
        if row is not None and row.deleted:
            self._ports.release(row)
            self._disks.release(row)

    def _leave(self, task: Task, error: Exception) -> None:
        """What a second look could not give back is not tried a third time; the queue has logged why."""

    def give_up(self, task: Task, error: Exception) -> None:
        """Put a server that cannot be removed in ERROR, from where it can be deleted again."""
        with self._region.store.write(TOPIC) as connection:
            row = records.anyone(connection, task.arguments["server_id"])
            if row is not None and not row.deleted:
                fault = fault_of(error)
                records.change(connection, row.id, vm_state="error", task_state=None, fault=fault)
                history.end(connection, task.arguments["action_id"], error)
