"""Tags: words of a client's own on networks, subnets, ports, security groups, routers and floating IPs.

Source: the API reference's "Standard attribute tag extension".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from jumpgate.common.errors import NotFound
from jumpgate.common.http import Request, Response
from jumpgate.common.typed import Call, Operation, TypedService
from jumpgate.network.contract import Network, Tagged
from jumpgate.network.handlers.attributes import Attributes, Resource, authorize, body_of
from jumpgate.network.schemas import values as read
from jumpgate.network.views.faults import fault

MOST_TAGS = 50


class _Tags:
    """What the two handlers of one resource's tags share."""

    def __init__(self, service: TypedService[Network], resource: Resource) -> None:
        self.service = service
        self._resource = resource
        self._attributes = Attributes(resource)

    def operation(self, verb: str | None, status: int) -> Operation:
        """Return the rules of one request; the policy rule is that of the thing tagged."""
        capability = f"{self._resource.contract}.{verb}" if verb else None
        return Operation(capability=capability, status=status)

    def tagged(self, call: Call[Network]) -> Tagged:
        """Return the driver's object for the resource."""
        return cast(Tagged, self._attributes.contract(call))

    def member(self, call: Call[Network], verb: str, resource_id: str) -> Any:
        """Return the thing, when the caller may do `verb` to its tags."""
        try:
            model = self._attributes.member(call, resource_id)
        except NotFound as error:
            raise fault("TagResourceNotFound", self._resource.plural, resource_id) from error
        authorize(call, [f"{verb}_{self._resource.singular}:tags"], self._resource.target(model))
        return model

    def check_count(self, tags: Sequence[str]) -> None:
        """Raise BadRequest for more tags than a thing can have."""
        if len(set(tags)) > MOST_TAGS:
            text = f"The number of tags exceed the per-resource limit of {MOST_TAGS}"
            raise fault("BadRequest", self._resource.plural, text)

    def path(self, path: dict[str, str]) -> dict[str, str]:
        """Return the path's variables under names that do not depend on the resource."""
        found = {"resource_id": path[self._resource.path_field]}
        return {**found, "tag": path["tag"]} if "tag" in path else found


def _given(call: Call[Network]) -> tuple[str, ...]:
    body = body_of(call)
    if "tags" not in body:
        raise read.invalid("Invalid tags body")
    try:
        tags: tuple[str, ...] = read.tags(body["tags"])
    except ValueError as error:
        raise read.invalid(str(error)) from error
    return tags


def _checked(tag: str) -> str:
    try:
        return str(read.string(read.LONGEST_TAG)(tag))
    except ValueError as error:
        raise read.invalid(str(error)) from error


class TagsHandler(_Tags):
    """All tags of a thing."""

    def on_get(self, req: Request, resp: Response, **path: str) -> None:
        """List."""
        self.operation(None, 200).answer(self.service, self._show, req, resp, self.path(path))

    def on_put(self, req: Request, resp: Response, **path: str) -> None:
        """Replace."""
        self.operation("set_tags", 200).answer(self.service, self._replace, req, resp, self.path(path))

    def on_post(self, req: Request, resp: Response, **path: str) -> None:
        """Add."""
        self.operation("add_tags", 200).answer(self.service, self._add, req, resp, self.path(path))

    def on_delete(self, req: Request, resp: Response, **path: str) -> None:
        """Remove all."""
        self.operation("set_tags", 204).answer(self.service, self._clear, req, resp, self.path(path))

    def _show(self, call: Call[Network], resource_id: str) -> dict[str, Any]:
        return {"tags": list(self.member(call, "get", resource_id).tags)}

    def _replace(self, call: Call[Network], resource_id: str) -> dict[str, Any]:
        tags = _given(call)
        model = self.member(call, "update", resource_id)
        self.check_count(tags)
        self.tagged(call).set_tags(call.ctx, model.id, tags)
        return {"tags": sorted(set(tags))}

    def _add(self, call: Call[Network], resource_id: str) -> dict[str, Any]:
        tags = _given(call)
        model = self.member(call, "create", resource_id)
        self.check_count((*model.tags, *tags))
        self.tagged(call).add_tags(call.ctx, model.id, tags)
        return {"tags": sorted({*model.tags, *tags})}

    def _clear(self, call: Call[Network], resource_id: str) -> None:
        model = self.member(call, "delete", resource_id)
        self.tagged(call).set_tags(call.ctx, model.id, ())


class TagHandler(_Tags):
    """One tag of a thing."""

    def on_get(self, req: Request, resp: Response, **path: str) -> None:
        """Tell whether it is there."""
        self.operation(None, 204).answer(self.service, self._check, req, resp, self.path(path))

    def on_put(self, req: Request, resp: Response, **path: str) -> None:
        """Add."""
        self.operation("add_tags", 201).answer(self.service, self._add, req, resp, self.path(path))

    def on_delete(self, req: Request, resp: Response, **path: str) -> None:
        """Remove."""
        self.operation("remove_tag", 204).answer(self.service, self._remove, req, resp, self.path(path))

    def _check(self, call: Call[Network], resource_id: str, tag: str) -> None:
        if _checked(tag) not in self.member(call, "get", resource_id).tags:
            raise fault("TagNotFound", tag)

    def _add(self, call: Call[Network], resource_id: str, tag: str) -> None:
        _checked(tag)
        model = self.member(call, "update", resource_id)
        self.check_count((*model.tags, tag))
        self.tagged(call).add_tags(call.ctx, model.id, (tag,))

    def _remove(self, call: Call[Network], resource_id: str, tag: str) -> None:
        _checked(tag)
        model = self.member(call, "delete", resource_id)
        self.tagged(call).remove_tag(call.ctx, model.id, tag)


def expose_tags(service: TypedService[Network], resource: Resource, *, many: str, one: str) -> None:
    """Serve a resource's tags at their two endpoints, if the cloud has the resource."""
    if getattr(service.cloud, resource.contract) is not None:
        service.disp.set_handler(many, TagsHandler(service, resource))
        service.disp.set_handler(one, TagHandler(service, resource))
