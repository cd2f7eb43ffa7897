"""The tasks that import images' data: an image's own, and for administrators everybody's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from jumpgate.common.errors import BadRequest, Forbidden
from jumpgate.common.ids import Native
from jumpgate.common.listing import Filter, Query, page
from jumpgate.common.typed import Call, Handler, operation
from jumpgate.image.contract import Imaging, Tasks
from jumpgate.image.handlers import access
from jumpgate.image.handlers.queries import Parameters, last, limit, sort
from jumpgate.image.models import ImportTask
from jumpgate.image.views import tasks as view

_SORT_KEYS = {name: name for name in ("id", "status", "owner", "expires_at", "created_at", "updated_at")}
_FILTERS = ("id", "status", "owner", "image_id", "user_id", "request_id")
_TYPES = ("import", view.TYPE)


class ImageTasksHandler(Handler[Imaging]):
    """``/v2/images/{image_id}/tasks``."""

    @operation("images.get")
    def on_get(self, call: Call[Imaging], image_id: str) -> Any:
        """List an image's tasks: none where the cloud has no such thing."""
        image = access.visible(call, image_id)
        if call.cloud.tasks is None:
            return {"tasks": []}
        query = Query(filters=(Filter("image_id", (image.id,)),), sort=sort({}, _SORT_KEYS))
        render = view.OF_IMAGE.bind(call)
        return {"tasks": [render(task) for task in _page(call, query)]}


class TasksHandler(Handler[Imaging]):
    """``/v2/tasks``."""

    @operation("tasks.find")
    def on_get(self, call: Call[Imaging]) -> Any:
        """List everybody's tasks."""
        _require_access(call)
        query = _query(call.parameters)
        tasks = _page(call, query) if last(call.parameters, "type") in (None, view.TYPE) else []
        body = {
            "tasks": [view.listed(task, call) for task in tasks],
            "first": _path(call.parameters),
            "schema": "/v2/schemas/tasks",
        }
        if tasks and len(tasks) == query.limit:
            body["next"] = _path(call.parameters, tasks[-1].id)
        return body

    @operation("tasks.create")
    def on_post(self, call: Call[Imaging]) -> None:
        """Glance's own tasks fetch an image from a URL, which no cloud here offers."""


class TaskHandler(Handler[Imaging]):
    """``/v2/tasks/{task_id}``."""

    @operation("tasks.get")
    def on_get(self, call: Call[Imaging], task_id: str) -> Any:
        """Show a task."""
        _require_access(call)
        return view.whole(_tasks(call).get(call.ctx, task_id), call)


def _tasks(call: Call[Imaging]) -> Tasks:
    assert call.cloud.tasks is not None
    return call.cloud.tasks


def _page(call: Call[Imaging], query: Query) -> list[ImportTask]:
    return page(_tasks(call).find(call.ctx, query), query)


def _require_access(call: Call[Imaging]) -> None:
    if not call.may("tasks_api_access"):
        raise Forbidden("You are not authorized to complete tasks_api_access action.")


def _query(parameters: Parameters) -> Query:
    marker = last(parameters, "marker")
    if marker is not None and not _is_uuid(marker):
        raise BadRequest("Invalid marker format")
    return Query(
        filters=tuple(_filters(parameters)), sort=sort(parameters, _SORT_KEYS), marker=marker, limit=limit(parameters)
    )


def _is_uuid(text: str) -> bool:
    try:
        return bool(Native().to_cloud(text))
    except ValueError:
        return False


def _filters(parameters: Parameters) -> Iterable[Filter]:
    for name, allowed in (("status", view.STATUSES), ("type", _TYPES)):
        value = last(parameters, name)
        if value is not None and value not in allowed:
            raise BadRequest(f"Invalid {name} value: {value}")
    return [Filter(name, (texts[-1],)) for name, texts in parameters.items() if name in _FILTERS]


def _path(parameters: Parameters, marker: str | None = None) -> str:
    kept = [(name, text) for name, texts in parameters.items() if name != "marker" for text in texts]
    query = urlencode([*kept, ("marker", marker)] if marker is not None else kept)
    return f"/v2/tasks?{query}" if query else "/v2/tasks"
