"""What Jumpgate asks of each call of a contract method: a result of the right type, a known error, an end in time.

The contract objects that handlers and sibling drivers get are `Guarded`: each method that the driver wrote is called
through a function that checks these. What is wrong is a 500 to the client; the log names the driver, the method and the
rule.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeVar

from jumpgate.common import trace
from jumpgate.common.contract_rules import declared
from jumpgate.common.errors import JumpgateError
from jumpgate.common.listing import Applied
from jumpgate.common.resource import Resource, contracts, is_contract, owner
from jumpgate.common.results import Result, result_of
from jumpgate.common.running import RUNNING

C = TypeVar("C")
Method = Callable[..., Any]

_UNKNOWN_ERROR = (
    "{place} raised {error}, which is no word of jumpgate.common.errors: "
    "a contract method says what went wrong in those words, the cloud's own exception as their cause"
)
_WRONG_RESULT = "{place} returned {value}; its contract says {result}"
_WRONG_ITEM = "{place} yielded {value}; its contract says {result}"


class WrongResult(Exception):
    """A driver's method returned what its contract does not allow."""


class Guarded:
    """Stands for a driver's resource: its contract methods are guarded, everything else is the resource's own."""

    def __init__(self, resource: Resource, methods: dict[str, Method]) -> None:
        self.__dict__.update(methods)
        self.__dict__["_resource"] = resource

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_resource"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__:
            self.__dict__[name] = value
        else:
            setattr(self.__dict__["_resource"], name, value)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The driver's class, so that `isinstance` tells the truth about what is behind."""
        return type(self.__dict__["_resource"])


def guarded(composition: C, driver: str) -> C:
    """Return a service's composition with every resource in it guarded; `driver` is what messages call the driver."""
    parts = {part.name: getattr(composition, part.name) for part in dataclasses.fields(composition)}  # type: ignore[arg-type]
    found = {name: _guarded(part, name, driver) for name, part in parts.items() if isinstance(part, Resource)}
    return dataclasses.replace(composition, **found)  # type: ignore[type-var]


def _guarded(resource: Resource, part: str, driver: str) -> Guarded:
    cls = type(resource)
    methods: dict[str, Method] = {}
    # `revision`, which every resource has, is asked at each cached read, and nobody's wrong answer hurts but its own.
    for name, method in declared([base for base in contracts(cls) if base is not Resource]).items():
        if not is_contract(owner(cls, name)):
            place = f"{driver}: {cls.__name__}.{name}"
            guard = Guard(place, getattr(resource, name), result_of(method, cls), streams="stream" in _names(method))
            call = guard.bound()
            methods[name] = trace.traced(call, f"{part}.{name}", method) if trace.enabled() else call
    return Guarded(resource, methods)


def _names(method: Method) -> tuple[str, ...]:
    return method.__code__.co_varnames[: method.__code__.co_argcount]


class Guard:
    """One method of one driver: it knows by which name to complain about it, and what it may return."""

    def __init__(self, place: str, method: Method, result: Result, *, streams: bool) -> None:
        """A method that `streams` takes as long as its client does."""
        self.place = place
        self._method = method
        self._result = result
        self._streams = streams

    def bound(self) -> Method:
        """Return the guarded method as a plain function, which Python calls faster than an object."""
        place, method, check = self.place, self._method, self._checked
        enter, leave = (RUNNING.enter_unhurried if self._streams else RUNNING.enter), RUNNING.leave

        @functools.wraps(method)
        def call(*arguments: Any, **named: Any) -> Any:
            outer = enter(place)
            try:
                return check(method(*arguments, **named))
            except JumpgateError:
                raise
            except Exception as error:
                self._note(error)
                raise
            finally:
                leave(outer)

        return call

    def _checked(self, value: Any) -> Any:
        """Return what the method returned, whose items are yet to be checked where they are yet to come."""
        result = self._result
        if isinstance(value, Applied):
            items = list(value)
            self._check_items(items)
            return Applied(items)
        if result.kinds and not isinstance(value, result.kinds):
            raise WrongResult(_WRONG_RESULT.format(place=self.place, value=_described(value), result=result))
        if not result.items:
            return value
        if isinstance(value, Collection):
            self._check_items(value)
            return value
        return self._each(value)

    def _check_items(self, items: Collection[Any]) -> None:
        kinds = self._result.items
        for item in items:
            if kinds and not isinstance(item, kinds):
                raise WrongResult(_WRONG_ITEM.format(place=self.place, value=_described(item), result=self._result))

    def _each(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield what a method yields, guarded at each step as the call itself is."""
        iterator = iter(items)
        while True:
            outer = RUNNING.enter(self.place)
            try:
                item = next(iterator)
                self._check_items((item,))
            except StopIteration:
                return
            except JumpgateError:
                raise
            except Exception as error:
                self._note(error)
                raise
            finally:
                RUNNING.leave(outer)
            yield item

    def _note(self, error: Exception) -> None:
        """Add to an error that nobody knows whose it is; the log shows it below the traceback."""
        if not isinstance(error, WrongResult) and not getattr(error, "__notes__", None):
            error.add_note(_UNKNOWN_ERROR.format(place=self.place, error=type(error).__name__))


def _described(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
