"""What a contract method may return, read off its annotation."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

import pytest

from jumpgate.common.config import SERVICE_NAMES
from jumpgate.common.contract_rules import declared
from jumpgate.common.resource import Resource, contracts, is_contract
from jumpgate.common.results import result_of
from tests.common.contract import Things
from tests.common.models import Thing
from tests.common.things import DictThings

U = TypeVar("U")


class Shape(Protocol):
    """No class that anything can be an instance of."""


class Annotated:
    def none(self) -> None: ...
    def one(self) -> Thing: ...  # type: ignore[empty-body]
    def many(self) -> Iterable[Thing]: ...  # type: ignore[empty-body]
    def texts(self) -> list[str]: ...  # type: ignore[empty-body]
    def pair(self) -> tuple[str, int]: ...  # type: ignore[empty-body]
    def row(self) -> tuple[str, ...]: ...  # type: ignore[empty-body]
    def mapping(self) -> Mapping[str, str]: ...  # type: ignore[empty-body]
    def perhaps(self) -> Thing | None: ...
    def hashable(self) -> Hashable | None: ...
    def any(self) -> Any: ...
    def shape(self) -> Shape: ...
    def variable(self) -> U: ...  # type: ignore[empty-body, type-var]
    def unsaid(self): ...  # type: ignore[no-untyped-def]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none", ""),
        ("one", "Thing"),
        ("many", "Iterable of Thing"),
        ("texts", "list of str"),
        ("pair", "tuple"),
        ("row", "tuple of str"),
        ("mapping", "Mapping"),
        ("perhaps", "Thing or None"),
        ("hashable", "Hashable or None"),
        ("any", ""),
        ("shape", ""),
        ("variable", ""),
        ("unsaid", ""),
    ],
)
def test_an_annotation_says_what_may_come(name: str, expected: str) -> None:
    assert str(result_of(getattr(Annotated, name), Annotated)) == expected


@pytest.mark.parametrize(("name", "expected"), [("find", "Iterable of Thing"), ("get", "Thing"), ("create", "Thing")])
def test_a_generic_contract_holds_what_its_class_says(name: str, expected: str) -> None:
    assert str(result_of(getattr(Things, name), DictThings)) == expected


def contract_methods() -> Iterator[Any]:
    for service in SERVICE_NAMES:
        package = importlib.import_module(f"jumpgate.{service}.contract")
        inside = [item.name for item in pkgutil.iter_modules(getattr(package, "__path__", []))]
        for module in [package, *(importlib.import_module(f"{package.__name__}.{name}") for name in inside)]:
            for cls in vars(module).values():
                if inspect.isclass(cls) and issubclass(cls, Resource) and is_contract(cls):
                    for name, method in declared(contracts(cls)).items():
                        yield pytest.param(method, cls, id=f"{service}.{cls.__name__}.{name}")


@pytest.mark.parametrize(("method", "cls"), list(contract_methods()))
def test_the_annotation_of_every_contract_method_can_be_read(method: Callable[..., Any], cls: type) -> None:
    result_of(method, cls)
