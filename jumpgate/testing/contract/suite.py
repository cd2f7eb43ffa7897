"""What all tests of the suite share: what a test needs, what it made, and the words in which a driver may fail."""

from __future__ import annotations

import functools
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, TypeVar

import pytest

from jumpgate.common.context import Context
from jumpgate.common.errors import BadRequest, Conflict, JumpgateError, NotFound
from jumpgate.common.listing import Applied
from jumpgate.testing.contract.cloud import Cloud
from jumpgate.testing.contract.methods import Summary, hints, resources
from jumpgate.testing.contract.model import Thing

F = TypeVar("F", bound=Callable[..., Any])


def needs(*methods: str, callers: Iterable[str] = (), as_made: bool = False) -> Callable[[F], F]:
    """Say which contract methods a test calls, and who must be there: it is skipped where one is not offered.

    One that relies on its things being `as_made` by the suite does not run on what is there (`jumpgate check`).
    A method without a dot is one of the test class's own resource. A test that does not call what it names fails.
    """

    def decorate(test: F) -> F:
        @functools.wraps(test)
        def checked(self: Contract, *args: Any, **fixtures: Any) -> None:
            test(self, *args, **fixtures)
            uncalled = sorted(needed(checked, self.resource) - self.watched.calls)
            assert not uncalled, f"The test names {', '.join(uncalled)} and does not call it."

        checked.__needs__ = methods  # type: ignore[attr-defined]
        checked.__callers__ = tuple(callers)  # type: ignore[attr-defined]
        checked.__as_made__ = as_made  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return decorate


def needed(test: Any, resource: str | None) -> frozenset[str]:
    """Return the contract methods (``servers.pause``) that a test names."""
    names: Iterable[str] = getattr(test, "__needs__", ())
    return frozenset(name if "." in name else f"{resource}.{name}" for name in names)


class Watched:
    """A driver's resource between the driver and a test: it notes what is called, and insists on Jumpgate's words."""

    def __init__(self, resource: object, name: str, calls: set[str]) -> None:
        self._resource = resource
        self._name = name
        self._calls = calls

    def __getattr__(self, method: str) -> Any:
        value = getattr(self._resource, method)
        if not callable(value):
            return value

        @functools.wraps(value)
        def call(*args: Any, **options: Any) -> Any:
            self._calls.add(f"{self._name}.{method}")
            with Words(f"{self._name}.{method}"):
                result = value(*args, **options)
            return self._watch(result, method)

        return call

    def _watch(self, result: Any, method: str) -> Any:
        """Return an iterator whose errors are looked at as well; anything else as it is."""
        if isinstance(result, Applied):
            return Applied(_in_words(iter(result), f"{self._name}.{method}"))
        return _in_words(result, f"{self._name}.{method}") if isinstance(result, Iterator) else result


class Words:
    """Fails a test where a driver raises anything but a word of `jumpgate.common.errors`."""

    def __init__(self, method: str) -> None:
        self._method = method

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, (JumpgateError, AssertionError)):
            pytest.fail(f"{self._method} raised {error!r}, which is no word of jumpgate.common.errors.")


def _in_words(items: Iterator[Any], method: str) -> Iterator[Any]:
    with Words(method):
        yield from items


class Bench:
    """The cloud on the bench: its resources are watched."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.calls: set[str] = set()
        self._hints = hints(type(cloud.offers))

    def __getattr__(self, name: str) -> Any:
        """Return a resource of the driver (``bench.servers``); skip the test where it has none."""
        if name.startswith("__"):
            raise AttributeError(name)
        resource = getattr(self.cloud.offers, name)
        if resource is None:
            pytest.skip(f"not offered: {name}")
        return Watched(resource, name, self.calls)

    def caller(self, name: str) -> Context:
        """Return alice, bob or admin; skip the test where there is no such caller."""
        ctx = self.cloud.callers.get(name)
        if ctx is None:
            pytest.skip(f"nobody is {name}")
        return ctx

    def sibling(self, service: str) -> Any:
        """Return another service's composition; skip the test where there is none."""
        if not self.cloud.siblings.has(service):
            pytest.skip(f"no {service} service beside this one")
        return self.cloud.siblings[service]

    def require(self, *operations: str) -> None:
        """Skip the test where the driver does not offer one of some operations."""
        missing = self.cloud.lacks(operations)
        if missing:
            pytest.skip(f"not offered: {', '.join(missing)}")

    def promises(self, name: str) -> bool:
        """Tell whether the cloud keeps one of `jumpgate.testing.contract.cloud.PROMISES`."""
        return name not in self.cloud.without

    def is_hint(self, name: str) -> bool:
        """Tell whether a contract method (``servers.detailed``) only helps to be fast, so that all have it."""
        resource, _, _method = name.partition(".")
        return getattr(self.cloud.offers, resource) is not None and name in self._hints

    def name(self) -> str:
        """Return a name that nothing else has."""
        return f"{self.cloud.name_prefix}-{secrets.token_hex(4)}"

    def missing(self, key: Any) -> Any:
        """Return a key of the same form as one that exists, which nothing has."""
        if isinstance(key, int):
            return key + _FAR
        if key.isascii() and key.isdigit():
            return str(int(key) + _FAR)
        other = re.sub(r"[0-9a-f](?=[^-]{0,7}$)", lambda found: found[0].translate(_OTHER_DIGITS), key)
        return other if other != key else f"{key}0"


_FAR = 100_003
_OTHER_DIGITS = str.maketrans("0123456789abcdef", "7301925846fdeacb")


class Made:
    """What tests make in a cloud; `clean` removes all of it, the latest first."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.cloud = bench.cloud
        self._undo: list[Callable[[], None]] = []
        self._kept: dict[tuple[Thing, str], Any] = {}

    def once(self, thing: Thing, ctx: Context | None = None) -> Any:
        """Return the one thing of its kind that all tests of a class share, as it was when it was made."""
        key = (thing, "" if ctx is None else ctx.user_id)
        if key not in self._kept:
            self._kept[key] = self.make(thing, ctx)
        return self._kept[key]

    def later(self, undo: Callable[[], Any]) -> None:
        """Do something when the tests are over. That what it removes is gone already is fine."""
        self._undo.append(undo)

    def make(
        self, thing: Thing, ctx: Context | None = None, *, waits: bool = True, removes: bool = True, **more: Any
    ) -> Any:
        """Make one thing and wait until it is ready; `more` goes into its spec.

        One that goes with something else is not to be removed by itself: `removes` is then False.
        """
        self.bench.require(f"{thing.resource}.create", f"{thing.resource}.delete")
        caller = ctx or self.bench.caller(thing.caller)
        spec = thing.spec(self, caller, self.bench.name(), **more)
        model = thing.create(getattr(self.bench, thing.resource), caller, spec)
        if removes:
            self.remove_later(thing, caller, thing.id_of(model))
        return self.ready(thing, caller, model) if waits else model

    def remove_later(self, thing: Thing, ctx: Context, key: Any) -> None:
        """Remove something that a test has made by other means."""
        self.later(lambda: self.remove(thing, ctx, key))

    def ready(self, thing: Thing, ctx: Context, model: Any) -> Any:
        """Wait until a new thing is ready, and return it as it is then."""
        if thing.is_ready(model):
            return model
        contract, key = getattr(self.bench, thing.resource), thing.id_of(model)
        look = functools.partial(thing.get, contract, ctx, key)
        return self.cloud.wait(look, thing.is_ready, f"{thing.resource} {key} gets ready")

    def remove(self, thing: Thing, ctx: Context, key: Any) -> None:
        """Remove something and wait until it is gone; that it is gone already is fine."""
        contract = getattr(self.bench, thing.resource)

        def look() -> bool:
            try:
                return thing.is_gone(thing.get(contract, ctx, key))
            except NotFound:
                return True

        if look():
            return
        self.cloud.wait(lambda: _taken(lambda: thing.delete(contract, ctx, key)), bool, f"{key} can be deleted")
        self.cloud.wait(look, bool, f"{thing.resource} {key} is gone")

    def clean(self) -> None:
        """Remove everything, and only then say what could not be removed."""
        problems = []
        while self._undo:
            try:
                self._undo.pop()()
            except NotFound:
                continue
            except Exception as problem:
                problems.append(problem)
        if problems:
            raise ExceptionGroup("Not everything that the tests made could be removed", problems)


def _taken(delete: Callable[[], None]) -> bool:
    """Tell whether the cloud takes the request to delete something: it may still be busy with it."""
    try:
        delete()
    except (BadRequest, Conflict):
        return False
    except NotFound:
        return True
    return True


@pytest.fixture(scope="class")
def bench(request: pytest.FixtureRequest, cloud: Cloud) -> Bench:
    """The driver's cloud, watched."""
    Summary.of(request.config).note(cloud, request.node.nodeid.split("::")[0])
    return Bench(cloud)


@pytest.fixture(scope="class")
def shelf(bench: Bench) -> Iterator[Made]:
    """Where the tests of a class put what all of them use."""
    made = Made(bench)
    yield made
    made.clean()


@pytest.fixture
def made(bench: Bench) -> Iterator[Made]:
    """Where a test puts what it alone uses."""
    made = Made(bench)
    yield made
    made.clean()


@pytest.fixture
def alice(cloud: Cloud) -> Context:
    """Somebody who works in a project of her own."""
    return cloud.alice


@pytest.fixture
def bob(bench: Bench) -> Context:
    """Somebody who works in another project."""
    return bench.caller("bob")


@pytest.fixture
def admin(bench: Bench) -> Context:
    """Somebody who may do what administrators may."""
    return bench.caller("admin")


class Contract:
    """The base of every class of tests. `resource` is the field of the composition that they are about.

    `owned` says that what they are about belongs to projects.
    """

    resource: str | None = None
    owned: ClassVar[bool] = False
    watched: Bench

    @pytest.fixture(autouse=True)
    def _offered(self, request: pytest.FixtureRequest, bench: Bench) -> None:
        """Skip a test whose methods the driver does not offer, or whose callers are not there."""
        self.watched = bench
        bench.require(*(name for name in needed(request.function, self.resource) if not bench.is_hint(name)))
        for name in getattr(request.function, "__callers__", ()):
            bench.caller(name)
        bench.calls.clear()


class Revisions(Contract):
    """What every resource owes that tells by a revision when it has changed."""

    def test_a_revision_stays_while_nothing_happens(self, bench: Bench, alice: Context) -> None:
        offered = [name for name, _ in resources(type(bench.cloud.offers)) if getattr(bench.cloud.offers, name)]
        for name in offered:
            revision = getattr(bench, name).revision(alice)
            assert hash(revision) == hash(getattr(bench, name).revision(alice)), f"{name}.revision moves by itself"
