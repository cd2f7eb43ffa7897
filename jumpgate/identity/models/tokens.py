"""What a token says, and what it stands for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from jumpgate.common.context import Context
from jumpgate.identity.models.accounts import Domain, Project, User
from jumpgate.identity.models.credentials import ApplicationCredential
from jumpgate.identity.models.roles import Role, Scope
from jumpgate.identity.models.trusts import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What a token says. Times are aware, to the microsecond.

    The first of `audit_ids` is the token's own; the second, where there is one, is that of the token with which the
    user logged in and from which this one was made. `user_id` is who logged in: with `trust_id` the trustee.
    """

    user_id: str
    scope: Scope
    methods: tuple[str, ...]
    issued_at: dt.datetime
    expires_at: dt.datetime
    audit_ids: tuple[str, ...]
    application_credential_id: str | None = None
    trust_id: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A valid token, looked up. `domain` is the scope's, or that of `project`; both are None without a scope.

    `user` is whom the holder appears as: the trustor of a trust with impersonation.
    """

    payload: Payload
    user: User
    user_domain: Domain
    context: Context = field(repr=False)
    project: Project | None = None
    domain: Domain | None = None
    roles: tuple[Role, ...] = ()
    application_credential: ApplicationCredential | None = None
    trust: Trust | None = None
