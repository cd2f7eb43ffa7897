"""How a row of the published tables is asked for: as it was published, and as OpenStack's clients do it today."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What today's paths have in place of the published ones'.
_TODAY: Mapping[str, tuple[tuple[str, str], ...]] = {
    "identity": ((r"^v3/tokens/\{token_id\}", "v3/auth/tokens"),),
    "compute": ((r"^v2(?=$|/)", "v2.1"), (r"/\{tenant_id\}", ""), ("os-floating-ips-dns", "os-floating-ip-dns")),
    "image": (),
    "block_storage": ((r"^v1/", "v3/"),),
    "network": ((r"^v1/\{tenant_id\}", "v2.0"),),
}
_ROOTS: Mapping[str, str] = {
    "identity": "/identity",
    "compute": "/compute",
    "image": "/image",
    "block_storage": "/volume",
    "network": "/network",
}


def spellings(service: str, path: str) -> set[str]:
    """Return patterns of the whole paths of a row: one, or two where today's clients write another."""
    today = path
    for pattern, written in _TODAY[service]:
        today = re.sub(pattern, written, today)
    return {_pattern(_ROOTS[service], spelling) for spelling in (path, today)}


def _pattern(root: str, path: str) -> str:
    parts = (re.escape(part) if part[:1] != "{" else "[^/?]+" for part in re.split(r"(\{\w+\})", path.strip("/")))
    return rf"{root}/{''.join(parts)}(\?.*)?"
