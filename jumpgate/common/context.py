"""Who asks: the context that every contract method receives first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The caller of one operation, as the identity service vouches for it.

    At most one of `project_id`, `domain_id` and `system` is set: the scope. All are unset for an unscoped token.
    `secrets` holds what the identity driver sealed into the token (a cloud's own key, say); it is never shown.
    `access_rules`, each (service type, method, path), are the only requests that the caller may make; None: any.
    """

    user_id: str
    user_name: str = ""
    user_domain_id: str = "default"
    user_domain_name: str = "Default"
    project_id: str | None = None
    project_name: str | None = None
    project_domain_id: str | None = None
    project_domain_name: str | None = None
    is_domain_project: bool = False
    domain_id: str | None = None
    domain_name: str | None = None
    system: bool = False
    roles: tuple[str, ...] = ()
    role_ids: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    audit_ids: tuple[str, ...] = ()
    issued_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    request_id: str = ""
    access_rules: tuple[tuple[str, str, str], ...] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_admin(self) -> bool:
        """Whether the caller holds the admin role in its scope."""
        return "admin" in self.roles

    @property
    def project(self) -> str:
        """The project that the caller works in; an empty string for a token without one."""
        return self.project_id or ""

    def with_request(self, request_id: str) -> Context:
        """Return the same caller asking with another request."""
        return replace(self, request_id=request_id)


def service_context(project_id: str, *, user_id: str = "jumpgate", request_id: str = "") -> Context:
    """Return the context in which Jumpgate itself works on a project's behalf, in a task for instance."""
    return Context(
        user_id=user_id,
        user_name=user_id,
        project_id=project_id,
        roles=("admin", "service"),
        request_id=request_id,
    )
