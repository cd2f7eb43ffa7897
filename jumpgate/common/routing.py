"""The Falcon application of one dispatcher: routes, hooks, faults, request ids and the log line."""

from __future__ import annotations

import inspect
import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from random import getrandbits
from typing import TYPE_CHECKING, Any, NoReturn

import falcon
from falcon.constants import HTTP_METHODS
from falcon.routing import CompiledRouter

from jumpgate.common import trace
from jumpgate.common.dispatcher import DISPATCHER, Dispatcher
from jumpgate.common.errors import JumpgateError, NotSupported
from jumpgate.common.faults import Fault, fault_of
from jumpgate.common.hooks import Hooks
from jumpgate.common.http import Request, Response, json_handlers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ACCESS_LOG = logging.getLogger("jumpgate.access")
LOG = logging.getLogger(__name__)

UNEXPECTED = (
    "Unexpected API Error. Please report this to the cloud's operator with the request id {request_id}, "
    "under which the log has the details."
)


# What a client cannot mend and an operator should hear of, with the cause that the client is not told.
_CLOUD_FAILED = frozenset({502, 503, 504})

_MESSAGES = {
    404: "The resource could not be found.",
    405: "The method is not allowed for this resource.",
}


class NotServed:
    """Answers 501 to every method: the endpoint exists in OpenStack and this configuration does not serve it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self, req: Request, resp: Response, **path: str) -> NoReturn:
        raise NotSupported(f"The endpoint {self._name} is not supported by this cloud.")


for _method in HTTP_METHODS:
    setattr(NotServed, f"on_{_method.lower()}", NotServed._refuse)


class Recognizer:
    """Tells which endpoint of a dispatcher a path belongs to, whoever answers it."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._router = CompiledRouter()
        for endpoint in dispatcher:
            for template, _ in endpoint.routes:
                self._router.add_route(template, self)

    def find(self, path: str) -> tuple[str | None, dict[str, Any]]:
        """Return the endpoint's path template, None where there is none, and the values of its variables."""
        known = self._router.find(path)
        if known is None or "" in known[2].values():
            return None, {}
        return known[3], known[2]


class _Fallback:
    """Hands what no handler answers to the dispatcher's fallback, with hooks like any other request's.

    A path that belongs to an endpoint is known by it all the same, to the hooks and the log.
    """

    def __init__(self, dispatcher: Dispatcher, middleware: Middleware) -> None:
        self._dispatcher = dispatcher
        self._middleware = middleware
        self._known = Recognizer(dispatcher) if dispatcher.fallback is not None else None

    def __call__(self, req: Request, resp: Response, **path: str) -> None:
        handler = self._dispatcher.fallback
        if handler is None:
            raise falcon.HTTPRouteNotFound
        template, params = self._known.find(req.path) if self._known is not None else (None, {})
        if template is not None:
            req.uri_template = template
        self._middleware.process_resource(req, resp, handler, params)
        handler.on_request(req, resp)  # type: ignore[attr-defined]


class Middleware:
    """Runs the hooks around a handler, gives each request its id and writes its log line."""

    def __init__(self, dispatcher: Dispatcher, application: Hooks) -> None:
        self._dispatcher = dispatcher
        self._application = application

    def process_request(self, req: Request, resp: Response) -> None:
        req.env[DISPATCHER] = self._dispatcher
        start_request(req.env)
        suffix = self._dispatcher.service.path_suffix
        if suffix is not None:
            req.path = req.path.removesuffix(suffix) or "/"

    def process_resource(self, req: Request, resp: Response, resource: object, params: dict[str, Any]) -> None:
        if "" in params.values():
            raise falcon.HTTPRouteNotFound  # "/servers/" is the path of a server without an id
        if "tenant_id" in params:
            req.env.setdefault("tenant_id", params["tenant_id"])
        for hooks in (self._application.before_hooks, self._dispatcher.before_hooks):
            for hook in hooks:
                hook(req, resp, params)
        _fit_tenant_id(req, resource, params)

    def process_response(self, req: Request, resp: Response, resource: object | None, succeeded: bool) -> None:
        try:
            for hooks in (self._dispatcher.after_hooks, self._application.after_hooks):
                for hook in hooks:
                    hook(req, resp)
            resp.encode()
        except Exception as error:
            answer_error(req, resp, self._dispatcher, error)
        for header in self._dispatcher.service.request_id_headers:
            if resp.get_header(header) is None:
                resp.set_header(header, req.env["REQUEST_ID"])
        if is_logged():
            endpoint = self._dispatcher.endpoint_at(req.uri_template)
            log_request(req.env, self._dispatcher.service.name, endpoint.name if endpoint else "-", resp.status_code)


def start_request(env: dict[str, Any]) -> None:
    """Give a request its id and note when it began."""
    # uuid4 would ask the kernel for randomness, at which a thread has to let the others go first.
    env["REQUEST_ID"] = f"req-{uuid.UUID(int=getrandbits(128), version=4)}"
    env["jumpgate.started"] = time.perf_counter()
    trace.request_began(env["REQUEST_ID"])


def is_logged() -> bool:
    """Tell whether anybody reads the lines of requests."""
    return ACCESS_LOG.isEnabledFor(logging.INFO)


def log_request(env: dict[str, Any], service: str, endpoint: str, status: int) -> None:
    """Write the one log line of a request."""
    ACCESS_LOG.info(
        "request",
        extra={
            "request": {
                "id": env["REQUEST_ID"],
                "service": service,
                "method": env["REQUEST_METHOD"],
                "endpoint": endpoint,
                "project": env.get("tenant_id") or "-",
                "status": status,
                "ms": round((time.perf_counter() - env["jumpgate.started"]) * 1000, 2),
            }
        },
    )


_tenant_parameters: dict[Callable[..., Any], str | None] = {}


def _tenant_parameter(responder: Callable[..., Any]) -> str | None:
    """Tell how a responder takes ``tenant_id``: "named", by "keywords", or None for not at all."""
    function = getattr(responder, "__func__", responder)
    if function not in _tenant_parameters:
        parameters = inspect.signature(responder).parameters
        keywords = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        _tenant_parameters[function] = "named" if "tenant_id" in parameters else "keywords" if keywords else None
    return _tenant_parameters[function]


def _fit_tenant_id(req: Request, resource: object, params: dict[str, Any]) -> None:
    """Hand ``tenant_id`` to the responders that take it, whichever root the request came by, and to no others."""
    responder = getattr(resource, f"on_{req.method.lower()}", None)
    if responder is None:
        return
    parameter = _tenant_parameter(responder)
    if parameter == "named":
        params.setdefault("tenant_id", req.env.get("tenant_id"))
    elif parameter is None:
        params.pop("tenant_id", None)


def send_fault(req: Request, resp: Response, dispatcher: Dispatcher, fault: Fault) -> None:
    """Answer with an error in the service's own format."""
    content, content_type = dispatcher.service.faults.render(fault, req.get_header("Accept") or "")
    resp.body = content
    resp.status = fault.status
    resp.content_type = content_type
    for name, value in fault.headers.items():
        resp.set_header(name, value)
    if fault.status == 401:
        resp.set_header("WWW-Authenticate", f'Keystone uri="{req.env.get("jumpgate.identity_url", "")}"')


def answer_error(req: Request, resp: Response, dispatcher: Dispatcher, error: Exception) -> None:
    """Answer with what was raised: a word, an error of Falcon's, or anything else, whose text stays in the log."""
    if isinstance(error, falcon.HTTPStatus):
        resp.status, resp.text = error.status, error.text
        resp.set_headers(error.headers or {})
        return
    fault = _fault(error, dispatcher)
    if fault is None:
        request_id = req.env["REQUEST_ID"]
        LOG.error("%s %s failed (%s)", req.method, _place(req), request_id, exc_info=error)
        fault = Fault(500, UNEXPECTED.format(request_id=request_id))
    elif fault.status in _CLOUD_FAILED:
        LOG.warning("%s %s: %s (%s) %r", req.method, _place(req), error, req.env["REQUEST_ID"], error.__cause__)
    send_fault(req, resp, dispatcher, fault)


def _place(req: Request) -> str:
    """Return where a request went, for the log: without the values in its path, one of which may be a token."""
    return req.uri_template or req.path


def _fault(error: Exception, dispatcher: Dispatcher) -> Fault | None:
    """Return how a known error looks; None for one that nobody foresaw."""
    if isinstance(error, JumpgateError):
        return fault_of(error, dispatcher.service.answers)
    if isinstance(error, falcon.HTTPError):
        message = error.description or _MESSAGES.get(error.status_code) or error.title or "Error"
        return Fault(error.status_code, message, headers=dict(error.headers or {}))
    return None


def build(dispatcher: Dispatcher, application: Hooks) -> falcon.App[Request, Response]:
    """Make the WSGI application of a dispatcher; the handlers must have been set."""
    middleware = Middleware(dispatcher, application)
    app = falcon.App(request_type=Request, response_type=Response, middleware=[middleware])
    app.req_options.auto_parse_qs_csv = False
    app.req_options.keep_blank_qs_values = True
    app.req_options.media_handlers = app.resp_options.media_handlers = json_handlers()

    def on_error(req: Request, resp: Response, error: Exception, params: dict[str, Any]) -> None:
        answer_error(req, resp, dispatcher, error)

    app.add_error_handler((Exception, falcon.HTTPError), on_error)
    for endpoint in dispatcher:
        handler = dispatcher.get_handler(endpoint.name)
        if handler is None and dispatcher.fallback is not None:
            continue
        for template, _ in endpoint.routes:
            app.add_route(template, handler if handler is not None else NotServed(endpoint.name))
    app.add_sink(_Fallback(dispatcher, middleware), "/")
    return app


class Application:
    """The WSGI application of a dispatcher, built when it is first needed, or by `build` before a fork."""

    def __init__(self, dispatcher: Dispatcher, hooks: Hooks) -> None:
        """`hooks` are the global ones."""
        self._dispatcher = dispatcher
        self._hooks = hooks
        self._app: falcon.App[Request, Response] | None = None
        self._lock = threading.Lock()

    def build(self) -> falcon.App[Request, Response]:
        """Return Falcon's application; the handlers must have been set."""
        with self._lock:
            if self._app is None:
                self._app = build(self._dispatcher, self._hooks)
            return self._app

    def __call__(self, env: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app = self._app or self.build()
        return app(env, start_response)
