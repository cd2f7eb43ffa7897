"""A real OpenStack behind Jumpgate: where its services are, by the options of ``[openstack]``."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlsplit

from jumpgate.common.backend import Backend
from jumpgate.common.config import SERVICE_NAMES, Config, Option, flag, seconds
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import ConfigError
from jumpgate.common.passthrough import Passthrough
from jumpgate.common.relinking import Links, Place

SECTION = "openstack"


def _urls(text: str) -> tuple[str, ...]:
    return tuple(_url(item.strip()) for item in text.split(",") if item.strip())


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("a URL starts with http:// or https:// and names a host.")
    return text.rstrip("/")


def _certificates(text: str) -> str:
    try:
        ssl.create_default_context(cafile=text)
    except OSError as error:
        raise ValueError(f"{error.strerror or error}.") from error
    return text


CONNECT_TIMEOUT = Option(SECTION, "connect_timeout", seconds, "5", "How long connecting may take, in seconds.")
READ_TIMEOUT = Option(SECTION, "read_timeout", seconds, "60", "How long a service may be silent, in seconds.")
CA_FILE = Option(SECTION, "ca_file", _certificates, None, "The certificates to trust, as a PEM file.")
INSECURE = Option(SECTION, "insecure", flag, "false", "Whether to believe whoever answers, whatever his certificate.")
TOKEN_CACHE = Option(
    SECTION, "token_cache", seconds, "30", "For how long a token is not asked about again, in seconds."
)
ENDPOINTS = {
    name: Option(
        SECTION, f"{name}_endpoint", _urls, "", "The service's URL; after a comma, others that its links may name."
    )
    for name in SERVICE_NAMES
}
REGIONAL = {
    name: Option(name, "endpoint", _urls, "", "In a further region's section: the same for the service of that region.")
    for name in SERVICE_NAMES
}
OPTIONS = (*ENDPOINTS.values(), CONNECT_TIMEOUT, READ_TIMEOUT, CA_FILE, INSECURE, TOKEN_CACHE, *REGIONAL.values())


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
        option, section = _option(config, disp)
        raise ConfigError(
            f"[{section}] {option.name} is missing: the URL of the {disp.service.name} service to pass on to."
        )
    return Backend(
        disp.service.name,
        urls[0],
        connect_timeout_s=config.setting(CONNECT_TIMEOUT),
        read_timeout_s=config.setting(READ_TIMEOUT),
        ca_file=config.setting(CA_FILE),
        insecure=config.setting(INSECURE),
    )


def links(app: Application) -> Links:
    """Return where all services of the configuration are, for the links in their answers."""
    dispatchers = tuple(app.dispatchers())
    places = (Place(disp, endpoints(app.config, disp)) for disp in dispatchers)
    return Links((place for place in places if place.urls), dispatchers)


def endpoints(config: Config, disp: Dispatcher) -> tuple[str, ...]:
    """Return the configured URLs of a service: where to connect, then the other names that its links may use."""
    urls: tuple[str, ...] = config.setting(*_option(config, disp))
    return urls


def _option(config: Config, disp: Dispatcher) -> tuple[Option, str]:
    """Return the option of a service's URL and its section: a further region names it in its own section."""
    if disp.region == config.default_region:
        return ENDPOINTS[disp.service.name], SECTION
    return REGIONAL[disp.service.name], disp.section
