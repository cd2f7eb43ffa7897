"""Tags, for everything whose tags are in its note."""

from __future__ import annotations

from jumpgate.network.tagging import Tags

__all__ = ["Tags"]
