"""Flavors in JSON, and the flavor that a server embeds.

Source: the API reference, "Flavors" and the flavor of "Show Server Details".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jumpgate.common.fields import Field, Scene, View
from jumpgate.common.ids import Kind
from jumpgate.compute.models import Flavor
from jumpgate.compute.views.links import Links

_EXTRA_SPECS = "os_compute_api:os-flavor-extra-specs:index"

BRIEF: View[Flavor] = View(
    Field("id", kind=Kind.FLAVOR),
    Field("name"),
    Field("description", since="2.55"),
)

FULL: View[Flavor] = View(
    Field("id", kind=Kind.FLAVOR),
    Field("name"),
    Field("ram", "ram_mib"),
    Field("disk", "disk_gib"),
    # Until 2.75 no swap was written as an empty string.
    Field("swap", lambda flavor, _: flavor.swap_mib or "", until="2.74"),
    Field("swap", "swap_mib", since="2.75"),
    Field("OS-FLV-EXT-DATA:ephemeral", "ephemeral_gib"),
    Field("OS-FLV-DISABLED:disabled", "disabled", until="2.101"),
    Field("vcpus"),
    Field("os-flavor-access:is_public", "is_public"),
    Field("rxtx_factor", until="2.101"),
    Field("description", since="2.55"),
    Field("extra_specs", since="2.61", visible=_EXTRA_SPECS),
)


def renderer(scene: Scene, view: View[Flavor]) -> Callable[[Flavor], dict[str, Any]]:
    """Return the function that renders flavors for one request."""
    render, links = view.bind(scene), Links(scene)

    def rendered(flavor: Flavor) -> dict[str, Any]:
        shown = render(flavor)
        shown["links"] = links.of("flavors", shown["id"])
        return shown

    return rendered


def embedded(flavor: Flavor, *, extra_specs: bool) -> dict[str, Any]:
    """Return a flavor as a server has it since 2.47: its values instead of a link."""
    values: dict[str, Any] = {
        "vcpus": flavor.vcpus,
        "ram": flavor.ram_mib,
        "disk": flavor.disk_gib,
        "ephemeral": flavor.ephemeral_gib,
        "swap": flavor.swap_mib,
        "original_name": flavor.name,
    }
    if extra_specs:
        values["extra_specs"] = flavor.extra_specs
    return values
