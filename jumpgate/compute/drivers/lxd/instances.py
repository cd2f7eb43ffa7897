"""LXD's instances by the ids of servers: LXD's own ``volatile.uuid``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.faults import BUSY
from jumpgate.clouds.lxd.holders import UUID, is_holder
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.context import Context
from jumpgate.common.errors import Conflict, JumpgateError, NotFound
from jumpgate.compute.drivers.lxd import labels, notes
from jumpgate.compute.drivers.lxd.region import Region

# How long a guest may take to shut itself down before it is switched off.
PATIENCE_S = 20
_MOST_HINTS = 10_000
# How long a change waits for LXD to end what it does with the instance.
_TRIES, _REST_S = 50, 0.2
_WRITABLE = ("architecture", "config", "description", "devices", "ephemeral", "profiles", "stateful")
_OPENSTACKS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance is: its LXD project and its name there."""

    project: str
    name: str


class Instances:
    """Finds instances, and changes their notes.

    Where an instance was last seen is remembered as a hint, which the instance itself confirms each time.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self._session: Session = region.session
        self._hints: dict[str, Place] = {}

    def find(self, ctx: Context, *, all_projects: bool = False) -> Iterator[Record]:
        """Yield the instances of the caller's project, or of all of OpenStack's projects."""
        for record in self._records(None if all_projects else ctx.project):
            if is_holder(record):
                continue
            self.remember(server_id_of(record), Place(record["project"], record["name"]))
            yield record

    def everywhere(self) -> Iterator[Record]:
        """Yield the instances of all of OpenStack's projects, volumes that servers boot from among them."""
        return self._records(None)

    def _records(self, project_id: str | None, filter: str | None = None) -> Iterator[Record]:
        parameters = {"recursion": "1", **({"filter": filter} if filter else {})}
        if project_id is None:
            found = self._session.get("instances", **parameters, **{"all-projects": "true"})
            ours = (item for item in found if self._region.projects.is_ours(item["project"]))
            yield from labels.known(self._session, ours)
            return
        try:
            found = self._session.get("instances", project=self._region.projects.name(project_id), **parameters)
            yield from labels.known(self._session, found)
        except NotFound:
            # The project has never been used.
            return

    def get(self, ctx: Context, server_id: str) -> Record:
        """Return a server's instance; an administrator reaches every project's. Raises NotFound."""
        record = self.anyone(server_id)
        if record is None or not (ctx.is_admin or self.owner(record) == ctx.project):
            raise missing(server_id)
        return record

    def anyone(self, server_id: str) -> Record | None:
        """Return the instance of a server of any project, None where there is none."""
        if not _OPENSTACKS.fullmatch(server_id):
            return None
        hint = self._hints.get(server_id)
        record = self._at(hint) if hint is not None else None
        if record is None or server_id_of(record) != server_id:
            record = self._look(server_id)
        if record is not None and is_holder(record):
            return None
        if record is not None:
            self.remember(server_id, Place(record["project"], record["name"]))
        return record

    def _look(self, server_id: str) -> Record | None:
        found = next(self._records(None, f"config.{UUID} eq {server_id}"), None)
        if found is None and self._region.cluster.is_one:
            # LXD's filter does not find what is on a member that is down.
            return next((item for item in self._records(None) if server_id_of(item) == server_id), None)
        return found

    def _at(self, place: Place) -> Record | None:
        if self._region.cluster.is_one:
            # To ask for one on a member that is down takes LXD ten seconds; lists leave out what it does not know.
            project_id = self._region.projects.id_of(place.project)
            return next(iter(self._records(project_id, f"name eq {place.name}")), None)
        try:
            record: Record = self._session.get("instances", place.name, project=place.project)
        except NotFound:
            return None
        return record

    def remember(self, server_id: str, place: Place) -> None:
        """Keep a hint."""
        if len(self._hints) > _MOST_HINTS:
            self._hints.clear()
        self._hints[server_id] = place

    def owner(self, record: Record) -> str:
        """Return the OpenStack project that an instance belongs to."""
        return self._region.projects.id_of(record["project"])

    def note(self, record: Record, **changes: Any) -> None:
        """Change notes of an instance; None removes one."""
        self.configure(record, notes.written(**changes))

    def label(self, server_id: str) -> None:
        """Keep in a cluster what is to be known of a server while its member is down."""
        record = self.anyone(server_id) if self._region.cluster.is_one else None
        if record is not None:
            labels.write(self._session, record)

    def configure(
        self, record: Record, config: Mapping[str, str], *, devices: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        """Change keys of an instance's configuration, and add devices; other keys and devices stay."""
        body: dict[str, Any] = {"config": dict(config)}
        if devices:
            body["devices"] = dict(devices)
        place = ("instances", record["name"])
        self._patiently(lambda: self._session.patch(*place, project=record["project"], body=body))

    def _patiently(self, call: Callable[[], object]) -> None:
        """Make a call again while LXD is busy with the instance; what happens in LXD tells when."""
        for _ in range(_TRIES):
            try:
                call()
                return
            except Conflict as error:
                if not BUSY.search(error.message):
                    raise
            self._session.events.rest(_REST_S)
        call()

    def remove_device(self, record: Record, name: str) -> None:
        """Take a device from an instance, also while it runs."""
        place = ("instances", record["name"])
        for _ in range(_TRIES):
            current, etag = self._session.tagged(*place, project=record["project"])
            body = {key: current[key] for key in _WRITABLE if key in current}
            if body["devices"].pop(name, None) is None:
                return
            try:
                self._session.put(*place, project=record["project"], body=body, etag=etag)
                return
            except Conflict:
                self._session.events.rest(_REST_S)
        raise Conflict(f"LXD is busy with instance {record['name']}; try again.")

    def act(self, record: Record, action: str, *, force: bool = False, timeout_s: int = 30) -> None:
        """Start, stop, restart, freeze or unfreeze an instance, and wait until it is done."""
        body = {"action": action, "force": force, "timeout": timeout_s, "stateful": False}
        place = ("instances", record["name"], "state")
        self._patiently(lambda: self._session.put(*place, project=record["project"], body=body))

    def switch_off(self, record: Record) -> None:
        """Let a guest shut itself down, and switch it off where it does not."""
        is_frozen = record["status"] == "Frozen"
        try:
            self.act(record, "stop", force=is_frozen, timeout_s=PATIENCE_S)
        except JumpgateError:
            if is_frozen:
                raise
            self.act(record, "stop", force=True)

    def remove(self, record: Record) -> None:
        """Remove an instance that is switched off."""
        place = ("instances", record["name"])
        self._patiently(lambda: self._session.delete(*place, project=record["project"]))

    def replace(self, record: Record, body: Mapping[str, Any]) -> None:
        """Replace all that is configured of an instance."""
        place = ("instances", record["name"])
        self._patiently(lambda: self._session.put(*place, project=record["project"], body=body))

    def rename(self, record: Record, name: str) -> None:
        """Give an instance that is switched off another name; raise Conflict for one that is taken."""
        place = ("instances", record["name"])
        self._patiently(lambda: self._session.post(*place, project=record["project"], body={"name": name}))

    def state(self, record: Record) -> Record:
        """Return how an instance does now: its interfaces with addresses and counters, memory, CPU, disks."""
        found: Record = self._session.get("instances", record["name"], "state", project=record["project"])
        return found


def missing(server_id: str) -> NotFound:
    """Return the error for a server that is not there."""
    return NotFound(f"Instance {server_id} could not be found.", reason="InstanceNotFound")
