"""The cloud's errors in Jumpgate's words, which become the right answer of each OpenStack service."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from jumpgate.common.errors import CloudError, CloudUnreachable, Conflict, JumpgateError, NotFound

from .client import ApiError

WORDS: dict[str, type[JumpgateError]] = {
    "NoSuchMachine": NotFound,
    "WrongState": Conflict,
    "Unavailable": CloudUnreachable,
}


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise a word in place of the cloud's own error, which stays its cause. Use it around every call of the cloud."""
    try:
        yield
    except ApiError as error:
        raise WORDS.get(error.code, CloudError)(str(error)) from error
