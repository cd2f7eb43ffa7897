"""Calls to LXD's API through its client library, and the operations that LXD goes on with after it has answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import requests

from jumpgate.clouds.lxd.events import LOST, Events
from jumpgate.clouds.lxd.faults import Lost, Stranger, translated, word
from jumpgate.clouds.lxd.sdk import Client, WebSocketException, get_session_for_url
from jumpgate.clouds.lxd.settings import Settings
from jumpgate.clouds.lxd.sockets import Socket, connected
from jumpgate.clouds.lxd.unix import UnixAdapter
from jumpgate.common.errors import CloudError, CloudTimeout, NotFound

Record = Mapping[str, Any]
S = TypeVar("S", bound=Socket)
# How long LXD may work on an operation before nobody waits for it any more.
OPERATION_TIMEOUT_S = 600.0


class Session:
    """One way to one LXD, shared by all threads of a process. Every call raises words of `jumpgate.common.errors`.

    A path is given in segments: ``get("instances", name, project=project)``. LXD that is down costs each call a
    CloudUnreachable and nothing else: the first call after it is back works.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._known: Client | None = None
        self.events = Events(self._client, self._ended)

    def get(self, *path: str, project: str | None = None, **parameters: str | int) -> Any:
        """Return what a GET answers: a mapping, or a list where the path is a collection."""
        return self._ask("get", path, project, parameters).json()["metadata"]

    def find(self, *path: str, project: str | None = None, filter: str | None = None, depth: int = 1) -> list[Record]:
        """Return the records of a collection; `filter` is LXD's (``name eq web``), `depth` its recursion."""
        parameters: dict[str, str | int] = {"recursion": depth}
        if filter is not None:
            parameters["filter"] = filter
        found: list[Record] = self.get(*path, project=project, **parameters)
        return found

    def tagged(self, *path: str, project: str | None = None) -> tuple[dict[str, Any], str]:
        """Return a record with its ETag, which `put` takes to change only what nobody else has changed."""
        response = self._ask("get", path, project, {})
        return response.json()["metadata"], response.headers.get("ETag", "")

    def put(self, *path: str, body: object, project: str | None = None, etag: str = "") -> None:
        """Replace a record, and wait where LXD makes it an operation."""
        self._settle("put", path, project, body, {"If-Match": etag} if etag else {})

    def patch(self, *path: str, body: object, project: str | None = None, etag: str = "") -> None:
        """Change some of a record, and wait where LXD makes it an operation."""
        self._settle("patch", path, project, body, {"If-Match": etag} if etag else {})

    def post(self, *path: str, body: object, project: str | None = None, **parameters: str) -> Any:
        """Make something, wait where LXD makes it an operation, and return the operation's metadata, if any."""
        response = self._ask("post", path, project, parameters, json=body)
        return self._metadata(response, "post", path, project)

    def delete(self, *path: str, project: str | None = None, **parameters: str) -> None:
        """Remove something, and wait where LXD makes it an operation."""
        self._metadata(self._ask("delete", path, project, parameters), "delete", path, project)

    def start(self, method: str, *path: str, body: object = None, project: str | None = None, **params: str) -> str:
        """Begin an operation and return its id, for `wait`."""
        given = {} if body is None else {"json": body}
        return operation_of(self._ask(method, path, project, params, **given))

    def begin(self, *path: str, body: object, project: str | None = None) -> Record:
        """POST what begins an operation, and return its record, of which the secrets of its websockets are a part."""
        record: Record = self._ask("post", path, project, {}, json=body).json()["metadata"]
        return record

    def wait(self, operation_id: str, what: str, *, timeout_s: float = OPERATION_TIMEOUT_S) -> Record:
        """Wait until an operation has ended and return it; raise what its failure means, CloudTimeout after too long.

        LXD tells by an event. What ended while no event could come is asked for once.
        """
        ended = self.events.wait(operation_id, timeout_s)
        if ended is None:
            raise CloudTimeout(f"LXD did not end {what} within {timeout_s:.0f} s.")
        if ended is LOST:
            raise Lost(str(ended["err"]))
        if ended.get("status_code") != 200:
            raise word(str(ended.get("err") or ended.get("status")), what)
        return ended

    def send(
        self, *path: str, data: Any, headers: Mapping[str, str], project: str | None = None, **parameters: str
    ) -> Any:
        """POST bytes that are no JSON, wait for the operation that takes them in, and return its metadata."""
        response = self._ask("post", path, project, parameters, data=data, headers=dict(headers))
        return self._metadata(response, "post", path, project)

    def raw(self, *path: str, project: str | None = None, **parameters: str) -> bytes:
        """Return what a GET answers where that is no JSON, a console's log for instance."""
        content: bytes = self._ask("get", path, project, parameters, is_api=False).content
        return content

    @contextmanager
    def opened(self, *path: str, project: str | None = None) -> Iterator[requests.Response]:
        """Give the response of a GET whose body is still to be read, and close it."""
        response = self._ask("get", path, project, {}, stream=True)
        try:
            yield response
        finally:
            response.close()

    def connect(self, kind: type[S], resource: str) -> S:
        """Return a websocket of a kind that is connected to a path, which may have a query."""
        with translated(f"GET {resource.partition('?')[0]}"):
            try:
                return connected(kind, self._client(), resource)
            except WebSocketException as error:
                raise CloudError("LXD refuses the websocket.") from error

    @property
    def server(self) -> Record:
        """What LXD says of itself: its environment, and the API extensions that it has."""
        record: Record = self.get()
        return record

    @property
    def process(self) -> int:
        """The number of LXD's process: an operation that was begun in another one is over."""
        return int(self.server["environment"].get("server_pid", 0))

    def _settle(self, method: str, path: tuple[str, ...], project: str | None, body: object, headers: Record) -> None:
        response = self._ask(method, path, project, {}, json=body, headers=dict(headers))
        self._metadata(response, method, path, project)

    def _metadata(self, response: requests.Response, method: str, path: Iterable[str], project: str | None) -> Any:
        answer = response.json()
        if answer.get("type") != "async":
            return answer.get("metadata")
        return self.wait(operation_of(response), _what(method, path)).get("metadata")

    def _ask(
        self, method: str, path: Iterable[str], project: str | None, parameters: Record, **given: Any
    ) -> requests.Response:
        with translated(_what(method, path)):
            node = self._client().api
            for segment in path:
                node = node[quote(segment, safe="")]
            params = {**parameters, **({"project": project} if project else {})}
            call: Callable[..., requests.Response] = getattr(node, method)
            return call(params=params, **given)

    def _client(self) -> Client:
        """Return the library's client. Making one asks LXD who it is, so it is made when LXD first answers."""
        with self._lock:
            if self._known is None:
                self._known = self._connect()
            return self._known

    def _connect(self) -> Client:
        settings = self.settings
        certificate = (settings.client_cert, settings.client_key) if settings.is_remote else None
        url = settings.endpoint if settings.is_remote else f"http+unix://{quote(settings.endpoint, safe='')}"
        session = get_session_for_url(url, verify=settings.server_cert or True, cert=certificate)
        if not settings.is_remote:
            session.mount("http+unix://", UnixAdapter(settings.endpoint))
        # Neither a proxy nor a .netrc of the environment has a say in how LXD is reached.
        session.trust_env = False
        client = Client(url, session=session, cert=certificate, timeout=settings.timeout_s)
        if not client.trusted:
            raise Stranger
        return client

    def _ended(self, operation_id: str) -> Record | None:
        """Return an operation as LXD knows it now; None for one that it has forgotten."""
        try:
            found: Record = self.get("operations", operation_id)
        except NotFound:
            return None
        return found


def operation_of(response: requests.Response) -> str:
    """Return the id of the operation that an answer names."""
    path = urlsplit(str(response.json()["operation"])).path
    return path.rpartition("/")[2]


def _what(method: str, path: Iterable[str]) -> str:
    return f"{method.upper()} /{'/'.join(path)}"
