"""A real OpenStack behind Jumpgate: where its services are, by the options of ``[openstack]``."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlsplit

from jumpgate.common.backend import Backend
from jumpgate.common.config import Config
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import ConfigError
from jumpgate.common.passthrough import Passthrough
from jumpgate.common.relinking import Links, Place

SECTION = "openstack"
DEFAULT_CONNECT_TIMEOUT_S = 5.0
DEFAULT_READ_TIMEOUT_S = 60.0


class Application(Protocol):
    """What is needed of `jumpgate.api.Jumpgate`."""

    config: Config
    notices: list[str]

    def dispatchers(self) -> Iterator[Dispatcher]: ...


def pass_through(app: Application, disp: Dispatcher) -> Backend:
    """Let the OpenStack of the configuration answer whatever has no handler; return the service behind `disp`."""
    service = backend(app.config, disp)
    if service.is_unchecked:
        app.notices.append(f"[{SECTION}] insecure: whoever answers at {service.url} is believed to be the service.")
    disp.set_fallback(Passthrough(disp, service, links(app)))
    return service


def backend(config: Config, disp: Dispatcher) -> Backend:
    """Return the service behind a dispatcher; raise ConfigError naming the option that is missing or wrong."""
    urls = endpoints(config, disp)
    if not urls:
        section, option = _option(config, disp)
        raise ConfigError(f"[{section}] {option} is missing: the URL of the {disp.service.name} service to pass on to.")
    return Backend(
        disp.service.name,
        urls[0],
        connect_timeout_s=seconds(config, "connect_timeout", DEFAULT_CONNECT_TIMEOUT_S),
        read_timeout_s=seconds(config, "read_timeout", DEFAULT_READ_TIMEOUT_S),
        ca_file=_ca_file(config),
        insecure=_insecure(config),
    )


def _ca_file(config: Config) -> str | None:
    """Return the file of the certificates to trust; raise ConfigError where it has none."""
    name = config.get(SECTION, "ca_file", fallback=None)
    if name:
        try:
            ssl.create_default_context(cafile=name)
        except OSError as error:
            raise ConfigError(f"[{SECTION}] ca_file = {name}: {error.strerror or error}.") from error
    return name or None


def _insecure(config: Config) -> bool:
    """Tell whether certificates are not to be checked; raise ConfigError for what is neither true nor false."""
    try:
        return config.getboolean(SECTION, "insecure", fallback=False)
    except ValueError:
        text = config.get(SECTION, "insecure")
        raise ConfigError(f"[{SECTION}] insecure = {text}: it is true or false.") from None


def links(app: Application) -> Links:
    """Return where all services of the configuration are, for the links in their answers."""
    dispatchers = tuple(app.dispatchers())
    places = (Place(disp, endpoints(app.config, disp)) for disp in dispatchers)
    return Links((place for place in places if place.urls), dispatchers)


def endpoints(config: Config, disp: Dispatcher) -> tuple[str, ...]:
    """Return the configured URLs of a service: where to connect, then the other names that its links may use."""
    section, option = _option(config, disp)
    text = config.get(section, option, fallback="")
    return tuple(_url(section, option, item.strip()) for item in text.split(",") if item.strip())


def _option(config: Config, disp: Dispatcher) -> tuple[str, str]:
    """Return the section and option of a service's URL: a further region names it in its own section."""
    if disp.region == config.default_region:
        return SECTION, f"{disp.service.name}_endpoint"
    return disp.section, "endpoint"


def _url(section: str, option: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"[{section}] {option} = {text}: a URL starts with http:// or https:// and names a host.")
    return text.rstrip("/")


def seconds(config: Config, option: str, default: float) -> float:
    """Return an option of ``[openstack]`` that is a time in seconds."""
    text = config.get(SECTION, option, fallback=None) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise ConfigError(f"[{SECTION}] {option} = {text}: it must be a number of seconds above 0.")
    return value
