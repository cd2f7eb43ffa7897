"""SoftLayer's virtual guests as Nova's servers: lists, creation, deletion, power and what clients write on them."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from jumpgate.clouds.softlayer.interfaces import DEFAULT_GROUP
from jumpgate.clouds.softlayer.session import Record, Session, is_in, nested
from jumpgate.clouds.softlayer.tags import MASK as TAGS
from jumpgate.clouds.softlayer.tags import read_tags, write_tags
from jumpgate.clouds.softlayer.values import at, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, JumpgateError, NotFound
from jumpgate.common.listing import Query
from jumpgate.common.resource import Changes
from jumpgate.compute.contract import Servers
from jumpgate.compute.drivers.softlayer import creation, guests
from jumpgate.compute.drivers.softlayer.action_requests import ActionRequests, asks
from jumpgate.compute.drivers.softlayer.flavors import SoftLayerFlavors
from jumpgate.compute.drivers.softlayer.images import Captures
from jumpgate.compute.drivers.softlayer.notes import Note
from jumpgate.compute.drivers.softlayer.resizing import Resizing
from jumpgate.compute.models import Flavor, NetworkRequest, RebuildSpec, Server, ServerSpec
from jumpgate.compute.models.states import require
from jumpgate.compute.models.tags import tags_after

LOG = logging.getLogger(__name__)

SERVICE = "Virtual_Guest"
_NOTED = ("description", "access_ipv4", "access_ipv6", "metadata")


class SoftLayerServers(Servers):
    """Guests by their global identifiers. SoftLayer itself keeps whoever asks to its account."""

    withheld: ClassVar[frozenset[str]] = frozenset({"os-extended-rescue-with-image"})

    def __init__(self, session: Session, flavors: SoftLayerFlavors, requests: ActionRequests) -> None:
        self.requests = requests
        self._session = session
        self._domain = session.settings.domain
        self._resizing = Resizing(session, flavors, self.record, self.write_note)
        self._captures = Captures(session)

    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        narrowed = query.values("id")
        by_id = nested("virtualGuests.globalIdentifier", is_in(narrowed)) if narrowed else None
        found = self._session.pages(ctx, "Account", "getVirtualGuests", mask=guests.MASK, filter=by_id)
        return (self._server(ctx, guest) for guest in found)

    def get(self, ctx: Context, server_id: str) -> Server:
        return self._server(ctx, self.record(ctx, server_id))

    def _server(self, ctx: Context, guest: Record) -> Server:
        return guests.server(guest, ctx.project, self._domain)

    def record(self, ctx: Context, server_id: str, mask: str = guests.MASK) -> Record:
        """Return a guest as SoftLayer has it, or raise NotFound."""
        try:
            guest: Record | None = self._session.call(ctx, SERVICE, "getObject", id=server_id, mask=mask)
        except NotFound:
            guest = None
        if not guest:
            raise NotFound(f"Instance {server_id} could not be found.", reason="InstanceNotFound")
        return guest

    def default_networks(self, ctx: Context) -> Sequence[NetworkRequest]:
        return (NetworkRequest(),)

    def sets_passwords(self, ctx: Context) -> bool:
        """SoftLayer makes the passwords of its guests itself; see `passwords`."""
        return False

    def create(self, ctx: Context, spec: ServerSpec) -> Sequence[Server]:
        shared = creation.shared_template(self._session, ctx, spec)
        names = creation.names(spec)
        templates = [creation.template(self._session, spec, name, shared=shared) for name in names]
        notes = [creation.note_of(spec, name, self._domain).text() for name in names]
        asked_at = self.requests.now()
        made = self._session.call(ctx, SERVICE, "createObjects", templates)
        try:
            for guest, note in zip(made, notes, strict=True):
                self._describe(ctx, guest, note, spec.tags)
        except JumpgateError:
            self._cancel(ctx, made)
            raise
        self.requests.add(ctx, [text(guest, "globalIdentifier") for guest in made], "create", asked_at)
        return [self._promised(ctx, guest, spec, name) for guest, name in zip(made, names, strict=True)]

    def _describe(self, ctx: Context, guest: Record, note: str, tags: Sequence[str]) -> None:
        """Write on a new guest what its template has no room for."""
        if note:
            self._session.call(ctx, SERVICE, "editObject", {"notes": note}, id=guest["id"])
        if tags:
            write_tags(self._session, ctx, SERVICE, guest["id"], tags)

    def _cancel(self, ctx: Context, made: Iterable[Record]) -> None:
        """Take back guests that could not be made as they were wanted; nobody would know of them."""
        for guest in made:
            try:
                self._session.call(ctx, SERVICE, "deleteObject", id=guest["id"])
            except JumpgateError:
                LOG.exception("SoftLayer guest %s was ordered in vain and could not be cancelled", guest["id"])

    def _promised(self, ctx: Context, guest: Record, spec: ServerSpec, name: str) -> Server:
        """Return a guest that is about to be made, as far as it is known."""
        return dataclasses.replace(
            self._server(ctx, guest),
            name=name,
            user_id=ctx.user_id,
            vm_state="building",
            task_state="scheduling",
            flavor=spec.flavor,
            image_id=spec.image_id,
            metadata=spec.metadata,
            description=spec.description,
        )

    def update(self, ctx: Context, server_id: str, changes: Changes) -> Server:
        _refuse(changes)
        guest = self.record(ctx, server_id)
        note = Note.read(text(guest, "notes"))
        noted = {name: value for name, value in changes.items() if name in _NOTED}
        edited: dict[str, Any] = {}
        if changes.get("name"):
            hostname, domain = creation.host_and_domain(changes["name"], self._domain)
            edited = {"hostname": hostname, "domain": domain}
            shown = guests.host_name(edited, self._domain)
            noted["name"] = None if shown == changes["name"] else changes["name"]
        if changes.get("hostname"):
            edited = {"hostname": changes["hostname"], "domain": text(guest, "domain")}
            noted.setdefault("name", note.name or guests.host_name(guest, self._domain))
        changed = dataclasses.replace(note, **noted)
        if changed != note:
            edited["notes"] = changed.text()
        if edited:
            self._session.call(ctx, SERVICE, "editObject", edited, id=server_id)
        if "tags" in changes:
            write_tags(self._session, ctx, SERVICE, server_id, changes["tags"])
        return self.get(ctx, server_id)

    def write_note(self, ctx: Context, server_id: object, note: Note) -> None:
        """Replace a guest's notes."""
        self._session.call(ctx, SERVICE, "editObject", {"notes": note.text()}, id=server_id)

    def _note(self, ctx: Context, server_id: str) -> Note:
        return Note.read(text(self.record(ctx, server_id, "mask[id,notes]"), "notes"))

    def renote(self, ctx: Context, server_id: str, **changes: Any) -> None:
        """Change some of what a guest's notes say."""
        note = self._note(ctx, server_id)
        changed = dataclasses.replace(note, **changes)
        if changed != note:
            self.write_note(ctx, server_id, changed)

    def merge_metadata(self, ctx: Context, server_id: str, items: Mapping[str, str | None]) -> Mapping[str, str]:
        note = self._note(ctx, server_id)
        merged = {key: value for key, value in {**note.metadata, **items}.items() if value is not None}
        self.write_note(ctx, server_id, dataclasses.replace(note, metadata=merged))
        return merged

    def merge_tags(self, ctx: Context, server_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        tags = read_tags(self.record(ctx, server_id, f"mask[id,{TAGS}]"))
        write_tags(self._session, ctx, SERVICE, server_id, tags_after(server_id, tags, add=add, remove=remove))

    @asks("delete")
    def delete(self, ctx: Context, server_id: str) -> None:
        self._do(ctx, server_id, "deleteObject")

    def _do(self, ctx: Context, server_id: str, method: str) -> None:
        if self._session.call(ctx, SERVICE, method, id=server_id) is False:
            raise Conflict(f"SoftLayer did not take {method} for instance {server_id}; look at its state.")

    def _act(self, ctx: Context, server_id: str, action: str, method: str) -> None:
        """Call a method in the states that take Nova's action; SoftLayer knows neither SUSPENDED nor RESCUE."""
        require(action, self.get(ctx, server_id))
        self._do(ctx, server_id, method)

    @asks("start")
    def start(self, ctx: Context, server_id: str) -> None:
        self._act(ctx, server_id, "start", "powerOn")

    @asks("stop")
    def stop(self, ctx: Context, server_id: str) -> None:
        self._act(ctx, server_id, "stop", "powerOffSoft")

    @asks("reboot")
    def reboot(self, ctx: Context, server_id: str, *, hard: bool) -> None:
        self._act(ctx, server_id, *(("hard reboot", "rebootHard") if hard else ("reboot", "rebootSoft")))

    @asks("pause")
    def pause(self, ctx: Context, server_id: str) -> None:
        self._act(ctx, server_id, "pause", "pause")

    @asks("unpause")
    def unpause(self, ctx: Context, server_id: str) -> None:
        self._act(ctx, server_id, "unpause", "resume")

    @asks("suspend")
    def suspend(self, ctx: Context, server_id: str) -> None:
        """Pause the guest and note that it was called so: SoftLayer keeps the memory either way."""
        self._act(ctx, server_id, "suspend", "pause")
        self.renote(ctx, server_id, suspended=True)

    @asks("resume")
    def resume(self, ctx: Context, server_id: str) -> None:
        self._act(ctx, server_id, "resume", "resume")
        self.renote(ctx, server_id, suspended=False)

    @asks("rescue")
    def rescue(self, ctx: Context, server_id: str, *, image_id: str | None, admin_password: str) -> None:
        """Boot SoftLayer's own rescue system, in which the guest's password is what it was."""
        if image_id is not None:
            raise BadRequest("SoftLayer rescues guests with a system of its own: leave rescue_image_ref out.")
        self._act(ctx, server_id, "rescue", "executeRescueLayer")
        self.renote(ctx, server_id, rescued=True)

    @asks("unrescue")
    def unrescue(self, ctx: Context, server_id: str) -> None:
        """Reboot the guest, which then boots from its own disk."""
        self._act(ctx, server_id, "unrescue", "rebootHard")
        self.renote(ctx, server_id, rescued=False)

    def lock(self, ctx: Context, server_id: str, reason: str | None) -> None:
        self.renote(ctx, server_id, locked_by="owner", locked_reason=reason)

    def unlock(self, ctx: Context, server_id: str) -> None:
        self.renote(ctx, server_id, locked_by=None, locked_reason=None)

    @asks("resize")
    def resize(self, ctx: Context, server_id: str, flavor: Flavor, *, disk_config: str | None) -> None:
        self._resizing.resize(ctx, server_id, flavor)

    def confirm_resize(self, ctx: Context, server_id: str) -> None:
        self._resizing.confirm(ctx, server_id)

    @asks("revertResize")
    def revert_resize(self, ctx: Context, server_id: str) -> None:
        self._resizing.revert(ctx, server_id)

    @asks("rebuild")
    def rebuild(self, ctx: Context, server_id: str, spec: RebuildSpec) -> Server:
        _refuse(spec.changes)
        self._captures.reload(ctx, self.record(ctx, server_id), spec)
        self.renote(ctx, server_id, hides_password=False)
        changes = {name: value for name, value in spec.changes.items() if name in ("name", "hostname", *_NOTED)}
        if changes:
            self.update(ctx, server_id, changes)
        return dataclasses.replace(self.get(ctx, server_id), task_state="rebuild_spawning", image_id=spec.image_id)

    @asks("createImage")
    def create_image(self, ctx: Context, server_id: str, name: str, properties: Mapping[str, str]) -> str:
        guest = self.record(ctx, server_id, Captures.MASK)
        return self._captures.capture(ctx, guest, name, properties)

    def add_security_group(self, ctx: Context, server_id: str, group_id: str) -> None:
        _refuse_default(group_id)
        components = sorted(self._components(ctx, server_id))
        if not components:
            raise Conflict(f"SoftLayer has not made the interfaces of instance {server_id} yet; try again later.")
        self._session.call(ctx, "Network_SecurityGroup", "attachNetworkComponents", components, id=int(group_id))

    def remove_security_group(self, ctx: Context, server_id: str, group_id: str) -> None:
        _refuse_default(group_id)
        components = [number for number, groups in self._components(ctx, server_id).items() if group_id in groups]
        if not components:
            raise NotFound(f"Security group {group_id} is not on instance {server_id}.")
        self._session.call(
            ctx, "Network_SecurityGroup", "detachNetworkComponents", sorted(components), id=int(group_id)
        )

    def _components(self, ctx: Context, server_id: str) -> dict[int, set[str]]:
        """Return the numbers of a guest's interfaces with the security groups that each is in."""
        guest = self.record(ctx, server_id)
        found: dict[int, set[str]] = {}
        for name in ("primaryNetworkComponent", "primaryBackendNetworkComponent"):
            number = at(guest, f"{name}.id")
            if number is not None:
                bindings = at(guest, f"{name}.securityGroupBindings") or ()
                found[int(number)] = {text(item, "securityGroup.id") for item in bindings}
        return found


def _refuse_default(group_id: str) -> None:
    if group_id == DEFAULT_GROUP:
        raise BadRequest("SoftLayer's default group stands for being in no other: take the server out of those.")


def _refuse(changes: Changes) -> None:
    if changes.get("pinned_availability_zone") is not None:
        raise BadRequest("SoftLayer guests stay in their data center; there is nothing to pin.")
    if changes.get("trusted_image_certificates"):
        raise BadRequest(creation.UNSIGNED)
    if changes.get("disk_config") not in (None, "MANUAL"):
        raise BadRequest("SoftLayer has no automatic disk configuration: OS-DCF:diskConfig is MANUAL.")
