"""Checking every service of an application, as one user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jumpgate.api import Jumpgate
from jumpgate.check import contract, reading
from jumpgate.check.finding import Finding
from jumpgate.check.login import Session


def check(app: Jumpgate, auth: Mapping[str, Any]) -> list[Finding]:
    """Return what was found of each service and region; raise ConfigError where nobody can log in.

    Services that have a contract are read by the contract suite, and all of them over HTTP.
    """
    session = Session(app, auth)
    dispatchers = list(app.dispatchers())
    typed = [disp for disp in dispatchers if disp.typed is not None]
    found = contract.run(app, session.context(), typed) if typed else []
    found += [finding for disp in dispatchers for finding in reading.read(session, disp)]
    order = {(disp.service.name, disp.region): number for number, disp in enumerate(dispatchers)}
    return sorted(found, key=lambda finding: order[finding.service, finding.region])
