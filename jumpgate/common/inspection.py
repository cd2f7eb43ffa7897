"""What a configuration amounts to, for ``jumpgate routes`` and ``jumpgate drivers``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any, Protocol

from falcon.constants import HTTP_METHODS

from jumpgate.common.dispatcher import Dispatcher

WIDTH = 100
NOTHING = "-"


class Application(Protocol):
    """What is needed of `jumpgate.api.Jumpgate`."""

    def dispatchers(self) -> Iterable[Dispatcher]: ...


def routes(app: Application) -> str:
    """Return a table of every path: the endpoint's name, its handler, and the contract method behind each HTTP method.

    The handler is "501" where there is none, and "passthrough" where a real service answers instead.
    """
    rows = [row for disp in app.dispatchers() for row in _routes(disp)]
    return _table(("PATH", "ENDPOINT", "HANDLER", "CONTRACT"), rows)


def drivers(app: Application) -> str:
    """Return the driver of each service and region, and what it offers.

    Of a typed service these are the contract methods it implements, of another the endpoints it has handlers for.
    """
    return "\n".join(line for disp in app.dispatchers() for line in _driver(disp))


def unused(app: Application) -> str:
    """Return a table of the endpoints that have no handler, and what answers them instead."""
    rows = [row for disp in app.dispatchers() for row in _unused(disp)]
    return _table(("SERVICE", "REGION", "ENDPOINT", "PATH", "ANSWER"), rows)


def _unused(disp: Dispatcher) -> Iterator[tuple[str, ...]]:
    for name in disp.get_unused_endpoints():
        path = disp.get_endpoint(name).templates[0]
        yield disp.service.name, disp.region, name, path, _answered_by(disp, None)


def _routes(disp: Dispatcher) -> Iterator[tuple[str, ...]]:
    place = f":{disp.mount.port}{disp.mount.prefix}" if disp.mount.port else disp.mount.prefix
    for endpoint in disp:
        handler = disp.get_handler(endpoint.name)
        answered = _answered_by(disp, handler)
        contract = ", ".join(f"{method} {text}" for method, text in _contract(disp, handler).items()) or NOTHING
        for template in endpoint.templates:
            yield f"{place}{template}", endpoint.name, answered, contract


def _answered_by(disp: Dispatcher, handler: object | None) -> str:
    if handler is None:
        return "501" if disp.fallback is None else "passthrough"
    cls = type(handler)
    return f"{cls.__module__}.{cls.__qualname__}"


def _contract(disp: Dispatcher, handler: object | None) -> Mapping[str, str]:
    """Return what each HTTP method of a handler needs of the contract, with the status where this cloud lacks it."""
    offered = getattr(disp.typed, "capabilities", frozenset[str]())
    found = {}
    for method in HTTP_METHODS:
        names = _capabilities(handler, method)
        if names:
            found[method] = " ".join(name if name in offered else f"{name} (501)" for name in names)
    return found


def _capabilities(handler: object | None, method: str) -> list[str]:
    """Return the contract methods behind one HTTP method.

    A responder made by `jumpgate.common.typed.operation` knows its own. A handler may instead declare its `operations`
    by HTTP method, and one that does many things by POST its `actions`: a table whose rows name a capability.
    """
    declared: Mapping[str, Any] = getattr(handler, "operations", {})
    actions: Mapping[str, Any] = getattr(handler, "actions", {}) if method == "POST" else {}
    responder = getattr(handler, f"on_{method.lower()}", None)
    rows = [declared.get(method) or getattr(responder, "operation", None), *actions.values()]
    names = (getattr(row, "capability", None) for row in rows)
    return list(dict.fromkeys(name for name in names if name is not None))


def _driver(disp: Dispatcher) -> Iterator[str]:
    yield f"{disp.service.name} in {disp.region}: {disp.driver}"
    yield from wrap(_offer(disp), WIDTH, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)


def _offer(disp: Dispatcher) -> str:
    capabilities = getattr(disp.typed, "capabilities", None)
    if capabilities is not None:
        return " ".join(sorted(capabilities)) or "nothing"
    unused = set(disp.get_unused_endpoints())
    names = " ".join(endpoint.name for endpoint in disp if endpoint.name not in unused)
    if disp.fallback is None:
        return names or "nothing"
    return f"everything (passthrough), and by its own handlers: {names}" if names else "everything (passthrough)"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows))
