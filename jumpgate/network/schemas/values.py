"""How a value in a request body becomes the model's, in Neutron's words: plain types, ids and names.

A reader takes the JSON value and returns the model's. It raises ValueError, whose text ends the message "Invalid input
for name. Reason: …", or BadRequest where Neutron says something else. Sources: ``neutron_lib.api.validators`` and
``neutron_lib.api.converters``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.listing import boolean

Reader = Callable[[Any], Any]

LONGEST_NAME = 255
LONGEST_DESCRIPTION = 255
LONGEST_PROJECT_ID = 255
LONGEST_TAG = 255
LONGEST_FQDN = 255
LONGEST_ZONE_HINTS = 255
LARGEST_INTEGER = 2**31 - 1


def invalid(text: str) -> BadRequest:
    """Return Neutron's InvalidInput."""
    return BadRequest(f"Invalid input for operation: {text}.", reason="InvalidInput")


def flag(value: Any) -> bool:
    """Read a boolean, which may be text or a number."""
    try:
        return value if isinstance(value, bool) else boolean(str(value))
    except ValueError:
        raise invalid(f"'{value}' cannot be converted to boolean") from None


def integer(value: Any) -> int:
    """Read a whole number, which may be text."""
    try:
        return int(value)
    except (ValueError, TypeError):
        raise invalid(f"'{value}' is not an integer") from None


def not_negative(value: Any) -> int:
    """Read a whole number of 0 or more."""
    number = integer(value)
    if number < 0:
        raise ValueError(f"'{value}' should be non-negative")
    return number


def integer_between(least: int, most: int) -> Reader:
    """Return the reader of a whole number in a range, both ends included."""

    def read(value: Any) -> int:
        number = integer(value)
        if number < least:
            raise ValueError(f"'{number}' is too small - must be at least '{least}'")
        if number > most:
            raise ValueError(f"'{number}' is too large - must be no larger than '{most}'")
        return number

    return read


def string(longest: int | None) -> Reader:
    """Return the reader of text of at most `longest` characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"'{value}' is not a valid string")
        if longest is not None and len(value) > longest:
            raise ValueError(f"'{value}' exceeds maximum length of {longest}")
        return value

    return read


_text = string(None)


def _is_printable(character: str) -> bool:
    category = unicodedata.category(character)
    return not category.startswith("C") and (category == "Zs" or not category.startswith("Z"))


def name(value: Any) -> str:
    """Read a name: printable characters, no space at either end."""
    text: str = string(LONGEST_NAME)(value)
    if text != text.strip() or not all(map(_is_printable, text)):
        raise ValueError(f"'{text}' is not a valid string")
    return text


def name_not_empty(value: Any) -> str:
    """Read a name that must say something."""
    text = _text(value)
    if not text.strip():
        raise ValueError(f"'{text}' Blank strings are not permitted")
    return name(text)


def one_of(values: Collection[Any]) -> Reader:
    """Return the reader of one of some values. Neutron's message does not name them."""

    def read(value: Any) -> Any:
        if isinstance(value, (dict, list)) or value not in values:
            raise ValueError(f"{value} is not in valid_values")
        return value

    return read


def integer_of(values: Collection[int]) -> Reader:
    """Return the reader of one of some numbers, which may be text."""
    choose = one_of(values)
    return lambda value: choose(integer(value))


def or_none(read: Reader) -> Reader:
    """Return the reader that takes null as well."""
    return lambda value: None if value is None else read(value)


def items_of(read: Reader) -> Reader:
    """Return the reader of a list without duplicates."""

    def read_all(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError(f"'{value}' is not a list")
        duplicates = [item for index, item in enumerate(value) if item in value[:index]]
        if duplicates:
            raise ValueError(f"Duplicate items in the list: '{', '.join(map(str, duplicates))}'")
        return tuple(read(item) for item in value)

    return read_all


def none_as(substitute: Any, read: Reader) -> Reader:
    """Return the reader that takes null for something else."""
    return lambda value: read(substitute if value is None else value)


def none_as_empty(read: Reader) -> Reader:
    """Return the reader that takes null for an empty list."""
    return none_as([], read)


_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


def uuid(value: Any) -> str:
    """Read a UUID."""
    if not isinstance(value, str) or _UUID.fullmatch(value) is None:
        raise ValueError(f"'{value}' is not a valid UUID")
    return value


description = string(LONGEST_DESCRIPTION)
project_id = string(LONGEST_PROJECT_ID)
tags = items_of(string(LONGEST_TAG))


def mapping(value: Any) -> dict[str, Any]:
    """Read an object of a client's own, or null for an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"'{value}' is not a dictionary")
    return value


def zone_hints(value: Any) -> tuple[str, ...]:
    """Read the names of availability zones."""
    names: tuple[str, ...] = items_of(_text)(value)
    if sum(len(item) + 4 for item in names) > LONGEST_ZONE_HINTS:
        raise invalid("Too many availability_zone_hints specified")
    return names


_LABEL = re.compile(r"[a-zA-Z0-9-]{1,63}")


def _check_dns_name(text: str) -> None:
    """Raise ValueError unless `text` is a name by RFC 1123, fully qualified or not."""
    trimmed = text.removesuffix(".")
    labels = trimmed.split(".")
    for wrong, reason in (
        (len(trimmed) > LONGEST_FQDN, f"'{trimmed}' exceeds the {LONGEST_FQDN} character FQDN limit"),
        (not all(labels), "Encountered an empty component"),
        (len(labels) > 1 and labels[-1].isdigit(), f"TLD '{labels[-1]}' must not be all numeric"),
    ):
        if wrong:
            raise ValueError(f"'{text}' not a valid PQDN or FQDN. Reason: {reason}")
    for label in labels:
        _check_label(text, label)


def _check_label(text: str, label: str) -> None:
    reason = None
    if label.startswith("-") or label.endswith("-"):
        reason = f"Name '{label}' must not start or end with a hyphen"
    elif _LABEL.fullmatch(label) is None:
        reason = f"Name '{label}' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen"
    if reason:
        raise ValueError(f"'{text}' not a valid PQDN or FQDN. Reason: {reason}")


def _lower(value: Any) -> str:
    if not isinstance(value, str):
        raise invalid(f"Input value {value} must be string type")
    return value.lower()


def dns_name(value: Any) -> str:
    """Read a port's host name."""
    text = _lower(value)
    if text:
        _check_dns_name(text)
    return text


def relative_dns_name(value: Any) -> str:
    """Read a host name that is no FQDN."""
    text = _lower(value)
    if text.endswith("."):
        raise ValueError(f"'{text}' is a FQDN. It should be a relative domain name")
    return dns_name(text)


def dns_domain(value: Any) -> str:
    """Read a domain, which ends in a period."""
    text = _lower(value)
    if text and not text.endswith("."):
        raise ValueError(f"'{text}' is not a FQDN")
    return dns_name(text)
