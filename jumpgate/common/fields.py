"""Field tables: what a resource looks like in JSON, as data.

A view is a table of fields. A field says where its value comes from, in which microversions it is shown and to whom.
Uniform resources (see `jumpgate.common.uniform`) also read from the table what a client may set, change, filter and
sort by.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

from jumpgate.common.context import Context
from jumpgate.common.ids import Ids, Kind, Native
from jumpgate.common.microversion import Microversion, in_window

T = TypeVar("T")


class Scene(Protocol):
    """What a view may ask while it renders: who looks, at which version, what URLs and ids are called."""

    @property
    def ctx(self) -> Context: ...

    @property
    def version(self) -> Microversion | None: ...

    @property
    def ids(self) -> Ids: ...

    def url(self, name: str, **values: object) -> str: ...

    def may(self, rule: str, target: Mapping[str, object] | None = None) -> bool: ...


Value = str | Callable[[Any, Any], Any]


@dataclass(frozen=True, kw_only=True)
class Input:
    """How a client may set a field of a uniform resource.

    `schema` is the JSON schema of a value; without one `to_model` alone judges. `create` and `update` say when it may
    be given; what is not given is left to the spec's own default. `rule` is a policy rule needed to give it, in which
    ``{verb}`` stands for create or update. `to_model` turns the JSON value into the model's and raises ValueError.
    `attribute` is the model's attribute where the field's value is computed.
    """

    schema: Mapping[str, Any] = field(default_factory=dict)
    create: bool = True
    update: bool = True
    required: bool = False
    rule: str | None = None
    to_model: Callable[[Any], Any] | None = None
    attribute: str | None = None


@dataclass(frozen=True)
class Field:
    """One key of a resource's JSON.

    `value` is the model's attribute (dots allowed) or a function of (model, scene); the key itself by default.
    `kind` marks an id, which is translated. `since` and `until` are microversions, inclusive. `visible` is a policy
    rule that decides, once per request, whether the key is there at all.
    """

    name: str
    value: Value | None = None
    kind: Kind | None = None
    since: str | None = None
    until: str | None = None
    visible: str | None = None
    input: Input | None = None
    filter: Callable[[str], Any] | None = None
    sort: bool = False

    @property
    def attribute(self) -> str:
        """The model's attribute by which the field is filtered, sorted and set."""
        if self.input is not None and self.input.attribute:
            return self.input.attribute
        return self.value if isinstance(self.value, str) else self.name


def _getter(field: Field, scene: Scene) -> Callable[[Any], Any]:
    value = field.value or field.name
    if callable(value):
        function = value
        get: Callable[[Any], Any] = lambda model: function(model, scene)  # noqa: E731
    else:
        get = attrgetter(value)
    if field.kind is None:
        return get
    translate = scene.ids[field.kind]
    if isinstance(translate, Native):
        return get

    def translated(model: Any) -> Any:
        native = get(model)
        if isinstance(native, str):
            return translate.to_openstack(native)
        return native if native is None else [translate.to_openstack(item) for item in native]

    return translated


class View(Generic[T]):
    """A resource's JSON, made from its fields in the table's order."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        self._windows: dict[Microversion | None, tuple[Field, ...]] = {}

    def at(self, version: Microversion | None) -> tuple[Field, ...]:
        """Return the fields of one microversion."""
        if version not in self._windows:
            self._windows[version] = tuple(
                field
                for field in self.fields
                if in_window(
                    version,
                    Microversion.parse(field.since) if field.since else None,
                    Microversion.parse(field.until) if field.until else None,
                )
            )
        return self._windows[version]

    def bind(self, scene: Scene, *, only: Collection[str] | None = None) -> Callable[[T], dict[str, Any]]:
        """Return the function that renders models for one request; `only` names the keys wanted."""
        getters = [
            (field.name, _getter(field, scene))
            for field in self.at(scene.version)
            if (not only or field.name in only) and (field.visible is None or scene.may(field.visible))
        ]

        def render(model: T) -> dict[str, Any]:
            return {name: get(model) for name, get in getters}

        return render

    def render(self, model: T, scene: Scene) -> dict[str, Any]:
        """Render one model."""
        return self.bind(scene)(model)
