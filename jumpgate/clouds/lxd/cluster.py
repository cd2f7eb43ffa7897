"""The machines of LXD: the members of a cluster, or the one there is. OpenStack calls them hosts."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.common.errors import BadRequest, NotFound

_WRITABLE = ("roles", "failure_domain", "groups", "description")
# Where a single LXD says that a thing is.
NOWHERE = ("", "none")
_AUTO, _MANUAL = "all", "manual"
_SCHEDULER = "scheduler.instance"
# The same of a single LXD, which has no scheduler.
_OWN_SCHEDULER = "user.openstack.scheduler"


@dataclass(frozen=True, slots=True)
class Member:
    """A machine. `is_open` tells whether it gets instances that name no machine, `message` why it is not up.

    `url` is where the members of a cluster reach it, empty for a single LXD.
    """

    name: str
    address: str
    is_up: bool = True
    is_open: bool = True
    message: str = ""
    url: str = ""


class Cluster:
    """Knows the members. A single LXD is its own only member."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @functools.cached_property
    def is_one(self) -> bool:
        """Whether LXD is a cluster, which it stays once it is."""
        return bool(self._session.server["environment"].get("server_clustered"))

    def members(self, server: Record | None = None) -> list[Member]:
        """Return the members in the order of their names; `server` is what LXD says of itself, where that is known."""
        if not self.is_one:
            return [self._alone(server or self._session.server)]
        return sorted(map(_member, self._session.find("cluster", "members")), key=lambda member: member.name)

    def _alone(self, server: Record) -> Member:
        address = _host(server["environment"].get("addresses") or [])
        return Member(self.own_name, address, is_open=server["config"].get(_OWN_SCHEDULER, _AUTO) == _AUTO)

    @functools.cached_property
    def own_name(self) -> str:
        """What the LXD is called that answers here."""
        return str(self._session.server["environment"].get("server_name") or "lxd")

    def name_of(self, record: Record) -> str:
        """Return the member that an instance or a volume is on."""
        location = str(record.get("location") or "")
        return self.own_name if location in NOWHERE else location

    def names(self) -> set[str]:
        """Return the names of the members."""
        return {member.name for member in self.members()}

    def get(self, name: str) -> Member:
        """Return a member, or raise NotFound."""
        for member in self.members():
            if member.name == name:
                return member
        raise NotFound(f"LXD has no member called {name}.")

    def target(self, name: str | None) -> dict[str, str]:
        """Return the parameters of a call that is to happen on a member; without a name LXD chooses."""
        return {"target": name} if name is not None and self.is_one else {}

    def place(self, name: str | None) -> dict[str, str]:
        """Return the parameters that place an instance on a member, None on any; raise BadRequest without a place."""
        there = [member for member in self.members() if member.name == name or (name is None and member.is_open)]
        if name is not None and not there:
            raise BadRequest(f"Compute host {name} could not be found.", reason="ComputeHostNotFound")
        if not any(member.is_up for member in there):
            raise BadRequest("No valid host was found. What could take the server is down or disabled.")
        return self.target(name)

    def open(self, name: str, *, is_open: bool) -> None:
        """Let LXD choose a member for new instances, or no more."""
        word = _AUTO if is_open else _MANUAL
        if not self.is_one:
            self._session.patch(body={"config": {_OWN_SCHEDULER: word}})
            return
        path = ("cluster", "members", name)
        record, etag = self._session.tagged(*path)
        kept = {key: record[key] for key in _WRITABLE if key in record}
        config: dict[str, str] = {**record["config"], _SCHEDULER: word}
        self._session.put(*path, body={**kept, "config": config}, etag=etag)

    def prepare(self, kind: str, **body: str) -> None:
        """Announce a network or a pool on every member, which LXD wants before it is made."""
        for member in self.members() if self.is_one else ():
            self._session.post(kind, body=body, target=member.name)


def _member(record: Record) -> Member:
    return Member(
        name=str(record["server_name"]),
        address=_host([str(record["url"]).removeprefix("https://")]),
        is_up=record["status"] != "Offline",
        is_open=record["status"] in ("Online", "Offline") and record["config"].get(_SCHEDULER, _AUTO) == _AUTO,
        message=str(record["message"]),
        url=str(record["url"]),
    )


def _host(addresses: list[str]) -> str:
    """Return the host of the first of some addresses with ports."""
    return addresses[0].rpartition(":")[0].strip("[]") if addresses else "127.0.0.1"
