"""The shape of an endpoint table: one unique name for each resource path of a service.

A service publishes the same resource below several roots: Nova answers ``/v2.1/servers`` and
``/v2.1/{project}/servers`` alike. An `Endpoint` therefore has one suffix and one or more roots, and one name for all
of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_FIELD = re.compile(r"{(\w+)(?::\w+(?:\([^)]*\))?)?}")


@dataclass(frozen=True)
class Endpoint:
    """One named endpoint. `suffix` is the path below each of `roots`, in Falcon's template syntax."""

    name: str
    suffix: str
    roots: tuple[str, ...] = ("",)

    @cached_property
    def templates(self) -> tuple[str, ...]:
        """The full path templates, the preferred one first."""
        return tuple((root + self.suffix) or "/" for root in self.roots)

    @cached_property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """Every spelling that is routed here, with its root: a version's own path is found with a slash at its end too.

        Elsewhere a slash at the end makes another path, that of a thing without a name, as in OpenStack.
        """
        spelled = []
        for root, template in zip(self.roots, self.templates, strict=True):
            spelled.append((template, root))
            if template != "/" and template.count("/") == 1:
                spelled.append((f"{template}/", root))
        return tuple(spelled)


def fields(template: str) -> tuple[str, ...]:
    """Return the names of the variables in a path template, in order."""
    return tuple(_FIELD.findall(template))


def fill(template: str, values: dict[str, str]) -> str:
    """Put `values` into a path template; raise KeyError naming the first variable that is missing."""
    return _FIELD.sub(lambda match: values[match.group(1)], template)


def under(roots: tuple[str, ...], *rows: tuple[str, str]) -> tuple[Endpoint, ...]:
    """Build the endpoints that share `roots` from (name, suffix) rows."""
    return tuple(Endpoint(name, suffix, roots) for name, suffix in rows)
