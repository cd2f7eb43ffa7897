"""Ids without memory: how a cloud's own ids become the UUIDs that OpenStack's clients expect, and come back.

A driver speaks the cloud's ids. Each of its resources names the `IdMap` that translates them at the edge; the default
is `Native`, for clouds whose ids are UUIDs already.
"""

from __future__ import annotations

import contextlib
import enum
import re
import uuid
from collections.abc import Mapping
from typing import Protocol


class Kind(enum.IntEnum):
    """The kinds of things that have ids. The numbers are inside packed ids: append, never renumber."""

    SERVER = 1
    FLAVOR = 2
    IMAGE = 3
    VOLUME = 4
    SNAPSHOT = 5
    VOLUME_TYPE = 6
    NETWORK = 7
    SUBNET = 8
    PORT = 9
    SECURITY_GROUP = 10
    SECURITY_GROUP_RULE = 11
    ROUTER = 12
    FLOATING_IP = 13
    PROJECT = 14
    USER = 15
    DOMAIN = 16
    ROLE = 17
    ATTACHMENT = 18
    SERVER_GROUP = 19
    BACKUP = 20
    GROUP = 21
    SUBNET_POOL = 22
    CATALOG = 23
    CREDENTIAL = 24
    AGENT = 25
    METERING_LABEL = 26
    METERING_LABEL_RULE = 27
    TRUNK = 28
    ADDRESS_SCOPE = 29


class MalformedId(ValueError):
    """The text cannot be an id of this kind, so the cloud need not be asked."""


class IdMap(Protocol):
    """Translates the ids of one kind of thing. Both ways must round-trip."""

    def to_openstack(self, native: str) -> str:
        """Return the id that clients see."""
        ...

    def to_cloud(self, openstack: str) -> str:
        """Return the cloud's id; raise MalformedId when no thing of this kind can have this id."""
        ...


class Opaque:
    """Any text is an id: names, or ids whose form the cloud does not promise."""

    def to_openstack(self, native: str) -> str:
        return native

    def to_cloud(self, openstack: str) -> str:
        return openstack


_UUID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


class Native:
    """The cloud's ids are UUIDs, with or without dashes as the cloud has them."""

    def to_openstack(self, native: str) -> str:
        return native

    def to_cloud(self, openstack: str) -> str:
        if _UUID.fullmatch(openstack) is None:
            raise MalformedId(openstack)
        return openstack


_LAYOUT_BITS, _KIND_BITS, _CHECK_BITS, _PAYLOAD_BITS = 4, 6, 8, 104


class Packed:
    """A reversible UUID version 8: 4 bits layout, 6 kind, 8 check, 104 payload.

    The payload holds an `prefix` of the cloud that is dropped and put back, and the rest as hexadecimal digits
    (layout 1, the number of leading digits kept in the top 5 bits) or as a decimal number (layout 0). The kind and
    the check keep a volume's id from being taken for a server's.
    """

    def __init__(self, kind: Kind, *, prefix: str = "", numbers: bool = False) -> None:
        """`numbers`: the part after the prefix is decimal, otherwise lower-case hexadecimal of up to 24 digits."""
        self._kind = kind
        self._prefix = prefix
        self._numbers = numbers

    def to_openstack(self, native: str) -> str:
        return str(self._pack(native))

    def to_cloud(self, openstack: str) -> str:
        try:
            value = uuid.UUID(openstack)
        except ValueError as error:
            raise MalformedId(openstack) from error
        payload = _payload(value)
        native = self._prefix + (str(payload) if self._numbers else _digits(payload))
        try:
            packed = self._pack(native)
        except ValueError as error:
            raise MalformedId(openstack) from error
        if packed != value:
            raise MalformedId(openstack)
        return native

    def _pack(self, native: str) -> uuid.UUID:
        if not native.startswith(self._prefix):
            raise ValueError(f"{native!r} does not start with {self._prefix!r}")
        rest = native[len(self._prefix) :]
        payload = _number(rest) if self._numbers else _hexadecimal(rest)
        return _assemble(0 if self._numbers else 1, self._kind, payload)


def _number(text: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]*", text) or int(text) >> _PAYLOAD_BITS:
        raise ValueError(f"{text!r} is no number of at most {_PAYLOAD_BITS} bits")
    return int(text)


def _hexadecimal(text: str) -> int:
    """Return digits as a number, their count in the top 5 of the 104 bits so that leading zeros survive."""
    if not re.fullmatch(r"[0-9a-f]{1,24}", text):
        raise ValueError(f"{text!r} is not 1 to 24 lower-case hexadecimal digits")
    return len(text) << 99 | int(text, 16)


def _digits(payload: int) -> str:
    return f"{payload & ((1 << 99) - 1):0{payload >> 99}x}"


def _check(kind: int, layout: int, payload: int) -> int:
    folded = layout << 6 | kind
    for byte in payload.to_bytes(13, "big"):
        folded = (folded * 31 + byte) & 0xFFFF
    return (folded ^ folded >> 8) & 0xFF


def _assemble(layout: int, kind: int, payload: int) -> uuid.UUID:
    """Place layout, kind, check and payload around the version and variant bits of a UUID."""
    bits = layout << 118 | kind << 112 | _check(kind, layout, payload) << 104 | payload
    high, middle, low = bits >> 74, bits >> 62 & 0xFFF, bits & ((1 << 62) - 1)
    return uuid.UUID(int=high << 80 | 8 << 76 | middle << 64 | 2 << 62 | low)


def _payload(value: uuid.UUID) -> int:
    number = value.int
    bits = (number >> 80) << 74 | (number >> 64 & 0xFFF) << 62 | number & ((1 << 62) - 1)
    return bits & ((1 << _PAYLOAD_BITS) - 1)


class Ids:
    """The id maps of one region: what each kind of thing is called on either side."""

    def __init__(self) -> None:
        self._maps: dict[Kind, IdMap] = {}

    def register(self, maps: Mapping[Kind, IdMap]) -> None:
        """Add the maps that a service's driver declares."""
        self._maps.update(maps)

    def __getitem__(self, kind: Kind) -> IdMap:
        return self._maps.get(kind, _NATIVE)

    def in_clients_words(self, message: str, request: str) -> str:
        """Return a message about a request with the ids that the client wrote in place of the cloud's own."""
        for shown in dict.fromkeys(_UUID.findall(request)):
            for ids in self._maps.values():
                with contextlib.suppress(MalformedId):
                    native = ids.to_cloud(shown)
                    # Less may be any number of the message.
                    if native != shown and len(native) > _SHORTEST:
                        message = re.sub(rf"(?<![\w-]){re.escape(native)}(?![\w-])", shown, message)
        return message


_NATIVE = Native()
_SHORTEST = 3
