"""The tags of a project."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from jumpgate.common.errors import BadRequest, NotFound
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Identity
from jumpgate.identity.handlers.collections import target_of
from jumpgate.identity.models import Project
from jumpgate.identity.schemas.projects import MOST_TAGS, TAGS
from jumpgate.identity.tokens.service import IdentityHandler

Json = dict[str, Any]


def _project(call: Call[Identity], project_id: str, verb: str) -> Project:
    """Return a project to whose tags the caller may do something."""
    rule = f"identity:{verb}"
    try:
        project = call.cloud.projects.get(call.ctx, project_id)
    except NotFound:
        call.require(rule, {})
        raise
    call.require(rule, target_of("project", project))
    return project


def _tags(call: Call[Identity], project: Project) -> Json:
    return {"links": {"self": call.here()}, "tags": list(project.tags)}


def _set(call: Call[Identity], project: Project, tags: tuple[str, ...]) -> Project:
    return call.cloud.projects.update(call.ctx, project.id, {"tags": tags})


class ProjectTagsHandler(IdentityHandler):
    """``/v3/projects/{project_id}/tags``."""

    @operation("projects.get")
    def on_get(self, call: Call[Identity], project_id: str) -> Json:
        """List the tags."""
        return _tags(call, _project(call, project_id, "list_project_tags"))

    on_head = on_get

    @operation("projects.update", body=TAGS)
    def on_put(self, call: Call[Identity], project_id: str) -> Json:
        """Replace the tags."""
        project = _project(call, project_id, "update_project_tags")
        return _tags(call, _set(call, project, tuple(call.body["tags"])))

    @operation("projects.update", status=204)
    def on_delete(self, call: Call[Identity], project_id: str) -> None:
        """Remove all tags."""
        _set(call, _project(call, project_id, "delete_project_tags"), ())


class ProjectTagHandler(IdentityHandler):
    """``/v3/projects/{project_id}/tags/{tag}``."""

    @operation("projects.get", status=204)
    def on_get(self, call: Call[Identity], project_id: str, tag: str) -> None:
        """Check that a project has a tag."""
        _demand(_project(call, project_id, "get_project_tag"), tag)

    on_head = on_get

    @operation("projects.update", status=201)
    def on_put(self, call: Call[Identity], project_id: str, tag: str) -> None:
        """Add a tag."""
        project = _project(call, project_id, "create_project_tag")
        if "," in tag or len(tag) > 255:
            raise BadRequest(f"The tag {tag[:255]!r} has a comma or is longer than 255 characters.")
        if tag not in project.tags:
            if len(project.tags) >= MOST_TAGS:
                raise BadRequest(f"A project has at most {MOST_TAGS} tags.")
            _set(call, project, (*project.tags, tag))
        call.resp.set_header("Location", call.url("v3_project_tag", project_id=project_id, tag=quote(tag)))

    @operation("projects.update", status=204)
    def on_delete(self, call: Call[Identity], project_id: str, tag: str) -> None:
        """Remove a tag."""
        project = _project(call, project_id, "delete_project_tag")
        _demand(project, tag)
        _set(call, project, tuple(one for one in project.tags if one != tag))


def _demand(project: Project, tag: str) -> None:
    if tag not in project.tags:
        raise NotFound(f"Could not find project tag: {tag}.")
