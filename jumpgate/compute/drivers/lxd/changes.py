"""What takes LXD a while and changes more than a server's power: another flavor, another image, an image of it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from jumpgate.clouds.lxd.disks import server_id_of
from jumpgate.clouds.lxd.holders import volume_id_of
from jumpgate.clouds.lxd.session import Record
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, CloudUnreachable, JumpgateError
from jumpgate.common.format import utcnow
from jumpgate.compute.drivers.lxd import guests, history, moves, notes, records, rescues
from jumpgate.compute.drivers.lxd.captures import Captures
from jumpgate.compute.drivers.lxd.creation import ROOT, Creation, note_fault
from jumpgate.compute.drivers.lxd.flavors import limits
from jumpgate.compute.drivers.lxd.instances import Instances, missing
from jumpgate.compute.drivers.lxd.moves import Moves
from jumpgate.compute.drivers.lxd.nics import Nics
from jumpgate.compute.drivers.lxd.quotas import LxdQuotas
from jumpgate.compute.drivers.lxd.region import Region
from jumpgate.compute.drivers.lxd.rescues import Rescues
from jumpgate.compute.drivers.lxd.roots import NOTHING, Roots
from jumpgate.compute.models import Flavor, RebuildSpec
from jumpgate.compute.models.states import require
from jumpgate.store.tasks import Task

CHANGE = "lxd.change"
# What moves are called in lists of migrations, and in Nova's words that there is no host for one.
_MOVES = {"migrate": ("migration", "cold migrate"), "os-migrateLive": ("live-migration", "live migration")}
# The state of a migration after each action.
_MOVED = {"resize": "finished", "migrate": "finished", "revertResize": "reverted", "os-migrateLive": "completed"}
_MAKE_IMAGES = ("createImage", "createBackup", "shelve")
_OFFLOADING = "shelving_offloading"


class Changes:
    """The tasks that change a server. Each looks first at what is done already."""

    def __init__(self, region: Region, instances: Instances, nics: Nics, creation: Creation, quotas: LxdQuotas) -> None:
        self._region = region
        self._instances = instances
        self._nics = nics
        self._quotas = quotas
        self._creation = creation
        self._captures = Captures(region, instances)
        self._roots = Roots(region, instances)
        self._rescues = Rescues(region, instances, self._roots)
        self._moves = Moves(region, instances, nics)
        self._runs: Mapping[str, Callable[[Record, Mapping[str, Any]], Mapping[str, Any]]] = {
            "resize": self._resize,
            "revertResize": self._revert,
            "rebuild": self._rebuild,
            "createImage": self._capture,
            "createBackup": self._back_up,
            "shelve": self._shelve,
            "shelveOffload": self._offload,
            "unshelve": self._unshelve,
            "rescue": self._rescue,
            "unrescue": self._unrescue,
            "migrate": self._migrate,
            "os-migrateLive": self._migrate_live,
        }
        region.tasks.register(CHANGE, self.run, give_up=self.give_up)

    def resize(self, ctx: Context, server_id: str, flavor: Flavor) -> None:
        """Begin to give a server another flavor."""
        record = self._checked(ctx, server_id, "resize")
        self._quotas.check_growth(record, flavor)
        home = self._region.cluster.name_of(record)
        old = records.flavor(record)
        migrations = moves.begun(record, ctx, "resize", (home, home), flavor, old)
        arguments = {"flavor": records.flavor_note(flavor), "old_flavor": records.flavor_note(old)}
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
        return self._begin_image(ctx, server_id, "createImage", "image_snapshot", name, properties)

    def create_backup(
        self, ctx: Context, server_id: str, name: str, *, kind: str, rotation: int, properties: Mapping[str, str]
    ) -> str:
        """Do the same for an image of a kind, of which the oldest beyond `rotation` go."""
        if volume_id_of(self._instances.get(ctx, server_id)) is not None:
            raise BadRequest("Backup is not supported for volume-backed instances.", reason="InvalidRequest")
        known = {**properties, "image_type": "backup", "backup_type": kind}
        kept = {"backup_type": kind, "rotation": rotation}
        return self._begin_image(ctx, server_id, "createBackup", "image_backup", name, known, **kept)

    def _begin_image(
        self,
        ctx: Context,
        server_id: str,
        action: str,
        task_state: str,
        name: str,
        properties: Mapping[str, str],
        **arguments: Any,
    ) -> str:
        record = self._checked(ctx, server_id, action)
        image_id = self._captures.begin(record, ctx.user_id, name, properties)
        try:
            self._begin(ctx, server_id, action, task_state, image_id=image_id, **arguments)
        except JumpgateError:
            self._captures.forget(image_id)
            raise
        return image_id

    def shelve(self, ctx: Context, server_id: str) -> None:
        """Begin to keep a server as an image, or on the volume that it boots from, and to empty its root disk."""
        record = self._checked(ctx, server_id, "shelve")
        if volume_id_of(record) is not None:
            self._begin(ctx, server_id, "shelve", "shelving", image_id=None)
            return
        name = f"{notes.text(record['config'], 'name') or record['name']}-shelved"
        self._begin_image(ctx, server_id, "shelve", "shelving", name, {})

    def offload(self, ctx: Context, server_id: str) -> None:
        """Begin to empty a shelved server's root disk."""
        self._begin(ctx, server_id, "shelveOffload", _OFFLOADING)

    def unshelve(self, ctx: Context, server_id: str, zone: str | None, *, unpin: bool) -> None:
        """Begin to fill a shelved server's root disk again, and to let it run."""
        placed = {"zone": zone} if zone is not None or unpin else {}
        self._begin(ctx, server_id, "unshelve", "unshelving", placed)

    def rescue(self, ctx: Context, server_id: str, image_id: str | None) -> None:
        """Begin to run a server from an image, its own one where none is said; raise BadRequest where it cannot be."""
        record = self._checked(ctx, server_id, "rescue")
        self._rescues.check(record)
        image_id = image_id or notes.text(record["config"], "image")
        if image_id is None:
            raise BadRequest("The server was made of no image: name one to rescue it with.")
        source = self._creation.source(image_id, record["type"])
        self._begin(ctx, server_id, "rescue", "rescuing", source=source)

    def unrescue(self, ctx: Context, server_id: str) -> None:
        """Begin to run a server from its own root disk again."""
        self._begin(ctx, server_id, "unrescue", "unrescuing")

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
        task_state = None if record is None else notes.task_state(record["config"])[0]
        if task.arguments["action"] == "shelve" and task_state == _OFFLOADING:
            # A crash came between the note and the promise.
            self._promise_offload(task.arguments["server_id"])
        if record is None or task_state != task.arguments["task_state"]:
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
            # Nova's shelved_offload_time of 0: a shelved server goes on to empty its disk.
            then = notes.task(_OFFLOADING) if action == "shelve" else None
            self._instances.note(record, task=then, updated=now, actions=actions, **moved, **changed)
            self._instances.label(task.arguments["server_id"])
            if then is not None:
                self._promise_offload(task.arguments["server_id"])

    def _promise_offload(self, server_id: str) -> None:
        self._region.promise(CHANGE, server_id=server_id, action="shelveOffload", task_state=_OFFLOADING)

    def give_up(self, task: Task, error: Exception) -> None:
        """Leave a server as it is; an image that could not be filled goes."""
        record = self._instances.anyone(task.arguments["server_id"])
        action = task.arguments["action"]
        if task.arguments.get("image_id") is not None and action in _MAKE_IMAGES:
            self._captures.forget(task.arguments["image_id"])
        if record is not None and action in _MOVED:
            self._instances.note(record, migrations=moves.now(record, "error"))
        if record is not None:
            state = "error" if action == "rebuild" else None
            if action == "rescue" and notes.text(record["config"], rescues.NOTE) is not None:
                # Its own disk is elsewhere, from where unrescuing brings it back.
                state = "rescued"
            note_fault(self._instances, record, error, history.name(action), state=state)

    def _resize(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self._apply(record, Flavor(**arguments["flavor"]))
        return {"state": "resized", "flavor": arguments["flavor"], "old_flavor": arguments["old_flavor"]}

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
        self._captures.fill(record, arguments["image_id"])
        return {}

    def _back_up(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        self._captures.fill(record, arguments["image_id"])
        self._captures.rotate(record, arguments["backup_type"], arguments["rotation"])
        return {}

    def _rescue(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if record["status"] != "Stopped":
            self._instances.switch_off(record)
        self._rescues.begin(record, arguments["source"])
        record = self._again(record)
        self._creation.tell(record, self._nics.described(record, record["devices"]), {})
        self._rescues.show(record)
        self._instances.act(record, "start")
        return {"state": "rescued"}

    def _unrescue(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if record["status"] != "Stopped":
            self._instances.switch_off(record)
        self._rescues.end(record)
        self._instances.act(record, "start")
        return {"state": None}

    def _again(self, record: Record) -> Record:
        """Return an instance as it is now; raise NotFound where it has gone."""
        known = self._instances.anyone(server_id_of(record))
        if known is None:
            raise missing(server_id_of(record))
        return known

    def _shelve(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if record["status"] != "Stopped":
            self._instances.switch_off(record)
        if arguments["image_id"] is not None:
            self._captures.fill(record, arguments["image_id"])
        return {"state": "shelved", "shelved_image": arguments["image_id"]}

    def _offload(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if notes.text(record["config"], "shelved_image") is not None:
            self._roots.fill(record, NOTHING)
        return {"state": "shelved_offloaded"}

    def _unshelve(self, record: Record, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        image_id = notes.text(record["config"], "shelved_image")
        if image_id is not None and notes.text(record["config"], "state") == "shelved_offloaded":
            self._roots.fill(record, self._creation.source(image_id, record["type"]))
        if record["status"] != "Running":
            self._instances.act(record, "start")
        if image_id is not None:
            self._captures.forget(image_id)
        return {"state": None, "shelved_image": None, "launched": utcnow().isoformat()}


def _retold(config: Mapping[str, str], changes: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys of an instance that change because its guest is told another SSH key or other user data."""
    known = {name: changes[name] for name in ("user_data", "image_properties") if name in changes}
    if "key_name" in changes:
        name = known["key"] = changes["key_name"]
        known["public_key"] = {"name": name, "type": "ssh", "data": changes["key_data"].strip()} if name else None
    config = {**config, **notes.written(**known)}
    told = guests.cloud_init(notes.value(config, "public_key", None), notes.text(config, "user_data"))
    return {**notes.written(**known), **told}
