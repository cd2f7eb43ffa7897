"""Rendered answers are kept for a revision, and no more of them than there is room for."""

from __future__ import annotations

from jumpgate.common import response_cache
from jumpgate.common.response_cache import ResponseCache


def test_an_answer_is_kept_at_its_revision_only() -> None:
    cache = ResponseCache()
    cache.put("list", 1, b"old")

    assert cache.get("list", 1) == b"old"
    assert cache.get("list", 2) is None
    assert cache.get("other", 1) is None

    cache.put("list", 2, b"new")
    assert (cache.get("list", 1), cache.get("list", 2)) == (None, b"new")


def test_what_was_not_used_for_longest_makes_room() -> None:
    cache = ResponseCache(capacity_bytes=30)
    for key in ("a", "b", "c"):
        cache.put(key, 1, b"x" * 10)
    cache.get("a", 1)
    cache.put("d", 1, b"x" * 10)

    assert [key for key in ("a", "b", "c", "d") if cache.get(key, 1)] == ["a", "c", "d"]


def test_an_answer_in_the_place_of_another_counts_once() -> None:
    cache = ResponseCache(capacity_bytes=30)
    for revision in range(10):
        cache.put("a", revision, b"x" * 10)
    cache.put("b", 1, b"x" * 20)

    assert cache.get("a", 9) is not None
    assert cache.get("b", 1) is not None


def test_a_huge_answer_is_not_kept() -> None:
    cache = ResponseCache()
    cache.put("a", 1, b"x" * (response_cache.LARGEST_ENTRY_BYTES + 1))

    assert cache.get("a", 1) is None
