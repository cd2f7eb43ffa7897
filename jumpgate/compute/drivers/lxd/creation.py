"""New servers: the instances are there when the request is answered, and a task makes them run."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import re
import secrets
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from jumpgate.clouds.lxd import holders
from jumpgate.clouds.lxd.aliases import CONTAINER, MACHINE, Aliases
from jumpgate.clouds.lxd.faults import Lost
from jumpgate.clouds.lxd.holders import UUID
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import (
    BadRequest,
    CloudTimeout,
    CloudUnreachable,
    Conflict,
    JumpgateError,
    NotFound,
    OverQuota,
)
from jumpgate.common.format import utcnow
from jumpgate.compute.drivers.lxd import disks, guests, history, notes
from jumpgate.compute.drivers.lxd.disks import Disks
from jumpgate.compute.drivers.lxd.flavors import limits
from jumpgate.compute.drivers.lxd.instances import Instances, Place
from jumpgate.compute.drivers.lxd.network_data import Described
from jumpgate.compute.drivers.lxd.nics import Nics
from jumpgate.compute.drivers.lxd.quotas import LxdQuotas
from jumpgate.compute.drivers.lxd.records import flavor_note
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.drivers.lxd.root_volumes import RootVolumes, boot_volume
from jumpgate.compute.drivers.lxd.server_groups import LxdServerGroups
from jumpgate.compute.models import Flavor, ServerSpec
from jumpgate.store.tasks import Task

BUILD = "lxd.build"
ROOT = "root"
# What a virtual machine has beside: a disk from which cloud-init learns. Few images are signed for Secure Boot.
_SEED: Mapping[str, Mapping[str, Any]] = {
    CONTAINER: {},
    MACHINE: {"seed": {"type": "disk", "source": "cloud-init:config"}},
}
_FIRMWARE: Mapping[str, Mapping[str, str]] = {CONTAINER: {}, MACHINE: {"security.secureboot": "false"}}


class Creation:
    """Takes new servers in hand and builds them."""

    def __init__(
        self,
        region: Region,
        instances: Instances,
        nics: Nics,
        volumes: Disks,
        quotas: LxdQuotas,
        groups: LxdServerGroups,
    ) -> None:
        self._region = region
        self._session = region.session
        self._instances = instances
        self._nics = nics
        self._disks = volumes
        self._quotas = quotas
        self._groups = groups
        self._roots = RootVolumes(region, instances)
        self._aliases = Aliases(region.session)
        region.tasks.register(BUILD, self.build, give_up=self.give_up)

    def create(self, ctx: Context, spec: ServerSpec) -> list[str]:
        """Let LXD make instances, and return their ids; raise BadRequest for what LXD cannot give."""
        self._nics.check(spec.networks)
        count = self._quotas.fit(ctx.project, spec.flavor, spec.min_count, spec.max_count)
        hosts = self._hosts(ctx, spec, count)
        self._disks.check(spec.block_devices)
        root = boot_volume(spec.block_devices)
        image_id = spec.image_id if root is None else root.id if root.source == "image" else None
        kind = CONTAINER if image_id is None else self._aliases.kind(image_id)
        if kind == MACHINE and root is not None:
            raise BadRequest("A virtual machine has its root disk in a storage pool here: boot from the image.")
        source = {"type": "none"} if image_id is None else self.source(image_id, kind)
        project = self._region.projects.ensure(ctx.project)
        reservation = f"r-{secrets.token_hex(4)}"
        # Before anything happens that is waited for below.
        self._session.events.listen()
        begun = []
        for index, host in enumerate(hosts):
            target = self._region.cluster.place(host)
            begun.append(self._begin(ctx, spec, index, project, {**source}, reservation, target, kind))
        for place, operation, body in begun:
            if operation:
                self._session.events.wait_made(operation, place.project, place.name)
            self._instances.remember(body["config"][UUID], place)
            self._tell_failure(operation, place.project, body)
        return [body["config"][UUID] for *_, body in begun]

    def _hosts(self, ctx: Context, spec: ServerSpec, count: int) -> Sequence[str | None]:
        """Return where new servers go, None where LXD may choose; raise BadRequest for nowhere."""
        self._region.cluster.place(spec.host)
        group_id = spec.scheduler_hints.get("group")
        if spec.host is not None or not isinstance(group_id, str):
            return [spec.host] * count
        return self._groups.hosts(ctx, group_id, count)

    def source(self, image_id: str, kind: str) -> dict[str, str]:
        """Return the image that an instance of a kind is made of; raise BadRequest for one that LXD cannot boot."""
        return self._aliases.source(image_id, kind)

    def _begin(
        self,
        ctx: Context,
        spec: ServerSpec,
        index: int,
        project: str,
        source: Mapping[str, str],
        reservation: str,
        target: Mapping[str, str],
        kind: str,
    ) -> tuple[Place, str, dict[str, Any]]:
        server_id = str(uuid.uuid4())
        name = f"{spec.name}-{index + 1}" if spec.max_count > 1 else spec.name
        hostname = spec.hostname or host_name(name) or f"server-{server_id}"
        volumes = disks.beside_root(spec.block_devices)
        self._disks.reserve(ctx, server_id, volumes)
        process = self._session.process
        own = {"id": server_id, "name": name, "hostname": hostname, "index": index, "reservation": reservation}
        own["type"] = kind
        try:
            body = self._body(ctx, spec, own, source)
            root, names = boot_volume(spec.block_devices), _names(hostname, server_id)
            if root is not None and root.source != "image":
                place, operation = self._roots.adopt(ctx, body, root, names), ""
            else:
                body = body if root is None else self._roots.lay(ctx, body, root)
                place, operation = self._start(project, names, body, target)
        except JumpgateError:
            self._disks.cancel(ctx, server_id, volumes)
            raise
        body["name"] = place.name
        self._region.promise(
            BUILD,
            server_id=server_id,
            operation=operation,
            process=process,
            project=project,
            body=body,
            project_id=ctx.project,
            user_id=ctx.user_id,
            networks=[dataclasses.asdict(item) for item in spec.networks],
            security_groups=None if spec.security_groups is None else list(spec.security_groups),
            block_devices=[dataclasses.asdict(item) for item in volumes],
            files={path: base64.b64encode(content).decode() for path, content in spec.files.items()},
        )
        return place, operation, body

    def _start(
        self, project: str, names: Sequence[str], body: dict[str, Any], target: Mapping[str, str]
    ) -> tuple[Place, str]:
        """Begin to make an instance under the first of some names that is free."""
        for name in names:
            place = Place(project, name)
            try:
                self._session.get("instances", name, project=project)
            except NotFound:
                try:
                    named = {**body, "name": name}
                    return place, self._session.start("post", "instances", project=project, body=named, **target)
                except Conflict:
                    continue
        raise Conflict(f"LXD has instances called {' and '.join(names)}; choose another name.")

    def _body(
        self, ctx: Context, spec: ServerSpec, own: Mapping[str, Any], source: Mapping[str, str]
    ) -> dict[str, Any]:
        noted = notes.written(
            name=own["name"],
            user=ctx.user_id,
            image=spec.image_id,
            image_properties=dict(spec.image_properties),
            flavor=flavor_note(spec.flavor),
            key=spec.keypair.name if spec.keypair else None,
            public_key=guests.key_note(spec.keypair),
            metadata=dict(spec.metadata),
            tags=list(spec.tags),
            group=_texts(spec.scheduler_hints["group"])[0] if "group" in spec.scheduler_hints else None,
            hints={name: _texts(item) for name, item in spec.scheduler_hints.items()},
            access_ipv4=spec.access_ipv4,
            access_ipv6=spec.access_ipv6,
            config_drive="yes" if spec.config_drive else None,
            disk_config=spec.disk_config,
            zone=spec.availability_zone,
            hostname=own["hostname"],
            index=str(own["index"]),
            reservation=own["reservation"],
            user_data=spec.user_data,
            state="building",
            task=notes.task("scheduling"),
            updated=utcnow().isoformat(),
            actions=[history.action(ctx, "create")],
            **disks.notes_of(disks.beside_root(spec.block_devices)),
        )
        told = guests.cloud_init(guests.key_note(spec.keypair), spec.user_data)
        kept = {name: text for name, text in {**told, **noted}.items() if text}
        return {
            "type": own["type"],
            "description": spec.description or "",
            "profiles": [],
            "source": dict(source),
            "config": {UUID: own["id"], **limits(spec.flavor), **kept, **_FIRMWARE[own["type"]]},
            "devices": {ROOT: self.root(spec.flavor), **_SEED[own["type"]]},
        }

    def root(self, flavor: Flavor) -> dict[str, str]:
        """Return the root disk of a flavor; without a size the pool's default counts."""
        size = {"size": f"{flavor.disk_gib}GiB"} if flavor.disk_gib else {}
        return {"type": "disk", "path": "/", "pool": self._region.session.settings.pool, **size}

    def build(self, task: Task) -> None:
        """Make a new server run; a problem that trying again will not mend puts it in ERROR."""
        try:
            self._build(task)
        except disks.Unready:
            self._region.promise(BUILD, delay_s=disks.LOOK_S, **{**task.arguments, "operation": ""})
        except CloudUnreachable:
            raise
        except JumpgateError as error:
            self.give_up(task, error)

    def _build(self, task: Task) -> None:
        server_id = task.arguments["server_id"]
        self._await(task)
        record = self._wanted(server_id)
        if record is None:
            return
        if record["status"] != "Running":
            devices = self._nics.plug_all(record, task.arguments)
            self._disks.attach_all(record, task.arguments)
            network = self._nics.described(record, devices)
            begun = notes.written(task=notes.task("spawning"))
            self._instances.configure(record, {**begun, **network.config}, devices=devices)
            self.tell(record, network, task.arguments["files"])
            self._instances.act(record, "start")
        record = self._wanted(server_id)
        if record is not None:
            self._instances.label(server_id)
            now = utcnow().isoformat()
            actions = history.ended(record, "create")
            self._instances.note(record, state=None, task=None, launched=now, updated=now, actions=actions)

    def tell(self, record: Record, network: Described, files: Mapping[str, str]) -> None:
        """Write into a guest that does not run yet what it is to know; `files` are what else it gets, in base64.

        Nobody can write into a virtual machine before it runs: it has the keys of cloud-init, on a disk of LXD's.
        """
        if record["type"] == MACHINE:
            return
        contents = {path: base64.b64decode(content) for path, content in files.items()}
        known = guests.files(record, self._instances.owner(record), network)
        guests.write(self._session, record, {**contents, **known})

    def _await(self, task: Task) -> None:
        """Wait until LXD has made the instance; where it failed and kept nothing, an empty one is there to tell it."""
        if not task.arguments["operation"]:
            return
        try:
            self._session.wait(task.arguments["operation"], "the creation of the instance")
        except CloudUnreachable:
            raise
        except JumpgateError as error:
            if isinstance(error, Lost) and self._has_passed(task):
                return
            if task.attempts == 0:
                with contextlib.suppress(OverQuota):
                    self._stand_in(task.arguments["project"], task.arguments["body"])
            raise

    def _has_passed(self, task: Task) -> bool:
        """Tell whether an operation that LXD has forgotten made its instance: what failed it has taken back."""
        lives = self._session.process == task.arguments.get("process")
        return lives and self._instances.anyone(task.arguments["server_id"]) is not None

    def _tell_failure(self, operation: str, project: str, body: Mapping[str, Any]) -> None:
        """Let there be something to show where LXD made no instance, which counts when its operation is over."""
        if self._instances.anyone(body["config"][UUID]) is not None:
            return
        try:
            self._session.wait(operation, "the creation of the instance")
        except (CloudUnreachable, CloudTimeout):
            raise
        except JumpgateError:
            self._stand_in(project, body)

    def _stand_in(self, project: str, body: Mapping[str, Any]) -> None:
        """Make an empty instance of a server for which LXD made none, so that there is something to show its fault.

        A pool that is full is no place for it; raises OverQuota where all are.
        """
        if self._instances.anyone(body["config"][UUID]) is not None:
            return
        # Its root disk is no volume.
        config = {name: text for name, text in body["config"].items() if name != holders.NOTE}
        root, full = body["devices"][ROOT], OverQuota("LXD has no storage pool.")
        pools = [str(pool["name"]) for pool in self._session.find("storage-pools")]
        for pool in sorted(pools, key=lambda name: name != root["pool"]):
            devices = {**body["devices"], ROOT: {**root, "pool": pool}}
            empty = {**body, "source": {"type": "none"}, "config": config, "devices": devices}
            try:
                self._session.post("instances", project=project, body=empty)
            except OverQuota as error:
                full = error
            except Conflict:
                # It is made already: by the task, or by the request.
                return
            else:
                return
        raise full

    def _wanted(self, server_id: str) -> Record | None:
        """Return the instance of a server that is still to be built."""
        record = self._instances.anyone(server_id)
        if record is None or notes.text(record["config"], "state") != "building":
            return None
        return None if notes.task_state(record["config"])[0] == "deleting" else record

    def give_up(self, task: Task, error: Exception) -> None:
        """Put a server that cannot be built in ERROR."""
        record = self._instances.anyone(task.arguments["server_id"])
        if record is None:
            return
        self._disks.release(record)
        self._nics.give_back_borrowed(record)
        self._nics.release(task.arguments["server_id"], self._instances.owner(record))
        note_fault(self._instances, record, error, "create", state="error")


def note_fault(instances: Instances, record: Record, error: Exception, action: str, *, state: str | None) -> None:
    """Note on an instance what went wrong."""
    message = error.message if isinstance(error, JumpgateError) else type(error).__name__
    code = error.status if isinstance(error, JumpgateError) else 500
    now = utcnow().isoformat()
    fault = {"code": code, "message": message, "details": repr(error), "at": now}
    actions = history.ended(record, action, error)
    instances.note(record, fault=fault, task=None, updated=now, actions=actions, **({"state": state} if state else {}))


def _names(hostname: str, server_id: str) -> list[str]:
    """Return what an instance may be called: as its host, or nearly so where the name is taken."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", hostname).strip("-")
    plain = plain if plain[:1].isalpha() else f"s-{plain}".strip("-")
    return [plain[:63].strip("-"), f"{plain[:50].strip('-')}-{server_id[:8]}"]


def host_name(name: str) -> str:
    """Return a host name made of a server's name, as Nova makes it; empty where nothing is left."""
    cleaned = re.sub(r"[^a-z0-9._-]+", "", name.replace(" ", "-").replace("_", "-").lower())
    return cleaned.replace(".", "-").strip("-.")[:63]


def _texts(hint: object) -> Sequence[str]:
    return [str(item) for item in hint] if isinstance(hint, list) else [str(hint)]
