"""Changes under ETags; no LXD is needed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from jumpgate.clouds.lxd.etags import insist
from jumpgate.common.errors import Conflict

SECOND = Conflict("Precondition failed: ETag doesn't match: 1 vs 2.")


def answering(*answers: Conflict | int) -> Callable[[], int]:
    """Return a change that ends as `answers` say, one after the other."""
    left: Iterator[Conflict | int] = iter(answers)

    def change() -> int:
        answer = next(left)
        if isinstance(answer, Conflict):
            raise answer
        return answer

    return change


def test_a_change_is_made_again_while_others_come_first() -> None:
    assert insist(answering(SECOND, SECOND, 3), of="It") == 3


def test_another_conflict_ends_it() -> None:
    with pytest.raises(Conflict, match="in use"):
        insist(answering(SECOND, Conflict("It is in use."), 3), of="It")


def test_it_is_given_up_where_others_never_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jumpgate.clouds.lxd.etags._LONGEST_REST_S", 0)
    with pytest.raises(Conflict, match="It was changed by others all the time"):
        insist(answering(*[SECOND] * 1000), of="It")
