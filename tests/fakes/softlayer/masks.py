"""SoftLayer's object masks: ``mask[id,status[keyName],tagReferences[tag[name]]]``, and dotted paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.softlayer.faults import invalid

Tree = dict[str, "Tree"]
# A product item's category comes with its plain properties: the SDK reads it without asking for it.
_SENT_ALONG = ("itemCategory",)
_SCALARS = (str, int, float, bool)


def parse(mask: str) -> Tree:
    """Read a mask; raise the fault that SoftLayer has for one that cannot be read."""
    text = mask.strip()
    if text.startswith("mask["):
        text = text.removeprefix("mask[").removesuffix("]")
    elif text.startswith("mask."):
        text = text.removeprefix("mask.")
    tree, rest = _fields(text)
    if rest:
        raise invalid(f"Invalid object mask: {mask}")
    return tree


def _fields(text: str) -> tuple[Tree, str]:
    tree: Tree = {}
    while text and not text.startswith("]"):
        end = min((place for place in map(text.find, ",[]") if place >= 0), default=len(text))
        head, text = text[:end].strip(), text[end:]
        children: Tree = {}
        if text.startswith("["):
            children, text = _fields(text[1:])
            if not text.startswith("]"):
                raise invalid("Invalid object mask: a bracket is not closed.")
            text = text[1:]
        _place(tree, head.split("."), children)
        text = text.removeprefix(",")
    return tree, text


def _place(tree: Tree, path: list[str], children: Tree) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree.setdefault(path[-1], {}).update(children)


def cut(value: Any, tree: Tree | None) -> Any:
    """Return what a mask asks for of a value; without a mask, the plain properties."""
    if isinstance(value, list):
        return [cut(item, tree) for item in value]
    if not isinstance(value, Mapping):
        return value
    if not tree:
        return {name: item for name, item in value.items() if isinstance(item, _SCALARS)}
    if all(isinstance(value.get(name), (Mapping, list)) for name in tree):
        # A mask that asks for related objects only leaves the plain properties as they are.
        tree = {
            **{name: {} for name, item in value.items() if isinstance(item, _SCALARS) or name in _SENT_ALONG},
            **tree,
        }
    unknown = sorted(name for name in tree if name not in value)
    if unknown:
        raise invalid(f"Property '{unknown[0]}' not valid for this object mask.")
    return {name: cut(value[name], children) for name, children in tree.items() if value[name] is not None}
