"""What users, projects, domains and roles do that the other collections do not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from jumpgate.common.errors import BadRequest
from jumpgate.common.format import parse_iso
from jumpgate.common.listing import Filter, Query, Sort, page
from jumpgate.common.typed import Call
from jumpgate.identity.handlers.collections import KeystoneUniform, is_set, links
from jumpgate.identity.handlers.tables import DOMAINS, GROUPS, PROJECTS, ROLES, USERS
from jumpgate.identity.models import Project

Json = Mapping[str, Any]

_HEX_ID = re.compile(r"[0-9a-f]{32}")


class UserUniform(KeystoneUniform):
    """Users are also found by the end of their password and by where they come from."""

    def query(self, call: Call[Any]) -> Query:
        query = super().query(call)
        more = [_expiry(text) for text in call.parameters.get("password_expires_at", ())]
        if any(name in call.parameters for name in ("idp_id", "protocol_id", "unique_id")):
            # Nobody comes from another identity provider.
            more.append(Filter("id", ()))
        return replace(query, filters=(*query.filters, *more))


_COMPARISONS = {"lt": "lt", "lte": "lte", "gt": "gt", "gte": "gte", "eq": "eq", "neq": "ne"}


def _expiry(text: str) -> Filter:
    """Read ``lt:2016-12-08T22:02:00Z``; without an operator the time must be equal."""
    word, colon, rest = text.partition(":")
    operator, moment = (word, rest) if colon and word.isalpha() else ("eq", text)
    if operator not in _COMPARISONS:
        raise BadRequest(
            f"The given operator {operator} is not valid. It must be one of the following: "
            "'eq', 'neq', 'lt', 'lte', 'gt', or 'gte'."
        )
    try:
        return Filter("password_expires_at", (parse_iso(moment),), _COMPARISONS[operator])
    except ValueError:
        raise BadRequest(f"{moment!r} is no time: write YYYY-MM-DDTHH:mm:ssZ.") from None


class DomainUniform(KeystoneUniform):
    """A domain's id may be chosen by the client that makes it."""

    def spec_values(self, call: Call[Any], values: dict[str, Any]) -> dict[str, Any]:
        chosen = values.get("extra", {}).pop("explicit_domain_id", None)
        if chosen is not None and _HEX_ID.fullmatch(str(chosen)) is None:
            raise BadRequest("An explicit domain ID must be a UUID in hexadecimal form without dashes.")
        return {**values, "id": chosen}


class ProjectUniform(KeystoneUniform):
    """A project can be shown with what is above and below it in the tree."""

    def spec_values(self, call: Call[Any], values: dict[str, Any]) -> dict[str, Any]:
        return values if values.get("is_domain") else super().spec_values(call, values)

    def get(self, call: Call[Any], resource_id: str) -> Any:
        body = super().get(call, resource_id)
        wanted = [name for name in _RELATIVES if is_set(call, name)]
        for which in ("parents", "subtree"):
            if len([name for name in wanted if name.startswith(which)]) > 1:
                raise BadRequest(f"Cannot use {which}_as_list and {which}_as_ids query params at the same time.")
        for name in wanted:
            body["project"][name.partition("_")[0]] = _RELATIVES[name](self, call, resource_id)
        return body

    def parents(self, call: Call[Any], project_id: str) -> Iterator[Project]:
        """Yield the projects above one, the next first and its domain last."""
        project = self.contract(call).get(call.ctx, project_id)
        while project.parent_id is not None:
            project = self.contract(call).get(call.ctx, project.parent_id)
            yield project

    def children(self, call: Call[Any], project_id: str) -> list[Project]:
        """Return the projects directly below one."""
        query = Query(filters=(Filter("parent_id", (project_id,)),), sort=(Sort("id"),))
        return page(self.contract(call).find(call.ctx, query), query)

    def subtree(self, call: Call[Any], project_id: str) -> Iterator[Project]:
        """Yield the projects below one, level by level within each branch."""
        for child in self.children(call, project_id):
            yield child
            yield from self.subtree(call, child.id)

    def listed(self, call: Call[Any], projects: Iterable[Project]) -> list[Any]:
        """Render those of some projects in which the caller has a role."""
        own = {project.id for project in call.cloud.projects.find_for_user(call.ctx, call.ctx.user_id)}
        return [{"project": self.view.render(project, call)} for project in projects if project.id in own]

    def parent_ids(self, call: Call[Any], project_id: str) -> Json | None:
        """Return the ids above a project, each holding the next: {parent: {grandparent: None}}."""
        ids: Json | None = None
        for project in reversed(list(self.parents(call, project_id))):
            ids = {project.id: ids}
        return ids

    def subtree_ids(self, call: Call[Any], project_id: str) -> Json | None:
        """Return the ids below a project, each holding those below it, None for none."""
        return {child.id: self.subtree_ids(call, child.id) for child in self.children(call, project_id)} or None


_RELATIVES: Mapping[str, Callable[[ProjectUniform, Call[Any], str], Any]] = {
    "parents_as_list": lambda uniform, call, key: uniform.listed(call, uniform.parents(call, key)),
    "parents_as_ids": ProjectUniform.parent_ids,
    "subtree_as_list": lambda uniform, call, key: uniform.listed(call, uniform.subtree(call, key)),
    "subtree_as_ids": ProjectUniform.subtree_ids,
}


class RoleUniform(KeystoneUniform):
    """The roles that belong to a domain have rules of their own."""

    def find_rule(self, call: Call[Any]) -> str:
        return "identity:list_domain_roles" if call.parameter("domain_id") else "identity:list_roles"

    def create_rule(self, values: Mapping[str, Any]) -> str:
        return "identity:create_domain_role" if values.get("domain_id") else "identity:create_role"

    def member_rule(self, verb: str, model: Any) -> str:
        return f"identity:{verb}_domain_role" if model.domain_id else f"identity:{verb}_role"


UNIFORMS: Mapping[str, KeystoneUniform] = {
    "user": UserUniform(USERS),
    "project": ProjectUniform(PROJECTS),
    "domain": DomainUniform(DOMAINS),
    "group": KeystoneUniform(GROUPS),
    "role": RoleUniform(ROLES),
}


def rendered(call: Call[Any], kind: str, models: Iterable[Any]) -> dict[str, Any]:
    """Return things as the body of a list, all of them and in their order."""
    uniform = UNIFORMS[kind]
    render = uniform.view.bind(call)
    return {"links": links(call), uniform.collection.plural: [render(model) for model in models]}
