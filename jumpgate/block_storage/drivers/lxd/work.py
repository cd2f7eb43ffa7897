"""What LXD takes its time for: begun while a client waits, done while he does not, ended with LXD's operation.

All there is to know of it stands in the volume's note, under `work`. So it is gone on with when Jumpgate was killed,
also when its database is lost: at each start `resume` looks for what nobody does.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.block_storage.drivers.lxd.records import NOTE, Place, volume
from jumpgate.block_storage.drivers.lxd.shelf import ASIDE, Shelf
from jumpgate.block_storage.errors import InvalidVolume
from jumpgate.block_storage.models.events import Event
from jumpgate.clouds.lxd.faults import Lost
from jumpgate.clouds.lxd.notes import Note, touched, written
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import CloudTimeout, CloudUnreachable, Conflict, JumpgateError, NotFound, OverQuota
from jumpgate.common.format import utcnow
from jumpgate.store.engine import Store
from jumpgate.store.tasks import Task, Tasks

# Changes of a volume's keys, made of it as it is then.
Keys = Callable[[Place], Mapping[str, str | None]]

LOG = logging.getLogger(__name__)
RUN, RESUME = "lxd.volume", "lxd.volume.resume"
# How long a task waits for LXD before it leaves its thread to others, and when it looks again if no event calls it.
PATIENCE_S, LOOK_S = 2.0, 60.0
# How long and how often a volume may not be there yet that LXD has begun to make.
_SOON_S, _LOOKS = 0.02, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of work: the volume's state meanwhile, and what its failure is called.

    `do` does what is left when LXD's operation is over, of what is one (`is_operation`), or all of it; it may be called
    again after a crash, and returns what is to be noted besides at the end, if anything. `undo` takes back what is half
    done, and returns what is to be noted of the volume; it is given the fault, which says why.
    """

    status: str
    event: Event
    do: Callable[[Place, Note], Keys | None]
    undo: Callable[[Place, Note, Note], Note]
    is_operation: bool = False


class Work:
    """Begins work, and does it in tasks."""

    def __init__(self, shelf: Shelf, store: Store, tasks: Tasks) -> None:
        self._shelf = shelf
        self._store = store
        self._tasks = tasks
        self._kinds: dict[str, Kind] = {}
        self._first: list[Callable[[], None]] = []
        tasks.register(RUN, self.run, give_up=self.give_up)
        tasks.register(RESUME, self.resume, give_up=_insist)

    def register(self, name: str, kind: Kind) -> None:
        """Let there be a kind of work."""
        self._kinds[name] = kind

    def at_start(self, call: Callable[[], None]) -> None:
        """Let something be done before all else where Jumpgate is started, or could not reach LXD."""
        self._first.append(call)

    def look_again(self) -> None:
        """Let what is done at a start be done soon. Of work that is noted there are tasks."""
        with self._store.write("block_storage") as connection:
            self._tasks.enqueue(connection, RESUME, awaited=False, before="")

    def note(self, ctx: Context, kind: str, **more: Any) -> Note:
        """Return what a volume is to have noted of new work."""
        status, process = self._kinds[kind].status, self._shelf.session.process
        work = {"id": str(uuid.uuid4()), "kind": kind, "status": status, "lxd": process, "request_id": ctx.request_id}
        return {**work, **more}

    def mark(
        self, place: Place, work: Note, allowed: tuple[str, ...], complaint: str, keys: Mapping[str, str] | None = None
    ) -> Place:
        """Note work on a volume that is in an allowed state, else raise InvalidVolume; other `keys` go with it."""
        known = self._shelf.uses(place)

        def edit(current: Place) -> dict[str, str]:
            status = volume(current, self._shelf.owner(current), known).status
            if status not in allowed:
                raise InvalidVolume(complaint.format(status=status))
            return {**(keys or {}), NOTE: written(touched(current.note_or_first, {"work": work}))}

        return self._shelf.change(place, edit)

    def drop(self, place: Place, work: Note, keys: Mapping[str, str | None]) -> None:
        """Forget work that did not begin."""
        self._settle(place, work, {}, lambda _: keys)

    def promise(
        self,
        project_id: str,
        volume_id: str,
        work: Note,
        *,
        operation: str = "",
        made: Mapping[str, Any] | None = None,
        awaited: bool = False,
    ) -> None:
        """Let a task do work, when LXD's `operation` is over that is the first of it.

        `made` is what `Shelf.empty` takes, of a volume that the operation makes: where LXD makes none there is an empty
        one in its place, to show why.
        """
        arguments: Note = {"project_id": project_id, "volume_id": volume_id, "work": work, "operation": operation}
        self._enqueue({**arguments, "made": made}, awaited=awaited)

    def _enqueue(self, arguments: Mapping[str, Any], *, delay_s: float = 0, awaited: bool = False) -> None:
        with self._store.write("block_storage") as connection:
            self._tasks.enqueue(connection, RUN, delay_s=delay_s, awaited=awaited, **arguments)

    def begun(self, place: Place, work: Note, operation: str, made: Mapping[str, Any]) -> Place:
        """Return a volume that an operation makes, as soon as it is there."""
        if place.is_root:
            self._shelf.session.events.wait_made(operation, place.project, place.name)
        for _ in range(_LOOKS):
            with contextlib.suppress(NotFound):
                return self._shelf.again(place)
            self._shelf.session.events.rest(_SOON_S)
        try:
            self._shelf.session.wait(operation, "the creation of the volume")
        except (CloudUnreachable, CloudTimeout):
            raise
        except JumpgateError as error:
            self._stand_in(work, made, error)
        return self._shelf.again(place)

    def run(self, task: Task) -> None:
        """Do work; what LXD refuses is noted on the volume."""
        try:
            self._run(task, task.arguments["work"])
        except _GoesOn as state:
            # Also for the process that is told to go on when this one is no more.
            self._enqueue(task.arguments, delay_s=LOOK_S)
            self._shelf.session.events.when_over(state.operation, lambda: self._enqueue(task.arguments))
        except CloudUnreachable:
            raise
        except JumpgateError as error:
            self.give_up(task, error)

    def _run(self, task: Task, work: Note) -> None:
        kind = self._kinds[work["kind"]]
        if kind.is_operation:
            self._await(task, work)
        place = self._mine(task)
        if place is not None:
            self._settle(place, work, {"fault": None}, kind.do(place, work))

    def _await(self, task: Task, work: Note) -> None:
        """Wait for the operation, of which only LXD may know: then for all of the project; raise why it failed."""
        operation = task.arguments["operation"]
        if operation:
            self._follow(operation, work)
            return
        for other in self._operations(task.arguments["project_id"]):
            try:
                self._follow(other, work)
            except CloudUnreachable:
                raise
            except JumpgateError:
                # If this was it, what it made is not there.
                continue
        if self._shelf.session.process != work["lxd"]:
            raise Lost("LXD was restarted while it worked on this.")

    def _follow(self, operation: str, work: Note) -> None:
        """Wait for an operation; raise what its failure means, _GoesOn while it lasts."""
        try:
            self._shelf.session.wait(operation, f"{work['kind']} of a volume", timeout_s=PATIENCE_S)
        except CloudTimeout:
            raise _GoesOn(operation) from None
        except Lost:
            # It ended while nobody listened. What failed LXD has taken back itself, unless it died.
            if self._shelf.session.process != work["lxd"]:
                raise

    def _operations(self, project_id: str) -> Iterator[str]:
        found = self._shelf.session.get("operations", project=self._shelf.projects.name(project_id))
        for state in ("pending", "running"):
            yield from (path.rpartition("/")[2] for path in found.get(state) or ())

    def _mine(self, task: Task) -> Place | None:
        """Return the volume of a task; None where it is gone, or where the work is not to be done any more."""
        place = self._there(task)
        return place if place is not None and _has(place, task.arguments["work"]) else None

    def _there(self, task: Task) -> Place | None:
        try:
            return self._shelf.get(service_context(task.arguments["project_id"]), task.arguments["volume_id"])
        except NotFound:
            return None

    def _settle(self, place: Place, work: Note, changes: Note, keys: Keys | None = None) -> None:
        """Note the end of work, unless something else is noted already."""

        def edit(current: Place) -> dict[str, str | None]:
            if not _has(current, work):
                return {}
            more = keys(current) if keys is not None else {}
            return {**more, NOTE: written(touched(current.note, {"work": None, **changes}))}

        with contextlib.suppress(NotFound):
            self._shelf.change(place, edit)

    def give_up(self, task: Task, error: Exception) -> None:
        """Take back what is half done, and note why on the volume."""
        work, place = task.arguments["work"], self._mine(task)
        if place is not None:
            kind = self._kinds[work["kind"]]
            self._settle(place, work, kind.undo(place, work, _fault(kind.event, error, work)))
        elif task.arguments["made"] is not None and self._there(task) is None:
            self._stand_in(work, task.arguments["made"], error)

    def _stand_in(self, work: Note, made: Mapping[str, Any], error: Exception) -> None:
        """Make an empty volume where LXD made none, in a pool that has room for it: so there is one to show why."""
        why = _fault(self._kinds[work["kind"]].event, error, work)
        pools = [str(pool["name"]) for pool in self._shelf.pools()]
        for pool in sorted(pools, key=lambda name: name != made["pool"]):
            place = Place(project=made["project"], pool=pool, name=made["name"], record={}, is_root=made["is_root"])
            # It may be made already: by the task, or by the request.
            with contextlib.suppress(OverQuota, Conflict):
                self._shelf.empty(place, made["note"], made["size_gib"])
            with contextlib.suppress(NotFound):
                # Nobody is to find it in error, and delete it, before LXD is done with it.
                self._settle(self._shelf.again(place), work, {"status": "error", "fault": why})
                return
        LOG.error("LXD has no room to show that it could not make volume %s: %s", made["name"], error)

    def resume(self, task: Task) -> None:
        """Promise again what nobody does: the work of a Jumpgate that was killed, or has lost its database."""
        for call in self._first:
            call()
        known = {arguments["work"]["id"] for arguments in self._tasks.promised(RUN)}
        under_way = {place.id: place for place in self._shelf.find_all() if place.note.get("work")}
        for volume_id, place in under_way.items():
            work = place.note["work"]
            if work["id"] not in known and place.note["updated_at"] < task.arguments["before"]:
                self.promise(self._shelf.owner(place), volume_id, work)
        for place in self._shelf.aside():
            if place.name.removeprefix(ASIDE) not in under_way:
                self._shelf.remove(place)


class _GoesOn(Exception):
    """LXD is not done with an operation."""

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation


def _fault(event: Event, error: Exception, work: Note) -> Note:
    """Return what a volume or a backup notes of a failure."""
    message = error.message if isinstance(error, JumpgateError) else type(error).__name__
    return {
        "id": str(uuid.uuid4()),
        "action": event.action_id,
        "detail": event.detail_id,
        "text": f"{event.text} {message}",
        "at": utcnow().isoformat(),
        "request_id": work["request_id"],
    }


def _has(place: Place, work: Note) -> bool:
    return bool((place.note.get("work") or {}).get("id") == work["id"])


def _insist(_: Task, error: Exception) -> None:
    raise error
