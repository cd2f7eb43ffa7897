"""Where a volume's bytes go: the first backend, in the order of the configuration, that can do what the type asks.

Source: Cinder's ``scheduler/filters/capabilities_filter.py`` and ``scheduler/filters/extra_specs_ops.py``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from jumpgate.block_storage.drivers.embedded.backends import Backend, Backends
from jumpgate.common.listing import boolean
from jumpgate.store.tables.block_storage import volume_services, volumes

VOLUME_BINARY = "cinder-volume"
_ADDED_UP = frozenset({"allocated_capacity_gb", "provisioned_capacity_gb"})


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(value: str, wanted: str) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            return False

    return test


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    # That it means "at least" is a habit older than the others.
    "=": _numbers(operator.ge),
    "==": _numbers(operator.eq),
    "!=": _numbers(operator.ne),
    ">=": _numbers(operator.ge),
    "<=": _numbers(operator.le),
    "s==": operator.eq,
    "s!=": operator.ne,
    "s<": operator.lt,
    "s<=": operator.le,
    "s>": operator.gt,
    "s>=": operator.ge,
    "<in>": lambda value, wanted: wanted in value,
    "<is>": lambda value, wanted: _truth(value) is _truth(wanted),
}


def _truth(text: str) -> bool:
    try:
        return boolean(text)
    except ValueError:
        return False


def satisfies(capability: object, wanted: str | None) -> bool:
    """Tell whether a capability is what an extra spec asks for: a plain value, or an operator and its operand."""
    if capability is None or wanted is None:
        return capability is wanted
    value, (first, *rest) = str(capability), wanted.split() or [""]
    if first == "<or>":
        return value in rest[::2]
    if first in _OPERATORS:
        return bool(rest) and _OPERATORS[first](value, rest[0])
    return _truth(wanted) is capability if isinstance(capability, bool) else value == wanted


def suits(capabilities: Mapping[str, Any], extra_specs: Mapping[str, str | None]) -> bool:
    """Tell whether a pool can do what a type asks; specs of another scope than ``capabilities`` ask it nothing."""
    for key, wanted in extra_specs.items():
        scope, colon, name = key.rpartition(":")
        if colon and scope != "capabilities":
            continue
        if name not in capabilities or not satisfies(capabilities[name], wanted):
            return False
    return True


def allocated_gib(connection: sa.Connection) -> Mapping[str, int]:
    """Return the size of the volumes of each backend."""
    statement = sa.select(volumes.c.backend, sa.func.sum(volumes.c.size_gib)).group_by(volumes.c.backend)
    return {name: size_gib for name, size_gib in connection.execute(statement) if name is not None}


def open_backends(connection: sa.Connection, backends: Backends) -> list[Backend]:
    """Return the backends that take new volumes: neither disabled nor frozen."""
    closed = sa.select(volume_services.c.host).where(
        volume_services.c.binary == VOLUME_BINARY,
        sa.or_(sa.not_(volume_services.c.is_enabled), volume_services.c.is_frozen),
    )
    hosts = set(connection.execute(closed).scalars())
    return [item for item in backends.configured.values() if item.host not in hosts]


def find_place(
    connection: sa.Connection,
    backends: Backends,
    extra_specs: Mapping[str, str | None],
    *,
    near: str | None = None,
    beside: Iterable[str] = (),
) -> Backend | None:
    """Return the backend for a volume of a type, None where none will do.

    The one called `near`, where the volume's source is, is tried first; those in `beside` not at all.
    """
    # Adding up every volume there is would make each new one dearer than the last; few types ask for it.
    allocated = allocated_gib(connection) if _ADDED_UP & {key.rpartition(":")[2] for key in extra_specs} else {}
    found = [item for item in open_backends(connection, backends) if item.name not in beside]
    for item in sorted(found, key=lambda backend: backend.name != near):
        if suits(item.capabilities(allocated_gib=allocated.get(item.name, 0)), extra_specs):
            return item
    return None
