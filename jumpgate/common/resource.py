"""What a driver offers, read off the classes it wrote: a contract method that it overrides is a capability."""

from __future__ import annotations

import dataclasses
import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

from jumpgate.common import contract_rules
from jumpgate.common.context import Context
from jumpgate.common.errors import ConfigError, NotSupported
from jumpgate.common.ids import IdMap, Kind
from jumpgate.common.listing import Query

M = TypeVar("M")
S = TypeVar("S")
_F = TypeVar("_F", bound=Callable[..., Any])


def hint(method: _F) -> _F:
    """Mark a contract method that only helps Jumpgate to be fast; overriding it is no capability."""
    method.__hint__ = True  # type: ignore[attr-defined]
    return method


class Resource(ABC):
    """The base of every contract class: one kind of thing that a cloud has.

    A contract class lists operations. Those a cloud cannot do without are abstract; the body of the others raises
    NotSupported until a driver overrides it. `ids` says how the cloud's ids are translated (see `jumpgate.common.ids`).
    `withheld` are aliases of API extensions that come with the methods and that the cloud refuses all the same.
    """

    ids: ClassVar[Mapping[Kind, IdMap]] = {}
    withheld: ClassVar[frozenset[str]] = frozenset()

    def __new__(cls, *arguments: object, **named: object) -> Self:
        """Make an object of a driver's class, or raise WrongDriver for what its contract does not allow."""
        _check(cls)
        if (arguments or named) and cls.__init__ is object.__init__:
            raise TypeError(f"{cls.__name__}() takes no arguments: it has no __init__")
        return super().__new__(cls)

    @hint
    def revision(self, ctx: Context) -> Hashable | None:
        """Return a value that differs whenever what the caller would see of this resource has changed.

        With it Jumpgate answers repeated reads without asking again. None: nobody knows, so ask every time.
        """
        return None


Changes = Mapping[str, Any]
"""What an update changes, by the model's attributes: an absent key stays as it is, a None clears it."""


class Crud(Resource, Generic[M, S]):
    """The operations of a uniform resource. `S` is the dataclass of what a client gives to create one."""

    @abstractmethod
    def find(self, ctx: Context, query: Query) -> Iterable[M]:
        """Yield what the caller may see. `query` may narrow the call; Jumpgate applies it again."""

    @abstractmethod
    def get(self, ctx: Context, resource_id: str) -> M:
        """Return one, or raise NotFound."""

    def create(self, ctx: Context, spec: S) -> M:
        """Make one and return it."""
        raise NotSupported

    @hint
    def create_many(self, ctx: Context, specs: Sequence[S]) -> list[M]:
        """Make several or none: what was made before a failure is removed again, where a driver has no better way."""
        made: list[M] = []
        try:
            for spec in specs:
                made.append(self.create(ctx, spec))
        except Exception:
            for model in made:
                self.delete(ctx, model.id)  # type: ignore[attr-defined]
            raise
        return made

    def update(self, ctx: Context, resource_id: str, changes: Changes) -> M:
        """Change one, by the model's attribute names, and return it; or raise NotFound."""
        raise NotSupported

    def delete(self, ctx: Context, resource_id: str) -> None:
        """Remove one, or raise NotFound, or Conflict while something needs it."""
        raise NotSupported


@functools.cache
def _operations(contract: type[Resource]) -> frozenset[str]:
    """Return the names of the operations that a contract class declares."""
    return frozenset(
        name
        for name, value in vars(contract).items()
        if not name.startswith("_") and callable(value) and not hasattr(value, "__hint__")
    )


def is_contract(cls: type) -> bool:
    """Contract classes live in a module or package called ``contract``; what they share lives here."""
    return issubclass(cls, Resource) and ("contract" in cls.__module__.split(".") or cls.__module__ == __name__)


def contracts(cls: type) -> tuple[type, ...]:
    """Return the contract classes among a class and its bases, the nearest first."""
    return tuple(base for base in cls.__mro__ if is_contract(base))


@functools.cache
def _check(cls: type) -> None:
    contract_rules.check(cls, contracts(cls))


@functools.cache
def operations(cls: type[Resource]) -> frozenset[str]:
    """Return the operations that a driver's class implements: those it does not leave to the contract."""
    declared = frozenset[str]().union(*map(_operations, contracts(cls)))
    return frozenset(name for name in declared if not is_contract(owner(cls, name)))


def owner(cls: type, name: str) -> type:
    return next(base for base in cls.__mro__ if name in vars(base))


def capabilities(service: object) -> frozenset[str]:
    """Return what a service composition offers: {"servers.find", "servers.pause", ...}.

    `service` is one of the frozen dataclasses (`Compute`, ...) whose fields are resources or None.
    """
    found = set()
    for part in dataclasses.fields(service):  # type: ignore[arg-type]
        resource = getattr(service, part.name)
        if isinstance(resource, Resource):
            found |= {f"{part.name}.{name}" for name in operations(resource.__class__)}
        elif resource is not None:
            raise ConfigError(
                f"{type(service).__name__}.{part.name} is a {type(resource).__name__}, which is no contract class."
            )
    return frozenset(found)


def withheld(service: object) -> frozenset[str]:
    """Return the aliases of the extensions that the resources of a composition withhold."""
    parts = [getattr(service, part.name) for part in dataclasses.fields(service)]  # type: ignore[arg-type]
    return frozenset[str]().union(*(part.withheld for part in parts if isinstance(part, Resource)))
