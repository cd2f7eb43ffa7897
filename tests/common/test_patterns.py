"""Regular expressions of clients."""

from __future__ import annotations

import pytest

from jumpgate.common.patterns import compiled, found


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("eb-0.", "web-01", True),
        ("^eb", "web-01", False),
        ("", "anything", True),
        ("a", None, False),
        ("ä+", "Bäär", True),
        ("(?i)WEB", "web-01", True),
        (r"\d{2}$", "web-01", True),
    ],
)
def test_a_pattern_is_found_anywhere_in_the_text(pattern: str, text: str | None, is_found: bool) -> None:
    assert found(pattern, text) is is_found


@pytest.mark.parametrize("pattern", ["(", "[", "*", r"(a)\1", "(?=a)"])
def test_what_is_no_pattern_is_refused_with_a_reason(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"it is no regular expression \(.+\)"):
        compiled(pattern)


def test_a_pattern_that_takes_a_backtracking_engine_for_ever_is_answered() -> None:
    assert not found("(a+)+$", "a" * 5_000 + "b")


def test_a_refused_pattern_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no regular expression"):
        compiled("(unclosed")
    assert capfd.readouterr() == ("", "")
