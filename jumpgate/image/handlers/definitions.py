"""What a namespace of metadata definitions defines, as data and as pure functions from one namespace to the next."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from jumpgate.common.errors import Conflict, Forbidden, NotFound
from jumpgate.common.format import utcnow
from jumpgate.common.schema import Schema
from jumpgate.image.models import Definition, Namespace
from jumpgate.image.views import metadefs as view

Change = Callable[[Namespace], Namespace]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """One collection of a namespace. `field` is the model's, the texts are Glance's, with {name} and {namespace}."""

    field: str
    schema: Schema
    label: str
    duplicate: str
    missing: str
    key: Callable[[str], str] = str

    def all(self, namespace: Namespace) -> tuple[Definition, ...]:
        """Return the collection."""
        items: tuple[Definition, ...] = getattr(namespace, self.field)
        return items

    def one(self, namespace: Namespace, name: str) -> Definition:
        """Return one definition, or raise NotFound."""
        for item in self.all(namespace):
            if self.key(item.name) == self.key(name):
                return item
        raise NotFound(self.missing.format(name=name, namespace=namespace.name))

    def make(self, body: Mapping[str, Any]) -> Definition:
        """Return the definition that a body describes, made now."""
        now = utcnow()
        attributes = {key: value for key, value in body.items() if key != "name"}
        return Definition(name=body["name"], attributes=attributes, created_at=now, updated_at=now)

    def adding(self, items: Iterable[Definition]) -> Change:
        """Add definitions; the change raises Conflict for a name that is there."""

        def change(namespace: Namespace) -> Namespace:
            for item in items:
                namespace = self._with(namespace, (*self.all(namespace), self._free(namespace, item)))
            return namespace

        return change

    def replacing(self, name: str, item: Definition) -> Change:
        """Put a definition in the place of another, whose creation it keeps."""

        def change(namespace: Namespace) -> Namespace:
            old = self.one(namespace, name)
            others = self._with(namespace, tuple(each for each in self.all(namespace) if each is not old))
            new = dataclasses.replace(self._free(others, item), created_at=old.created_at)
            return self._with(namespace, tuple(new if each is old else each for each in self.all(namespace)))

        return change

    def removing(self, name: str) -> Change:
        """Remove a definition; the change raises NotFound, or Forbidden in a protected namespace."""

        def change(namespace: Namespace) -> Namespace:
            gone = self.one(namespace, name)
            if namespace.protected:
                raise Forbidden(f"Metadata definition {self.label} {gone.name} is protected and cannot be deleted.")
            return self._with(namespace, tuple(each for each in self.all(namespace) if each is not gone))

        return change

    def clearing(self) -> Change:
        """Remove all; the change raises Forbidden in a protected namespace."""

        def change(namespace: Namespace) -> Namespace:
            check_unprotected(namespace)
            return self._with(namespace, ())

        return change

    def _free(self, namespace: Namespace, item: Definition) -> Definition:
        if any(self.key(each.name) == self.key(item.name) for each in self.all(namespace)):
            raise Conflict(self.duplicate.format(name=item.name, namespace=namespace.name))
        return item

    def _with(self, namespace: Namespace, items: tuple[Definition, ...]) -> Namespace:
        changed: Any = {self.field: items}
        return dataclasses.replace(namespace, **changed)


def check_unprotected(namespace: Namespace) -> None:
    """Raise Forbidden for a protected namespace."""
    if namespace.protected:
        raise Forbidden(f"Metadata definition namespace {namespace.name} is protected and cannot be deleted.")


OBJECTS = Contents(
    field="objects",
    schema=Schema(view.OBJECT),
    label="object",
    duplicate="A metadata definition object with name={name} already exists in namespace={namespace}.",
    missing="The metadata definition object with name={name} was not found in namespace={namespace}.",
)
PROPERTIES = Contents(
    field="properties",
    schema=Schema(view.PROPERTY),
    label="property",
    duplicate="A metadata definition property with name={name} already exists in namespace={namespace}.",
    missing="The metadata definition property with name={name} was not found in namespace={namespace}.",
)
RESOURCE_TYPES = Contents(
    field="resource_types",
    schema=Schema(view.RESOURCE_TYPE),
    label="resource-type-association",
    duplicate=(
        "The metadata definition resource-type association of resource-type={name} to namespace={namespace} "
        "already exists."
    ),
    missing="Failed to find resource type {name} to delete",
)
TAGS = Contents(
    field="tags",
    schema=Schema(view.TAG),
    label="tag",
    duplicate=(
        "A metadata tag with name={name} already exists in namespace={namespace}. (Please note that metadata tag "
        "names are case insensitive)."
    ),
    missing="The metadata definition tag with name={name} was not found in namespace={namespace}.",
    key=str.lower,
)


def prefixed(namespace: Namespace, resource_type: str) -> Namespace:
    """Return a namespace whose properties are named as they are on things of a resource type."""
    prefix = next(
        (item.attributes.get("prefix") for item in namespace.resource_types if item.name == resource_type), None
    )
    if not prefix:
        return namespace
    return dataclasses.replace(
        namespace,
        properties=tuple(dataclasses.replace(item, name=prefix + item.name) for item in namespace.properties),
        objects=tuple(
            dataclasses.replace(item, attributes=_prefixed_object(item.attributes, prefix))
            for item in namespace.objects
        ),
    )


def _prefixed_object(attributes: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    changed = dict(attributes)
    if "properties" in changed:
        changed["properties"] = {prefix + name: value for name, value in changed["properties"].items()}
    if changed.get("required"):
        changed["required"] = [prefix + name for name in changed["required"]]
    return changed
