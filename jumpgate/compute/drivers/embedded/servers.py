"""The embedded cloud's servers: rows in the store, ports and volumes at its siblings, no guest.

`find` reads rows only. Addresses and security groups are the network service's and read live, for a whole page in four
calls: ports, networks, floating IPs, security groups. Nothing of them is copied into the rows.
"""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Applied, Filter, Query
from jumpgate.common.resource import Changes
from jumpgate.compute.contract import Servers
from jumpgate.compute.drivers.embedded import disks, history, placement, records
from jumpgate.compute.drivers.embedded.creation import Creation, check_metadata
from jumpgate.compute.drivers.embedded.deletion import Deletion
from jumpgate.compute.drivers.embedded.images import Images
from jumpgate.compute.drivers.embedded.ports import Ports
from jumpgate.compute.drivers.embedded.region import HOST, HYPERVISOR, TOPIC, Region
from jumpgate.compute.drivers.embedded.resizing import Resizing
from jumpgate.compute.drivers.embedded.transitions import Transitions
from jumpgate.compute.models import (
    CRASHED,
    PAUSED,
    RUNNING,
    SHUTDOWN,
    SUSPENDED,
    Flavor,
    RebuildSpec,
    Server,
    ServerSpec,
)
from jumpgate.compute.models.operations import Diagnostics
from jumpgate.compute.models.states import require
from jumpgate.compute.models.tags import tags_after
from jumpgate.store import listing
from jumpgate.store.tables.compute import server_tags, servers

_POWER = {RUNNING: "running", PAUSED: "paused", SHUTDOWN: "shutdown", CRASHED: "crashed", SUSPENDED: "suspended"}
_MEMBERS = {"tags": listing.Members(server_tags.c.tag, server_tags.c.server_id == servers.c.id)}
_VERSIONS = {"ipv4": 4, "ipv6": 6}
_ALIVE = Filter("deleted", (False,))


class EmbeddedServers(Servers):
    """Servers in the store."""

    def __init__(self, region: Region, ports: Ports, volumes: disks.Disks) -> None:
        self._region = region
        self._store = region.store
        self._ports = ports
        self._images = Images(region)
        self._creation = Creation(region, ports, volumes)
        self._deletion = Deletion(region, ports, volumes, self._images)
        self._transitions = Transitions(region)
        self._resizing = Resizing(region, self._transitions, volumes)

    def revision(self, ctx: Context) -> Hashable | None:
        network = self._region.sibling("network")
        elsewhere = None if network is None else network.ports.revision(ctx)
        return None if network is not None and elsewhere is None else (self._store.revision(TOPIC), elsewhere)

    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        statement, query = self._narrow(ctx, query)
        if statement is None:
            return Applied(())
        applies = listing.supports(records.COLUMNS, query) and not any(map(records.is_written_time, query.filters))
        alive = () if query.values("deleted") else (_ALIVE,)
        with self._store.read() as connection:
            if applies:
                # As a filter, not in the statement: a page may go on behind a server that was deleted meanwhile.
                query = dataclasses.replace(query, filters=(*query.filters, *alive))
                rows = listing.rows(connection, statement, records.COLUMNS, query)
                return Applied([records.to_server(row) for row in rows])
            shown = statement.where(*(listing.condition(records.COLUMNS, item) for item in alive))
            everything = [records.to_server(row) for row in connection.execute(shown)]
        return self.detailed(ctx, everything)

    def _narrow(self, ctx: Context, query: Query) -> tuple[sa.Select[Any] | None, Query]:
        """Return the statement that says tenancy, tags and addresses, and what is left of the query.

        None in the statement's place: nothing can have such an address.
        """
        statement, left = records.FOUND, []
        if not query.all_projects:
            statement = statement.where(servers.c.project_id == ctx.project)
        project_id = None if query.all_projects else ctx.project
        for item in query.filters:
            if item.attribute in _MEMBERS:
                statement = statement.where(listing.membership(_MEMBERS, item))
            elif item.attribute in records.NUMBERS and item.op == "regex":
                statement = statement.where(listing.condition(records.NUMBERS, item))
            elif item.attribute in _VERSIONS:
                ids = self._ports.servers_at(project_id, _VERSIONS[item.attribute], item.values)
                if not ids:
                    return None, query
                statement = statement.where(servers.c.id.in_(ids))
            else:
                left.append(item)
        return statement, dataclasses.replace(query, filters=tuple(left))

    def get(self, ctx: Context, server_id: str) -> Server:
        with self._store.read() as connection:
            row = records.load(connection, ctx, server_id)
            return records.to_server(row, records.tags_of(connection, (server_id,)).get(server_id, ()))

    def detailed(self, ctx: Context, servers: Sequence[Server]) -> Sequence[Server]:
        ids = [server.id for server in servers]
        if not ids:
            return servers
        with self._store.read() as connection:
            tags = records.tags_of(connection, ids)
            volumes = disks.shown(connection, ids)
        ports = self._ports.of(ids)
        addresses, groups = self._ports.addresses(ports), self._ports.security_groups(ports)
        return [
            dataclasses.replace(
                server,
                tags=tuple(tags.get(server.id, ())),
                volumes=volumes.get(server.id, ()),
                addresses=addresses.get(server.id, ()),
                security_groups=groups.get(server.id, ()),
            )
            for server in servers
        ]

    def create(self, ctx: Context, spec: ServerSpec) -> Sequence[Server]:
        return self._creation.create(ctx, spec)

    def delete(self, ctx: Context, server_id: str) -> None:
        self._deletion.delete(ctx, server_id)

    def update(self, ctx: Context, server_id: str, changes: Changes) -> Server:
        values = {name: value for name, value in changes.items() if name != "tags"}
        with self._store.write(TOPIC) as connection:
            row = records.load(connection, ctx, server_id)
            if "metadata" in values:
                check_metadata(self._region.quotas.limits(row.project_id), values["metadata"])
                values["metadata"] = dict(values["metadata"])
            if "tags" in changes:
                _replace_tags(connection, server_id, changes["tags"])
            records.change(connection, server_id, **values)
        return self.get(ctx, server_id)

    def merge_metadata(self, ctx: Context, server_id: str, items: Mapping[str, str | None]) -> Mapping[str, str]:
        with self._store.write(TOPIC) as connection:
            row = records.load(connection, ctx, server_id)
            merged = {key: value for key, value in {**row.metadata, **items}.items() if value is not None}
            if len(merged) > len(row.metadata):
                check_metadata(self._region.quotas.limits(row.project_id), merged)
            records.change(connection, server_id, metadata=merged)
        return merged

    def merge_tags(self, ctx: Context, server_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        with self._store.write(TOPIC) as connection:
            records.load(connection, ctx, server_id)
            tags = records.tags_of(connection, (server_id,)).get(server_id, [])
            _replace_tags(connection, server_id, tags_after(server_id, tags, add=add, remove=remove))
            records.change(connection, server_id)

    def start(self, ctx: Context, server_id: str) -> None:
        self._transitions.begin(ctx, server_id, "start")

    def stop(self, ctx: Context, server_id: str) -> None:
        self._transitions.begin(ctx, server_id, "stop")

    def reboot(self, ctx: Context, server_id: str, *, hard: bool) -> None:
        self._transitions.begin(ctx, server_id, "hard reboot" if hard else "reboot")

    def pause(self, ctx: Context, server_id: str) -> None:
        self._transitions.begin(ctx, server_id, "pause")

    def unpause(self, ctx: Context, server_id: str) -> None:
        self._transitions.begin(ctx, server_id, "unpause")

    def suspend(self, ctx: Context, server_id: str) -> None:
        self._transitions.begin(ctx, server_id, "suspend")

    def resume(self, ctx: Context, server_id: str) -> None:
        self._transitions.begin(ctx, server_id, "resume")

    def lock(self, ctx: Context, server_id: str, reason: str | None) -> None:
        with self._store.write(TOPIC) as connection:
            row = records.load(connection, ctx, server_id)
            is_owner = row.project_id == ctx.project
            if row.locked_by is not None and is_owner:
                return
            locked_by = "owner" if is_owner else "admin"
            records.change(connection, server_id, locked_by=locked_by, locked_reason=reason)
            history.end(connection, history.begin(connection, ctx, server_id, "lock"))

    def unlock(self, ctx: Context, server_id: str) -> None:
        with self._store.write(TOPIC) as connection:
            records.load(connection, ctx, server_id)
            records.change(connection, server_id, locked_by=None, locked_reason=None)
            history.end(connection, history.begin(connection, ctx, server_id, "unlock"))

    def rebuild(self, ctx: Context, server_id: str, spec: RebuildSpec) -> Server:
        self._resizing.rebuild(ctx, server_id, spec)
        return self.get(ctx, server_id)

    def resize(self, ctx: Context, server_id: str, flavor: Flavor, *, disk_config: str | None) -> None:
        self._resizing.resize(ctx, server_id, flavor, disk_config)

    def confirm_resize(self, ctx: Context, server_id: str) -> None:
        self._resizing.confirm(ctx, server_id)

    def revert_resize(self, ctx: Context, server_id: str) -> None:
        self._resizing.revert(ctx, server_id)

    def rescue(self, ctx: Context, server_id: str, *, image_id: str | None, admin_password: str) -> None:
        self._transitions.begin(ctx, server_id, "rescue")

    def unrescue(self, ctx: Context, server_id: str) -> None:
        self._transitions.begin(ctx, server_id, "unrescue")

    def shelve(self, ctx: Context, server_id: str) -> None:
        self._images.shelve(ctx, server_id)

    def shelve_offload(self, ctx: Context, server_id: str) -> None:
        self._transitions.begin(ctx, server_id, "shelveOffload")

    def unshelve(self, ctx: Context, server_id: str, *, zone: str | None, unpin: bool) -> None:
        self._images.unshelve(ctx, server_id, zone, unpin=unpin)

    def change_password(self, ctx: Context, server_id: str, admin_password: str) -> None:
        self._transitions.begin(ctx, server_id, "changePassword")

    def create_image(self, ctx: Context, server_id: str, name: str, properties: Mapping[str, str]) -> str:
        return self._images.create(ctx, server_id, name, properties)

    def create_backup(
        self, ctx: Context, server_id: str, name: str, *, kind: str, rotation: int, properties: Mapping[str, str]
    ) -> str:
        return self._images.back_up(ctx, server_id, name, kind=kind, rotation=rotation, properties=properties)

    def console_output(self, ctx: Context, server_id: str, lines: int | None) -> str:
        with self._store.read() as connection:
            console = records.load(connection, ctx, server_id).console.splitlines()
        return "\n".join(console if lines is None else console[len(console) - min(lines, len(console)) :])

    def diagnostics(self, ctx: Context, server_id: str) -> Diagnostics:
        """What is known without a guest: the sizes, the interfaces and how long it has been there."""
        (server,) = self.detailed(ctx, (self.get(ctx, server_id),))
        local = 0 if server.image_id is None else 1
        since = server.launched_at
        return Diagnostics(
            state=_POWER.get(server.power_state, "pending"),
            # Nova's list of drivers is closed; where nothing is virtualised its own fake driver says this, too.
            driver="libvirt",
            hypervisor=HYPERVISOR,
            hypervisor_os=platform.system().lower(),
            config_drive=server.config_drive,
            memory_mib=server.flavor.ram_mib,
            uptime_s=None if since is None else int((utcnow() - since).total_seconds()),
            cpus=[{"id": number} for number in range(server.flavor.vcpus)],
            nics=[{"mac_address": mac} for mac in dict.fromkeys(item.mac_address for item in server.addresses)],
            disks=[{} for _ in range(local + len(server.volumes))],
        )

    def reset_state(self, ctx: Context, server_id: str, vm_state: str) -> None:
        with self._store.write(TOPIC) as connection:
            records.load(connection, ctx, server_id)
            records.change(connection, server_id, vm_state=vm_state, task_state=None)

    def migrate(self, ctx: Context, server_id: str, host: str | None) -> None:
        self.get(ctx, server_id)
        self._refuse_host(host)
        raise BadRequest("No valid host was found. No valid host found for cold migrate", reason="NoValidHost")

    def live_migrate(self, ctx: Context, server_id: str, host: str | None, *, copies_disk: bool | None) -> None:
        self.get(ctx, server_id)
        self._refuse_host(host)
        raise BadRequest(placement.NoValidHost().message, reason="NoValidHost")

    @staticmethod
    def _refuse_host(host: str | None) -> None:
        """Raise BadRequest for a host to move to: there is one, and that is where the server is."""
        if host == HOST:
            raise BadRequest("Cannot migrate to the host where the server exists.", reason="CannotMigrateToSameHost")
        if host is not None:
            raise BadRequest(f"Compute host {host} could not be found.", reason="ComputeHostNotFound")

    def evacuate(self, ctx: Context, server_id: str, host: str | None, admin_password: str) -> None:
        self.get(ctx, server_id)
        if host == HOST:
            raise BadRequest("The target host can't be the same one.")
        if host is not None:
            raise NotFound(f"Compute host {host} not found.", reason="ComputeHostNotFound")
        with self._store.read() as connection:
            if placement.is_up(connection):
                raise BadRequest(f"Compute service of {HOST} is still in use.", reason="ComputeServiceInUse")
        raise BadRequest(placement.NoValidHost().message, reason="NoValidHost")

    def restore(self, ctx: Context, server_id: str) -> None:
        """Refuse it: deleted servers are not kept."""
        require("restore", self.get(ctx, server_id))

    def inject_network_info(self, ctx: Context, server_id: str) -> None:
        """There is nobody to tell: a server's addresses are what the network service says."""
        self.get(ctx, server_id)

    def notice(self, ctx: Context, server_id: str, event: str, *, tag: str | None, status: str) -> None:
        """Record that a volume has grown; all else that other services know is asked of them when it is shown."""
        self.get(ctx, server_id)
        if (event, status) == ("volume-extended", "completed"):
            with self._store.write(TOPIC) as connection:
                history.end(connection, history.begin(connection, ctx, server_id, "extend_volume"))

    def add_fixed_ip(self, ctx: Context, server_id: str, network_id: str) -> None:
        self._ports.add_address(self.get(ctx, server_id), network_id)

    def remove_fixed_ip(self, ctx: Context, server_id: str, address: str) -> None:
        self._ports.remove_address(self.get(ctx, server_id), address)

    def add_security_group(self, ctx: Context, server_id: str, group_id: str) -> None:
        self._ports.regroup(self.get(ctx, server_id), group_id, joins=True)

    def remove_security_group(self, ctx: Context, server_id: str, group_id: str) -> None:
        self._ports.regroup(self.get(ctx, server_id), group_id, joins=False)


def _replace_tags(connection: sa.Connection, server_id: str, tags: Iterable[str]) -> None:
    connection.execute(server_tags.delete().where(server_tags.c.server_id == server_id))
    for position, tag in enumerate(dict.fromkeys(tags)):
        connection.execute(server_tags.insert().values(server_id=server_id, tag=tag, position=position))
