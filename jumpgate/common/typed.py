"""The typed layer's engine: what happens between a Falcon responder and a contract method, the same for every service.

A handler's method is an operation: it names the capability it needs, its policy rule and its schemas, receives a `Call`
and returns the response's body. Authentication, microversion, capability, policy, validation and the response headers
are settled here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import parse_qs

import orjson

from jumpgate.common.auth import Authenticator, authenticate
from jumpgate.common.config import Config
from jumpgate.common.context import Context
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.errors import (
    BadRequest,
    JumpgateError,
    NotFound,
    NotSupported,
    TooLarge,
    UnsupportedMediaType,
)
from jumpgate.common.guard import guarded
from jumpgate.common.http import Request, Response, dumps
from jumpgate.common.ids import IdMap, Ids, Kind, MalformedId
from jumpgate.common.listing import Query, page
from jumpgate.common.microversion import Microversion, in_window
from jumpgate.common.policy import Policy, Rule
from jumpgate.common.resource import Resource, capabilities, withheld
from jumpgate.common.response_cache import ResponseCache
from jumpgate.common.schema import Schema
from jumpgate.common.siblings import Siblings

C = TypeVar("C")
T = TypeVar("T")

# oslo.middleware's sizelimit, which stands in front of every OpenStack service.
LARGEST_BODY_BYTES = 114_688

NO_VALUES: Mapping[str, Any] = MappingProxyType({})


class Application(Protocol):
    """What the typed layer needs of `jumpgate.api.Jumpgate`."""

    authenticator: Authenticator
    config: Config

    def ids(self, region: str) -> Ids: ...

    def siblings(self, region: str) -> Siblings: ...

    def get_endpoint_url(self, service: str, req: Request, name: str, **values: object) -> str: ...


class TypedService(Generic[C]):
    """One service of one region that a driver has exposed: the contract objects and what they can do."""

    def __init__(self, app: Application, disp: Dispatcher, cloud: C, rules: Iterable[Rule]) -> None:
        """`rules` are the service's policy defaults."""
        self.app = app
        self.disp = disp
        self.capabilities = capabilities(cloud)
        self.withheld = withheld(cloud)
        self.cloud = guarded(cloud, disp.driver or disp.section)
        file = app.config.value(disp.section, "policy_file")
        self.policy = Policy(rules, Path(file) if file else None, refusal=disp.service.refusal)
        app.siblings(disp.region).add(disp.service.name, self.cloud)
        self.ids = app.ids(disp.region)
        self.ids.register(_id_maps(cloud))
        disp.typed = self
        self.responses = ResponseCache()

    def offers(self, capability: str) -> bool:
        """Tell whether the cloud implements an operation, ``servers.pause``."""
        return capability in self.capabilities


def _id_maps(cloud: object) -> Mapping[Kind, IdMap]:
    """Return what the resources of a composition declare of their ids."""
    maps: dict[Kind, IdMap] = {}
    for part in dataclasses.fields(cloud):  # type: ignore[arg-type]
        maps.update(getattr(getattr(cloud, part.name), "ids", {}))
    return maps


class Call(Generic[C]):
    """One request to one operation. It is also the `Scene` in which views render."""

    __slots__ = ("body", "cloud", "ctx", "parameters", "req", "resp", "service", "version")

    def __init__(
        self, service: TypedService[C], req: Request, resp: Response, ctx: Context, version: Microversion | None
    ) -> None:
        self.service = service
        self.cloud = service.cloud
        self.req = req
        self.resp = resp
        self.ctx = ctx
        self.version = version
        self.body: Any = None
        self.parameters: Mapping[str, Sequence[str]] = (
            parse_qs(req.query_string, keep_blank_values=True) if req.query_string else NO_VALUES
        )

    @property
    def ids(self) -> Ids:
        """The id maps of this region."""
        return self.service.ids

    def parameter(self, name: str) -> str | None:
        """Return the last value of a query parameter."""
        values = self.parameters.get(name)
        return values[-1] if values else None

    def at_least(self, version: str) -> bool:
        """Tell whether the request's microversion is `version` or newer."""
        return self.version is not None and self.version >= Microversion.parse(version)

    def url(self, name: str, **values: object) -> str:
        """Return the URL of an endpoint of this service, in the form by which the request came."""
        return self.service.disp.get_endpoint_url(self.req, name, **values)

    def text(self) -> str:
        """Return what the client has written: path, query and body."""
        return f"{self.req.path}?{self.req.query_string} {self.body}"

    def here(self) -> str:
        """Return the request's own URL without its query, as the client wrote it."""
        return self.service.disp.mount.base_url(self.req.env) + self.req.path

    def may(self, rule: str, target: Mapping[str, object] | None = None) -> bool:
        """Tell whether the caller passes a policy rule; the target is its own project by default."""
        return self.service.policy.allows(self.ctx, rule, self._target(target))

    def require(self, rule: str, target: Mapping[str, object] | None = None) -> None:
        """Raise Forbidden unless the caller passes a policy rule."""
        self.service.policy.require(self.ctx, rule, self._target(target))

    def _target(self, target: Mapping[str, object] | None) -> Mapping[str, object]:
        return target if target is not None else {"project_id": self.ctx.project_id, "user_id": self.ctx.user_id}

    def native_in_path(self, kind: Kind, text: str) -> str:
        """Return the cloud's id for one in the path; raise NotFound for one that cannot exist."""
        try:
            return self.ids[kind].to_cloud(text)
        except MalformedId:
            raise NotFound(f"{_label(kind)} {text} could not be found.", reason=f"{_camel(kind)}NotFound") from None

    def native_in_body(self, kind: Kind, text: str) -> str:
        """Return the cloud's id for one in a body or query; raise BadRequest for one that cannot exist."""
        try:
            return self.ids[kind].to_cloud(text)
        except MalformedId:
            raise BadRequest(f"{text!r} is no id of a {_label(kind).lower()}.") from None

    def openstack_id(self, kind: Kind, native: str) -> str:
        """Return the id that clients see for one of the cloud's."""
        return self.ids[kind].to_openstack(native)

    def page(self, items: Iterable[T], query: Query, kinds: Mapping[str, Kind]) -> list[T]:
        """Return the page of `items` that `query` asks for; raise MarkerNotFound.

        `kinds` are the attributes that hold the cloud's ids and of what, by which clients see them sorted.
        """
        shown = {name: self.ids[kind].to_openstack for name, kind in kinds.items()}
        return page(items, query, shown=shown)


def _label(kind: Kind) -> str:
    return kind.name.replace("_", " ").capitalize()


def _camel(kind: Kind) -> str:
    return kind.name.title().replace("_", "")


Function = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What must hold before an operation's function is called, and how its result is answered.

    `capability` is the contract method it needs (None: it needs none), `policy` the rule that must pass for the
    caller's own project (None: the function decides), `since` and `until` the microversions that have it, `status` that
    of a success, `public` that no token is asked for. `query` requires no parameter. `cached` names the resource of
    the composition whose `revision` tells whether an earlier answer still holds (reads only).
    """

    capability: str | None = None
    policy: str | None = None
    body: Schema | None = None
    query: Schema | None = None
    status: int = 200
    since: str | None = None
    until: str | None = None
    public: bool = False
    cached: str | None = None

    def answer(
        self, service: TypedService[Any], function: Function, req: Request, resp: Response, path: dict[str, str]
    ) -> None:
        """Serve one request with `function`, which gets the call and the path's variables."""
        ctx = _NOBODY if self.public else authenticate(req, service.app.authenticator)
        version = _negotiate(service, req, resp)
        if version is not None and not in_window(version, _parsed(self.since), _parsed(self.until)):
            raise NotFound("The resource could not be found.")
        _check_project(req, ctx, path.pop("tenant_id", None))
        call = Call(service, req, resp, ctx, version)
        if self.capability is not None and self.capability not in service.capabilities:
            raise NotSupported(f"This cloud does not support {self.capability}.")
        if self.policy is not None:
            call.require(self.policy)
        if self.query is not None and call.parameters:
            self.query.validate(dict(call.parameters), version, is_query=True)
        if self.body is not None:
            call.body = read_json(req)
            self.body.validate(call.body, version)
        try:
            answer = self._cached_answer(call, function, path) if self.cached else function(call, **path)
        except JumpgateError as error:
            error.message = service.ids.in_clients_words(error.message, call.text())
            raise
        send(resp, answer, self.status)

    def _cached_answer(self, call: Call[Any], function: Function, path: dict[str, str]) -> object:
        """Return the answer as bytes, made anew only where the resource's revision has moved."""
        resource: Resource = getattr(call.cloud, self.cached or "")
        revision = resource.revision(call.ctx)
        if revision is None:
            return function(call, **path)
        key = _cache_key(call)
        answer = call.service.responses.get(key, revision)
        if answer is None:
            answer = _encode(function(call, **path))
            call.service.responses.put(key, revision, answer)
        return answer


def _cache_key(call: Call[Any]) -> Hashable:
    """Return all that an answer depends on beside the cloud's things: the URL as the client sees it, and who asks."""
    env, ctx = call.req.env, call.ctx
    url = (env["wsgi.url_scheme"], env.get("HTTP_HOST"), env["SCRIPT_NAME"], env["PATH_INFO"], env["QUERY_STRING"])
    return url, call.version, ctx.user_id, ctx.project_id, ctx.domain_id, ctx.system, ctx.roles


def _check_project(req: Request, ctx: Context, tenant_id: str | None) -> None:
    """Refuse a path below ``/v2.1/{tenant_id}`` with another project than the token's, as Nova and Cinder do."""
    if tenant_id is None or ctx.project_id is None or tenant_id == ctx.project_id:
        return
    if (req.uri_template or "").split("/")[2:3] == ["{tenant_id}"]:
        raise BadRequest(
            f"Malformed request URL: URL's project_id '{tenant_id}' doesn't match Context's project_id "
            f"'{ctx.project_id}'"
        )


_NOBODY = Context(user_id="")
_versions: dict[str, Microversion] = {}


def _parsed(text: str | None) -> Microversion | None:
    if text is None:
        return None
    if text not in _versions:
        _versions[text] = Microversion.parse(text)
    return _versions[text]


def _negotiate(service: TypedService[Any], req: Request, resp: Response) -> Microversion | None:
    microversions = service.disp.service.microversions
    if microversions is None:
        return None
    version = microversions.older or microversions.minimum
    if microversions.applies_to(req.uri_template or ""):
        version = microversions.asked(req.get_header)
        # A refusal names the version that it refuses, as OpenStack's do.
        for name, value in microversions.headers(version).items():
            resp.set_header(name, value)
        microversions.require(version)
    return version


def send(resp: Response, result: object, status: int) -> None:
    """Answer with what an operation's function returned: a dict as JSON, bytes as they are, None without a body."""
    if resp.status_code == 200:
        resp.status = status
    if result is None:
        return
    resp.data = result if isinstance(result, bytes) else _encode(result)
    if resp.content_type is None:
        resp.content_type = "application/json"


def _encode(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        return dumps(value)


def read_json(req: Request) -> Any:
    """Return the request's JSON body; raise BadRequest, TooLarge or UnsupportedMediaType."""
    content_type = req.content_type
    if content_type and "json" not in content_type:
        raise UnsupportedMediaType(f"The body's type {content_type!r} is not supported; send application/json.")
    data = req.stream.read(LARGEST_BODY_BYTES + 1)
    if len(data) > LARGEST_BODY_BYTES:
        raise TooLarge(f"The request body is larger than {LARGEST_BODY_BYTES} bytes.")
    if not data:
        raise BadRequest("The request has no body; send a JSON document.")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"Malformed request body: it is not valid JSON ({error}).") from error


class Handler(Generic[C]):
    """The base of typed handlers: it knows its service. Its responders are made by `operation`."""

    def __init__(self, service: TypedService[C]) -> None:
        self.service = service


def operation(
    capability: str | None = None,
    *,
    policy: str | None = None,
    body: Schema | None = None,
    query: Schema | None = None,
    status: int = 200,
    since: str | None = None,
    until: str | None = None,
    public: bool = False,
    cached: str | None = None,
) -> Callable[[Function], Function]:
    """Make a handler's method ``(self, call, **path)`` a Falcon responder; see `Operation` for the arguments."""
    rules = Operation(
        capability=capability,
        policy=policy,
        body=body,
        query=query,
        status=status,
        since=since,
        until=until,
        public=public,
        cached=cached,
    )

    def decorate(function: Function) -> Function:
        def responder(self: Handler[Any], req: Request, resp: Response, **path: str) -> None:
            rules.answer(self.service, function.__get__(self), req, resp, path)

        responder.__name__ = function.__name__
        responder.__doc__ = function.__doc__
        responder.operation = rules  # type: ignore[attr-defined]
        return responder

    return decorate


def attach(service: TypedService[C], handlers: Iterable[tuple[str, type[Handler[C]]]]) -> None:
    """Set a handler of each class at its endpoint: all that exposing a service does."""
    made: dict[type[Handler[C]], Handler[C]] = {}
    for name, cls in handlers:
        service.disp.set_handler(name, made.setdefault(cls, cls(service)))
