"""LXD's instances as servers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes as Changed
from jumpgate.common.sockets import ByteStream
from jumpgate.compute.contract import Servers
from jumpgate.compute.drivers.lxd import health, history, notes, passwords, records
from jumpgate.compute.drivers.lxd.changes import Changes
from jumpgate.compute.drivers.lxd.consoles import Consoles
from jumpgate.compute.drivers.lxd.creation import Creation
from jumpgate.compute.drivers.lxd.disks import Disks
from jumpgate.compute.drivers.lxd.hosts import LxdHosts
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.nics import Nics
from jumpgate.compute.drivers.lxd.quotas import LxdQuotas
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.drivers.lxd.serial import SerialConsole
from jumpgate.compute.drivers.lxd.server_groups import LxdServerGroups
from jumpgate.compute.drivers.lxd.usages import LxdUsages
from jumpgate.compute.drivers.lxd.work import Work
from jumpgate.compute.models import Flavor, NetworkRequest, RebuildSpec, Server, ServerSpec
from jumpgate.compute.models.operations import Diagnostics
from jumpgate.compute.models.states import require
from jumpgate.compute.models.tags import tags_after

_NOTES = ("name", "hostname", "access_ipv4", "access_ipv6", "disk_config", "metadata", "tags")


class LxdServers(Servers):
    """Instances by their ``volatile.uuid``."""

    def __init__(
        self,
        region: Region,
        instances: Instances,
        nics: Nics,
        volumes: Disks,
        consoles: Consoles,
        hosts: LxdHosts,
        quotas: LxdQuotas,
        usages: LxdUsages,
        groups: LxdServerGroups,
    ) -> None:
        self._region = region
        self._hosts = hosts
        self._instances = instances
        self._nics = nics
        self._creation = Creation(region, instances, nics, volumes, quotas, groups)
        self._consoles = consoles
        self._work = Work(region, instances, nics, volumes, consoles, usages)
        self._changes = Changes(region, instances, nics, self._creation, quotas)

    def sets_passwords(self, ctx: Context) -> bool:
        """Nothing in a new guest sets one; `change_password` does so later."""
        return False

    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        found = [self._server(record) for record in self._instances.find(ctx, all_projects=query.all_projects)]
        by_address = any(item.attribute in ("ipv4", "ipv6") for item in query.filters)
        return self.detailed(ctx, found) if by_address else found

    def get(self, ctx: Context, server_id: str) -> Server:
        return self._server(self._instances.get(ctx, server_id))

    def _server(self, record: Record) -> Server:
        server = records.server(record, self._instances.owner(record))
        if server.vm_state == "shelved_offloaded":
            return server
        host = self._region.cluster.name_of(record)
        return dataclasses.replace(server, host=host, hypervisor_hostname=host)

    def detailed(self, ctx: Context, servers: Sequence[Server]) -> Sequence[Server]:
        statuses = self._hosts.statuses()
        placed = [dataclasses.replace(item, host_status=statuses.get(item.host or "", "UNKNOWN")) for item in servers]
        return self._plugged(placed)

    def _plugged(self, servers: Sequence[Server]) -> Sequence[Server]:
        """Return servers with what is plugged into them."""
        if not self._nics.has_ports:
            return [self._on_bridge(server) for server in servers]
        ports = self._nics.of([server.id for server in servers])
        unseen = {server.id for server in servers if server.vm_state == "unknown"}
        addresses, groups = self._nics.addresses(ports, unseen), self._nics.security_groups(ports)
        return [
            dataclasses.replace(
                server, addresses=addresses.get(server.id, ()), security_groups=groups.get(server.id, ())
            )
            for server in servers
        ]

    def _on_bridge(self, server: Server) -> Server:
        """Return a server with the addresses that its interfaces have now."""
        record = self._instances.anyone(server.id)
        if record is None or record["status"] not in ("Running", "Frozen"):
            return server
        try:
            return dataclasses.replace(server, addresses=records.addresses(record, self._instances.state(record)))
        except NotFound:
            return server

    def default_networks(self, ctx: Context) -> Sequence[NetworkRequest] | None:
        return None if self._nics.has_ports else (NetworkRequest(),)

    def create(self, ctx: Context, spec: ServerSpec) -> Sequence[Server]:
        return [self.get(ctx, server_id) for server_id in self._creation.create(ctx, spec)]

    def update(self, ctx: Context, server_id: str, changes: Changed) -> Server:
        record = self._instances.get(ctx, server_id)
        if changes.get("pinned_availability_zone") is not None:
            raise BadRequest("LXD's instances stay where they are; there is no zone to pin.")
        noted = {name: changes[name] for name in _NOTES if name in changes}
        if "tags" in noted:
            noted["tags"] = list(dict.fromkeys(noted["tags"]))
        config = notes.written(**noted, updated=utcnow().isoformat())
        body: dict[str, Any] = {"config": config}
        if "description" in changes:
            body["description"] = changes["description"] or ""
        self._region.session.patch("instances", record["name"], project=record["project"], body=body)
        return self.get(ctx, server_id)

    def merge_metadata(self, ctx: Context, server_id: str, items: Mapping[str, str | None]) -> Mapping[str, str]:
        record = self._instances.get(ctx, server_id)
        known = notes.value(record["config"], "metadata", {})
        merged = {name: item for name, item in {**known, **items}.items() if item is not None}
        self._instances.note(record, metadata=merged, updated=utcnow().isoformat())
        return merged

    def merge_tags(self, ctx: Context, server_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        record = self._instances.get(ctx, server_id)
        tags: list[str] = notes.value(record["config"], "tags", [])
        left = tags_after(server_id, tags, add=add, remove=remove)
        self._instances.note(record, tags=left, updated=utcnow().isoformat())

    def delete(self, ctx: Context, server_id: str) -> None:
        self._work.delete(ctx, self._instances.get(ctx, server_id))

    def start(self, ctx: Context, server_id: str) -> None:
        self._work.begin(ctx, server_id, "start")

    def stop(self, ctx: Context, server_id: str) -> None:
        self._work.begin(ctx, server_id, "stop")

    def reboot(self, ctx: Context, server_id: str, *, hard: bool) -> None:
        self._work.begin(ctx, server_id, "hard reboot" if hard else "reboot")

    def pause(self, ctx: Context, server_id: str) -> None:
        self._work.begin(ctx, server_id, "pause")

    def unpause(self, ctx: Context, server_id: str) -> None:
        self._work.begin(ctx, server_id, "unpause")

    def suspend(self, ctx: Context, server_id: str) -> None:
        self._work.begin(ctx, server_id, "suspend")

    def resume(self, ctx: Context, server_id: str) -> None:
        self._work.begin(ctx, server_id, "resume")

    def lock(self, ctx: Context, server_id: str, reason: str | None) -> None:
        record = self._instances.get(ctx, server_id)
        by = "owner" if ctx.project == self._instances.owner(record) else "admin"
        actions = history.done(record, ctx, "lock")
        self._instances.note(record, lock={"by": by, "reason": reason}, actions=actions)

    def unlock(self, ctx: Context, server_id: str) -> None:
        record = self._instances.get(ctx, server_id)
        self._instances.note(record, lock=None, actions=history.done(record, ctx, "unlock"))

    def resize(self, ctx: Context, server_id: str, flavor: Flavor, *, disk_config: str | None) -> None:
        self._changes.resize(ctx, server_id, flavor)

    def confirm_resize(self, ctx: Context, server_id: str) -> None:
        self._changes.confirm(ctx, server_id)

    def revert_resize(self, ctx: Context, server_id: str) -> None:
        self._changes.revert(ctx, server_id)

    def migrate(self, ctx: Context, server_id: str, host: str | None) -> None:
        self._changes.migrate(ctx, server_id, host)

    def live_migrate(self, ctx: Context, server_id: str, host: str | None, *, copies_disk: bool | None) -> None:
        # Members share what their pools share, and LXD knows what is to be copied.
        self._changes.migrate_live(ctx, server_id, host)

    def rebuild(self, ctx: Context, server_id: str, spec: RebuildSpec) -> Server:
        # They are noted before the instance is made anew with its notes.
        changes = {name: item for name, item in spec.changes.items() if name in (*_NOTES, "description")}
        require("rebuild", self.get(ctx, server_id))
        self._creation.source(spec.image_id, self._instances.get(ctx, server_id)["type"])
        if changes:
            self.update(ctx, server_id, changes)
        self._changes.rebuild(ctx, server_id, spec)
        return dataclasses.replace(self.get(ctx, server_id), image_id=spec.image_id)

    def create_image(self, ctx: Context, server_id: str, name: str, properties: Mapping[str, str]) -> str:
        return self._changes.create_image(ctx, server_id, name, properties)

    def create_backup(
        self, ctx: Context, server_id: str, name: str, *, kind: str, rotation: int, properties: Mapping[str, str]
    ) -> str:
        return self._changes.create_backup(ctx, server_id, name, kind=kind, rotation=rotation, properties=properties)

    def rescue(self, ctx: Context, server_id: str, *, image_id: str | None, admin_password: str) -> None:
        self._changes.rescue(ctx, server_id, image_id)

    def unrescue(self, ctx: Context, server_id: str) -> None:
        self._changes.unrescue(ctx, server_id)

    def shelve(self, ctx: Context, server_id: str) -> None:
        self._changes.shelve(ctx, server_id)

    def shelve_offload(self, ctx: Context, server_id: str) -> None:
        self._changes.offload(ctx, server_id)

    def unshelve(self, ctx: Context, server_id: str, *, zone: str | None, unpin: bool) -> None:
        self._changes.unshelve(ctx, server_id, zone, unpin=unpin)

    def change_password(self, ctx: Context, server_id: str, admin_password: str) -> None:
        record = self._instances.get(ctx, server_id)
        require("changePassword", records.server(record, ""))
        passwords.change(self._region.session, record, admin_password)
        self._instances.note(record, actions=history.done(record, ctx, "changePassword"))

    def console_output(self, ctx: Context, server_id: str, lines: int | None) -> str:
        return self._consoles.read(self._instances.get(ctx, server_id), server_id, lines)

    def serial_console(self, ctx: Context, server_id: str) -> ByteStream:
        return SerialConsole(self._region.session, self._instances.get(ctx, server_id), self._consoles)

    def diagnostics(self, ctx: Context, server_id: str) -> Diagnostics:
        record = self._instances.get(ctx, server_id)
        return health.diagnostics(record, self._instances.state(record))

    def reset_state(self, ctx: Context, server_id: str, vm_state: str) -> None:
        record = self._instances.get(ctx, server_id)
        self._instances.note(record, state="error" if vm_state == "error" else None, task=None)


class LxdServersWithPorts(LxdServers):
    """Servers whose interfaces are ports of the network service."""

    def add_security_group(self, ctx: Context, server_id: str, group_id: str) -> None:
        self._nics.regroup(self._instances.get(ctx, server_id), group_id, joins=True)

    def remove_security_group(self, ctx: Context, server_id: str, group_id: str) -> None:
        self._nics.regroup(self._instances.get(ctx, server_id), group_id, joins=False)
