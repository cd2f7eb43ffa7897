"""What the fake SoftLayer is made of: accounts, users, a clock, and the services that keep the rest."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from tests.fakes.softlayer import (
    accounts,
    dedicated,
    domains,
    events,
    global_ips,
    groups,
    guests,
    keys,
    networks,
    placement,
    products,
    storage,
    templates,
)
from tests.fakes.softlayer.faults import no_method
from tests.fakes.softlayer.filters import applied, ordered_by
from tests.fakes.softlayer.masks import cut, parse
from tests.fakes.softlayer.things import Table, User

if TYPE_CHECKING:
    from tests.fakes.softlayer.server import Call

START = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self._now = START

    def __call__(self) -> dt.datetime:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += dt.timedelta(seconds=seconds)


def real_time() -> dt.datetime:
    """The clock of a fake that real clients wait for."""
    return dt.datetime.now(dt.UTC)


class Method(Protocol):
    """A method of the API: the world, who calls, and the call."""

    def __call__(self, world: World, user: User, call: Call) -> Any: ...


MODULES = (
    accounts,
    dedicated,
    domains,
    guests,
    templates,
    keys,
    networks,
    groups,
    global_ips,
    placement,
    products,
    storage,
    events,
)


class World:
    """The state. `provisioning_s` is how long a guest takes to be made, `transaction_s` everything else that lasts.

    `ordering_s` is how long an address takes that has been ordered. `objects` reads object storage: it returns what a
    key finds at a URI, None where that is nothing; without it there is a disk at every URI.
    """

    def __init__(
        self,
        now: Callable[[], dt.datetime],
        *,
        provisioning_s: float = 120,
        transaction_s: float = 30,
        templates_of: Mapping[str, str] | None = None,
    ) -> None:
        self.now = now
        self.provisioning_s = provisioning_s
        self.transaction_s = transaction_s
        self.ordering_s = 0.0
        self.objects: Callable[[str, str], bytes | None] | None = None
        self.users: dict[str, User] = {}
        self.numbers = itertools.count(1_000_001)
        self.tables: dict[str, Table] = {}
        self.methods: dict[tuple[str, str], Method] = {}
        for module in MODULES:
            self.methods.update(module.METHODS)
        for name, system in (templates_of or templates.PUBLIC).items():
            templates.add_public(self, name, system)

    def table(self, name: str) -> Table:
        return self.tables.setdefault(name, Table())

    def add_user(self, name: str, key: str, account: int, *, is_master: bool = True, is_active: bool = True) -> User:
        """Let somebody call."""
        user = User(
            name=name, key=key, account=account, number=next(self.numbers), is_master=is_master, is_active=is_active
        )
        self.users[name] = user
        networks.add_account(self, account)
        return user

    def timestamp(self) -> str:
        """Return the time as SoftLayer writes it."""
        return self.now().isoformat(timespec="seconds")

    def until(self, seconds: float) -> dt.datetime:
        return self.now() + dt.timedelta(seconds=seconds)

    def answer(self, user: User, call: Call) -> tuple[Any, int]:
        """Answer a call: run its method, then filter, cut to the page and to the mask."""
        method = self.methods.get((call.service.removeprefix("SoftLayer_"), call.method))
        if method is None:
            raise no_method(call.service, call.method)
        result = method(self, user, call)
        total = len(result) if isinstance(result, list) else 0
        if isinstance(result, list):
            wanted = self._of_list(call)
            result = applied(result, wanted)
            total = len(result)
            if call.limit:
                if call.offset and ordered_by(wanted) is None:
                    # No order is promised, so the next page may be of another one.
                    result = result[::-1]
                result = result[call.offset : call.offset + call.limit]
        tree = parse(call.mask) if call.mask else None
        return cut(result, tree), total

    def _of_list(self, call: Call) -> Mapping[str, Any]:
        """Return the filter for the objects of a list: below the property where the method is a getter of one."""
        inner = call.method.removeprefix("get")
        prop = inner[:1].lower() + inner[1:]
        found: Mapping[str, Any] = call.filter.get(prop, {} if prop in call.filter else call.filter)
        return found
