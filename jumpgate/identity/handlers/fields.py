"""The fields and filters that several of Keystone's resources have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from jumpgate.common.fields import Field, Input, Scene
from jumpgate.common.listing import FilterParameter, ListParameters, Sort, boolean

Json = Mapping[str, Any]

NAME = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"\S"}
# Projects and domains have shorter names.
SHORT_NAME = {**NAME, "maxLength": 64}
TEXT = {"type": ["string", "null"]}
DOMAIN_ID = {"type": ["string", "null"], "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}
_WORDS = ["true", "True", "TRUE", "1", "y", "Y", "yes", "on", "ON"]
_NOT_WORDS = ["false", "False", "FALSE", "0", "n", "N", "no", "off", "OFF", ""]
BOOLEAN = {"enum": [True, False, *_WORDS, *_NOT_WORDS]}


def options(*names: str) -> Mapping[str, Any]:
    """Return the schema of a resource's options, all of which are flags; null takes one away."""
    choice = {"type": ["boolean", "null"]}
    return {"type": "object", "properties": dict.fromkeys(names, choice), "additionalProperties": False}


# Of Keystone's options for users those are missing that would promise a second factor.
USER_OPTIONS = options(
    "ignore_change_password_upon_first_use",
    "ignore_lockout_failure_attempts",
    "ignore_password_expiry",
    "ignore_user_inactivity",
    "lock_password",
)
_TAGS = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^,/]*$"},
    "maxItems": 80,
    "uniqueItems": True,
}


def flag(value: object) -> bool:
    """Read a boolean that a client may have written as a word."""
    return value is True or value in _WORDS


def flag_in_query(text: str) -> bool:
    """Read a boolean of a query, where the name alone means that it is true."""
    return text == "" or boolean(text)


def link(endpoint: str, variable: str) -> Field:
    def self_link(model: Any, scene: Scene) -> Json:
        return {"self": scene.url(endpoint, **{variable: model.id})}

    return Field("links", self_link)


def by_name(**more: FilterParameter) -> ListParameters:
    """Return the parameters of a list that is searched by name as Keystone does: exactly, or by a part of it."""
    readers: Mapping[str, Callable[[str], str]] = {
        "contains": re.escape,
        "icontains": lambda text: f"(?i){re.escape(text)}",
        "istartswith": lambda text: f"(?i)^{re.escape(text)}",
        "endswith": lambda text: f"{re.escape(text)}$",
        "iendswith": lambda text: f"(?i){re.escape(text)}$",
    }
    filters = {f"name__{word}": FilterParameter("name", read, "regex") for word, read in readers.items()}
    filters["name__startswith"] = FilterParameter("name", op="prefix")
    return ListParameters(
        filters={**filters, **more}, default_sort=(Sort("id"),), maximum=None, default_direction="asc"
    )


def rules(kind: str) -> Json:
    verbs = {verb: f"identity:{verb}_{kind}" for verb in ("get", "create", "update", "delete")}
    return {"find": f"identity:list_{kind}s", **verbs}


ENABLED = Field("enabled", input=Input(schema=BOOLEAN, to_model=flag), filter=flag_in_query, sort=True)


def options_field(schema: Mapping[str, Any]) -> Field:
    return Field("options", lambda model, _: dict(model.options), input=Input(schema=schema, attribute="options"))


OPTIONS_FIELD = options_field(options("immutable"))
TAGS_FIELD = Field(
    "tags", lambda model, _: list(model.tags), input=Input(schema=_TAGS, attribute="tags", to_model=tuple)
)


def _comma_separated(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


BY_TAGS = {
    "tags": FilterParameter("tags", _comma_separated, "has"),
    "tags-any": FilterParameter("tags", _comma_separated, "any"),
    "not-tags": FilterParameter("tags", _comma_separated, "lacks"),
    "not-tags-any": FilterParameter("tags", _comma_separated, "none"),
}
