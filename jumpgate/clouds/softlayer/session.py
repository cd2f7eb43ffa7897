"""Calls to SoftLayer's XML-RPC API in the name of whoever asks, through the SDK's own client and transport."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from jumpgate.clouds.softlayer.faults import translated
from jumpgate.clouds.softlayer.sdk import API_PUBLIC_ENDPOINT, BaseClient, BasicAuthentication, XmlRpcTransport
from jumpgate.clouds.softlayer.sendable import Checked
from jumpgate.common.config import Config, Option, seconds
from jumpgate.common.context import Context
from jumpgate.common.errors import Unauthorized

SECTION = "softlayer"
OPTIONS = (
    Option(SECTION, "endpoint_url", str, API_PUBLIC_ENDPOINT, "The URL of SoftLayer's XML-RPC API."),
    Option(SECTION, "timeout", seconds, "60", "How long a call to SoftLayer may take, in seconds."),
    Option(SECTION, "proxy", str, None, "The URL of an HTTP proxy on the way to SoftLayer."),
    Option(SECTION, "domain", str, "jumpgate.example.com", "The DNS domain of new guests whose name has none."),
    Option(SECTION, "datacenter", str, None, "The datacenter of what is created without an availability zone."),
    Option(SECTION, "snapshot_space", int, "0", "GB of snapshot space to buy with a volume; without, no snapshots."),
    Option(SECTION, "flavors_lifetime", seconds, "600", "For how long flavors are remembered, in seconds."),
    Option(SECTION, "accounts_lifetime", seconds, "30", "For how long a caller's key counts unasked, in seconds."),
)
# The names under which a token keeps what SoftLayer is asked with; the identity driver puts them there.
USER, KEY = "softlayer_user", "softlayer_key"
# How many objects one call returns at most: SoftLayer gives up on a long list with a deep mask.
PAGE = 200

Record = Mapping[str, Any]

# Services whose methods get a property of theirs, below which a filter lies.
_OWNERS = frozenset({"Account", "Dns_Domain", "Product_Package"})
# What lists are sorted by, where it is not their objects' id.
_SORTED_BY = {"Event_Log": "traceId"}
_ASCENDING = {"operation": "orderBy", "options": [{"name": "sort", "value": ["ASC"]}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values of `OPTIONS`. `domain` is the DNS domain of new guests whose name has none."""

    endpoint_url: str
    timeout_s: float
    proxy: str | None
    domain: str
    datacenter: str | None
    snapshot_space_gib: int
    flavors_lifetime_s: float
    accounts_lifetime_s: float

    @classmethod
    def of(cls, config: Config) -> Settings:
        """Read the section; raise ConfigError for a number that is none."""
        given = {option.name: config.setting(option) for option in OPTIONS}
        times = {f"{name}_s": given.pop(name) for name in ("timeout", "flavors_lifetime", "accounts_lifetime")}
        return cls(**times, snapshot_space_gib=given.pop("snapshot_space"), **given)


class Session:
    """One way to SoftLayer: a pool of connections, used with the key of each caller."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._transport = Checked(
            XmlRpcTransport(endpoint_url=settings.endpoint_url, timeout=settings.timeout_s, proxy=settings.proxy)
        )

    def call(
        self,
        ctx: Context,
        service: str,
        method: str,
        *arguments: object,
        id: object = None,
        mask: str | None = None,
        filter: Record | None = None,
        limit: int | None = None,
        offset: int | None = None,
    ) -> Any:
        """Call a method with the caller's key and return its answer; raise a word of `jumpgate.common.errors`."""
        user, key = ctx.secrets.get(USER), ctx.secrets.get(KEY)
        if user is None or key is None:
            raise Unauthorized("This token was not made with a SoftLayer user name and API key; log in again.")
        return self.call_as(
            user, key, service, method, *arguments, id=id, mask=mask, filter=filter, limit=limit, offset=offset
        )

    def call_as(self, user: str, key: str, service: str, method: str, *arguments: object, **options: Any) -> Any:
        """Call a method as a user who is not known yet; `options` are the SDK's (id, mask, filter, limit, offset)."""
        # The SDK reads a settings file for each client; nobody's home directory has a say here.
        client = BaseClient(BasicAuthentication(user, key), self._transport, os.devnull)
        given = {name: value for name, value in options.items() if value is not None}
        with translated(f"{service}::{method}"):
            return client.call(f"SoftLayer_{service}", method, *arguments, **given)

    def client(self, ctx: Context) -> Any:
        """Return the SDK's client with the caller's key, for what the SDK's own managers do best (see `words`)."""
        user, key = ctx.secrets.get(USER), ctx.secrets.get(KEY)
        if user is None or key is None:
            raise Unauthorized("This token was not made with a SoftLayer user name and API key; log in again.")
        return BaseClient(BasicAuthentication(user, key), self._transport, os.devnull)

    @staticmethod
    def words(what: str) -> AbstractContextManager[None]:
        """Return a block in which the SDK's exceptions become words of `jumpgate.common.errors`."""
        return translated(what)

    def pages(
        self,
        ctx: Context,
        service: str,
        method: str,
        *,
        mask: str,
        filter: Record | None = None,
        id: object = None,
        size: int = PAGE,
    ) -> Iterator[Record]:
        """Yield a whole list, `size` objects a call. Lists of up to that many cost one call."""
        offset, in_order = 0, _in_order(service, method, filter or {})
        while True:
            found = self.call(ctx, service, method, id=id, mask=mask, filter=in_order, limit=size, offset=offset)
            yield from found or ()
            offset += len(found or ())
            # How many there are in all stands in a header, which not every answer has.
            total = getattr(found, "total_count", 0)
            if not found or (offset >= total if total else len(found) < size):
                return


def _in_order(service: str, method: str, filter: Record) -> Record:
    """Return a filter that sorts a list as well: SoftLayer promises no order otherwise, and pages would not fit.

    SoftLayer cannot sort by what it filters by; such a list is as short as the filter makes it.
    """
    key = _SORTED_BY.get(service, "id")
    getter = method.removeprefix("get")
    is_property = service in _OWNERS and method != "getAllObjects"
    owner = f"{getter[:1].lower()}{getter[1:]}." if is_property else ""
    inner = filter.get(owner.rstrip("."), {}) if is_property else filter
    return filter if key in inner else merged(filter, nested(f"{owner}{key}", _ASCENDING))


def is_equal(value: object) -> Record:
    """Return the operation of an object filter that compares with one value."""
    return {"operation": value}


def is_in(values: Iterable[object]) -> Record:
    """Return the operation of an object filter that compares with several values."""
    return {"operation": "in", "options": [{"name": "data", "value": list(values)}]}


def nested(path: str, operation: Record) -> Record:
    """Return an object filter for a dotted path: ``virtualGuests.datacenter.name``."""
    filtered = operation
    for name in reversed(path.split(".")):
        filtered = {name: filtered}
    return filtered


def merged(*filters: Record) -> dict[str, Any]:
    """Return one object filter of several: what all of them ask for."""
    result: dict[str, Any] = {}
    for item in filters:
        for name, value in item.items():
            known = result.get(name)
            both = isinstance(known, Mapping) and isinstance(value, Mapping)
            result[name] = merged(known, value) if both and known is not None else value
    return result
