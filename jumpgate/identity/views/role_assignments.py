"""Role assignments as JSON, with names where they are wanted and links that tell how an effective one came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from jumpgate.common.context import Context
from jumpgate.common.fields import Scene
from jumpgate.identity.models import Assignment, Domain, Group, Project, Role, Scope, User

Json = dict[str, Any]


class _Getter(Protocol):
    def get(self, ctx: Context, resource_id: str) -> Any: ...


class _Cloud(Protocol):
    """What names are looked up in."""

    @property
    def users(self) -> _Getter: ...
    @property
    def projects(self) -> _Getter: ...
    @property
    def domains(self) -> _Getter: ...
    @property
    def roles(self) -> _Getter: ...
    @property
    def groups(self) -> _Getter | None: ...


class Names:
    """Looks names up, each once."""

    def __init__(self, cloud: _Cloud, ctx: Context) -> None:
        self._cloud = cloud
        self._ctx = ctx
        self._known: dict[tuple[str, str], Any] = {}

    def described(self, kind: str, key: str) -> Json:
        """Return the id and name of a thing, and its domain's."""
        model: User | Group | Project | Role | Domain = self._get(kind, key)
        body: Json = {"id": model.id, "name": model.name}
        domain_id = getattr(model, "domain_id", None)
        if domain_id is not None:
            body["domain"] = {"id": domain_id, "name": self._get("domain", domain_id).name}
        return body

    def _get(self, kind: str, key: str) -> Any:
        if (kind, key) not in self._known:
            resource: _Getter = getattr(self._cloud, f"{kind}s")
            self._known[kind, key] = resource.get(self._ctx, key)
        return self._known[kind, key]


def render(assignment: Assignment, scene: Scene, names: Names | None) -> Json:
    """Render one assignment."""
    inherited = assignment.inherited or assignment.origin is not None
    scope = _scope(assignment.scope, names)
    if inherited:
        scope["OS-INHERIT:inherited_to"] = "projects"
    kind, actor_id = ("user", assignment.user_id) if assignment.group_id is None else ("group", assignment.group_id)
    return {
        "role": _thing("role", assignment.role_id, names),
        kind: _thing(kind, actor_id or "", names),
        "scope": scope,
        "links": _links(assignment, scene, inherited=inherited),
    }


def _thing(kind: str, key: str, names: Names | None) -> Json:
    return {"id": key} if names is None else names.described(kind, key)


def _scope(scope: Scope, names: Names | None) -> Json:
    if scope.project_id is not None:
        return {"project": _thing("project", scope.project_id, names)}
    if scope.domain_id is not None:
        return {"domain": _thing("domain", scope.domain_id, names)}
    return {"system": {"all": True}}


def _links(assignment: Assignment, scene: Scene, *, inherited: bool) -> Mapping[str, str]:
    """Return the URL of the assignment itself, and those of the membership and implication that led from there."""
    through = assignment.through_group_id
    actor = "group" if through or assignment.group_id else "user"
    actor_id = through or assignment.group_id or assignment.user_id
    scope = assignment.origin or assignment.scope
    prior = assignment.prior_role_id
    values = {f"{actor}_id": actor_id, "role_id": prior or assignment.role_id}
    found = {"assignment": _grant_url(scope, scene, actor, values, inherited=inherited)}
    if through:
        found["membership"] = scene.url("v3_group_user", group_id=through, user_id=assignment.user_id)
    if prior:
        found["prior_role"] = scene.url("v3_role_implied_role", role_id=prior, implied_role_id=assignment.role_id)
    return found


def _grant_url(scope: Scope, scene: Scene, actor: str, values: Mapping[str, object], *, inherited: bool) -> str:
    prefix = "v3_os_inherit" if inherited else "v3"
    if scope.project_id is not None:
        return scene.url(f"{prefix}_project_{actor}_role", project_id=scope.project_id, **values)
    if scope.domain_id is not None:
        return scene.url(f"{prefix}_domain_{actor}_role", domain_id=scope.domain_id, **values)
    return scene.url(f"v3_system_{actor}_role", **values)
