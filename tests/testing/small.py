"""A small cloud of another kind, and its driver: ids like ``i-0a``, pages, an SDK with errors of its own, and patience.

Servers are the one thing that can be made. The cloud takes its time: what it was asked for is done at the next `tick`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from jumpgate.common.context import Context
from jumpgate.common.errors import CloudUnreachable, Conflict, NotFound
from jumpgate.common.ids import IdMap, Kind, Opaque, Packed
from jumpgate.common.listing import Query
from jumpgate.compute.contract import Compute, Flavors, Servers
from jumpgate.compute.models import Flavor, Server, ServerSpec
from jumpgate.testing.contract import Cloud
from tests.support.cloud import CALLERS

SIZES = {"small": (1, 512, 5), "large": (2, 1024, 10)}


class SdkError(Exception):
    """The cloud's own error, with its own codes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Machine:
    """A server as the cloud has it. `state` is pending, running, off or gone, `then` what it is at the next tick."""

    id: str
    account: str
    label: str
    size: str
    state: str = "pending"
    then: str | None = "running"
    tags: dict[str, str] = field(default_factory=dict)
    made: int = 0
    started: int | None = None


class SmallCloud:
    """The cloud. Its API knows accounts, pages and machines."""

    def __init__(self) -> None:
        self.machines: dict[str, Machine] = {}
        self.page_size = 50
        self.is_down = False
        self._numbers = itertools.count(0x0A)
        self._now = 1_700_000_000

    def _answer(self) -> None:
        if self.is_down:
            raise SdkError("ServiceDown")

    def tick(self) -> None:
        """Let the cloud do what it was asked for."""
        self._now += 1
        for machine in list(self.machines.values()):
            machine.state, machine.then = machine.then or machine.state, None
            if machine.state == "running" and machine.started is None:
                machine.started = self._now
            if machine.state == "gone":
                del self.machines[machine.id]

    def run(self, account: str, label: str, size: str, tags: Mapping[str, str]) -> Machine:
        """Make a machine."""
        self._answer()
        self._now += 1
        machine = Machine(f"i-{next(self._numbers):02x}", account, label, size, tags=dict(tags), made=self._now)
        self.machines[machine.id] = machine
        return machine

    def describe(self, machine_id: str) -> Machine:
        """Return one machine of any account."""
        self._answer()
        if machine_id not in self.machines:
            raise SdkError("NoSuchMachine")
        return self.machines[machine_id]

    def page(self, start: int) -> tuple[Sequence[Machine], int | None]:
        """Return a page of all accounts' machines, and where the next one starts."""
        self._answer()
        every = list(self.machines.values())
        following = start + self.page_size
        return every[start:following], following if following < len(every) else None

    def change(self, machine_id: str, verb: str) -> None:
        """Switch a machine on or off, or end it."""
        machine, (state, then) = self.describe(machine_id), _VERBS[verb]
        if state is not None and machine.state != state:
            raise SdkError("WrongState")
        machine.then = then

    @contextlib.contextmanager
    def down(self) -> Iterator[None]:
        """Let every call fail."""
        self.is_down = True
        yield
        self.is_down = False

    @contextlib.contextmanager
    def one_to_a_page(self) -> Iterator[None]:
        """Answer lists with one machine to a page."""
        self.page_size = 1
        yield
        self.page_size = 50


_VERBS = {"on": ("off", "running"), "off": ("running", "off"), "end": (None, "gone")}
WORDS = {"NoSuchMachine": NotFound, "WrongState": Conflict, "ServiceDown": CloudUnreachable}


@contextlib.contextmanager
def words() -> Iterator[None]:
    """Say in Jumpgate's words what the SDK says in its own."""
    try:
        yield
    except SdkError as error:
        raise WORDS[error.code](f"The cloud says {error.code}.") from error


class SmallFlavors(Flavors):
    """The sizes of the cloud, which nobody can change."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.FLAVOR: Opaque()}

    def find(self, ctx: Context, query: Query) -> Iterable[Flavor]:
        return [flavor(name) for name in SIZES]

    def get(self, ctx: Context, flavor_id: str) -> Flavor:
        if flavor_id not in SIZES:
            raise NotFound(f"There is no size {flavor_id}.")
        return flavor(flavor_id)


def flavor(name: str) -> Flavor:
    """Return a size as a flavor."""
    vcpus, ram_mib, disk_gib = SIZES[name]
    return Flavor(id=name, name=name, vcpus=vcpus, ram_mib=ram_mib, disk_gib=disk_gib)


_STATES = {"pending": "building", "running": "active", "off": "stopped"}


class SmallServers(Servers):
    """The cloud's machines as servers: all that such a cloud can do, and right."""

    ids: ClassVar[Mapping[Kind, IdMap]] = {Kind.SERVER: Packed(Kind.SERVER, prefix="i-")}

    def __init__(self, cloud: SmallCloud) -> None:
        self.cloud = cloud

    def find(self, ctx: Context, query: Query) -> Iterable[Server]:
        return self.servers(ctx, query)

    def servers(self, ctx: Context, query: Query) -> Iterator[Server]:
        """Read page after page."""
        start: int | None = 0
        while start is not None:
            with words():
                machines, start = self.cloud.page(start)
            yield from (self.server(machine) for machine in machines if self.is_seen(machine, ctx, query))

    def is_seen(self, machine: Machine, ctx: Context, query: Query) -> bool:
        """Tell whether a list has a machine."""
        return query.all_projects or machine.account == ctx.project

    def get(self, ctx: Context, server_id: str) -> Server:
        return self.server(self.machine(ctx, server_id))

    def machine(self, ctx: Context, server_id: str) -> Machine:
        """Return a machine that the caller may see."""
        with words():
            machine = self.cloud.describe(server_id)
        if machine.account != ctx.project and not ctx.is_admin:
            raise NotFound(f"There is no machine {server_id}.")
        return machine

    def server(self, machine: Machine) -> Server:
        """Return a machine in OpenStack's terms."""
        return Server(
            id=machine.id,
            name=machine.label,
            project_id=machine.account,
            user_id="",
            vm_state=_STATES[machine.state],
            task_state="deleting" if machine.then == "gone" else "spawning" if machine.then else None,
            power_state={"running": 1, "off": 4}.get(machine.state, 0),
            created_at=self.time(machine.made),
            updated_at=self.time(machine.made),
            launched_at=None if machine.started is None else self.time(machine.started),
            flavor=flavor(machine.size),
            metadata=machine.tags,
        )

    def time(self, seconds: int) -> dt.datetime:
        """Return a time of the cloud's."""
        return dt.datetime.fromtimestamp(seconds, dt.UTC)

    def create(self, ctx: Context, spec: ServerSpec) -> Sequence[Server]:
        with words():
            machines = [
                self.cloud.run(ctx.project, spec.name, spec.flavor.id, spec.metadata) for _ in range(spec.min_count)
            ]
        return [self.server(machine) for machine in machines]

    def delete(self, ctx: Context, server_id: str) -> None:
        self.change(ctx, server_id, "end")

    def change(self, ctx: Context, server_id: str, verb: str) -> None:
        """Do something to a machine that the caller may see."""
        self.machine(ctx, server_id)
        with words():
            self.cloud.change(server_id, verb)


class SwitchedServers(SmallServers):
    """The same, with a switch to each machine."""

    def start(self, ctx: Context, server_id: str) -> None:
        self.change(ctx, server_id, "on")

    def stop(self, ctx: Context, server_id: str) -> None:
        self.change(ctx, server_id, "off")


def on_the_bench(servers: type[SmallServers], **more: Any) -> Cloud:
    """Return a small cloud whose servers a class of the driver serves."""
    cloud = SmallCloud()
    return Cloud(
        offers=Compute(servers=servers(cloud), flavors=SmallFlavors()),
        alice=CALLERS["alice"],
        **{
            "bob": CALLERS["bob"],
            "admin": CALLERS["admin"],
            "settle": cloud.tick,
            "timeout_s": 1,
            "page_by_one": cloud.one_to_a_page,
            "broken": cloud.down,
            **more,
        },
    )
