"""Hooks: plain functions that run immediately before or after a handler.

A before hook takes ``(req, resp, params)``: `params` are the path's variables and may be changed. An after hook takes
``(req, resp)``. Global hooks belong to the application, the others to one dispatcher. Before hooks run global first;
after hooks run in the opposite order, and also when the handler failed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jumpgate.common.http import Request, Response

BeforeHook = Callable[[Request, Response, dict[str, Any]], None]
AfterHook = Callable[[Request, Response], None]


class Hooks:
    """The hooks of the application or of one dispatcher."""

    def __init__(self) -> None:
        self.before_hooks: list[BeforeHook] = []
        self.after_hooks: list[AfterHook] = []

    def add_before_hook(self, hook: BeforeHook) -> None:
        """Run `hook` before every handler, after the hooks that are there already."""
        self.before_hooks.append(hook)

    def add_after_hook(self, hook: AfterHook) -> None:
        """Run `hook` after every handler, before the hooks that are there already."""
        self.after_hooks.insert(0, hook)
