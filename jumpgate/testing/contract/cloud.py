"""The one thing that a driver's author gives the suite: a cloud, who works in it, and how it is waited for."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from jumpgate.common.context import Context
from jumpgate.common.ids import IdMap, Ids, Kind
from jumpgate.common.resource import capabilities
from jumpgate.common.siblings import Siblings

if TYPE_CHECKING:
    from jumpgate.api import Jumpgate

T = TypeVar("T")

Hook = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is in the cloud before the suite runs and that it may use. None: it finds or makes one, or goes without.

    Ids are the cloud's own. `image_id` is an image that servers boot from, `network_id` a network that they are put on,
    `external_network_id` one that routers have their gateways on. `flavor_id` and `other_flavor_id` are two sizes of
    which a server may be resized from the first to the second. `image_data` are bytes that a server boots from, where
    not any bytes will do for an image; `image_properties` are those without which the cloud makes no image, as where it
    reads its data from. `user_id` and `password` are of a user who can log in.
    """

    image_id: str | None = None
    image_data: bytes | None = None
    image_properties: Mapping[str, str] = field(default_factory=dict)
    flavor_id: str | None = None
    other_flavor_id: str | None = None
    network_id: str | None = None
    external_network_id: str | None = None
    user_id: str | None = None
    password: str | None = None


PROMISES: Mapping[str, str] = {
    "instance_actions.request_ids": "actions are known by the ids of the requests to Jumpgate that asked for them",
}
"""What the contract promises beyond its methods, and a cloud may be unable to keep, by name."""


def _look_again() -> None:
    time.sleep(1)


@dataclass(kw_only=True)
class Cloud:
    """A driver and the cloud behind it, as the suite uses them.

    `offers` is the driver's composition (`Compute(...)`, ...). `alice` works in a project of her own; `bob`, where
    there is a second project, in that; `admin` may do what administrators may. Tests that need somebody who is None
    are skipped. `siblings` are the other services of the region; without `block_storage` no volume is attached.

    `settle` is called between two looks at something that is under way, and by default waits a second; `timeout_s` is
    how long the suite looks. `page_by_one`, while it is entered, makes the cloud answer lists with one thing to a page;
    `broken` makes it fail every call. `app` is the application, for the tests over HTTP, and `region` the
    driver's where that is not the default. `without` names those of `PROMISES` that the cloud cannot keep.
    """

    offers: Any
    alice: Context
    bob: Context | None = None
    admin: Context | None = None
    given: Given = field(default_factory=Given)
    siblings: Siblings = field(default_factory=lambda: Siblings("RegionOne"))
    settle: Callable[[], None] = _look_again
    timeout_s: float = 300
    page_by_one: Hook | None = None
    broken: Hook | None = None
    app: Jumpgate | None = None
    name_prefix: str = "contract"
    region: str | None = None
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        unknown = sorted(self.without - PROMISES.keys())
        if unknown:
            raise ValueError(f"There is no promise {unknown[0]!r}; there are {', '.join(PROMISES)}.")

    @classmethod
    def of(cls, app: Jumpgate, service: str, *, region: str | None = None, **more: Any) -> Cloud:
        """Return the cloud of a service that an application serves; `more` are the other attributes."""
        siblings = app.siblings(region or app.config.default_region)
        return cls(offers=siblings[service], siblings=siblings, app=app, region=region, **more)

    @property
    def ids(self) -> Ids:
        """The id maps that the driver's resources declare."""
        ids = Ids()
        for part in dataclasses.fields(self.offers):
            maps: Mapping[Kind, IdMap] = getattr(getattr(self.offers, part.name), "ids", {})
            ids.register(maps)
        return ids

    @property
    def sibling_ids(self) -> Ids:
        """The id maps of all services of the region, as the application has them; the driver's own without one."""
        return self.ids if self.app is None else self.app.ids(self.region or self.app.config.default_region)

    @property
    def callers(self) -> Mapping[str, Context]:
        """Who is there, by name."""
        known = {"alice": self.alice, "bob": self.bob, "admin": self.admin}
        return {name: ctx for name, ctx in known.items() if ctx is not None}

    def lacks(self, operations: Iterable[str]) -> list[str]:
        """Return those of some operations (``servers.pause``) that the driver does not offer."""
        offered = capabilities(self.offers)
        return sorted(set(operations) - offered)

    def wait(self, look: Callable[[], T], until: Callable[[T], bool], what: str) -> T:
        """Look until what is seen is as wanted, and return it; fail when that takes longer than `timeout_s`."""
        deadline = time.monotonic() + self.timeout_s
        seen = look()
        while not until(seen):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not after {self.timeout_s} s. The last look: {seen!r}")
            self.settle()
            seen = look()
        return seen
