"""Regular expressions that clients send, searched in linear time.

Python's own engine can take exponential time over a few characters, and a worker stands still meanwhile. RE2 cannot,
and therefore has no back references and no look-around: an expression with them is refused.
"""

from __future__ import annotations

import functools
from typing import Any

import re2

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.never_capture = True


@functools.lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """Return an object with RE2's ``search``; raise ValueError for what is no regular expression, saying why."""
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        reason = error.args[0]
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"it is no regular expression ({text})") from error


def found(pattern: str, text: str | None) -> bool:
    """Tell whether `pattern` occurs anywhere in `text`; raise ValueError as `compiled` does."""
    return text is not None and compiled(pattern).search(text) is not None
