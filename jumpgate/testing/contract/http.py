"""The second ring: the same things through HTTP and openstacksdk, at the lowest, default and highest microversion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from jumpgate.common.context import Context
from jumpgate.testing.contract.collection import Stock
from jumpgate.testing.contract.model import Thing
from jumpgate.testing.contract.suite import Bench, Contract, Made
from jumpgate.testing.server import serve

try:
    import openstack
    from openstack import exceptions
except ImportError:
    raise ImportError("The contract suite needs openstacksdk: pip install 'jumpgate[testing]'.") from None

__all__ = ["DEFAULT", "HIGHEST", "LOWEST", "Front", "MadeOverHttp", "OverHttp", "OwnedOverHttp", "exceptions", "front"]

LOWEST, DEFAULT, HIGHEST = "lowest", "default", "highest"
# How openstacksdk calls our services, and the version of each that stands in its URLs.
_PROXIES = {
    "identity": ("identity", "/v3"),
    "compute": ("compute", "/v2.1"),
    "image": ("image", ""),
    "block_storage": ("block_storage", "/v3/{project}"),
    "network": ("network", ""),
}


@dataclass(frozen=True, slots=True)
class Front:
    """The application's front: its URL, and clients of it."""

    url: str
    bench: Bench

    def proxy(self, service: str, caller: str, version: str, *, token: str | None = None) -> Any:
        """Return openstacksdk's client of a service for a caller, at one of the microversions."""
        ctx, (name, path) = self.bench.caller(caller), _PROXIES[service]
        disp = self.bench.cloud.app.get_dispatcher(service, self.bench.cloud.region)  # type: ignore[union-attr]
        endpoint = self.url + disp.mount.prefix + path.format(project=ctx.project)
        overrides: dict[str, Any] = {f"{name}_endpoint_override": endpoint}
        connection = openstack.connect(
            load_yaml_config=False,
            load_envvars=False,
            auth_type="admin_token",
            auth={"endpoint": endpoint, "token": token or caller},
            **overrides,
        )
        proxy = getattr(connection, name)
        microversions = disp.service.microversions
        if microversions is not None and version != DEFAULT:
            proxy.default_microversion = str(microversions.minimum if version == LOWEST else microversions.maximum)
        return proxy


@pytest.fixture(scope="class")
def front(bench: Bench) -> Iterator[Front]:
    """The application, served in a thread; skips where the cloud has none."""
    if bench.cloud.app is None:
        pytest.skip("no application is given: Cloud.of(app, ...)")
    with serve(bench.cloud.app, tokens=bench.cloud.callers) as url:
        yield Front(url, bench)


# What openstacksdk says of its own future is nobody's business here.
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning", "ignore::DeprecationWarning:openstack")
class OverHttp(Contract):
    """What is owed through HTTP by what is listed and shown.

    `singular` and `plural` are openstacksdk's words in the methods of the proxy of `service`: ``get_server``,
    ``servers``. `versions` are the microversions at which each test runs.
    """

    thing: ClassVar[Thing]
    service: ClassVar[str]
    singular: ClassVar[str]
    plural: ClassVar[str]
    versions: ClassVar[tuple[str, ...]] = (DEFAULT,)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each test at each microversion."""
        if "version" in metafunc.fixturenames:
            metafunc.parametrize("version", self.versions)

    @pytest.fixture
    def proxy(self, front: Front, version: str) -> Any:
        """The client of whoever makes the things."""
        return front.proxy(self.service, self.thing.caller, version)

    def openstack_id(self, native: str) -> str:
        """Return the id that clients see."""
        return native if self.thing.kind is None else self.watched.cloud.ids[self.thing.kind].to_openstack(native)

    def shown(self, model: Any) -> str:
        return self.openstack_id(self.thing.id_of(model))

    def listed(self, proxy: Any, **parameters: Any) -> list[str]:
        return [item.id for item in getattr(proxy, self.plural)(**parameters)]

    def get(self, proxy: Any, key: str) -> Any:
        return getattr(proxy, f"get_{self.singular}")(key)

    def test_the_list_is_whole(self, stock: Stock, proxy: Any) -> None:
        found = self.listed(proxy)

        assert {self.shown(stock.one), self.shown(stock.two)} <= set(found)
        assert len(found) == len(set(found))

    def test_pages_of_one_make_up_the_list(self, stock: Stock, proxy: Any) -> None:
        assert sorted(self.listed(proxy, limit=1)) == sorted(self.listed(proxy))

    def test_one_is_shown(self, stock: Stock, proxy: Any) -> None:
        shown = self.get(proxy, self.shown(stock.one))

        assert shown.id == self.shown(stock.one)
        assert shown.name in (getattr(stock.one, "name", None), None)

    def test_a_missing_one_is_404(self, stock: Stock, proxy: Any) -> None:
        missing = self.watched.missing(self.thing.id_of(stock.one))
        with pytest.raises(exceptions.NotFoundException):
            self.get(proxy, self.openstack_id(missing))

    def test_a_malformed_id_is_404(self, stock: Stock, proxy: Any) -> None:
        with pytest.raises(exceptions.NotFoundException):
            self.get(proxy, "no-such-thing")

    def test_one_is_deleted_once(self, made: Made, proxy: Any) -> None:
        model, delete = made.make(self.thing), getattr(proxy, f"delete_{self.singular}")
        delete(self.shown(model), ignore_missing=False)
        made.remove(self.thing, made.bench.caller(self.thing.caller), self.thing.id_of(model))
        with pytest.raises(exceptions.NotFoundException):
            delete(self.shown(model), ignore_missing=False)

    def test_nobody_is_told_anything(self, front: Front, version: str) -> None:
        front.bench.require(f"{self.thing.resource}.find")
        proxy = front.proxy(self.service, self.thing.caller, version, token="nobody")
        with pytest.raises(exceptions.HttpException) as caught:
            self.listed(proxy)
        assert caught.value.status_code == 401


class MadeOverHttp(OverHttp):
    """What is owed through HTTP by what a client makes. `wanted` is what it needs beside a name."""

    wanted: ClassVar[Mapping[str, Any]] = {}

    def test_one_is_made(self, made: Made, proxy: Any) -> None:
        made.bench.require(f"{self.thing.resource}.create", f"{self.thing.resource}.delete")
        name, caller = made.bench.name(), made.bench.caller(self.thing.caller)
        model = getattr(proxy, f"create_{self.singular}")(name=name, **self.wanted)
        kind = self.thing.kind
        key = model.id if kind is None else made.cloud.ids[kind].to_cloud(model.id)
        made.remove_later(self.thing, caller, key)

        assert self.get(proxy, model.id).name == name
        assert self.thing.get(getattr(made.bench, self.thing.resource), caller, key).name == name


class OwnedOverHttp(OverHttp):
    """What is owed through HTTP by what belongs to a project."""

    owned = True

    def test_the_list_keeps_what_is_another_projects(self, stock: Stock, proxy: Any, bob: Context) -> None:
        assert self.shown(stock.foreign) not in self.listed(proxy)

    def test_another_projects_is_404(self, stock: Stock, proxy: Any, bob: Context) -> None:
        with pytest.raises(exceptions.NotFoundException):
            self.get(proxy, self.shown(stock.foreign))
