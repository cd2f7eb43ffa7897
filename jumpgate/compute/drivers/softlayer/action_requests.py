"""Which requests asked for what SoftLayer's event log tells of: the log has trace ids of its own, and no room for ours.

A request is remembered when SoftLayer has taken what it asked for and before its answer tells anybody its id.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from jumpgate.common.context import Context
from jumpgate.common.format import utcnow
from jumpgate.compute.models import InstanceAction
from jumpgate.store.engine import Store
from jumpgate.store.tables.compute import action_requests

LOG = logging.getLogger(__name__)

TOPIC = "compute"
# Whichever is passed first: how long a request is remembered, and how many there are of a server.
LIFETIME = dt.timedelta(days=90)
MOST = 100
# How much earlier, by clocks that differ, and how much later than it was asked for an action may stand in the log.
_EARLIEST, _LATEST = dt.timedelta(minutes=-2), dt.timedelta(hours=1)
# What SoftLayer does for requests that it has no word for. The others are logged under the names they have.
_DONE_BY = {"suspend": "pause", "resume": "unpause", "unrescue": "reboot", "revertResize": "resize"}
_SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request by its id. `name` is Nova's word for the action that it asked for."""

    id: str
    name: str
    user_id: str
    asked_at: dt.datetime


class ActionRequests:
    """The remembered requests of one region."""

    def __init__(self, store: Store, region: str) -> None:
        self._store = store
        self._region = region

    @staticmethod
    def now() -> dt.datetime:
        """Return when a request that begins now was asked."""
        return utcnow()

    def add(self, ctx: Context, server_ids: Iterable[str], name: str, asked_at: dt.datetime) -> None:
        """Remember that the caller's request led to an action on servers.

        It has by now: where it cannot be remembered, its answer is the same, and the action keeps SoftLayer's id.
        """
        try:
            for server_id in server_ids if ctx.request_id else ():
                self._add(ctx, server_id, name, asked_at)
        except SQLAlchemyError:
            LOG.exception("The request %s cannot be remembered", ctx.request_id)

    def _add(self, ctx: Context, server_id: str, name: str, asked_at: dt.datetime) -> None:
        mine = self._of(ctx, server_id)
        row = {"id": str(uuid.uuid4()), "request_id": ctx.request_id, "name": name, "user_id": ctx.user_id}
        place = {"region": self._region, "project_id": ctx.project, "server_id": server_id}
        columns = action_requests.c
        latest = sa.select(columns.id).where(mine).order_by(columns.asked_at.desc(), columns.id.desc()).limit(MOST)
        with self._store.write(TOPIC) as connection:
            connection.execute(sa.insert(action_requests).values(**row, **place, asked_at=asked_at))
            connection.execute(sa.delete(action_requests).where(columns.asked_at < asked_at - LIFETIME))
            connection.execute(sa.delete(action_requests).where(mine, columns.id.not_in(latest)))

    def find(self, ctx: Context, server_id: str) -> list[Request]:
        """Return the requests on a server of the caller's account, the oldest first."""
        columns = action_requests.c
        rows = sa.select(action_requests).where(self._of(ctx, server_id)).order_by(columns.asked_at, columns.id)
        with self._store.read() as connection:
            return [
                Request(id=row.request_id, name=row.name, user_id=row.user_id, asked_at=row.asked_at)
                for row in connection.execute(rows)
            ]

    def _of(self, ctx: Context, server_id: str) -> sa.ColumnElement[bool]:
        columns = action_requests.c
        where = (columns.region == self._region, columns.project_id == ctx.project, columns.server_id == server_id)
        return sa.and_(*where)


class _Asked(Protocol):
    requests: ActionRequests


_M = TypeVar("_M", bound=Callable[..., Any])


def asks(name: str) -> Callable[[_M], _M]:
    """Decorate a method that changes one server (`ctx, server_id, ...`): its request is remembered once it is done."""

    def decorate(method: _M) -> _M:
        @functools.wraps(method)
        def run(servers: _Asked, ctx: Context, server_id: str, *arguments: Any, **named: Any) -> Any:
            asked_at = servers.requests.now()
            answer = method(servers, ctx, server_id, *arguments, **named)
            servers.requests.add(ctx, [server_id], name, asked_at)
            return answer

        return cast("_M", run)

    return decorate


def behind(requests: Sequence[Request], actions: Sequence[InstanceAction]) -> dict[str, Request]:
    """Return the requests behind logged actions, by the actions' ids: of the same kind, by the same user, just then.

    Where several could be, the nearest in time belong together. What was not asked of Jumpgate has none.
    """
    near = sorted(
        (abs(action.started_at - request.asked_at), index, place)
        for index, request in enumerate(requests)
        for place, action in enumerate(actions)
        if _may_be(request, action)
    )
    found: dict[int, int] = {}
    for _, index, place in near:
        if place not in found and index not in found.values():
            found[place] = index
    return {actions[place].request_id: requests[index] for place, index in found.items()}


def _may_be(request: Request, action: InstanceAction) -> bool:
    is_then = _EARLIEST <= action.started_at - request.asked_at <= _LATEST
    is_alike = action.name == _DONE_BY.get(request.name, request.name)
    return is_then and is_alike and action.user_id.casefold() in (request.user_id.casefold(), _SYSTEM)
