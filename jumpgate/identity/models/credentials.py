"""How users prove who they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from jumpgate.identity.models.accounts import User


@dataclass(frozen=True, slots=True, kw_only=True)
class UserReference:
    """How a login names its user: by id, or by name and the domain's id or name."""

    id: str | None = None
    name: str | None = None
    domain_id: str | None = None
    domain_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A user whose password was right. `secrets` are sealed into the token and come back in every `Context`."""

    user: User
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRule:
    """One kind of request that an application credential may be used for."""

    id: str
    service: str
    method: str
    path: str
    user_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCredential:
    """A user's credential for a program: some of the user's roles on one project.

    `secret` is known only when the credential has just been made. An `unrestricted` one may make more credentials.
    """

    id: str
    name: str
    user_id: str
    project_id: str
    role_ids: tuple[str, ...]
    description: str | None = None
    expires_at: dt.datetime | None = None
    unrestricted: bool = False
    access_rules: tuple[AccessRule, ...] | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationCredentialSpec:
    """What a client gives to make an application credential. Without a secret one is generated."""

    name: str
    user_id: str
    project_id: str
    role_ids: tuple[str, ...]
    description: str | None = None
    expires_at: dt.datetime | None = None
    unrestricted: bool = False
    access_rules: tuple[AccessRule, ...] | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A secret that a user keeps for other services: `blob` is what they understand, by `type` (``ec2``, ``cert``)."""

    id: str
    type: str
    user_id: str
    blob: str = field(repr=False)
    project_id: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialSpec:
    """What a client gives to keep a secret. An ``ec2`` credential's id is made of its access key."""

    type: str
    user_id: str
    blob: str = field(repr=False)
    id: str | None = None
    project_id: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
