"""Giving a guest another size: an upgrade order, which is confirmed or ordered back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from jumpgate.clouds.softlayer.session import Record, Session
from jumpgate.clouds.softlayer.values import at, number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, JumpgateError
from jumpgate.common.format import utcnow
from jumpgate.common.listing import EVERYTHING
from jumpgate.compute.drivers.softlayer import guests
from jumpgate.compute.drivers.softlayer.flavors import SoftLayerFlavors
from jumpgate.compute.drivers.softlayer.notes import Note
from jumpgate.compute.models import Flavor

_ORDER = "SoftLayer_Container_Product_Order_Virtual_Guest_Upgrade"


class Resizing:
    """SoftLayer upgrades at once and asks nobody. What the size was before stays in the notes until it is confirmed."""

    def __init__(
        self,
        session: Session,
        flavors: SoftLayerFlavors,
        record: Callable[[Context, str], Record],
        write_note: Callable[[Context, object, Note], None],
    ) -> None:
        self._session = session
        self._record = record
        self._write_note = write_note
        self._flavors = flavors

    def resize(self, ctx: Context, server_id: str, flavor: Flavor) -> None:
        """Order another preset; raise BadRequest for one with another disk, which could not be taken back."""
        guest = self._record(ctx, server_id)
        note = Note.read(text(guest, "notes"))
        before = guests.flavor(guest, note)
        if at(guest, "dedicatedHost.id") is not None:
            raise BadRequest("SoftLayer sells no presets on dedicated hosts, so a guest there keeps its size.")
        if before.disabled:
            raise BadRequest("This guest was not ordered as a preset; SoftLayer cannot make it one.")
        if before.disk_gib != flavor.disk_gib:
            raise BadRequest(
                f"SoftLayer does not change a guest's first disk: choose a flavor with {before.disk_gib} GB of disk."
            )
        self._change(ctx, guest, note, dataclasses.replace(note, flavor=flavor.id, resized_from=before.id), flavor.id)

    def confirm(self, ctx: Context, server_id: str) -> None:
        """Forget the size before."""
        note = Note.read(text(self._record(ctx, server_id), "notes"))
        self._write_note(ctx, server_id, dataclasses.replace(note, resized_from=None))

    def revert(self, ctx: Context, server_id: str) -> None:
        """Order the size before."""
        guest = self._record(ctx, server_id)
        note = Note.read(text(guest, "notes"))
        if note.resized_from is None:
            raise Conflict(f"Instance {server_id} has not been resized.")
        before = dataclasses.replace(note, flavor=note.resized_from, resized_from=None)
        self._change(ctx, guest, note, before, note.resized_from)

    def _change(self, ctx: Context, guest: Record, note: Note, after: Note, flavor_id: str) -> None:
        """Write the notes and place the order; an order that is refused leaves the notes as they were."""
        identifier = text(guest, "globalIdentifier")
        order = {
            "complexType": _ORDER,
            "virtualGuests": [{"id": number(guest, "id")}],
            "presetId": self._preset(ctx, flavor_id),
            "properties": [{"name": "MAINTENANCE_WINDOW", "value": f"{utcnow():%Y-%m-%d %H:%M:%S%z}"}],
        }
        self._write_note(ctx, identifier, after)
        try:
            self._session.call(ctx, "Product_Order", "placeOrder", order)
        except JumpgateError:
            self._write_note(ctx, identifier, note)
            raise

    def _preset(self, ctx: Context, flavor_id: str) -> int:
        """Return the number of the preset behind a flavor; raise BadRequest for one that is sold no more."""
        for flavor in self._flavors.find(ctx, EVERYTHING):
            if flavor.id == flavor_id:
                return int(flavor.extra_specs["softlayer:preset"])
        raise BadRequest(f"SoftLayer does not sell the flavor {flavor_id} any more.")
