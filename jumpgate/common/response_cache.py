"""Rendered responses, kept for as long as the driver says that nothing they show has changed.

A resource with a `revision` (see `jumpgate.common.resource.Resource`) gives a value that differs whenever an answer
would. The cache never guesses by time: an entry of another revision is not used.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

LARGEST_ENTRY_BYTES = 1 << 20
LARGEST_CACHE_BYTES = 4 << 20


class ResponseCache:
    """The bytes of recent answers of one service in one worker, least recently used out first."""

    def __init__(self, *, capacity_bytes: int = LARGEST_CACHE_BYTES) -> None:
        self._capacity = capacity_bytes
        self._size = 0
        self._entries: OrderedDict[Hashable, tuple[Hashable, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, revision: Hashable) -> bytes | None:
        """Return the answer to `key` if it was made at `revision`."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0] != revision:
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def put(self, key: Hashable, revision: Hashable, answer: bytes) -> None:
        """Keep an answer, in the place of an older one."""
        if len(answer) > LARGEST_ENTRY_BYTES:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            self._size += len(answer) - (len(old[1]) if old else 0)
            self._entries[key] = (revision, answer)
            while self._size > self._capacity:
                _, (_, dropped) = self._entries.popitem(last=False)
                self._size -= len(dropped)
