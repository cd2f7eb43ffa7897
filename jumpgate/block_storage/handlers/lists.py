"""Cinder's lists: which filters each takes from whom and since when, and the page with its links and count.

Source: cinder's ``resource_filters.json`` and the "Request" tables of the API reference. Before 3.31 a filter that a
project may not use is ignored; since then it is refused. An administrator may use any; one that means nothing finds
nothing.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from jumpgate.block_storage.contract import BlockStorage
from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.format import parse_iso
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import Filter, ListParameters, MarkerNotFound, Query, Sort, boolean, next_url, page
from jumpgate.common.typed import Call

MOST = 1000
REFUSES_SINCE = "3.31"
LIKE_SINCE = "3.34"
COUNTS_SINCE = "3.45"
_BESIDES = frozenset({"marker", "limit", "offset", "sort", "sort_key", "sort_dir", "all_tenants"})
_TIMES = {"gt": "gt", "gte": "gte", "eq": "eq", "neq": "ne", "lt": "lt", "lte": "lte"}
_REFERENCES = {"volume_id": Kind.VOLUME, "volume_type_id": Kind.VOLUME_TYPE, "server_id": Kind.SERVER}
NO_FILTERS: tuple[Filter, ...] = (Filter("id", ()),)

Made = Iterable[Filter]
Make = Callable[[Call[BlockStorage], str, str], Made]


def words(_call: Call[BlockStorage], attribute: str, text: str) -> Made:
    """Read a word, or a list of words as Python writes it."""
    return [Filter(attribute, tuple(str(item) for item in _literal(text, (list, tuple), (text,))))]


def numbers(_call: Call[BlockStorage], attribute: str, text: str) -> Made:
    """Read a whole number; nothing equals anything else."""
    return [Filter(attribute, (int(text),) if text.isascii() and text.isdigit() else ())]


def truth(call: Call[BlockStorage], attribute: str, text: str) -> Made:
    """Read a boolean; before 3.2 whatever is not false is true."""
    if not call.at_least("3.2"):
        return [Filter(attribute, (text not in ("False", "false", "FALSE"),))]
    return [Filter(attribute, (_read_boolean(attribute, text),))]


def _read_boolean(attribute: str, text: str) -> bool:
    try:
        return boolean(text)
    except ValueError:
        raise BadRequest(f"Invalid input received: '{attribute} = {text}'", reason="InvalidInput") from None


def constant(value: bool) -> Make:
    """Return what reads a boolean that is `value` for everything."""

    def make(_call: Call[BlockStorage], attribute: str, text: str) -> Made:
        return () if _read_boolean(attribute, text) is value else NO_FILTERS

    return make


def pairs(_call: Call[BlockStorage], attribute: str, text: str) -> Made:
    """Read a mapping as Python or JSON writes it: each of its keys has its value. Nothing has anything else."""
    wanted = _literal(text, (dict,), None)
    if wanted is None:
        return NO_FILTERS
    return [Filter(f"{attribute}.{key}", (str(value),)) for key, value in wanted.items()]


def times(_call: Call[BlockStorage], attribute: str, text: str) -> Iterator[Filter]:
    """Read comparisons with times: ``gt:2024-01-01T00:00:00,lt:2025-01-01T00:00:00``."""
    for comparison in text.split(","):
        word, _, moment = comparison.partition(":")
        if word not in _TIMES:
            raise BadRequest(f"Invalid {word} operator")
        try:
            yield Filter(attribute, (parse_iso(moment),), _TIMES[word])
        except ValueError:
            raise BadRequest(f"Invalid {moment} value") from None


def ids(kind: Kind) -> Make:
    """Return what reads the ids of things; nothing has an id that cannot be."""

    def make(call: Call[BlockStorage], attribute: str, text: str) -> Made:
        try:
            return [Filter(attribute, (call.ids[kind].to_cloud(text),))]
        except MalformedId:
            return NO_FILTERS

    return make


def _literal(text: str, kinds: tuple[type, ...], otherwise: Any) -> Any:
    """Return a Python literal of one of `kinds`, else `otherwise`."""
    if not text.lstrip().startswith(("[", "(", "{")):
        return otherwise
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return otherwise
    return value if isinstance(value, kinds) else otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """One filter: the attribute, how its text is read, since when, and whether only an administrator may use it.

    Where it `is_text`, ``name~`` finds what contains the text.
    """

    attribute: str
    make: Make = words
    since: str | None = None
    admin: bool = False
    is_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list takes: `resource` is its name in ``resource_filters``, `kind` that of its ids, where it has one.

    `label` begins the complaint about a marker that is not there. `besides` are parameters that are no filters. `links`
    is the key of the link to the next page, where it is not the plural's.
    """

    resource: str
    plural: str
    label: str
    filters: Mapping[str, ListFilter]
    sort_keys: Mapping[str, str]
    kind: Kind | None = None
    default_sort: tuple[Sort, ...] = (Sort("created_at", True), Sort("id", True))
    besides: frozenset[str] = frozenset()
    links: str = ""
    parameters: ListParameters = field(init=False)

    def __post_init__(self) -> None:
        parameters = ListParameters(sort_keys=self.sort_keys, maximum=MOST, default_sort=self.default_sort)
        object.__setattr__(self, "parameters", parameters)

    def public_filters(self) -> list[str]:
        """Return the names of the filters that every project may use."""
        return [name for name, item in self.filters.items() if not item.admin]

    def kinds(self) -> Mapping[str, Kind]:
        """Return which attributes hold ids, and of what."""
        return _REFERENCES if self.kind is None else {"id": self.kind, **_REFERENCES}

    def query(self, call: Call[BlockStorage]) -> Query:
        """Return what a request asks for, its marker in the cloud's terms."""
        if "sort" in call.parameters and ("sort_key" in call.parameters or "sort_dir" in call.parameters):
            raise BadRequest(
                "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter."
            )
        all_projects = call.may("context_is_admin") and flag(call, "all_tenants")
        query = self.parameters.query(call.parameters, all_projects=all_projects)
        marker = query.marker
        if marker is not None and self.kind is not None:
            marker = self._marker(call, self.kind, marker)
        return dataclasses.replace(query, marker=marker, filters=tuple(self._filters(call)))

    def _marker(self, call: Call[BlockStorage], kind: Kind, marker: str) -> str:
        try:
            return call.ids[kind].to_cloud(marker)
        except MalformedId:
            raise self.no_marker(marker) from None

    def no_marker(self, marker: str) -> NotFound:
        """Return the complaint about a marker that names nothing."""
        return NotFound(f"{self.label} {marker} could not be found.")

    def _filters(self, call: Call[BlockStorage]) -> Iterator[Filter]:
        others = _BESIDES | self.besides | ({"with_count"} if call.at_least(COUNTS_SINCE) else set())
        for name, texts in call.parameters.items():
            if name in others:
                continue
            item = self._filter(call, name)
            if item is not None:
                yield from item(texts[-1])

    def _filter(self, call: Call[BlockStorage], name: str) -> Callable[[str], Made] | None:
        """Return what reads a filter's text, None for one that is ignored; raise BadRequest for one that is refused."""
        plain = name.removesuffix("~") if call.at_least(LIKE_SINCE) else name
        found = self.filters.get(plain)
        is_admin = call.may("context_is_admin")
        if found is not None and (is_admin or not found.admin) and (found.since is None or call.at_least(found.since)):
            return _like(found) if plain != name else lambda text: found.make(call, found.attribute, text)
        if is_admin:
            return lambda _text: NO_FILTERS
        if call.at_least(REFUSES_SINCE):
            raise BadRequest(f"Invalid filters {name} are found in query options.")
        return None


def _like(item: ListFilter) -> Callable[[str], Made]:
    if not item.is_text:
        return lambda _text: NO_FILTERS
    return lambda text: [Filter(item.attribute, (re.escape(text),), "regex")]


def flag(call: Call[BlockStorage], name: str) -> bool:
    """Tell whether a parameter of the query is set and true; raise BadRequest for what is no boolean."""
    text = call.parameter(name)
    try:
        return text is not None and boolean(text)
    except ValueError:
        raise BadRequest(f"Value '{text}' for '{name}' is not a boolean.") from None


class Findable(Protocol):
    """What can be listed: `count` is there for the lists that tell how many there are."""

    def find(self, ctx: Context, query: Query) -> Iterable[Any]: ...


def answer(
    call: Call[BlockStorage],
    listing: Listing,
    resource: Findable,
    render: Callable[[Any], dict[str, Any]],
    *,
    counts: bool = False,
) -> dict[str, Any]:
    """Return the page that a request asks for, with the link to the next and, where it asks, how many there are."""
    query = listing.query(call)
    models = _page(call, listing, resource, query)
    body: dict[str, Any] = {listing.plural: [render(model) for model in models]}
    if models and len(models) == query.limit:
        marker = body[listing.plural][-1]["id"]
        href = next_url(call.here(), call.parameters, marker)
        body[listing.links or f"{listing.plural}_links"] = [{"rel": "next", "href": href}]
    if counts and call.at_least(COUNTS_SINCE) and flag(call, "with_count"):
        body["count"] = _count(call, resource, query)
    return body


def _page(call: Call[BlockStorage], listing: Listing, resource: Findable, query: Query) -> list[Any]:
    """Return the things of a page: from `offset` on, of all that follow the marker."""
    offset = _offset(call)
    wanted = query if query.limit is None else dataclasses.replace(query, limit=query.limit + offset)
    try:
        return call.page(resource.find(call.ctx, wanted), wanted, listing.kinds())[offset:]
    except MarkerNotFound:
        raise listing.no_marker(call.parameter("marker") or "") from None


def _offset(call: Call[BlockStorage]) -> int:
    text = call.parameter("offset")
    if text is None:
        return 0
    if not text.isascii() or not text.isdigit() or int(text) > 0x7FFFFFFF:
        raise BadRequest(f"offset must be a whole number of 0 or more, not {text!r}.")
    return int(text)


def _count(call: Call[BlockStorage], resource: Any, query: Query) -> int:
    everything = Query(filters=query.filters, all_projects=query.all_projects)
    counted: int | None = resource.count(call.ctx, everything)
    return len(page(resource.find(call.ctx, everything), everything)) if counted is None else counted
