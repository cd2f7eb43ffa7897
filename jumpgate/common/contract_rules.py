"""What can be said of a driver's class before anybody calls it: what it lacks, and what in it cannot be meant.

The rules are checked where an object of the class is made, which is in a driver's ``setup_routes``: at start.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jumpgate.common.errors import WrongDriver

# How alike two names are when one of them is a slip: `updte` and `update` are, `select` and `delete` are not.
ALIKE = 0.75

Contracts = Sequence[type]
"""The contract classes among a class's bases, the nearest first."""


def check(cls: type, contracts: Contracts) -> None:
    """Raise WrongDriver for a class that breaks a rule of the contract classes it inherits from."""
    mistakes = list(_mistakes(cls, contracts))
    if mistakes:
        raise WrongDriver(f"{cls.__module__}.{cls.__qualname__} {'; '.join(mistakes)}.")


def declared(contracts: Contracts) -> Mapping[str, Callable[..., Any]]:
    """Return the public methods of contract classes, by name, as the nearest class declares them."""
    return {
        name: value
        for contract in reversed(contracts)
        for name, value in vars(contract).items()
        if not name.startswith("_") and inspect.isfunction(value)
    }


def _mistakes(cls: type, contracts: Contracts) -> Iterator[str]:
    methods = declared(contracts)
    own = dict(_own_methods(cls, contracts))
    slips = dict(_slips(own, methods))
    missing = sorted(getattr(cls, "__abstractmethods__", ()))
    for name in missing:
        contract = next((base.__name__ for base in contracts if name in vars(base)), "its contract")
        slip = next((wrong for wrong, right in slips.items() if right == name), None)
        hint = f" (it has {slip}: did you mean {name}?)" if slip else ""
        yield f"lacks {name}, which every driver of {contract} must implement{hint}"
    for wrong, right in slips.items():
        if right not in missing:
            yield (
                f"has a public method {wrong}, which is no method of its contract: did you mean {right}? "
                "(The name of a method of your own may start with an underscore)"
            )
    for name in methods.keys() & own.keys():
        wanted = _refused_call(methods[name], own[name])
        if wanted:
            yield f"has a {name} that cannot be called as its contract says, {name}{wanted}"


def _own_methods(cls: type, contracts: Contracts) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public methods that a class has from elsewhere than its contract, as calls would find them."""
    for name in {name for base in cls.__mro__ if base not in contracts and base is not object for name in vars(base)}:
        owner = next(base for base in cls.__mro__ if name in vars(base))
        if owner not in contracts and not name.startswith("_") and inspect.isfunction(vars(owner)[name]):
            yield name, vars(owner)[name]


def _slips(own: Mapping[str, object], methods: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (the name as written, the name that was meant) of methods that resemble one that is not overridden."""
    free = [name for name in methods if name not in own]
    for name in own:
        alike = [] if name in methods else difflib.get_close_matches(name, free, 1, ALIKE)
        yield from ((name, right) for right in alike)


@functools.cache
def _refused_call(contract: Callable[..., Any], override: Callable[..., Any]) -> str | None:
    """Return the contract's signature where an override cannot be called by it; positions count, names do not."""
    signature = inspect.signature(contract)
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    positions = [None for kind in kinds if kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    words = {name: None for name, one in signature.parameters.items() if one.kind is inspect.Parameter.KEYWORD_ONLY}
    try:
        inspect.signature(override).bind(*positions, **words)
    except TypeError:
        return str(signature)
    return None
