"""What was asked of volumes that SoftLayer has yet to make: an order has no place for it, so the store keeps it.

A promise is written before its order is placed and goes when its volume has notes of its own. So nothing is lost when
Jumpgate ends at any moment between.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.softlayer.notes import Note, is_ours
from jumpgate.clouds.softlayer.session import Record
from jumpgate.clouds.softlayer.values import moment, number, text
from jumpgate.clouds.softlayer.volumes import order_of
from jumpgate.common.context import Context
from jumpgate.store.engine import Store
from jumpgate.store.tables.block_storage import volume_promises

TOPIC = "block_storage"
# How long a promise waits for its order where Jumpgate never learnt the order's number.
_LIFETIME = dt.timedelta(days=1)
_ORDER_PATH = "billingItem.orderItem.order"
# How far SoftLayer's clock may be from Jumpgate's.
_SKEW = dt.timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A volume as it was asked for. `order` is its order's number, None while that is not known.

    `tier` and `zone` are SoftLayer's words, the tier empty for one that is sold by operations; `note` is what goes into
    the volume's notes.
    """

    id: str
    order: str | None
    size_gib: int
    tier: str
    zone: str
    note: Note
    created_at: dt.datetime


class Promises:
    """The promises of one region. `timeout_s` is how long placing an order may take."""

    def __init__(self, store: Store, region: str, *, timeout_s: float) -> None:
        self._store = store
        self._region = region
        self._timeout = dt.timedelta(seconds=timeout_s)

    def make(self, ctx: Context, *, size_gib: int, tier: str, zone: str, note: Note) -> Promise:
        """Write a promise whose order is to be placed next."""
        now = dt.datetime.now(dt.UTC)
        promise = Promise(
            id=str(uuid.uuid4()), order=None, size_gib=size_gib, tier=tier, zone=zone, note=note, created_at=now
        )
        row = {"id": promise.id, "region": self._region, "project_id": ctx.project, "created_at": now}
        old = sa.and_(volume_promises.c.reference.is_(None), volume_promises.c.created_at < now - _LIFETIME)
        with self._store.write(TOPIC) as connection:
            connection.execute(sa.delete(volume_promises).where(old))
            connection.execute(sa.insert(volume_promises).values(**row, details=_details(promise)))
        return promise

    def bind(self, promise: Promise, order: str) -> None:
        """Note the number of the order that a promise has led to."""
        self._change(promise, reference=order)

    def rewrite(self, promise: Promise, note: Note) -> None:
        """Change what will stand in the volume's notes."""
        self._change(promise, details={**_details(promise), "note": dict(note)})

    def _change(self, promise: Promise, **values: object) -> None:
        with self._store.write(TOPIC) as connection:
            connection.execute(sa.update(volume_promises).where(volume_promises.c.id == promise.id).values(**values))

    def drop(self, promise: Promise) -> None:
        """Forget a promise that has been kept, or will not be."""
        with self._store.write(TOPIC) as connection:
            connection.execute(sa.delete(volume_promises).where(volume_promises.c.id == promise.id))

    def find(self, ctx: Context) -> list[Promise]:
        """Return the promises made to the caller's account, the oldest first."""
        columns = volume_promises.c
        mine = sa.and_(columns.region == self._region, columns.project_id == ctx.project)
        rows = sa.select(volume_promises).where(mine).order_by(columns.created_at, columns.id)
        with self._store.read() as connection:
            return [_promise(row) for row in connection.execute(rows).mappings()]

    def kept(self, promises: Iterable[Promise], records: Iterable[Record]) -> dict[str, Promise]:
        """Return which promises made volumes keep, by the volumes' numbers.

        A promise without an order, which is what is left when Jumpgate ended while it placed one, is kept by a volume
        that looks like it, was ordered just then and is nobody else's.
        """
        by_order = {promise.order: promise for promise in promises if promise.order}
        latest = dt.datetime.now(dt.UTC) - self._timeout
        lost = [promise for promise in promises if not promise.order and promise.created_at < latest]
        found: dict[str, Promise] = {}
        for record in records:
            alike = (item for item in lost if _looks_like(record, item, self._timeout))
            promise = by_order.get(order_of(record)) or next(alike, None)
            if promise is not None:
                found[text(record, "id")] = promise
                lost = [item for item in lost if item is not promise]
        return found


def _looks_like(record: Record, promise: Promise, timeout: dt.timedelta) -> bool:
    place = text(record, "serviceResource.datacenter.name")
    alike = (number(record, "capacityGb"), text(record, "storageTierLevel"), place)
    ordered = moment(record, f"{_ORDER_PATH}.createDate")
    begun = promise.created_at
    is_then = ordered is not None and begun - _SKEW < ordered < begun + timeout + _SKEW
    return is_then and not is_ours(record) and alike == (promise.size_gib, promise.tier, promise.zone)


def _details(promise: Promise) -> dict[str, Any]:
    return {"size_gib": promise.size_gib, "tier": promise.tier, "zone": promise.zone, "note": dict(promise.note)}


def _promise(row: sa.RowMapping) -> Promise:
    return Promise(id=row["id"], order=row["reference"], created_at=row["created_at"], **row["details"])
