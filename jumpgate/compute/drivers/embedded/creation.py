"""New servers: the rows and the promise to build them in one transaction, and the building.

Building makes the ports, makes and attaches the volumes and sets the server ACTIVE. Each step looks first at what is
there, so a build that was interrupted anywhere goes on where it was. A build whose server is being deleted gives back
what it made and ends.
"""

from __future__ import annotations

import dataclasses
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from jumpgate.common.context import Context
from jumpgate.common.errors import CloudError, CloudUnreachable, JumpgateError, OverQuota
from jumpgate.common.format import utcnow
from jumpgate.compute.drivers.embedded import disks, history, placement, records
from jumpgate.compute.drivers.embedded.aggregates import zone_of_host
from jumpgate.compute.drivers.embedded.disks import Disks
from jumpgate.compute.drivers.embedded.ports import Ports
from jumpgate.compute.drivers.embedded.quotas import used
from jumpgate.compute.drivers.embedded.region import HOST, TOPIC, Region
from jumpgate.compute.drivers.embedded.waiting import NotReady, look_again
from jumpgate.compute.models import NOSTATE, RUNNING, NetworkRequest, Server, ServerSpec
from jumpgate.store.quotas import UNLIMITED
from jumpgate.store.tables.compute import server_tags, servers
from jumpgate.store.tasks import Task

BUILD = "compute.build"


class Creation:
    """Takes new servers in hand and builds them."""

    def __init__(self, region: Region, ports: Ports, volumes: Disks) -> None:
        self._region = region
        self._ports = ports
        self._disks = volumes
        region.tasks.register(BUILD, self.build, give_up=self.give_up)

    def create(self, ctx: Context, spec: ServerSpec) -> list[Server]:
        """Write the rows of new servers and promise to build them; raise OverQuota."""
        reservation_id = f"r-{secrets.token_hex(4)}"
        with self._region.store.write(TOPIC) as connection:
            _check_items(self._region, connection, ctx, spec)
            count = self._count(connection, ctx, spec)
            number = connection.execute(sa.select(sa.func.coalesce(sa.func.max(servers.c.number), 0))).scalar_one()
            made = []
            for index in range(count):
                row = _row(ctx, spec, index, count, number + index + 1, reservation_id)
                connection.execute(servers.insert().values(row))
                disks.promise(connection, row["id"], spec.block_devices)
                _write_tags(connection, row["id"], spec.tags)
                action = history.begin(connection, ctx, row["id"], "create")
                self._region.tasks.enqueue(connection, BUILD, server_id=row["id"], action_id=action)
                made.append(records.anyone(connection, row["id"]))
        return [records.to_server(row, spec.tags) for row in made if row is not None]

    def _count(self, connection: sa.Connection, ctx: Context, spec: ServerSpec) -> int:
        """Return how many servers the quota lets; raise OverQuota for fewer than are wanted at least."""
        have = used(connection, ctx.project)
        limits = self._region.quotas.limits(ctx.project)
        each = {"instances": 1, "cores": spec.flavor.vcpus, "ram": spec.flavor.ram_mib}
        room = [
            (limits[name] - have[name]) // amount
            for name, amount in each.items()
            if amount and limits[name] != UNLIMITED
        ]
        count = min([spec.max_count, *room])
        if count < spec.min_count:
            asked = {name: amount * spec.max_count for name, amount in each.items()}
            self._region.quotas.check(connection, ctx.project, asked, have)
        return count

    def build(self, task: Task) -> None:
        """Build a server; a problem that trying again will not mend puts it in ERROR."""
        server_id = task.arguments["server_id"]
        try:
            self._build(task, server_id)
        except NotReady:
            look_again(self._region, task, self.give_up)
        except (CloudError, CloudUnreachable):
            raise
        except JumpgateError as error:
            self.give_up(task, error)

    def _build(self, task: Task, server_id: str) -> None:
        row = self._step(server_id, "networking")
        if row is None:
            return
        wanted = row.requests
        requests = [NetworkRequest(**item) for item in wanted["networks"]]
        self._ports.plug_all(row, requests, wanted["security_groups"])
        row = self._step(server_id, "block_device_mapping")
        if row is None:
            return
        self._disks.attach_all(row)
        row = self._step(server_id, "spawning")
        if row is not None:
            self._finish(task, server_id)

    def _step(self, server_id: str, task_state: str) -> Any:
        """Go on to the next step, unless the server is built already or not wanted any more; return its row.

        The first step gives it a host, or raises NoValidHost.
        """
        with self._region.store.write(TOPIC) as connection:
            row = records.anyone(connection, server_id)
            if row is not None and row.vm_state == "building" and row.task_state != "deleting":
                if row.host is None:
                    placement.check(connection, row)
                zone = row.availability_zone or zone_of_host(connection)
                records.change(connection, server_id, task_state=task_state, host=HOST, availability_zone=zone)
                return row
        if row is not None and (row.deleted or row.task_state == "deleting"):
            # The delete may have looked before this build made its last thing.
            self._release(row)
        return None

    def _finish(self, task: Task, server_id: str) -> None:
        with self._region.store.write(TOPIC) as connection:
            row = records.anyone(connection, server_id)
            if row is not None and row.vm_state == "building" and row.task_state != "deleting":
                now = utcnow()
                records.change(
                    connection,
                    server_id,
                    vm_state="active",
                    task_state=None,
                    power_state=RUNNING,
                    launched_at=now,
                    progress=0,
                )
                records.log(connection, row, *_introduction(row), "Power on; first boot.")
                history.end(connection, task.arguments["action_id"])
                return
        if row is not None:
            self._release(row)

    def give_up(self, task: Task, error: Exception) -> None:
        """Give back what a failed build made and put the server in ERROR."""
        server_id = task.arguments["server_id"]
        with self._region.store.read() as connection:
            row = records.anyone(connection, server_id)
        if row is None or row.vm_state != "building":
            return
        self._release(row)
        fault = fault_of(error)
        with self._region.store.write(TOPIC) as connection:
            row = records.anyone(connection, server_id)
            if row is not None and row.vm_state == "building":
                task_state = "deleting" if row.task_state == "deleting" else None
                records.change(
                    connection, server_id, vm_state="error", task_state=task_state, power_state=NOSTATE, fault=fault
                )
                history.end(connection, task.arguments["action_id"], error)

    def _release(self, row: Any) -> None:
        self._ports.release(row)
        self._disks.release(row)


def fault_of(error: Exception) -> dict[str, Any]:
    """Return the fault that an error leaves on its server; what is not ours to tell stays with the operator."""
    if isinstance(error, JumpgateError):
        return records.fault_values(error.status, error.message, f"{type(error).__name__}: {error.message}")
    return records.fault_values(500, type(error).__name__, repr(error))


def _check_items(region: Region, connection: sa.Connection, ctx: Context, spec: ServerSpec) -> None:
    """Raise OverQuota for more metadata, files or group members than a project may have."""
    limits = region.quotas.limits(ctx.project)
    check_metadata(limits, spec.metadata)
    if _exceeds(len(spec.files), limits["injected_files"]):
        raise OverQuota("Personality file limit exceeded")
    if any(_exceeds(len(path), limits["injected_file_path_bytes"]) for path in spec.files):
        raise OverQuota(f"Personality file path exceeds maximum {limits['injected_file_path_bytes']}")
    if any(_exceeds(len(data), limits["injected_file_content_bytes"]) for data in spec.files.values()):
        raise OverQuota(f"Personality file content exceeds maximum {limits['injected_file_content_bytes']}")
    group = spec.scheduler_hints.get("group")
    if group is not None:
        members = connection.execute(placement.members_of(str(group))).scalar_one()
        if _exceeds(members + spec.max_count, limits["server_group_members"]):
            raise OverQuota("Quota exceeded, too many servers in group")


def _exceeds(amount: int, limit: int) -> bool:
    return limit not in (UNLIMITED,) and amount > limit


def check_metadata(limits: Mapping[str, int], metadata: Mapping[str, str]) -> None:
    """Raise OverQuota for more metadata items than a project's servers may have."""
    if _exceeds(len(metadata), limits["metadata_items"]):
        raise OverQuota(f"Maximum number of metadata items exceeds {limits['metadata_items']}")


def _introduction(row: Any) -> list[str]:
    """Return what a new server's console begins with: what it is."""
    flavor, source = row.flavor, "a volume" if row.image_id is None else f"image {row.image_id}"
    return [
        f"Server {row.id} on host {HOST} in zone {row.availability_zone}.",
        f"{flavor['vcpus']} CPUs, {flavor['ram_mib']} MiB of memory, {flavor['disk_gib']} GiB of disk.",
        f"Root disk from {source}.",
    ]


def _texts(hint: object) -> list[str]:
    """Return a scheduler hint as Nova keeps it: a list, also of one."""
    return [str(item) for item in hint] if isinstance(hint, list) else [str(hint)]


def _row(ctx: Context, spec: ServerSpec, index: int, count: int, number: int, reservation_id: str) -> dict[str, Any]:
    server_id, now = str(uuid.uuid4()), utcnow()
    suffix = f"-{index + 1}" if count > 1 else ""
    group = spec.scheduler_hints.get("group")
    return {
        "id": server_id,
        "number": number,
        "project_id": ctx.project,
        "user_id": ctx.user_id,
        "name": spec.name + suffix,
        "description": spec.description,
        "vm_state": "building",
        "task_state": "scheduling",
        "power_state": NOSTATE,
        "progress": 0,
        "created_at": now,
        "updated_at": now,
        "deleted": False,
        "availability_zone": spec.availability_zone,
        "pinned_availability_zone": spec.availability_zone,
        "hostname": spec.hostname or _hostname(spec.name, server_id) + suffix,
        "image_id": spec.image_id,
        "image_properties": dict(spec.image_properties),
        "scheduler_hints": {name: _texts(value) for name, value in spec.scheduler_hints.items()},
        "flavor_id": spec.flavor.id,
        "flavor": records.flavor_values(spec.flavor),
        "vcpus": spec.flavor.vcpus,
        "ram_mib": spec.flavor.ram_mib,
        "key_name": spec.keypair.name if spec.keypair else None,
        "key_data": spec.keypair.public_key if spec.keypair else None,
        "access_ipv4": spec.access_ipv4,
        "access_ipv6": spec.access_ipv6,
        "config_drive": spec.config_drive,
        "disk_config": spec.disk_config,
        "launch_index": index,
        "reservation_id": reservation_id,
        "user_data": spec.user_data,
        "metadata": dict(spec.metadata),
        "trusted_image_certificates": _list(spec.trusted_image_certificates),
        "server_group_id": group if isinstance(group, str) else None,
        "requests": {
            "networks": [dataclasses.asdict(item) for item in spec.networks],
            "security_groups": _list(spec.security_groups),
        },
    }


def _list(items: Sequence[str] | None) -> list[str] | None:
    return None if items is None else list(items)


def _hostname(name: str, server_id: str) -> str:
    """Return a host name made of a server's name, as Nova makes it: letters, digits, dashes and dots, 63 at most."""
    cleaned = re.sub(r"[^a-z0-9._-]+", "", name.replace(" ", "-").replace("_", "-").lower())
    cleaned = cleaned.replace(".", "-").strip("-.")[:63]
    return cleaned or f"Server-{server_id}"


def _write_tags(connection: sa.Connection, server_id: str, tags: Sequence[str]) -> None:
    for position, tag in enumerate(tags):
        connection.execute(server_tags.insert().values(server_id=server_id, tag=tag, position=position))
