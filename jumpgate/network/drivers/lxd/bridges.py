"""LXD's managed bridges: each is an OpenStack network with at most one subnet of each IP version.

They are in LXD's default project, where every project's servers can be plugged into them. What OpenStack knows of a
network, its subnets, ports and floating IPs is in ``user.openstack.*`` keys of the bridge, changed only as long as
nobody else has changed the bridge meanwhile (ETag).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jumpgate.clouds.lxd.cluster import Cluster
from jumpgate.clouds.lxd.etags import insist
from jumpgate.clouds.lxd.notes import PREFIX, Note, derived_id, notes, read
from jumpgate.clouds.lxd.session import Session
from jumpgate.common.context import Context
from jumpgate.common.errors import CloudError, NotFound
from jumpgate.network.drivers.lxd.dnsmasq import with_ports
from jumpgate.network.schemas.values import invalid
from jumpgate.network.views.faults import fault
from jumpgate.store.turns import Turns

SHARED, EXTERNAL = PREFIX + "shared", PREFIX + "external"
# What LXD says when the server that it starts for a bridge does not take its configuration.
_REFUSED = "dnsmasq: "
_TRUE = ("true", "1", "yes", "on")

Config = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A bridge as LXD has it: `name` is LXD's, `config` its keys, `status` LXD's word (Created, Pending, Errored)."""

    name: str
    config: Mapping[str, str]
    status: str
    description: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it was made through OpenStack; the traffic of others is not filtered."""
        return PREFIX + "network" in self.config

    @property
    def note(self) -> Note:
        """What OpenStack knows of the network; one that somebody made by hand is named after the bridge."""
        known = {"id": derived_id("network", self.name), "name": self.name, "description": self.description}
        return {**known, **read(self.config, "network")}

    @property
    def id(self) -> str:
        """The network's id."""
        return str(self.note["id"])

    @property
    def project_id(self) -> str:
        """The project that it belongs to; an empty text for one that somebody made by hand."""
        return str(self.note.get("project_id", ""))

    @property
    def shared(self) -> bool:
        """Whether every project may plug its servers in."""
        return self.config.get(SHARED, "").lower() in _TRUE

    @property
    def external(self) -> bool:
        """Whether floating IPs are of its addresses."""
        return self.config.get(EXTERNAL, "").lower() in _TRUE

    @property
    def ports(self) -> list[Note]:
        """The notes of the ports on it."""
        return notes(self.config, "port")

    @property
    def floating_ips(self) -> list[Note]:
        """The notes of the floating IPs of its addresses."""
        return notes(self.config, "floating_ip")

    def is_visible(self, project_id: str) -> bool:
        """Tell whether a project sees it."""
        return self.shared or self.external or (bool(project_id) and self.project_id == project_id)


class Bridges:
    """The bridges of one LXD."""

    def __init__(self, session: Session, folder: Path) -> None:
        """`folder` holds the files by which the processes of one Jumpgate take turns.

        LXD compares the ETag and writes in two steps, so of two changes at the same moment one would be lost.
        """
        self.session = session
        self.folder = folder
        self._turns = turns(folder, "networks")

    def all(self) -> list[Bridge]:
        """Return every managed bridge."""
        found = self.session.find("networks")
        return [_bridge(item) for item in found if item["managed"] and item["type"] == "bridge"]

    def seen(self, ctx: Context, *, everything: bool = False) -> list[Bridge]:
        """Return those that a caller sees, or all of them."""
        return [item for item in self.all() if everything or item.is_visible(ctx.project)]

    def get(self, ctx: Context, network_id: str) -> Bridge:
        """Return the bridge of a network that the caller sees, an administrator any; raise NotFound."""
        for item in self.seen(ctx, everything=ctx.is_admin):
            if item.id == network_id:
                return item
        raise fault("NetworkNotFound", network_id)

    def current(self, name: str) -> Bridge:
        """Return a bridge by its name in LXD as it is now."""
        return _bridge(self.session.get("networks", name))

    def make(self, name: str, config: Mapping[str, str]) -> None:
        """Make a bridge, on every member of a cluster."""
        Cluster(self.session).prepare("networks", name=name, type="bridge")
        self.session.post("networks", body={"name": name, "type": "bridge", "config": dict(config)})

    def change(self, name: str, edit: Callable[[Bridge], Mapping[str, str | None]]) -> Bridge:
        """Lay over a bridge's keys what `edit` makes of it as it is (None takes a key away), and return it.

        `edit` is asked again when somebody else has changed the bridge in between; what it raises ends the change.
        """
        with self._turns:
            return insist(lambda: self._changed(name, edit), of=f"Network {name}")

    def _changed(self, name: str, edit: Callable[[Bridge], Mapping[str, str | None]]) -> Bridge:
        record, etag = self.session.tagged("networks", name)
        merged = {**record["config"], **edit(_bridge(record))}
        config = with_ports({key: value for key, value in merged.items() if value is not None})
        if config == record["config"]:
            return _bridge(record)
        body = {"config": config, "description": record["description"]}
        try:
            self.session.put("networks", name, body=body, etag=etag)
        except CloudError as error:
            # LXD has gone back to what there was.
            if _REFUSED not in error.message:
                raise
            raise invalid(f"LXD's DHCP server cannot do this: {error.message.partition(_REFUSED)[2]}") from error
        return _bridge({**record, "config": config})

    def remove(self, name: str) -> None:
        """Remove a bridge; that it is gone is no error."""
        try:
            self.session.delete("networks", name)
        except NotFound:
            return


def turns(folder: Path, what: str) -> Turns:
    """Return the turns in which the processes of one Jumpgate change something in LXD."""
    folder.mkdir(parents=True, exist_ok=True)
    return Turns(str(folder / f"lxd-{what}.lock"))


def holding(bridges: Iterable[Bridge], kind: str, resource_id: str) -> Bridge | None:
    """Return the bridge that keeps the note of a port or floating IP."""
    return next((item for item in bridges if f"{PREFIX}{kind}.{resource_id}" in item.config), None)


def _bridge(record: Mapping[str, object]) -> Bridge:
    config = record["config"]
    assert isinstance(config, dict)
    return Bridge(
        name=str(record["name"]),
        config=config,
        status=str(record.get("status", "")),
        description=str(record.get("description", "")),
    )
