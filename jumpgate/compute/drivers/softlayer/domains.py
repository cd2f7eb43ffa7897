"""SoftLayer's DNS: the zones of an account and the address records in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jumpgate.clouds.softlayer.session import Record, Session, is_equal, merged, nested
from jumpgate.clouds.softlayer.values import number, text
from jumpgate.common.context import Context
from jumpgate.common.errors import NotFound

ZONES_MASK = "mask[id,name]"
RECORDS_MASK = "mask[id,host,data,type,ttl]"
_TTL_S = 7200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An address record: `name` is the host's within the zone, `kind` A or AAAA."""

    id: str
    name: str
    address: str
    kind: str


class Domains:
    """Zones by their names."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def names(self, ctx: Context) -> Iterable[str]:
        """Yield the names of the account's zones."""
        return (text(zone, "name") for zone in self._session.pages(ctx, "Account", "getDomains", mask=ZONES_MASK))

    def entries(self, ctx: Context, domain: str, *, name: str | None = None, address: str | None = None) -> list[Entry]:
        """Return a zone's address records of a host name or of an address; raise NotFound for an unknown zone."""
        wanted = {"host": name, "data": address}
        filters = [
            nested(f"resourceRecords.{key}", is_equal(value)) for key, value in wanted.items() if value is not None
        ]
        records = self._session.pages(
            ctx,
            "Dns_Domain",
            "getResourceRecords",
            id=self._zone(ctx, domain),
            mask=RECORDS_MASK,
            filter=merged(*filters) or None,
        )
        return [_entry(record) for record in records if text(record, "type").upper() in ("A", "AAAA")]

    def write(self, ctx: Context, domain: str, name: str, address: str, kind: str) -> Entry:
        """Let a host name have an address, in place of the one that it had."""
        known = [entry for entry in self.entries(ctx, domain, name=name) if entry.kind == kind]
        service = "Dns_Domain_ResourceRecord"
        if known:
            changed = {"id": int(known[0].id), "data": address}
            self._session.call(ctx, service, "editObject", changed, id=int(known[0].id))
        else:
            made = {"host": name, "data": address, "ttl": _TTL_S, "type": kind.lower()}
            self._session.call(ctx, service, "createObject", {**made, "domainId": self._zone(ctx, domain)})
        return next(entry for entry in self.entries(ctx, domain, name=name) if entry.kind == kind)

    def remove(self, ctx: Context, domain: str, name: str) -> None:
        """Remove a host name's addresses, or raise NotFound."""
        found = self.entries(ctx, domain, name=name)
        if not found:
            raise NotFound(f"The domain {domain} has no entry {name}.")
        for entry in found:
            self._session.call(ctx, "Dns_Domain_ResourceRecord", "deleteObject", id=int(entry.id))

    def _zone(self, ctx: Context, domain: str) -> int:
        found = self._session.call(
            ctx, "Account", "getDomains", mask=ZONES_MASK, filter=nested("domains.name", is_equal(domain))
        )
        for zone in found:
            if text(zone, "name") == domain:
                return number(zone, "id")
        raise NotFound(f"The domain {domain} could not be found.")


def _entry(record: Record) -> Entry:
    return Entry(
        id=text(record, "id"),
        name=text(record, "host"),
        address=text(record, "data"),
        kind=text(record, "type").upper(),
    )
