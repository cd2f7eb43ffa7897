"""The dispatcher of one service in one region: endpoint names, their URLs, their handlers and hooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jumpgate.common.endpoints import Endpoint, fields, fill
from jumpgate.common.hooks import Hooks
from jumpgate.common.http import Request
from jumpgate.common.mount import Mount
from jumpgate.common.service import Service
from jumpgate.common.sockets import Opener

# The key of the WSGI environment under which a request's own dispatcher stands.
DISPATCHER = "jumpgate.dispatcher"


class UnknownEndpoint(ValueError):
    """The service has no endpoint of this name."""


class Dispatcher(Hooks):
    """Names every endpoint of a service, builds their URLs and knows which handler answers each.

    A handler is a plain object with Falcon responders (``on_get(self, req, resp, **path)``). Setting a handler again
    replaces it, so a driver can expose a typed service and then answer one endpoint by hand.
    """

    def __init__(self, service: Service, mount: Mount, *, region: str = "RegionOne", section: str = "") -> None:
        """`section` is the name of the configuration's section, that of the service unless it names another region."""
        super().__init__()
        self.service = service
        self.mount = mount
        self.region = region
        self.section = section or service.name
        self.driver = ""
        self.typed: object | None = None
        self.fallback: object | None = None
        self._endpoints = {endpoint.name: endpoint for endpoint in service.endpoints}
        self._handlers: dict[str, object] = {}
        self._sockets: dict[str, Opener] = {}
        self._at = {template: (endpoint, root) for endpoint in service.endpoints for template, root in endpoint.routes}

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._endpoints.values())

    def get_endpoint(self, name: str) -> Endpoint:
        """Return the endpoint called `name`, which may be one of its older names, or raise UnknownEndpoint."""
        try:
            return self._endpoints[self.service.aliases.get(name, name)]
        except KeyError:
            raise UnknownEndpoint(f"The {self.service.name} service has no endpoint {name!r}.") from None

    def set_handler(self, name: str, handler: object) -> None:
        """Let `handler` answer the endpoint called `name`."""
        self._handlers[self.get_endpoint(name).name] = handler

    def get_handler(self, name: str) -> object | None:
        """Return the handler of an endpoint, None where nobody has set one."""
        return self._handlers.get(self.get_endpoint(name).name)

    @property
    def has_handlers(self) -> bool:
        """Tell whether any endpoint has a handler."""
        return bool(self._handlers)

    def set_fallback(self, handler: object) -> None:
        """Let `handler` answer every path without an endpoint; its ``on_request(req, resp)`` takes every method."""
        self.fallback = handler

    def set_socket(self, path: str, opener: Opener) -> None:
        """Let there be a websocket at a path below the service's mount."""
        self._sockets[path] = opener

    @property
    def sockets(self) -> Mapping[str, Opener]:
        """What opens the websockets, by path."""
        return self._sockets

    def get_unused_endpoints(self) -> list[str]:
        """Return the names of the endpoints that have no handler, in the table's order."""
        return [name for name in self._endpoints if name not in self._handlers]

    def endpoint_at(self, template: str | None) -> Endpoint | None:
        """Return the endpoint that a matched path template belongs to."""
        found = self._at.get(template or "")
        return found[0] if found else None

    def get_endpoint_path(self, req: Request, name: str, **values: object) -> str:
        """Return the path of an endpoint below the service's mount.

        An endpoint with several roots gets the one by which the request came, else the first that can be filled.
        ``{tenant_id}`` is `values`' or the request's own (``req.env["tenant_id"]``). Raises UnknownEndpoint, or
        ValueError for a variable without a value.
        """
        endpoint = self.get_endpoint(name)
        known = {key: str(value) for key, value in values.items()}
        if "tenant_id" not in known and req.tenant_id is not None:
            known["tenant_id"] = req.tenant_id
        for template in self._preferred(endpoint, req):
            if all(field in known for field in fields(template)):
                return fill(template, known)
        missing = ", ".join(field for field in fields(endpoint.templates[0]) if field not in known)
        raise ValueError(f"The URL of {name!r} needs a value for {missing}.")

    def _preferred(self, endpoint: Endpoint, req: Request) -> Iterator[str]:
        here = self._at.get(req.uri_template or "") if req.env.get(DISPATCHER) is self else None
        if here is not None and here[1] in endpoint.roots:
            yield here[1] + endpoint.suffix or "/"
        yield from endpoint.templates

    def get_endpoint_url(self, req: Request, name: str, **values: Any) -> str:
        """Return the absolute URL of an endpoint as the client of `req` reaches it."""
        path = self.get_endpoint_path(req, name, **values)
        return self.mount.base_url(req.env) + path
