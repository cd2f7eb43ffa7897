"""Prefixes for the networks that the suite makes: on many clouds no two may overlap, whoever's they are."""

from __future__ import annotations

import itertools

_NUMBERS = itertools.cycle(range(256))


def fresh_prefix() -> str:
    """Return an IPv4 prefix of /24 that was not given out lately."""
    return f"10.77.{next(_NUMBERS)}.0/24"
