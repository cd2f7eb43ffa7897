"""Validating tokens at a real Keystone, so that typed drivers of other services work behind it.

Source: the Identity API v3, "Validate and show information for token". A user may validate his own token, so no service
account is needed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import orjson
import urllib3

from jumpgate.common.auth import SERVICE_ROLE, on_behalf
from jumpgate.common.backend import Backend, release
from jumpgate.common.context import Context
from jumpgate.common.errors import CloudError, Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.common.format import parse_iso, utcnow

MOST_CACHED = 10_000
_LARGEST_TOKEN_BYTES = 4 * 1024 * 1024
_PATH = "/v3/auth/tokens?nocatalog"
# Keystone tells nobody of tokens with access rules who does not say that he heeds them.
_HEEDED = {"OpenStack-Identity-Access-Rules": "1.0"}


class KeystoneTokens:
    """Asks Keystone whom a token stands for, and remembers the answer for `cache_s` seconds.

    A token that is revoked in the meantime is therefore good for so long; one that expires is not.
    """

    def __init__(self, keystone: Backend, *, cache_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._keystone = keystone
        self._cache_s = cache_s
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Context]] = OrderedDict()
        self._lock = threading.Lock()

    def authenticate(self, token: str) -> Context:
        """Return whom `token` stands for; raise Unauthorized, or CloudError and its like where Keystone fails."""
        key = hashlib.sha256(token.encode("latin-1", "replace")).digest()
        context = self._remembered(key)
        if context is None:
            context = self._ask(token, _PATH, asking=token)
            self._remember(key, context)
        return context

    def authenticate_for_service(self, token: str, service_token: str) -> Context:
        """Return whom a token stands for with which a service asks (`jumpgate.common.auth.ServiceAuthenticator`).

        Keystone tells services of tokens that have expired; such an answer is not remembered.
        """
        if SERVICE_ROLE not in self.authenticate(service_token).roles:
            return self.authenticate(token)
        try:
            return on_behalf(self.authenticate(token))
        except Unauthorized:
            return on_behalf(self._ask(token, f"{_PATH}&allow_expired=1", asking=service_token))

    def _remembered(self, key: bytes) -> Context | None:
        until, context = self._known.get(key, (0.0, None))
        if context is None or self._clock() >= until or _has_expired(context):
            return None
        return context

    def _remember(self, key: bytes, context: Context) -> None:
        with self._lock:
            self._known[key] = (self._clock() + self._cache_s, context)
            self._known.move_to_end(key)
            while len(self._known) > MOST_CACHED:
                self._known.popitem(last=False)

    def _ask(self, token: str, path: str, *, asking: str) -> Context:
        headers = {"X-Auth-Token": asking, "X-Subject-Token": token, "Accept": "application/json", **_HEEDED}
        answer = self._keystone.request("GET", path, headers)
        try:
            return self._read(answer)
        finally:
            release(answer)

    def _read(self, answer: urllib3.BaseHTTPResponse) -> Context:
        with self._keystone.failures():
            body = answer.read(_LARGEST_TOKEN_BYTES)
        if answer.status in (401, 403, 404):
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        if answer.status != 200:
            raise CloudError(f"The identity service behind this one answered {answer.status} to a token.")
        try:
            return context_of(orjson.loads(body)["token"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CloudError("The identity service behind this one described a token that cannot be read.") from error


def _has_expired(context: Context) -> bool:
    return context.expires_at is not None and context.expires_at <= utcnow()


def context_of(token: Mapping[str, Any]) -> Context:
    """Return the caller that a v3 token document describes. Raises KeyError, TypeError or ValueError for others."""
    user, project, domain = token["user"], token.get("project") or {}, token.get("domain") or {}
    roles = token.get("roles") or ()
    return Context(
        user_id=user["id"],
        user_name=user["name"],
        user_domain_id=user["domain"]["id"],
        user_domain_name=user["domain"]["name"],
        project_id=project.get("id"),
        project_name=project.get("name"),
        project_domain_id=(project.get("domain") or {}).get("id"),
        project_domain_name=(project.get("domain") or {}).get("name"),
        is_domain_project=bool(token.get("is_domain")),
        domain_id=domain.get("id"),
        domain_name=domain.get("name"),
        system="system" in token,
        roles=tuple(role["name"] for role in roles),
        role_ids=tuple(role["id"] for role in roles),
        methods=tuple(token.get("methods") or ()),
        audit_ids=tuple(token.get("audit_ids") or ()),
        issued_at=_moment(token.get("issued_at")),
        expires_at=_moment(token.get("expires_at")),
        access_rules=_access_rules(token.get("application_credential") or {}),
    )


def _access_rules(credential: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...] | None:
    rules = credential.get("access_rules")
    return None if rules is None else tuple((rule["service"], rule["method"], rule["path"]) for rule in rules)


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else parse_iso(text)
