"""Moves of servers between the members of a cluster, and the list of them: a note of each instance, the latest first.

LXD moves an instance that is switched off. One that runs it moves with CRIU, where both members have it and it can;
what it says otherwise is the error of the migration.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from jumpgate.clouds.lxd.cluster import Cluster
from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, JumpgateError
from jumpgate.common.format import parse_iso, utcnow
from jumpgate.common.listing import Query
from jumpgate.compute.contract.operators import Migrations
from jumpgate.compute.drivers.lxd import notes
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.nics import Nics
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.models import Flavor
from jumpgate.compute.models.operations import Migration, number_of

MOST = 20
# The drivers of pools that every member reaches.
_SHARED_POOLS = ("ceph", "cephfs")
_NO_HOST = "No valid host was found. "


class Moves:
    """Takes instances from member to member."""

    def __init__(self, region: Region, instances: Instances, nics: Nics) -> None:
        self._session = region.session
        self._nics = nics
        self._cluster: Cluster = region.cluster
        self._instances = instances

    def destination(self, record: Record, host: str | None, *, what: str) -> str:
        """Return where an instance moves that is asked to move to a host, or anywhere; raise BadRequest for nowhere."""
        here = self._cluster.name_of(record)
        if host == here:
            raise BadRequest("Cannot migrate to the host where the server exists.", reason="CannotMigrateToSameHost")
        members = self._cluster.members()
        if host is not None and host not in {member.name for member in members}:
            raise BadRequest(f"Compute host {host} could not be found.", reason="ComputeHostNotFound")
        open_ones = [member.name for member in members if member.is_up and (member.is_open or member.name == host)]
        choices = [name for name in open_ones if name != here and host in (None, name)]
        if not choices:
            raise BadRequest(f"{_NO_HOST}No valid host found for {what}", reason="NoValidHost")
        self._check_disks(record)
        return min(choices, key=self._load)

    def _load(self, host: str) -> int:
        """Return how many instances a member has."""
        return sum(item["location"] == host for item in self._instances.everywhere())

    def _check_disks(self, record: Record) -> None:
        """Raise BadRequest for an instance with disks that cannot come along."""
        custom = [device for device in record["expanded_devices"].values() if device.get("source")]
        for pool in {device["pool"] for device in custom if device.get("pool")}:
            if self._session.get("storage-pools", pool)["driver"] not in _SHARED_POOLS:
                raise BadRequest(f"Only one member of LXD's cluster reaches pool {pool}: detach its volumes before.")

    def move(self, record: Record, host: str, *, live: bool = False) -> None:
        """Move an instance, and wait until it is there with what stands for its addresses; one that is there stays."""
        if record["location"] != host:
            body = {"name": record["name"], "migration": True, "live": live}
            self._session.post("instances", record["name"], project=record["project"], body=body, target=host)
        self._nics.rebind(record, host)

    def carry(self, record: Record, host: str, *, runs: bool) -> None:
        """Switch an instance off, move it, and switch it on again if it `runs`; it stays where it cannot move."""
        if record["status"] != "Stopped":
            self._instances.switch_off(record)
        try:
            self.move(record, host)
        except JumpgateError:
            if runs:
                self._instances.act(record, "start")
            raise
        if runs:
            self._instances.act(record, "start")


def begun(record: Record, ctx: Context, kind: str, hosts: tuple[str, str], flavor: Flavor, old: Flavor) -> list[Any]:
    """Return the note of an instance's migrations with one that begins, from a host to another, maybe itself."""
    source, destination = hosts
    made = {
        "id": str(uuid.uuid4()),
        "type": kind,
        "status": "running" if kind == "live-migration" else "migrating",
        "user_id": ctx.user_id,
        "source": source,
        "destination": destination,
        "old_flavor_number": number_of(old.id),
        "new_flavor_number": number_of(flavor.id),
        "created_at": utcnow().isoformat(),
    }
    return [made, *notes.value(record["config"], "migrations", [])][:MOST]


def now(record: Record, status: str) -> list[Any] | None:
    """Return the note of an instance's migrations in which the latest has a status; None where there is none."""
    known: list[dict[str, Any]] = notes.value(record["config"], "migrations", [])
    return [{**known[0], "status": status, "updated_at": utcnow().isoformat()}, *known[1:]] if known else None


class LxdMigrations(Migrations):
    """The notes of all servers that are there."""

    def __init__(self, instances: Instances) -> None:
        self._instances = instances

    def find(self, ctx: Context, query: Query) -> Iterable[Migration]:
        for record in self._instances.find(ctx, all_projects=True):
            for values in notes.value(record["config"], "migrations", ()):
                yield self._migration(record, values)

    def _migration(self, record: Record, values: Mapping[str, Any]) -> Migration:
        times = {name: parse_iso(values[name]) for name in ("created_at", "updated_at") if name in values}
        owned = {"server_id": server_id_of(record), "project_id": self._instances.owner(record)}
        return Migration(**{**values, **owned, **times, "number": number_of(values["id"])})
