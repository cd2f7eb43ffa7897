"""``JUMPGATE_TRACE=1``: a log line for each call of a contract method, with the time that driver and cloud took.

    req-1f0c… servers.get(server_id='i-0abc') -> Server(id='i-0abc', name='web', …) in 12.3 ms

What is secret is not shown: values whose name says so, and fields that a model keeps out of its own ``repr``.
"""

from __future__ import annotations

import dataclasses
import inspect
import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import perf_counter
from typing import Any

from jumpgate.common.context import Context
from jumpgate.common.listing import Applied

LOG = logging.getLogger("jumpgate.trace")

VARIABLE = "JUMPGATE_TRACE"
LONGEST = 60
"""The characters of a text that are shown."""
MOST = 8
"""The items of a collection, and the fields of a model, that are shown."""

_SECRET = re.compile(
    r"pass|secret|token|credential|blob|private|hash|key_?data|encrypted|user_?data|personality|certificate|signature"
    r"|auth|totp|stream"
)
HIDDEN = "***"
Method = Callable[..., Any]

_request = threading.local()


def enabled() -> bool:
    """Tell whether this process was started to trace."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def request_began(request_id: str) -> None:
    """Note which request this thread serves."""
    _request.id = request_id


def traced(method: Method, name: str, contract: Method) -> Method:
    """Return `method` with a log line for each call; `name` is its capability, `contract` has its parameters' names."""
    LOG.setLevel(logging.INFO)
    names = [parameter for parameter in inspect.signature(contract).parameters if parameter != "self"]

    def call(*arguments: Any, **named: Any) -> Any:
        shown = f"{_request_id(arguments)} {name}({_arguments(dict(zip(names, arguments, strict=False)) | named)})"
        began = perf_counter()
        try:
            result = method(*arguments, **named)
        except Exception as error:
            _tell(shown, _raised(error), perf_counter() - began)
            raise
        spent_s = perf_counter() - began
        if isinstance(result, Iterator):
            return _items(result, shown, spent_s)
        _tell(shown, f"-> {show_result(result)}", spent_s)
        return result

    return call


def _items(items: Iterator[Any], shown: str, spent_s: float) -> Iterator[Any]:
    """Yield the items of a result that comes bit by bit, and tell at its end: the time between them is not its own."""
    count, ended = 0, "so far"
    try:
        while True:
            began = perf_counter()
            try:
                item = next(items)
            except StopIteration:
                ended = "in all"
                return
            except Exception as error:
                ended = _raised(error)
                raise
            finally:
                spent_s += perf_counter() - began
            count += 1
            yield item
    finally:
        _tell(shown, f"-> {count} items, {ended},", spent_s)


def _tell(shown: str, outcome: str, spent_s: float) -> None:
    LOG.info("%s %s in %.1f ms", shown, outcome, spent_s * 1000)


def _raised(error: Exception) -> str:
    return f"raised {type(error).__name__}: {str(error)[:LONGEST]!r}"


def _request_id(arguments: Iterable[object]) -> str:
    """Return the id of the request that this call serves; a task's call has its context's, or none."""
    context = next((argument.request_id for argument in arguments if isinstance(argument, Context)), "")
    return getattr(_request, "id", "") or context or "-"


def _arguments(given: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={shown(value, name)}" for name, value in given.items() if not isinstance(value, Context))


def show_result(result: object) -> str:
    """Return a result in a few words: how many items it has, or what it is."""
    if isinstance(result, Applied):
        return f"{len(list(result))} items"
    return f"{len(result)} items" if isinstance(result, list) else shown(result)


def shown(value: object, name: str = "") -> str:
    """Return a value as a line shows it: short, and without what `name` or the name of a field says is secret."""
    if _SECRET.search(name.lower()) and value is not None:
        return HIDDEN
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({_few(f'{key}={text}' for key, text in _fields(value))})"
    if isinstance(value, Mapping):
        return f"{{{_few(f'{key!r}: {shown(item, str(key))}' for key, item in value.items())}}}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return f"[{_few(shown(item, name) for item in value)}]"
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _fields(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the fields of a model that are set to something else than their default."""
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        if held != field.default and held not in ((), {}, None):
            yield field.name, shown(held, field.name) if field.repr else HIDDEN


def _few(items: Iterable[str]) -> str:
    texts = list(items)
    return ", ".join(texts[:MOST] + (["…"] if len(texts) > MOST else []))
