"""Passwords that were right a moment ago, and what is not remembered of them."""

from __future__ import annotations

import pytest

from jumpgate.identity.drivers.embedded import passwords
from jumpgate.identity.drivers.embedded.passwords import MOST_RECENT, RECENT_S, RecentPasswords, hash_password


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recent(clock: Clock) -> RecentPasswords:
    return RecentPasswords(clock=clock)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were compared by hashing them."""
    seen: list[str] = []

    def compare(stored: str | None, password: str) -> bool:
        seen.append(password)
        return stored == f"hash of {password}"

    monkeypatch.setattr(passwords, "is_password", compare)
    return seen


def test_it_tells_right_from_wrong(recent: RecentPasswords) -> None:
    stored = hash_password("right")

    assert [recent.is_password(stored, word) for word in ("right", "wrong", "right", "wrong")] == [True, False] * 2


def test_a_right_password_is_hashed_once(recent: RecentPasswords, checked: list[str]) -> None:
    assert [recent.is_password("hash of it", "it") for _ in range(3)] == [True] * 3
    assert checked == ["it"]


def test_a_wrong_password_is_hashed_each_time(recent: RecentPasswords, checked: list[str]) -> None:
    assert [recent.is_password("hash of it", "other") for _ in range(3)] == [False] * 3
    assert checked == ["other"] * 3


def test_a_new_hash_is_looked_at_anew(recent: RecentPasswords, checked: list[str]) -> None:
    recent.is_password("hash of old", "old")

    assert not recent.is_password("hash of new", "old")


def test_it_is_forgotten_after_a_while(recent: RecentPasswords, clock: Clock, checked: list[str]) -> None:
    recent.is_password("hash of it", "it")
    clock.now = RECENT_S + 1

    assert recent.is_password("hash of it", "it")
    assert checked == ["it", "it"]


def test_the_oldest_goes_when_there_are_too_many(recent: RecentPasswords, checked: list[str]) -> None:
    words = [str(number) for number in range(MOST_RECENT + 1)]
    for word in words:
        recent.is_password(f"hash of {word}", word)

    recent.is_password("hash of 1", "1")
    recent.is_password("hash of 0", "0")

    assert checked == [*words, "0"]
