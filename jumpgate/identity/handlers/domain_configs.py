"""``/v3/domains/{domain_id}/config``: what a domain's own backend of users is configured with."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from jumpgate.common.errors import Forbidden, NotFound
from jumpgate.common.typed import Call, operation
from jumpgate.identity.contract import Config, DomainConfigs, Identity
from jumpgate.identity.handlers.domain_options import DEFAULTS, SECRET
from jumpgate.identity.models import DEFAULT_DOMAIN_ID
from jumpgate.identity.schemas.domain_configs import CONFIG
from jumpgate.identity.tokens.service import IdentityHandler

Json = dict[str, Any]

_COMPLIANCE = "security_compliance"
_READABLE = ("password_regex", "password_regex_description")


def _invalid(reason: str) -> NoReturn:
    raise Forbidden(f"Invalid domain specific configuration: {reason}.")


def _resource(call: Call[Identity]) -> DomainConfigs:
    assert call.cloud.domain_configs is not None
    return call.cloud.domain_configs


def _demand_known(group: str | None, option: str | None = None) -> None:
    """Raise Forbidden for a group or option that no domain may have."""
    if group is None:
        return
    if group not in DEFAULTS:
        _invalid(f"Group {group} is not supported for domain specific configurations")
    if option is not None and option not in DEFAULTS[group] and option not in SECRET[group]:
        _invalid(f"Option {option} in group {group} is not supported for domain specific configurations")


def _demand_valid(config: Json) -> None:
    if not config:
        _invalid("No options specified")
    for group, options in config.items():
        if not options or not isinstance(options, dict):
            _invalid(f"The value of group {group} specified in the config should be a dictionary of options")
        for option in options:
            _demand_known(group, option)


def _demand_fitting(config: Json, group: str, option: str | None) -> None:
    """Raise Forbidden unless a body holds the group or option of the path and nothing else."""
    names = list(config) if option is None else list(config.get(group, config))
    what = f"group {group}" if option is None else f"option {option} in group {group}"
    if len(names) != 1:
        _invalid(f"Trying to update {what}, so that, and only that, must be specified in the config")
    if names[0] != (option or group):
        kind = "group" if option is None else "option"
        _invalid(f"Trying to update {what}, but config provided contains {kind} {names[0]} instead")


def _missing(domain_id: str, group: str | None, option: str | None) -> NotFound:
    what = "any options" if group is None else f"group {group}"
    if option is not None:
        what = f"option {option} in group {group}"
    return NotFound(f"Could not find {what} in domain configuration for domain {domain_id}.")


def _has(config: Config, group: str | None, option: str | None) -> bool:
    return bool(config if group is None else group in config and (option is None or option in config[group]))


def _shown(config: Config) -> Json:
    """Return a configuration without what is secret."""
    open_options = {
        group: {name: value for name, value in options.items() if name not in SECRET[group]}
        for group, options in config.items()
    }
    return {group: options for group, options in open_options.items() if options}


def _part(config: Config, group: str | None, option: str | None) -> Json:
    """Return a whole configuration, one group of it, or one option without its group."""
    if group is None:
        return dict(config)
    return {group: config[group]} if option is None else {option: config[group][option]}


def _merged(config: Config, changes: Config) -> Config:
    return {**config, **{group: {**config.get(group, {}), **options} for group, options in changes.items()}}


def _without(config: Config, group: str | None, option: str | None) -> Config:
    if group is None:
        return {}
    left = {name: value for name, value in config[group].items() if option is not None and name != option}
    return {name: options for name, options in {**config, group: left}.items() if options}


class _ConfigHandler(IdentityHandler):
    """A whole configuration, a group of it or one option: the path says how much of it is meant."""

    def show(self, call: Call[Identity], domain_id: str, group: str | None = None, option: str | None = None) -> Json:
        if group == _COMPLIANCE:
            return self._compliance(call, domain_id, option)
        call.require("identity:get_domain_config", {})
        _demand_known(group, option)
        call.cloud.domains.get(call.ctx, domain_id)
        shown = _shown(_resource(call).get(call.ctx, domain_id))
        if not _has(shown, group, option):
            raise _missing(domain_id, group, option)
        return {"config": _part(shown, group, option)}

    def change(self, call: Call[Identity], domain_id: str, group: str | None = None, option: str | None = None) -> Json:
        call.require("identity:update_domain_config", {})
        call.cloud.domains.get(call.ctx, domain_id)
        changes: Json = call.body["config"]
        if group is not None:
            _demand_known(group, option)
            _demand_fitting(changes, group, option)
            changes = {group: changes} if option is not None and group not in changes else changes
        _demand_valid(changes)
        config = _resource(call).get(call.ctx, domain_id)
        if not _has(config, group, option):
            raise _missing(domain_id, group, option)
        _resource(call).replace(call.ctx, domain_id, _merged(config, changes))
        return {"config": _shown(_resource(call).get(call.ctx, domain_id))}

    def remove(self, call: Call[Identity], domain_id: str, group: str | None = None, option: str | None = None) -> None:
        call.require("identity:delete_domain_config", {})
        _demand_known(group, option)
        call.cloud.domains.get(call.ctx, domain_id)
        config = _resource(call).get(call.ctx, domain_id)
        if not _has(config, group, option):
            raise _missing(domain_id, group, option)
        _resource(call).replace(call.ctx, domain_id, _without(config, group, option))

    def _compliance(self, call: Call[Identity], domain_id: str, option: str | None) -> Json:
        """Show what passwords must look like, which everybody may know."""
        call.require("identity:get_security_compliance_domain_config", {})
        if domain_id != DEFAULT_DOMAIN_ID:
            _invalid(
                "Reading security compliance information for any domain other than the default domain is not allowed "
                "or supported"
            )
        if option is not None and option not in _READABLE:
            _invalid(
                "Reading security compliance values other than password_regex and password_regex_description is not "
                "allowed"
            )
        values = {name: self._configured(name) for name in _READABLE}
        return {"config": {_COMPLIANCE: values} if option is None else {option: values[option]}}

    def _configured(self, name: str) -> str | None:
        value: re.Pattern[str] | str | None = self.service.app.config.value(self.service.disp.section, name)
        return value.pattern if isinstance(value, re.Pattern) else value


class DomainConfigHandler(_ConfigHandler):
    """``/v3/domains/{domain_id}/config``."""

    @operation("domain_configs.get")
    def on_get(self, call: Call[Identity], domain_id: str) -> Json:
        """Show the configuration."""
        return self.show(call, domain_id)

    on_head = on_get

    @operation("domain_configs.replace", body=CONFIG)
    def on_put(self, call: Call[Identity], domain_id: str) -> Json:
        """Give the domain a configuration in place of any that it has."""
        call.require("identity:create_domain_config", {})
        call.cloud.domains.get(call.ctx, domain_id)
        _demand_valid(call.body["config"])
        if not _resource(call).get(call.ctx, domain_id):
            call.resp.status = 201
        _resource(call).replace(call.ctx, domain_id, call.body["config"])
        return {"config": _shown(_resource(call).get(call.ctx, domain_id))}

    @operation("domain_configs.replace", body=CONFIG)
    def on_patch(self, call: Call[Identity], domain_id: str) -> Json:
        """Change options, and add some."""
        return self.change(call, domain_id)

    @operation("domain_configs.replace", status=204)
    def on_delete(self, call: Call[Identity], domain_id: str) -> None:
        """Remove the configuration."""
        self.remove(call, domain_id)


class DomainConfigGroupHandler(_ConfigHandler):
    """``/v3/domains/{domain_id}/config/{group}``."""

    @operation("domain_configs.get")
    def on_get(self, call: Call[Identity], domain_id: str, group: str) -> Json:
        """Show a group."""
        return self.show(call, domain_id, group)

    on_head = on_get

    @operation("domain_configs.replace", body=CONFIG)
    def on_patch(self, call: Call[Identity], domain_id: str, group: str) -> Json:
        """Change options of a group that is there."""
        return self.change(call, domain_id, group)

    @operation("domain_configs.replace", status=204)
    def on_delete(self, call: Call[Identity], domain_id: str, group: str) -> None:
        """Remove a group."""
        self.remove(call, domain_id, group)


class DomainConfigOptionHandler(_ConfigHandler):
    """``/v3/domains/{domain_id}/config/{group}/{option}``."""

    @operation("domain_configs.get")
    def on_get(self, call: Call[Identity], domain_id: str, group: str, option: str) -> Json:
        """Show an option."""
        return self.show(call, domain_id, group, option)

    on_head = on_get

    @operation("domain_configs.replace", body=CONFIG)
    def on_patch(self, call: Call[Identity], domain_id: str, group: str, option: str) -> Json:
        """Change an option that is there."""
        return self.change(call, domain_id, group, option)

    @operation("domain_configs.replace", status=204)
    def on_delete(self, call: Call[Identity], domain_id: str, group: str, option: str) -> None:
        """Remove an option."""
        self.remove(call, domain_id, group, option)


class DomainConfigDefaultsHandler(IdentityHandler):
    """``/v3/domains/config/default``, and below it a group and an option: what holds where a domain says nothing."""

    @operation("domain_configs.get")
    def on_get(self, call: Call[Identity], group: str | None = None, option: str | None = None) -> Json:
        """Show the defaults."""
        call.require("identity:get_domain_config_default", {})
        _demand_known(group, option)
        if group is not None and option in SECRET[group]:
            _invalid(f"Reading the default for option {option} in group {group} is not supported")
        return {"config": _part(DEFAULTS, group, option)}

    on_head = on_get
