"""What a contract method returns, read off its annotation, and how to tell that a driver returned something else."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

Kinds = tuple[type, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a method may return: one of the classes `kinds`, and in it `items`. Neither is checked where it is empty."""

    kinds: Kinds = ()
    items: Kinds = ()

    def __str__(self) -> str:
        kinds = " or ".join("None" if kind is NoneType else kind.__name__ for kind in self.kinds)
        return f"{kinds} of {' or '.join(kind.__name__ for kind in self.items)}" if self.items else kinds


ANYTHING = Result()
NONE = Result((NoneType,))


def result_of(method: Callable[..., Any], cls: type) -> Result:
    """Return what a contract's `method` returns where it is a method of `cls`, whose bases say what a generic holds."""
    return _read(typing.get_type_hints(method).get("return", Any), _bindings(cls))


@functools.cache
def _bindings(cls: type) -> Mapping[object, object]:
    """Return what stands for each type variable of a class's generic bases."""
    found: dict[object, object] = {}
    for base in cls.__mro__:
        for generic in vars(base).get("__orig_bases__", ()):
            variables = getattr(get_origin(generic), "__parameters__", ())
            found |= dict(zip(variables, get_args(generic), strict=False))
    return found


def _read(annotation: object, bindings: Mapping[object, object]) -> Result:
    while isinstance(annotation, TypeVar):
        annotation = bindings.get(annotation, Any)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _either([NONE if part is NoneType else _read(part, bindings) for part in arguments])
    kind = origin or annotation
    if kind in (NoneType, Any) or not isinstance(kind, type) or getattr(kind, "_is_protocol", False):
        return ANYTHING
    if len(set(arguments) - {...}) == 1 and issubclass(kind, Iterable) and not issubclass(kind, Mapping):
        return Result((kind,), _read(arguments[0], bindings).kinds)
    return Result((kind,))


def _either(parts: Sequence[Result]) -> Result:
    return (
        Result(tuple(kind for part in parts for kind in part.kinds)) if all(part.kinds for part in parts) else ANYTHING
    )
