"""Issuing, opening and revoking tokens; the application's authenticator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography.fernet import InvalidToken

from jumpgate.common.auth import SERVICE_ROLE, on_behalf
from jumpgate.common.context import Context
from jumpgate.common.errors import Unauthorized
from jumpgate.common.faults import AUTHENTICATION_REQUIRED
from jumpgate.common.format import utcnow
from jumpgate.identity.contract import Identity
from jumpgate.identity.models import Payload, Scope, Session
from jumpgate.identity.tokens.keys import KeyRepository
from jumpgate.identity.tokens.payload import decode, encode, new_audit_id
from jumpgate.identity.tokens.sessions import Sessions

# How long a token is taken for valid without asking again, where the cloud cannot tell whether anything changed.
UNCHECKED_S = 5
MOST_REMEMBERED = 4096
# Keystone's allow_expired_window.
EXPIRED_WINDOW = dt.timedelta(days=2)

_NOBODY = Context(user_id="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Somebody who has proved who he is. `expires_at` and `chain_id` come from the token that proved it, if one did."""

    user_id: str
    methods: tuple[str, ...]
    expires_at: dt.datetime | None = None
    chain_id: str | None = None
    application_credential_id: str | None = None
    trust_id: str | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Remembered:
    session: Session
    revision: object
    until: dt.datetime


class Tokens:
    """The tokens of one cloud. It remembers those that it has opened, as long as nothing in the cloud changes."""

    def __init__(
        self, cloud: Identity, keys: KeyRepository, *, ttl_s: int, now: Callable[[], dt.datetime] = utcnow
    ) -> None:
        self._cloud = cloud
        self._keys = keys
        self._ttl = dt.timedelta(seconds=ttl_s)
        self._now = now
        self._remembered: dict[str, _Remembered] = {}
        self.sessions = Sessions(cloud)

    def issue(self, login: Login, scope: Scope) -> tuple[str, Session]:
        """Return a new token and what it stands for; raise Unauthorized where the user has no business in the scope."""
        issued_at = self._now()
        audit_id = new_audit_id()
        payload = Payload(
            user_id=login.user_id,
            scope=scope,
            methods=login.methods,
            issued_at=issued_at,
            expires_at=min(issued_at + self._ttl, login.expires_at or dt.datetime.max.replace(tzinfo=dt.UTC)),
            audit_ids=(audit_id,) if login.chain_id is None else (audit_id, login.chain_id),
            application_credential_id=login.application_credential_id,
            trust_id=login.trust_id,
            secrets=login.secrets,
        )
        session = self.sessions.open(payload)
        sealed = self._keys.fernet().encrypt_at_time(encode(payload), int(issued_at.timestamp()))
        return sealed.rstrip(b"=").decode(), session

    def open(self, token: str, *, expired: bool = False) -> Session:
        """Return what a token stands for; raise Unauthorized where it is not ours, expired or revoked.

        With `expired` one that expired a while ago still counts, as services ask for in the middle of long work.
        """
        now = self._now() - (EXPIRED_WINDOW if expired else dt.timedelta())
        revision = self._cloud.authentication.revision(_NOBODY)
        known = self._remembered.get(token)
        if not expired and known is not None and known.revision == revision and now < known.until:
            return known.session
        payload = self._unseal(token)
        if payload.expires_at <= now:
            raise Unauthorized(AUTHENTICATION_REQUIRED)
        session = self.sessions.open(payload)
        if not expired:
            self._remember(token, session, revision, now)
        return session

    def authenticate(self, token: str) -> Context:
        """Return whom a token stands for (`jumpgate.common.auth.Authenticator`)."""
        return self.open(token).context

    def authenticate_for_service(self, token: str, service_token: str) -> Context:
        """Return whom a token stands for with which a service asks (`jumpgate.common.auth.ServiceAuthenticator`)."""
        if SERVICE_ROLE not in self.authenticate(service_token).roles:
            return self.authenticate(token)
        return on_behalf(self.open(token, expired=True).context)

    def revoke(self, session: Session) -> None:
        """Make a token void, and those made from it."""
        payload = session.payload
        self._cloud.revocations.create(session.context, payload.audit_ids[0], payload.expires_at)
        self._remembered.clear()

    def _remember(self, token: str, session: Session, revision: object, now: dt.datetime) -> None:
        until = session.payload.expires_at
        if revision is None:
            until = min(until, now + dt.timedelta(seconds=UNCHECKED_S))
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[token] = _Remembered(session, revision, until)

    def _unseal(self, token: str) -> Payload:
        try:
            return decode(self._keys.fernet().decrypt(token + "=" * (-len(token) % 4)))
        except (InvalidToken, ValueError):
            raise Unauthorized(AUTHENTICATION_REQUIRED) from None
