"""Jumpgate: from a configuration to dispatchers, drivers and one WSGI application."""

from __future__ import annotations

import importlib
import ipaddress
import logging
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from functools import cached_property
from typing import TYPE_CHECKING

from jumpgate import drivers
from jumpgate.common import routing
from jumpgate.common.auth import Authenticator, NoAuthenticator
from jumpgate.common.config import Config, Section
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import ConfigError
from jumpgate.common.front import Front, ServiceIndex
from jumpgate.common.gateway import Gateway
from jumpgate.common.hooks import Hooks
from jumpgate.common.http import Request
from jumpgate.common.ids import Ids
from jumpgate.common.mount import Mount
from jumpgate.common.running import RUNNING
from jumpgate.common.service import Service
from jumpgate.common.siblings import Siblings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jumpgate.store.engine import Store
    from jumpgate.store.tasks import Tasks

LOG = logging.getLogger(__name__)


def load_service(name: str) -> Service:
    """Return what the core knows of the service called `name`."""
    service: Service = importlib.import_module(f"jumpgate.{name}.service").SERVICE
    return service


class Jumpgate(Hooks):
    """The application: a dispatcher for each service and region, filled by the configured drivers.

    `config` is the parsed `jumpgate.conf`. Hooks added here run around every request of every service.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.authenticator: Authenticator = NoAuthenticator()
        self.notices: list[str] = []
        self._dispatchers: dict[tuple[str, str], Dispatcher] = {}
        self._ids: dict[str, Ids] = {}
        self._siblings: dict[str, Siblings] = {}
        self._bootstraps: list[tuple[Callable[[Jumpgate, Dispatcher], None], Dispatcher]] = []
        for section in config.service_sections():
            self._add_dispatcher(section)
        for section in config.service_sections():
            self._load_driver(section)
        for disp in self._dispatchers.values():
            self._say_what_is_missing(disp)

    @cached_property
    def store(self) -> Store:
        """The database, opened when the first driver asks for it."""
        from jumpgate.store.engine import open_store

        return open_store(self.config)

    @cached_property
    def tasks(self) -> Tasks:
        """The work that outlives requests."""
        from jumpgate.store.tasks import Tasks

        return Tasks(self.store, owner=f"{socket.gethostname()}:{self.config.state()}")

    def get_dispatcher(self, service: str, region: str | None = None) -> Dispatcher:
        """Return the dispatcher of a service, in the default region unless `region` names another."""
        try:
            return self._dispatchers[service, region or self.config.default_region]
        except KeyError:
            raise KeyError(f"There is no service {service!r} in region {region!r}.") from None

    def dispatchers(self) -> Iterator[Dispatcher]:
        """Yield every dispatcher."""
        yield from self._dispatchers.values()

    def get_endpoint_url(self, service: str, req: Request, name: str, **values: object) -> str:
        """Return the URL of an endpoint of any service of the default region."""
        return self.get_dispatcher(service).get_endpoint_url(req, name, **values)

    def base_url(self, service: str, region: str | None = None) -> str:
        """Return the URL below which a service's paths lie, where there is no request to tell: at start, in a task."""
        mount = self.get_dispatcher(service, region).mount
        host, port = self.config.value("server", "host"), self.config.value("server", "port")
        netloc = f"[{host}]" if ":" in host else host
        return mount.public_url or f"http://{netloc}:{mount.port or port}{mount.prefix}"

    def welcome(self) -> str:
        """Return the lines that tell an operator where the services are and what drivers had to say."""
        places = (
            f"  {disp.service.title:14} {self.base_url(disp.service.name, disp.region)}" for disp in self.dispatchers()
        )
        return "\n".join(["Jumpgate serves the OpenStack API:", *places, *self.notices])

    def ids(self, region: str) -> Ids:
        """Return the id maps of a region."""
        return self._ids.setdefault(region, Ids())

    def siblings(self, region: str) -> Siblings:
        """Return the contracts of a region's services, by which drivers reach each other."""
        return self._siblings.setdefault(region, Siblings(region))

    def _add_dispatcher(self, section: Section) -> None:
        service = load_service(section.service)
        port = self.config.value(section.name, "port")
        prefix = self.config.value(section.name, "mount")
        if prefix is None:
            regional = "" if section.region == self.config.default_region else f"/{section.region}"
            prefix = "" if port else f"{regional}{service.mount}"
        mount = Mount(prefix, port, self._public_url(section, prefix))
        for other in self._dispatchers.values():
            if (other.mount.prefix, other.mount.port) == (mount.prefix, mount.port):
                raise ConfigError(f"[{section.name}] stands at the same place as {other.service.name}: change mount.")
        self._dispatchers[section.service, section.region] = Dispatcher(
            service, mount, region=section.region, section=section.name
        )

    def _public_url(self, section: Section, prefix: str) -> str | None:
        own: str | None = self.config.value(section.name, "public_url")
        shared: str | None = self.config.value("server", "public_url")
        if own is None and shared is not None and not self.config.value(section.name, "port"):
            return shared + prefix
        return own

    def _load_driver(self, section: Section) -> None:
        name = self.config.value(section.name, "driver") or f"jumpgate.{section.service}.drivers.openstack"
        where = f"[{section.name}] driver"
        module = drivers.load(name, section.service, where)
        disp = self._dispatchers[section.service, section.region]
        disp.driver = module.__name__
        drivers.set_up(self, disp, module, where)
        if hasattr(module, "bootstrap"):
            self._bootstraps.append((module.bootstrap, disp))

    def prepare(self, *, alone: bool = True) -> None:
        """Do what must be done once before any worker serves: migrate the store, and let drivers fill an empty one.

        A driver module may have ``bootstrap(app, disp)`` for that; it is called at every start. Where this process is
        not `alone`, a server may be at work with the same state: its tasks are left to it.
        """
        if "store" in vars(self):
            from jumpgate.store.migrations import migrate

            migrate(self.store)
            if alone:
                self.tasks.release_leases()
        for bootstrap, disp in self._bootstraps:
            bootstrap(self, disp)
        if "store" in vars(self):
            self.store.close()

    def start(self) -> None:
        """Begin the work that goes on beside requests; called once in each worker process."""
        RUNNING.watch()
        if "tasks" in vars(self):
            self.tasks.start()

    def stop(self) -> None:
        """End what `start` began."""
        RUNNING.rest()
        if "tasks" in vars(self):
            self.tasks.stop()

    def _say_what_is_missing(self, disp: Dispatcher) -> None:
        """Tell at start which sibling services a driver will not find; its module names them in ``SIBLINGS``."""
        wanted: tuple[str, ...] = getattr(sys.modules.get(disp.driver), "SIBLINGS", ())
        missing = [service for service in wanted if not self.siblings(disp.region).has(service)]
        if missing:
            text = f"The {disp.service.name} driver of {disp.region} finds no typed contract for {', '.join(missing)}"
            self.notices.append(f"{text}: what needs them answers 501.")

    @cached_property
    def _applications(self) -> dict[Dispatcher, routing.Application]:
        return {disp: routing.Application(disp, self) for disp in self._dispatchers.values()}

    @cached_property
    def _front(self) -> Front:
        proxies: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network] = self.config.value(
            "server", "trusted_proxies"
        )
        index = ServiceIndex(self._dispatchers.values())
        return Front(self._applications, index, tuple(proxies), self.config.value("server", "port"))

    def build(self) -> None:
        """Route every endpoint now rather than at each service's first request."""
        for application in self._applications.values():
            application.build()

    def gateway(self, threads: Mapping[bool, Executor], port: int | None) -> Gateway:
        """Return the ASGI form of this application, for one event loop; see `Gateway` for the arguments."""
        return Gateway(self._front, self, threads, port)

    def __call__(self, env: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request (WSGI)."""
        if "tasks" not in vars(self):
            return self._front(env, start_response)
        with self.tasks.lingering():
            return self._front(env, start_response)


def embedded_config() -> Config:
    """Return the configuration that serves the embedded cloud, used when there is no file."""
    from jumpgate.common.config import SERVICE_NAMES

    sections = (f"[{name}]\ndriver = jumpgate.{name}.drivers.embedded\n" for name in SERVICE_NAMES)
    return Config.from_text("\n".join(sections))
