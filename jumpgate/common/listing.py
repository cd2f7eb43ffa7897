"""Lists: filters, sort keys, marker and limit, from the query string to a page.

A driver's `find` may use the query to narrow its call to the cloud; whatever it yields is then filtered, sorted and cut
here. A driver that has done all of it wraps its result in `Applied`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from jumpgate.common.errors import BadRequest
from jumpgate.common.patterns import compiled, found

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filter:
    """Keeps the things whose `attribute` stands to one of `values` as `op` says.

    `op` is eq, ne, regex (anywhere in the text), prefix, gt, gte, lt or lte. Where the attribute is a collection it is
    has (all the values), lacks (not all of them), any, none, or part (one of its texts contains one of the values). A
    dotted attribute reaches into a mapping, ``metadata.role``, or into the items of a collection,
    ``fixed_ips.subnet_id``.
    """

    attribute: str
    values: tuple[Any, ...]
    op: str = "eq"


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key."""

    attribute: str
    descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a client asks of a list. `marker` is the id, in the cloud's terms, after which the page begins.

    `limit` is the largest number of things wanted; None is all. With `all_projects` the caller, whom policy allows it,
    sees every project's things; otherwise a driver yields its own project's only.
    """

    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    marker: str | None = None
    limit: int | None = None
    all_projects: bool = False

    def value(self, attribute: str) -> Any:
        """Return the one value that `attribute` must equal, None where the query does not say or gives several."""
        for item in self.filters:
            if item.attribute == attribute and item.op == "eq" and len(item.values) == 1:
                return item.values[0]
        return None

    def values(self, attribute: str) -> tuple[Any, ...]:
        """Return the values one of which `attribute` must equal; empty where the query does not say."""
        for item in self.filters:
            if item.attribute == attribute and item.op == "eq":
                return item.values
        return ()


EVERYTHING = Query()


class Applied(Generic[T]):
    """What a `find` returns that has itself applied filters, sort, marker and limit."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)


class MarkerNotFound(BadRequest):
    """The marker names nothing in the list (any more)."""

    def __init__(self, marker: str) -> None:
        super().__init__(f"Marker {marker} could not be found. Start again without a marker.", reason="InvalidInput")


def _regex(value: Any, wanted: Sequence[Any]) -> bool:
    return value is not None and any(found(pattern, str(value)) for pattern in wanted)


_TESTS: Mapping[str, Callable[[Any, Sequence[Any]], bool]] = {
    "eq": lambda value, wanted: value in wanted,
    "ne": lambda value, wanted: value not in wanted,
    "regex": _regex,
    "prefix": lambda value, wanted: value is not None and any(str(value).startswith(item) for item in wanted),
    "gt": lambda value, wanted: value is not None and all(value > item for item in wanted),
    "gte": lambda value, wanted: value is not None and all(value >= item for item in wanted),
    "lt": lambda value, wanted: value is not None and all(value < item for item in wanted),
    "lte": lambda value, wanted: value is not None and all(value <= item for item in wanted),
    "has": lambda value, wanted: all(item in (value or ()) for item in wanted),
    "lacks": lambda value, wanted: not all(item in (value or ()) for item in wanted),
    "any": lambda value, wanted: any(item in (value or ()) for item in wanted),
    "none": lambda value, wanted: not any(item in (value or ()) for item in wanted),
    "part": lambda value, wanted: any(part in item for item in value or () for part in wanted),
}


def reader(attribute: str) -> Callable[[Any], Any]:
    """Return the function that reads a filter's attribute from a model."""
    head, dot, rest = attribute.partition(".")
    if not dot:
        return attrgetter(attribute)

    def read(model: Any) -> Any:
        value = getattr(model, head)
        if isinstance(value, (tuple, list)):
            return [getattr(item, rest) for item in value]
        return value.get(rest) if isinstance(value, Mapping) else getattr(value, rest, None)

    return read


def matches(model: Any, filters: Iterable[Filter]) -> bool:
    """Tell whether a model passes every filter."""
    return all(_TESTS[item.op](reader(item.attribute)(model), item.values) for item in filters)


Shown = Mapping[str, Callable[[str], str]]
"""What clients see of attributes that hold the cloud's own ids: attribute -> the function from one to the other."""
AS_IT_IS: Shown = MappingProxyType({})


def _rank(attribute: str, shown: Shown) -> Callable[[Any], tuple[bool, Any]]:
    """Return the function from a model to its place in the order of an attribute; no value is the smallest."""
    read, show = reader(attribute), shown.get(attribute)

    def rank(model: Any) -> tuple[bool, Any]:
        value = read(model)
        return value is not None, show(value) if show is not None and value is not None else value

    return rank


def page(items: Iterable[T], query: Query, *, key: str = "id", shown: Shown = AS_IT_IS) -> list[T]:
    """Return the page of `items` that `query` asks for; raise MarkerNotFound.

    The marker need not pass the filters: what it marks may have changed since the page before. Ids are in the order of
    what is `shown` of them, which is all that a client knows.
    """
    if isinstance(items, Applied):
        return list(items)
    identify = reader(key)
    marker = query.marker
    found = [
        item for item in items if matches(item, query.filters) or (marker is not None and identify(item) == marker)
    ]
    for sort in reversed(query.sort):
        found.sort(key=_rank(sort.attribute, shown), reverse=sort.descending)
    if marker is not None:
        found = _after(found, marker, identify)
    return found if query.limit is None else found[: query.limit]


def _after(items: list[T], marker: str, identify: Callable[[T], Any]) -> list[T]:
    for index, item in enumerate(items):
        if identify(item) == marker:
            return items[index + 1 :]
    raise MarkerNotFound(marker)


@dataclass(frozen=True, slots=True)
class FilterParameter:
    """A filter of the query string: the attribute it reads, how its text becomes a value (or a tuple of several), and
    the comparison.

    `rule` is the policy rule that a caller needs to use it; where it does not pass, the filter is refused.
    """

    attribute: str
    read: Callable[[str], Any] = str
    op: str = "eq"
    rule: str | None = None


@dataclass(frozen=True, kw_only=True)
class ListParameters:
    """What a list takes in its query string. `maximum` bounds every page and is the size of one without a limit.

    `sort_keys` maps the names of the API to attributes. `default_sort` orders a list without a sort key and ends every
    other order, so that a page is always well defined; it must end in a unique attribute.
    """

    filters: Mapping[str, FilterParameter] = field(default_factory=dict)
    sort_keys: Mapping[str, str] = field(default_factory=dict)
    default_sort: tuple[Sort, ...] = (Sort("created_at", True), Sort("id", True))
    maximum: int | None = 1000
    default_direction: str = "desc"

    def query(self, parameters: Mapping[str, Sequence[str]], *, all_projects: bool = False) -> Query:
        """Read marker, limit, sort and the filters; parameters that are none of these are left to the caller.

        Raises BadRequest for a limit that is no number or negative, and for an unknown sort key or direction.
        """
        return Query(
            filters=tuple(self._filters(parameters)),
            sort=self._sort(parameters),
            marker=_last(parameters, "marker"),
            limit=self._limit(_last(parameters, "limit")),
            all_projects=all_projects,
        )

    def _filters(self, parameters: Mapping[str, Sequence[str]]) -> Iterator[Filter]:
        for name, texts in parameters.items():
            parameter = self.filters.get(name)
            if parameter is not None:
                values = chain.from_iterable(_read(name, parameter, text) for text in texts)
                yield Filter(parameter.attribute, tuple(values), parameter.op)

    def _limit(self, text: str | None) -> int | None:
        if text is None:
            return self.maximum
        if not text.isascii() or not text.isdigit():
            raise BadRequest(f"limit must be a whole number of 0 or more, not {text!r}.")
        return int(text) if self.maximum is None else min(int(text), self.maximum)

    def _sort(self, parameters: Mapping[str, Sequence[str]]) -> tuple[Sort, ...]:
        pairs = [
            tuple(item.strip().partition(":")[::2]) for text in parameters.get("sort", ()) for item in text.split(",")
        ]
        directions = parameters.get("sort_dir", ())
        for index, name in enumerate(parameters.get("sort_key", ())):
            pairs.append((name, directions[index] if index < len(directions) else ""))
        if not pairs and directions:
            pairs.append((self.default_sort[0].attribute, directions[0]))
        keys = [self._key(name, direction or self.default_direction) for name, direction in pairs]
        named = {key.attribute for key in keys}
        tail = [Sort(key.attribute, keys[0].descending if keys else key.descending) for key in self.default_sort]
        return (*keys, *(key for key in tail if key.attribute not in named))

    def _key(self, name: str, direction: str) -> Sort:
        if direction not in ("asc", "desc"):
            raise BadRequest(f"The sort direction {direction!r} is neither asc nor desc.")
        attribute = self.sort_keys.get(name)
        if attribute is None:
            raise BadRequest(f"{name!r} is no sort key; use one of {', '.join(sorted(self.sort_keys))}.")
        return Sort(attribute, direction == "desc")


def _last(parameters: Mapping[str, Sequence[str]], name: str) -> str | None:
    texts = parameters.get(name)
    return texts[-1] if texts else None


def _read(name: str, parameter: FilterParameter, text: str) -> tuple[Any, ...]:
    try:
        value = parameter.read(text)
        if parameter.op == "regex":
            compiled(str(value))
    except ValueError as error:
        raise BadRequest(f"The value {text!r} of {name} cannot be used: {error}.", reason="InvalidInput") from error
    return value if isinstance(value, tuple) else (value,)


_TRUE, _FALSE = ("1", "t", "true", "on", "y", "yes"), ("0", "f", "false", "off", "n", "no")


def boolean(text: str) -> bool:
    """Read a query string's boolean as OpenStack does: 1/0, t/f, true/false, on/off, y/n, yes/no."""
    word = text.strip().lower()
    if word not in _TRUE + _FALSE:
        raise ValueError(f"{text!r} is no boolean: use true or false")
    return word in _TRUE


def next_url(url: str, parameters: Mapping[str, Sequence[str]], marker: str) -> str:
    """Return the URL of the page that follows the thing with the id `marker`."""
    kept = [(name, text) for name, texts in parameters.items() if name != "marker" for text in texts]
    return f"{url}?{urlencode([*kept, ('marker', marker)])}"
