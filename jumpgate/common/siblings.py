"""How the services of a region reach each other: through the contracts that their drivers exposed."""

from __future__ import annotations

from typing import Any

from jumpgate.common.errors import NotSupported


class Siblings:
    """The compositions of one region by service name (``siblings["image"].images.get(...)``).

    Drivers are set up one after the other, so a driver keeps the `Siblings` and looks a service up when it needs it.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._compositions: dict[str, Any] = {}

    def add(self, service: str, composition: object) -> None:
        """Let the other services find a composition."""
        self._compositions[service] = composition

    def has(self, service: str) -> bool:
        """Tell whether a service offers its contract here; a raw driver does not."""
        return service in self._compositions

    def __getitem__(self, service: str) -> Any:
        """Return a service's composition; raise NotSupported where its driver has no typed contract."""
        try:
            return self._compositions[service]
        except KeyError:
            raise NotSupported(
                f"This needs the {service} service of region {self._region}, whose driver offers no typed contract."
            ) from None
