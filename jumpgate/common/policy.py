"""Who may do what: OpenStack's rules under their own names, and a ``policy.yaml`` that overrides them (oslo.policy)."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from oslo_config import cfg
from oslo_policy import policy as oslo

from jumpgate.common.context import Context
from jumpgate.common.errors import ConfigError, Forbidden
from jumpgate.common.service import REFUSAL

ADMIN = "role:admin"
PROJECT_ADMIN_OR_OWNER = "rule:admin_or_owner"
PROJECT_MEMBER_OR_ADMIN = "rule:project_member_or_admin"
PROJECT_READER_OR_ADMIN = "rule:project_reader_or_admin"
ANYBODY = "@"

_SHARED = {
    "context_is_admin": ADMIN,
    "admin_required": ADMIN,
    "admin_api": ADMIN,
    "owner": "project_id:%(project_id)s",
    "admin_or_owner": "role:admin or project_id:%(project_id)s",
    "project_member_api": "role:member and project_id:%(project_id)s",
    "project_reader_api": "role:reader and project_id:%(project_id)s",
    "project_member_or_admin": "rule:project_member_api or rule:context_is_admin",
    "project_reader_or_admin": "rule:project_reader_api or rule:context_is_admin",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, its default as an oslo.policy check, and what it guards."""

    name: str
    check: str
    description: str = ""


_SHARED_RULES = {name: Rule(name, check) for name, check in _SHARED.items()}
_MEMO_SIZE = 20_000
# oslo.policy's enforcers are not made for several threads.
_LOCK = threading.Lock()


class Policy:
    """The rules of one service. Decisions are remembered, so the file is read once, at start."""

    def __init__(self, rules: Iterable[Rule], file: Path | None = None, *, refusal: str = REFUSAL) -> None:
        """`rules` are the service's defaults; one of them may redefine a shared rule. `file` is the operator's.

        `refusal` is the message to a caller who does not pass a ``{rule}``.
        """
        self._refusal = refusal
        self._memo: dict[tuple[object, ...], bool] = {}
        defaults = {**_SHARED_RULES, **{rule.name: rule for rule in rules}}
        self._known = frozenset(defaults)
        known = tuple(defaults.values())
        self._enforcer = _enforcer(known, file) if file is not None else _enforcer_of_defaults(known)

    def knows(self, rule: str) -> bool:
        """Tell whether there is a rule of this name."""
        return rule in self._known

    def allows(self, ctx: Context, rule: str, target: Mapping[str, object]) -> bool:
        """Tell whether `ctx` passes `rule` for a target ({"project_id": ..., "user_id": ...})."""
        if rule not in self._known:
            raise KeyError(f"There is no policy rule {rule!r}.")
        scope = (ctx.user_id, ctx.project_id, ctx.domain_id, ctx.system, ctx.roles)
        key = (rule, scope, tuple(target.items()))
        decision = self._memo.get(key)
        if decision is None:
            with _LOCK:
                decision = bool(self._enforcer.enforce(rule, dict(target), _credentials(ctx)))
                if len(self._memo) >= _MEMO_SIZE:
                    self._memo.clear()
                self._memo[key] = decision
        return decision

    def require(self, ctx: Context, rule: str, target: Mapping[str, object]) -> None:
        """Raise Forbidden unless `ctx` passes `rule`."""
        if not self.allows(ctx, rule, target):
            raise Forbidden(self._refusal.format(rule=rule), reason="PolicyNotAuthorized")


def _enforcer(rules: tuple[Rule, ...], file: Path | None) -> oslo.Enforcer:
    """Return what decides by some rules, and by an operator's file that redefines some of them."""
    if file is not None and not file.is_file():
        raise ConfigError(f"The policy file {file} does not exist.")
    conf = cfg.ConfigOpts()
    conf([], project="jumpgate", default_config_files=[], default_config_dirs=[])
    enforcer = oslo.Enforcer(conf, policy_file=str(file.absolute()) if file else os.devnull)
    enforcer.suppress_deprecation_warnings = True
    for rule in rules:
        enforcer.register_default(oslo.RuleDefault(rule.name, rule.check, description=rule.description))
    try:
        enforcer.load_rules()
    except Exception as error:
        raise ConfigError(f"The policy file {file} cannot be read: {error}") from error
    return enforcer


@functools.cache
def _enforcer_of_defaults(rules: tuple[Rule, ...]) -> oslo.Enforcer:
    """Return what the regions share whose operator redefines nothing: oslo.policy takes its time to begin."""
    return _enforcer(rules, None)


def _credentials(ctx: Context) -> dict[str, object]:
    return {
        "user_id": ctx.user_id,
        "user_domain_id": ctx.user_domain_id,
        "project_id": ctx.project_id,
        "tenant_id": ctx.project_id,
        "project_domain_id": ctx.project_domain_id,
        "domain_id": ctx.domain_id,
        "system_scope": "all" if ctx.system else None,
        "system": "all" if ctx.system else None,
        "roles": list(ctx.roles),
        "is_admin": ctx.is_admin,
        "service_roles": [],
        # Keystone's own rules speak of the token.
        "token": {"domain": {"id": ctx.domain_id}, "project": {"domain": {"id": ctx.project_domain_id}}},
    }
