"""Image tasks in JSON, in the three forms in which Glance shows them."""

from __future__ import annotations

from typing import Any

from jumpgate.common.fields import Field, Input, Scene, View
from jumpgate.common.format import iso_microseconds, iso_seconds_z
from jumpgate.common.ids import Kind
from jumpgate.image.models import ImportTask
from jumpgate.image.views.documents import UUID_PATTERN, document

TYPE = "api_image_import"
STATUSES = ("pending", "processing", "success", "failure")


def _text(description: str, type_: Any = "string", **more: object) -> Input:
    return Input(schema={"type": type_, "description": description, **more})


_READ_ONLY = Input(schema={"readOnly": True, "type": "string"})

_BRIEF = (
    Field("id", input=_text("An identifier for the task", pattern=UUID_PATTERN)),
    Field(
        "type",
        lambda *_: TYPE,
        input=_text(
            "The type of task represented by this content", enum=["import", "api_image_import", "location_import"]
        ),
    ),
    Field("status", input=_text("The current status of this task", enum=list(STATUSES))),
    Field("owner", kind=Kind.PROJECT, input=_text("An identifier for the owner of this task")),
    Field("image_id", kind=Kind.IMAGE, input=_text("Image associated with the task")),
    Field("request_id", input=_text("Human-readable informative request-id")),
    Field("user_id", kind=Kind.USER, input=_text("User associated with the task")),
    Field(
        "expires_at",
        lambda task, _: iso_seconds_z(task.expires_at),
        input=_text("Datetime when this resource would be subject to removal", ["null", "string"]),
    ),
    Field(
        "created_at",
        lambda task, _: iso_seconds_z(task.created_at),
        input=_text("Datetime when this resource was created"),
    ),
    Field(
        "updated_at",
        lambda task, _: iso_seconds_z(task.updated_at),
        input=_text("Datetime when this resource was updated"),
    ),
    Field("self", lambda task, _: f"/v2/tasks/{task.id}", input=_READ_ONLY),
    Field("schema", lambda *_: "/v2/schemas/task", input=_READ_ONLY),
)

_DETAIL = (
    Field("input", input=_text("The parameters required by task, JSON blob", ["null", "object"])),
    Field("result", input=_text("The result of current task, JSON blob", ["null", "object"])),
    Field(
        "message",
        input=_text("Human-readable informative message only included when appropriate (usually on failure)"),
    ),
)

_WHOLE: View[ImportTask] = View(*_BRIEF, *_DETAIL)
_LISTED: View[ImportTask] = View(
    *(field for field in _BRIEF if field.name not in ("image_id", "request_id", "user_id"))
)

# Glance shows the tasks of an image as its database has them, times and all.
OF_IMAGE: View[ImportTask] = View(
    *(
        field
        for field in (*_BRIEF, *_DETAIL)
        if field.name not in ("self", "schema") and not field.name.endswith("_at")
    ),
    Field("expires_at", lambda task, _: iso_microseconds(task.expires_at)),
    Field("created_at", lambda task, _: iso_microseconds(task.created_at)),
    Field("updated_at", lambda task, _: iso_microseconds(task.updated_at)),
    Field("deleted_at", lambda *_: None),
    Field("deleted", lambda *_: False),
)

DOCUMENT = document("task", (*_BRIEF, *_DETAIL))
LISTED_DOCUMENT = document("task", _BRIEF)


def whole(task: ImportTask, scene: Scene) -> dict[str, Any]:
    """Render a task by itself."""
    return _lasting(_WHOLE.render(task, scene))


def listed(task: ImportTask, scene: Scene) -> dict[str, Any]:
    """Render a task in a list."""
    return _lasting(_LISTED.render(task, scene))


def _lasting(view: dict[str, Any]) -> dict[str, Any]:
    """Leave the expiry away where there is none yet."""
    return {name: value for name, value in view.items() if name != "expires_at" or value is not None}
