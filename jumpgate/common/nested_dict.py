"""Reading nested dictionaries, which is what request bodies and the answers of clouds are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lookup(dic: Mapping[Any, Any], key: Any, *keys: Any) -> Any:
    """Return ``dic[key][...]``, one level for each key; None where a level is absent, null or no dictionary.

    ``lookup(body, "server", "metadata", "role")`` asks no question on the way.
    """
    found: Any = dic
    for name in (key, *keys):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found
