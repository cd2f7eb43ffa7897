"""The query string of Glance's image list, whose filters have operators of their own: ``created_at=gt:2025-01-31``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.format import parse_iso
from jumpgate.common.ids import Kind, MalformedId
from jumpgate.common.listing import Filter, Sort
from jumpgate.common.typed import Call
from jumpgate.image.contract import Imaging
from jumpgate.image.models import MEMBER_STATUSES, VISIBILITIES, ImageQuery

DEFAULT_LIMIT = 25
MAXIMUM_LIMIT = 1000

Parameters = Mapping[str, Sequence[str]]

SORT_KEYS = {
    "name": "name",
    "status": "status",
    "container_format": "container_format",
    "disk_format": "disk_format",
    "size": "size_bytes",
    "id": "id",
    "created_at": "created_at",
    "updated_at": "updated_at",
}

_ORDERS = {"gt": "gt", "gte": "gte", "lt": "lt", "lte": "lte", "eq": "eq", "neq": "ne"}
_NUMBERS = {
    "size": "size_bytes",
    "virtual_size": "virtual_size_bytes",
    "min_ram": "min_ram_mib",
    "min_disk": "min_disk_gib",
}
_TEXTS = {"checksum": "checksum", "os_hash_algo": "hash_algorithm", "os_hash_value": "hash_value", "owner": "owner"}
_BOOLEANS = {"os_hidden": "hidden", "protected": "protected"}
_NAMES = ("name", "id", "status", "container_format", "disk_format")
_TIMES = ("created_at", "updated_at")
_NO_FILTERS = ("limit", "marker", "sort", "sort_key", "sort_dir", "member_status", "tag", "visibility", "deleted")


def image_query(call: Call[Imaging]) -> ImageQuery:
    """Read what a list of images asks for; raise BadRequest."""
    parameters = call.parameters
    marker = last(parameters, "marker")
    return ImageQuery(
        filters=tuple(_native(call, item) for item in _filters(parameters)),
        sort=sort(parameters, SORT_KEYS),
        marker=None if marker is None else _native_marker(call, marker),
        limit=limit(parameters),
        member_statuses=_member_statuses(last(parameters, "member_status")),
    )


def _native_marker(call: Call[Imaging], marker: str) -> str:
    try:
        return call.ids[Kind.IMAGE].to_cloud(marker)
    except MalformedId:
        raise BadRequest(f"No image found with ID {marker}") from None


def _native(call: Call[Imaging], item: Filter) -> Filter:
    """Return a filter by ids with the cloud's own, without those that can be none."""
    if item.attribute != "id":
        return item
    found = []
    for value in item.values:
        with suppress(MalformedId):
            found.append(call.ids[Kind.IMAGE].to_cloud(value))
    return replace(item, values=tuple(found))


def last(parameters: Parameters, name: str) -> str | None:
    """Return the last value of a parameter."""
    texts = parameters.get(name)
    return texts[-1] if texts else None


def limit(parameters: Parameters) -> int:
    """Read the limit; raise BadRequest."""
    text = last(parameters, "limit")
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text, re.ASCII):
        raise BadRequest("limit param must be an integer")
    number = int(text)
    if number < 0:
        raise BadRequest("limit param must be positive")
    return min(number, MAXIMUM_LIMIT)


def sort(
    parameters: Parameters, keys: Mapping[str, str], *, tail: Sequence[str] = ("created_at", "id")
) -> tuple[Sort, ...]:
    """Read the sort keys in their new form, ``sort=name:asc,size``, or the old one; raise BadRequest.

    The attributes in `tail` end every order, in the direction of the one sort_dir or descending.
    """
    names, directions = _sort_words(parameters)
    common = directions[0] if len(directions) == 1 else "desc"
    if len(directions) < len(names):
        directions = [common] * len(names)
    pairs = [(keys[_known_key(name, keys)], _known_direction(way)) for name, way in zip(names, directions, strict=True)]
    named = {attribute for attribute, _ in pairs}
    pairs += [(attribute, _known_direction(common)) for attribute in tail if attribute not in named]
    return tuple(Sort(attribute, descending) for attribute, descending in pairs)


def _sort_words(parameters: Parameters) -> tuple[list[str], list[str]]:
    text = last(parameters, "sort")
    if text is None:
        names = [name.strip() for name in parameters.get("sort_key", ())]
        directions = [way.strip() for way in parameters.get("sort_dir", ())]
        if len(directions) > 1 and len(directions) != len(names):
            raise BadRequest("Number of sort dirs does not match the number of sort keys")
        return names or ["created_at"], directions or ["desc"]
    if "sort_key" in parameters or "sort_dir" in parameters:
        raise BadRequest("Old and new sorting syntax cannot be combined")
    pairs = [item.partition(":")[::2] for item in text.strip().split(",")]
    return [name.strip() for name, _ in pairs], [way.strip() or "desc" for _, way in pairs]


def _known_key(name: str, keys: Mapping[str, str]) -> str:
    if name not in keys:
        raise BadRequest(f"Invalid sort key: {name}. It must be one of the following: {', '.join(keys)}.")
    return name


def _known_direction(way: str) -> bool:
    if way not in ("asc", "desc"):
        raise BadRequest(f"Invalid sort direction: {way}")
    return way == "desc"


def _member_statuses(text: str | None) -> tuple[str, ...]:
    if text == "all":
        return MEMBER_STATUSES
    if text is not None and text not in MEMBER_STATUSES:
        raise BadRequest(f"Invalid status: {text}")
    return (text or "accepted",)


def _filters(parameters: Parameters) -> Iterator[Filter]:
    if "changes-since" in parameters:
        raise BadRequest('The "changes-since" filter is no longer available on v2.')
    visibility = last(parameters, "visibility")
    if visibility:
        yield Filter("visibility", _visibilities(visibility))
    if tags := parameters.get("tag"):
        yield Filter("tags", tuple(tag.strip() for tag in tags), "has")
    for name, texts in {"os_hidden": ["false"], **parameters}.items():
        if name not in _NO_FILTERS:
            yield _filter(name, texts[-1])


def _visibilities(text: str) -> tuple[str, ...]:
    if text not in (*VISIBILITIES, "all"):
        raise BadRequest(f"Invalid visibility value: {text}")
    return VISIBILITIES if text == "all" else (text,)


def _filter(name: str, text: str) -> Filter:
    """Return the filter that a parameter means; a name that is no attribute is an additional property's."""
    base, _, bound = name.rpartition("_")
    if bound in ("min", "max") and base in _NUMBERS:
        return Filter(_NUMBERS[base], (_whole(text),), "gte" if bound == "min" else "lte")
    for names, read in _READERS:
        if name in names:
            return read(name, text)
    return Filter(f"properties.{name}", (text,))


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII):
        raise BadRequest("Unable to filter on a range with a non-numeric value.")
    return int(text)


def _number_filter(name: str, text: str) -> Filter:
    return Filter(_NUMBERS[name], (_whole(text),))


def _boolean_filter(name: str, text: str) -> Filter:
    if text.lower() not in ("true", "false"):
        raise BadRequest(f"Invalid value '{text}' for '{name}' filter. Valid values are 'true' or 'false'.")
    return Filter(_BOOLEANS[name], (text.lower() == "true",))


def _text_filter(name: str, text: str) -> Filter:
    return Filter(_TEXTS[name], (text,))


def _name_filter(name: str, text: str) -> Filter:
    operator, colon, value = text.partition(":")
    if not colon:
        return Filter(name, (text,))
    if operator == "in":
        return Filter(name, tuple(split_quoted(value)))
    if operator == "eq":
        return Filter(name, (value,))
    raise BadRequest(f"Unable to filter by unknown operator '{operator}'.")


def _time_filter(name: str, text: str) -> Filter:
    """A time has colons itself, so what is a time as a whole has no operator."""
    operator, moment = "eq", text
    try:
        parse_iso(text)
    except ValueError:
        head, colon, rest = text.partition(":")
        operator, moment = (head, rest) if colon else ("eq", text)
    try:
        value = parse_iso(moment)
    except ValueError:
        raise BadRequest(f'Bad "{name}" query filter format. Use ISO 8601 DateTime notation.') from None
    if operator not in _ORDERS:
        raise BadRequest("Unable to filter on a unknown operator.")
    return Filter(name, (value,), _ORDERS[operator])


_READERS: tuple[tuple[Any, Callable[[str, str], Filter]], ...] = (
    (_NAMES, _name_filter),
    (_TIMES, _time_filter),
    (_BOOLEANS, _boolean_filter),
    (_TEXTS, _text_filter),
    (_NUMBERS, _number_filter),
)

_QUOTED_LIST = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)",?|([^,]+),?|,')
_BALANCED_LIST = re.compile(r'(?:"(?:[^"\\]|\\.)*"|(?:[^",\\]|\\.)*)(?:,(?:"(?:[^"\\]|\\.)*"|(?:[^",\\]|\\.)*))*')


def split_quoted(text: str) -> list[str]:
    """Split a list at its commas; an item in double quotes may hold some. Raises BadRequest for a stray quote."""
    if not _BALANCED_LIST.fullmatch(text):
        raise BadRequest(f"Invalid filter value {text}. The quotes do not enclose whole items.")
    return [quoted or bare for quoted, bare in _QUOTED_LIST.findall(text)]
