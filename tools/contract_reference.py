"""The contract reference: a page for each service, read off the docstrings and dataclasses of its contract.

A method, class or model without a docstring is a problem that the docs check names.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from jumpgate.common import errors
from jumpgate.common.resource import Resource, contracts

COMPOSITIONS = {
    "identity": "Identity",
    "compute": "Compute",
    "image": "Imaging",
    "block_storage": "BlockStorage",
    "network": "Network",
}


def composition(service: str) -> type:
    """Return the dataclass that says what a cloud offers of a service."""
    found: type = getattr(importlib.import_module(f"jumpgate.{service}.contract"), COMPOSITIONS[service])
    return found


def resources(service: str) -> dict[str, type[Resource]]:
    """Return the contract classes of a service by the fields of its composition."""
    found: dict[str, type[Resource]] = {}
    for name, kind in typing.get_type_hints(composition(service)).items():
        found[name] = next(item for item in typing.get_args(kind) or (kind,) if item is not type(None))
    return found


def methods(contract: type[Resource]) -> dict[str, Any]:
    """Return the methods of a contract class, its own first, in the order in which they are written."""
    found: dict[str, Any] = {}
    for cls in contracts(contract):
        found |= {
            name: value
            for name, value in vars(cls).items()
            if inspect.isfunction(value) and not name.startswith("_") and name not in found
        }
    return found


def models(service: str) -> dict[str, type]:
    """Return the dataclasses of a service's models by name."""
    found: dict[str, type] = {}
    for module in _modules(f"jumpgate.{service}.models"):
        found |= {
            name: value
            for name, value in vars(module).items()
            if dataclasses.is_dataclass(value) and isinstance(value, type) and value.__module__ == module.__name__
        }
    return dict(sorted(found.items()))


def _modules(name: str) -> Iterator[ModuleType]:
    package = importlib.import_module(name)
    yield package
    for item in pkgutil.iter_modules(getattr(package, "__path__", ())):
        yield importlib.import_module(f"{name}.{item.name}")


def undocumented(service: str) -> Iterator[str]:
    """Yield, in a line each, what of a service's contract nobody has described."""
    for name, contract in resources(service).items():
        if not contract.__doc__:
            yield f"{contract.__module__}.{contract.__qualname__} has no docstring"
        for method, function in methods(contract).items():
            if not _said(contract, method, function):
                yield f"{contract.__module__}.{contract.__qualname__}.{method} ({name}.{method}) has no docstring"
    for name, model in models(service).items():
        if not model.__doc__ or model.__doc__.startswith(f"{name}("):
            yield f"{model.__module__}.{name} has no docstring"


def _said(contract: type, name: str, function: Any) -> str:
    """Return the docstring of a method, that of the class that it comes from where it adds nothing."""
    said = (vars(cls)[name].__doc__ for cls in contract.__mro__ if name in vars(cls))
    return inspect.cleandoc(function.__doc__ or next((text for text in said if text), ""))


def page(service: str, title: str) -> str:
    """Return a service's page."""
    said = inspect.getdoc(importlib.import_module(f"jumpgate.{service}.contract")) or ""
    lines = [f"# Contract: {title}", "", said, "", HOW, ""]
    for name, contract in resources(service).items():
        lines += _resource(name, contract)
    lines += ["## Models", "", f"The dataclasses of `jumpgate.{service}.models`.", ""]
    for name, model in models(service).items():
        lines += [f"### {name}", "", inspect.getdoc(model) or "", "", *_fields(model), ""]
    return "\n".join(lines)


HOW = """\
A method that is *required* is abstract. One that *helps* only makes Jumpgate faster, and overriding it is no
capability. Every other one is a capability: overridden it is advertised, otherwise it answers 501. Errors are the
[words of jumpgate.common.errors](errors.md).
"""


def _resource(name: str, contract: type[Resource]) -> list[str]:
    lines = [
        f"## {name}",
        "",
        f"`{contract.__module__}.{contract.__qualname__}`",
        "",
        inspect.getdoc(contract) or "",
        "",
    ]
    for method, function in methods(contract).items():
        role = " · *required*" if getattr(function, "__isabstractmethod__", False) else ""
        role += " · *helps*" if hasattr(function, "__hint__") else ""
        lines += [f"### {name}.{method}", "", f"`{method}{_signature(contract, function)}`{role}", ""]
        lines += [_said(contract, method, function), ""]
    return lines


def _signature(contract: type, function: Any) -> str:
    """Return a method's signature as it is written, with the models of a uniform resource in their places."""
    text = str(inspect.signature(function)).replace("(self, ", "(").replace("(self)", "()").replace("'", "")
    for base in getattr(contract, "__orig_bases__", ()):
        for letter, model in zip("MS", typing.get_args(base), strict=False):
            for before, after in (("[", "]"), (" ", ")"), (" ", ",")):
                text = text.replace(f"{before}{letter}{after}", f"{before}{model.__name__}{after}")
            text = text.removesuffix(f" {letter}") + (f" {model.__name__}" if text.endswith(f" {letter}") else "")
    return text


def _fields(model: type) -> Iterable[str]:
    yield "| field | type | default |"
    yield "| --- | --- | --- |"
    for field in dataclasses.fields(model):
        kind = str(field.type).replace("|", "&#124;")
        yield f"| `{field.name}` | {_code(kind)} | {_default(field)} |"


def _code(text: str) -> str:
    return f"<code>{text}</code>"


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return f"`{field.default!r}`".replace("|", "&#124;")
    return "empty" if field.default_factory is not dataclasses.MISSING else "required"


def errors_page() -> str:
    """Return the page of the words in which a driver says that something went wrong."""
    lines = ["# Errors", "", inspect.getdoc(errors) or "", ""]
    for name, word in vars(errors).items():
        if inspect.isclass(word) and issubclass(word, errors.JumpgateError):
            lines += [f"## {name}", "", f"{word.status}. {inspect.getdoc(word)}", ""]
    return "\n".join(lines)
