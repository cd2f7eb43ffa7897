"""Users, projects, domains and groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_DOMAIN_ID = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account. Names are unique within a domain.

    `tokens_valid_from` is when the password was last changed or the account disabled: tokens issued before are void.
    `options` are Keystone's (``ignore_password_expiry``), `extra` what clients stored beside (``email``).
    """

    id: str
    name: str
    domain_id: str = DEFAULT_DOMAIN_ID
    enabled: bool = True
    default_project_id: str | None = None
    password_expires_at: dt.datetime | None = None
    tokens_valid_from: dt.datetime | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSpec:
    """What a client gives to make a user. Without a password nobody can log in as the user."""

    name: str
    domain_id: str | None = None
    password: str | None = field(default=None, repr=False)
    enabled: bool = True
    default_project_id: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What owns a cloud's resources. `parent_id` is its parent project's or its domain's id.

    A project with `is_domain` is a domain seen as a project: it has neither a domain nor a parent.
    """

    id: str
    name: str
    domain_id: str | None = DEFAULT_DOMAIN_ID
    parent_id: str | None = DEFAULT_DOMAIN_ID
    is_domain: bool = False
    enabled: bool = True
    description: str = ""
    tags: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSpec:
    """What a client gives to make a project."""

    name: str
    domain_id: str | None = None
    parent_id: str | None = None
    is_domain: bool = False
    enabled: bool = True
    description: str = ""
    tags: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A namespace of users, groups and projects."""

    id: str
    name: str
    enabled: bool = True
    description: str = ""
    tags: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSpec:
    """What a client gives to make a domain. `id` is given only where the client chose one (32 hexadecimal digits)."""

    name: str
    id: str | None = None
    enabled: bool = True
    description: str = ""
    tags: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A set of users that holds roles together."""

    id: str
    name: str
    domain_id: str = DEFAULT_DOMAIN_ID
    description: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpec:
    """What a client gives to make a group."""

    name: str
    domain_id: str | None = None
    description: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
