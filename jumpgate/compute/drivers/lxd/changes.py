"""What takes LXD a while and changes more than a server's power: another flavor, another image, an image of it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from jumpgate.clouds.lxd.aliases import Aliases
from jumpgate.clouds.lxd.holders import volume_id_of
from jumpgate.clouds.lxd.session import Record, Session
from jumpgate.clouds.lxd.uploads import OURS, WHOLE
from jumpgate.common.context import Context, service_context
from jumpgate.common.errors import CloudUnreachable, JumpgateError, NotFound
from jumpgate.common.format import utcnow
from jumpgate.compute.drivers.lxd import guests, history, moves, notes, records
from jumpgate.compute.drivers.lxd.creation import ROOT, Creation, note_fault
from jumpgate.compute.drivers.lxd.flavors import limits
from jumpgate.compute.drivers.lxd.instances import Instances
from jumpgate.compute.drivers.lxd.moves import Moves
from jumpgate.compute.drivers.lxd.nics import Nics
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.drivers.lxd.roots import Roots
from jumpgate.compute.models import Flavor, RebuildSpec
from jumpgate.compute.models.states import require
from jumpgate.image.models import ImageSpec
from jumpgate.store.tasks import Task

CHANGE = "lxd.change"
# What moves are called in lists of migrations, and in Nova's words that there is no host for one.
_MOVES = {"migrate": ("migration", "cold migrate"), "os-migrateLive": ("live-migration", "live migration")}
# The state of a migration after each action.
_MOVED = {"resize": "finished", "migrate": "finished", "revertResize": "reverted", "os-migrateLive": "completed"}
_CHUNK_BYTES = 1024 * 1024


class Changes:
    """The tasks that change a server. Each looks first at what is done already."""

    def __init__(self, region: Region, instances: Instances, nics: Nics, creation: Creation) -> None:
        self._region = region
        self._session: Session = region.session
        self._instances = instances
        self._nics = nics
        self._creation = creation
        self._aliases = Aliases(region.session)
        self._roots = Roots(region.session, instances)
        self._moves = Moves(region, instances)
        self._runs: Mapping[str, Callable[[Record, Mapping[str, Any]], Mapping[str, Any]]] = {
            "resize": self._resize,
            "revertResize": self._revert,
            "rebuild": self._rebuild,
            "createImage": self._capture,
            "migrate": self._migrate,
            "os-migrateLive": self._migrate_live,
        }
        region.tasks.register(CHANGE, self.run, give_up=self.give_up)

    def resize(self, ctx: Context, server_id: str, flavor: Flavor) -> None:
        """Begin to give a server another flavor."""
        record = self._checked(ctx, server_id, "resize")
        home = self._region.cluster.name_of(record)
        migrations = moves.begun(record, ctx, "resize", (home, home), flavor, records.flavor(record))
        arguments = {"flavor": records.flavor_note(flavor)}
        self._begin(ctx, server_id, "resize", "resize_prep", {"migrations": migrations}, **arguments)

    def migrate(self, ctx: Context, server_id: str, host: str | None) -> None:
        """Begin to move a server to a host, or any; raise BadRequest where there is none."""
        self._begin_move(ctx, server_id, host, "migrate", "resize_prep")

    def migrate_live(self, ctx: Context, server_id: str, host: str | None) -> None:
        """Begin to move a server that goes on meanwhile; raise BadRequest where there is no host."""
        self._begin_move(ctx, server_id, host, "os-migrateLive", "migrating")

    def _begin_move(self, ctx: Context, server_id: str, host: str | None, action: str, task_state: str) -> None:
        record = self._checked(ctx, server_id, action)
        kind, what = _MOVES[action]
        home, there = self._region.cluster.name_of(record), self._moves.destination(record, host, what=what)
        flavor = records.flavor(record)
        migrations = moves.begun(record, ctx, kind, (home, there), flavor, flavor)
        arguments = {"host": there, "home": home, "runs": record["status"] != "Stopped"}
        self._begin(ctx, server_id, action, task_state, {"migrations": migrations}, **arguments)

    def confirm(self, ctx: Context, server_id: str) -> None:
        """Keep a new flavor, or a new host."""
        record = self._checked(ctx, server_id, "confirmResize")
        actions, migrations = history.done(record, ctx, "confirmResize"), moves.now(record, "confirmed")
        ended = {"updated": utcnow().isoformat(), "actions": actions, "migrations": migrations}
        self._instances.note(record, state=None, old_flavor=None, old_host=None, **ended)

    def revert(self, ctx: Context, server_id: str) -> None:
        """Begin to go back to the flavor, or the host, before."""
        runs = self._instances.get(ctx, server_id)["status"] != "Stopped"
        self._begin(ctx, server_id, "revertResize", "resize_reverting", runs=runs)

    def rebuild(self, ctx: Context, server_id: str, spec: RebuildSpec) -> None:
        """Begin to make a server anew of an image; raise BadRequest for one that LXD cannot boot."""
        record = self._instances.get(ctx, server_id)
        source = self._creation.source(spec.image_id, record["type"])
        runs = record["status"] != "Stopped"
        self._instances.configure(record, _retold(record["config"], spec.changes))
        files = {path: base64.b64encode(content).decode() for path, content in spec.files.items()}
        arguments = {"source": source, "image_id": spec.image_id, "runs": runs, "files": files}
        self._begin(ctx, server_id, "rebuild", "rebuilding", **arguments)

    def create_image(self, ctx: Context, server_id: str, name: str, properties: Mapping[str, str]) -> str:
        """Make an image without data, begin to fill it, and return its id."""
        record = self._checked(ctx, server_id, "createImage")
        owner = service_context(self._instances.owner(record), user_id=ctx.user_id)
        kept = {"image_type": "snapshot", "instance_uuid": server_id, "user_id": ctx.user_id, **properties}
        spec = ImageSpec(
            name=name, visibility="private", disk_format="raw", container_format="bare", properties=dict(kept)
        )
        images = self._region.siblings["image"].images
        image_id = str(images.create(owner, spec).id)
        try:
            self._begin(ctx, server_id, "createImage", "image_snapshot", image_id=image_id)
        except JumpgateError:
            images.delete(owner, image_id)
            raise
        return image_id

    def _checked(self, ctx: Context, server_id: str, action: str) -> Record:
        record = self._instances.get(ctx, server_id)
        require(action, records.server(record, ""))
        return record

    def _begin(
        self,
        ctx: Context,
        server_id: str,
        action: str,
        task_state: str,
        noted: Mapping[str, Any] | None = None,
        **arguments: Any,
    ) -> None:
        record = self._checked(ctx, server_id, action)
        actions = history.begun(record, ctx, history.name(action))
        self._instances.note(record, task=notes.task(task_state), actions=actions, fault=None, **(noted or {}))
        self._region.promise(CHANGE, server_id=server_id, action=action, task_state=task_state, **arguments)

    def run(self, task: Task) -> None:
        """Change a server; what LXD refuses is the server's fault to show."""
        record = self._instances.anyone(task.arguments["server_id"])
        if record is None or notes.task_state(record["config"])[0] != task.arguments["task_state"]:
            return
        try:
            changed = self._runs[task.arguments["action"]](record, task.arguments)
        except CloudUnreachable:
            raise
        except JumpgateError as error:
            self.give_up(task, error)
            return
        record = self._instances.anyone(task.arguments["server_id"])
        if record is not None and notes.task_state(record["config"])[0] == task.arguments["task_state"]:
            action = task.arguments["action"]
            now, actions = utcnow().isoformat(), history.ended(record, history.name(action))
            moved = {"migrations": moves.now(record, _MOVED[action])} if action in _MOVED else {}
            self._instances.note(record, task=None, updated=now, actions=actions, **moved, **changed)
            self._instances.label(task.arguments["server_id"])

    def give_up(self, task: Task, error: Exception) -> None:
        """Leave a server as it is; an image that could not be filled goes."""
        record = self._instances.anyone(task.arguments["server_id"])
        action = task.arguments["action"]
        if action == "createImage":
            with contextlib.suppress(NotFound):
                self._aliases.delete(task.arguments["image_id"])
        if record is not None and action in _MOVED:
            self._instances.note(record, migrations=moves.now(record, "error"))
        if record is not None:
            state = "error" if action == "rebuild" else None
            note_fault(self._instances, record, error, history.name(action), state=state)

    def _resize(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        old = records.flavor(record)
        self._apply(record, Flavor(**arguments["flavor"]))
        return {"state": "resized", "flavor": arguments["flavor"], "old_flavor": records.flavor_note(old)}

    def _revert(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        old, home = notes.value(record["config"], "old_flavor", None), notes.text(record["config"], "old_host")
        if home is not None:
            self._moves.carry(record, home, runs=arguments["runs"])
            return {"state": None, "old_host": None}
        if old is None:
            return {"state": None}
        self._apply(record, Flavor(**old))
        return {"state": None, "flavor": old, "old_flavor": None}

    def _migrate(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self._moves.carry(record, arguments["host"], runs=arguments["runs"])
        return {"state": "resized", "old_host": arguments["home"]}

    def _migrate_live(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self._moves.move(record, arguments["host"], live=True)
        return {}

    def _apply(self, record: Record, flavor: Flavor) -> None:
        """Give an instance a flavor's limits, while it runs."""
        # A volume has a size of its own.
        has_own = ROOT in record["devices"] and volume_id_of(record) is None
        devices = {ROOT: self._creation.root(flavor)} if has_own else None
        self._instances.configure(record, limits(flavor), devices=devices)

    def _rebuild(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if record["status"] != "Stopped":
            self._instances.act(record, "stop", force=True)
        self._roots.fill(record, arguments["source"])
        self._creation.tell(record, self._nics.described(record, record["devices"]), arguments["files"])
        if arguments["runs"]:
            self._instances.act(record, "start")
        return {"image": arguments["image_id"], "launched": utcnow().isoformat(), "state": None}

    def _capture(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Fill an image from a snapshot of the instance, which may run meanwhile."""
        image_id, project = arguments["image_id"], record["project"]
        place, snapshot = ("instances", record["name"], "snapshots"), f"image-{image_id[:8]}"
        self._session.post(*place, project=project, body={"name": snapshot, "stateful": False})
        try:
            source = {"type": "snapshot", "name": f"{record['name']}/{snapshot}"}
            body = {"source": source, "properties": {OURS: "yes"}, "public": False}
            fingerprint = str(self._session.post("images", project=project, body=body)["fingerprint"])
        finally:
            self._session.delete(*place, snapshot, project=project)
        known = {**self._digests(fingerprint), "form": WHOLE, "status": "active", "updated_at": utcnow().isoformat()}
        try:
            self._aliases.change(image_id, lambda document: {**document, **known}, target=fingerprint)
        except NotFound:
            # The image was deleted meanwhile.
            self._aliases.drop(fingerprint)
        return {}

    def _digests(self, fingerprint: str) -> dict[str, Any]:
        """Return what Glance tells of data: its size and hashes, for which all of it is read."""
        md5, sha512, size = hashlib.md5(usedforsecurity=False), hashlib.sha512(), 0
        with self._session.opened("images", fingerprint, "export") as response:
            while chunk := response.raw.read(_CHUNK_BYTES):
                size += len(chunk)
                md5.update(chunk)
                sha512.update(chunk)
        hashes = {"checksum": md5.hexdigest(), "hash_algorithm": "sha512", "hash_value": sha512.hexdigest()}
        return {"size_bytes": size, **hashes}


def _retold(config: Mapping[str, str], changes: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys of an instance that change because its guest is told another SSH key or other user data."""
    known = {name: changes[name] for name in ("user_data", "image_properties") if name in changes}
    if "key_name" in changes:
        name = known["key"] = changes["key_name"]
        known["public_key"] = {"name": name, "type": "ssh", "data": changes["key_data"].strip()} if name else None
    config = {**config, **notes.written(**known)}
    told = guests.cloud_init(notes.value(config, "public_key", None), notes.text(config, "user_data"))
    return {**notes.written(**known), **told}
