"""The identity service as its handlers know it: a typed service with tokens and a catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from jumpgate.common.catalog import Catalog, HasDispatchers
from jumpgate.common.dispatcher import Dispatcher
from jumpgate.common.policy import Rule
from jumpgate.common.typed import Application, Call, Handler, TypedService
from jumpgate.identity.contract import Identity
from jumpgate.identity.models import Session
from jumpgate.identity.tokens.catalog import TokenCatalog
from jumpgate.identity.tokens.issuer import Tokens
from jumpgate.identity.tokens.keys import KeyRepository, keys_directory
from jumpgate.identity.tokens.login import Logins


class IdentityApplication(Application, HasDispatchers, Protocol):
    """What the identity service needs of `jumpgate.api.Jumpgate`."""


class IdentityService(TypedService[Identity]):
    """The identity service of one region."""

    def __init__(self, app: IdentityApplication, disp: Dispatcher, cloud: Identity, rules: Iterable[Rule]) -> None:
        super().__init__(app, disp, cloud, rules)
        # Not asked before the first token is: looking at routes needs no state.
        keys = KeyRepository(lambda: keys_directory(app.config))
        self.tokens = Tokens(cloud, keys, ttl_s=app.config.value("identity", "token_ttl"))
        self.logins = Logins(cloud, self.tokens)
        self.catalog = TokenCatalog(cloud, Catalog(app))

    def session(self, call: Call[Identity]) -> Session:
        """Return what the token of a request stands for."""
        return self.tokens.open(call.req.get_header("X-Auth-Token") or "")


class IdentityHandler(Handler[Identity]):
    """The base of this service's handlers."""

    service: IdentityService
