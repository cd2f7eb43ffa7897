"""Write the documentation that is generated from the code, or say which file of it is stale.

A generated file is a row of `GENERATED`: its path, and the function that returns its text.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from jumpgate.common.endpoints import Endpoint
from tools import contract_reference, references, softlayer_page

ROOT = Path(__file__).parent.parent
SERVICES = {
    "identity": "Identity (Keystone)",
    "compute": "Compute (Nova)",
    "image": "Image (Glance)",
    "block_storage": "Block storage (Cinder)",
    "network": "Network (Neutron)",
}
NOTICE = "<!-- Generated from the code by `make docs`; do not edit. -->\n"


def endpoints_page() -> str:
    """Return the page that lists every endpoint name of every service."""
    sections = [_service_section(service, title) for service, title in SERVICES.items()]
    return "\n".join([NOTICE, ENDPOINTS_INTRODUCTION, *sections])


ENDPOINTS_INTRODUCTION = """\
# Endpoint names

A driver sets the handler of an endpoint by its name: `disp.set_handler("v2_servers", handler)`, and
`disp.get_endpoint_url(req, "v2_servers")` is its URL. An endpoint may stand at several paths; the first is preferred.
Paths are below the place of the service: `/compute` on the shared port, nothing on a port of its own.
"""


def _service_section(service: str, title: str) -> str:
    module = importlib.import_module(f"jumpgate.{service}.endpoints")
    endpoints: tuple[Endpoint, ...] = module.ENDPOINTS
    aliases: Mapping[str, str] = getattr(module, "ALIASES", {})
    lines = [f"## {title}", "", f"`jumpgate.{service}.endpoints`: {len(endpoints)} endpoints.", ""]
    lines += _table(("name", "paths"), ((f"`{row.name}`", _paths(row)) for row in endpoints))
    if aliases:
        lines += ["", "Older names that mean the same:", ""]
        lines += _table(("older name", "name"), ((f"`{old}`", f"`{new}`") for old, new in sorted(aliases.items())))
    return "\n".join([*lines, ""])


def _paths(endpoint: Endpoint) -> str:
    return "<br>".join(f"`{template}`" for template in endpoint.templates)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = [head, tuple("---" for _ in head), *rows]
    return [f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines]


def passthrough_page() -> str:
    """Return the page about a real OpenStack directly and through Jumpgate."""
    # It needs what reads Tempest's results, which nothing else here does.
    from tools.conformance import comparison

    return comparison.page()


GENERATED: dict[str, Callable[[], str]] = {
    "docs/endpoints.md": endpoints_page,
    "docs/conformance-passthrough.md": passthrough_page,
    "docs/softlayer-compatibility.md": lambda: softlayer_page.page(NOTICE),
}


def undocumented(docs: Path) -> list[str]:
    """Return a line for each contract method, model, option and command of which nobody has said what it does."""
    contract = [line for service in SERVICES for line in contract_reference.undocumented(service)]
    return [
        *contract,
        *references.undocumented_options(),
        *references.undeclared_options(ROOT / "jumpgate"),
        *references.undocumented_commands(docs),
    ]


def stale(root: Path) -> dict[Path, str]:
    """Return the new text of each generated file under `root` whose text is not that any more."""
    texts = {root / name: generate() for name, generate in GENERATED.items()}
    return {path: text for path, text in texts.items() if _text(path) != text}


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def main(argv: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Write what is stale; with ``--check`` name it, and what is undocumented, and return 1 instead."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing; fail when a file is stale")
    check = parser.parse_args(argv).check
    found = stale(root)
    for path, text in found.items():
        if check:
            print(f"{path.relative_to(root)} is stale: run `make docs`")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(root)}")
    missing = undocumented(root / "docs") if check else []
    print("".join(f"{line}\n" for line in missing), end="")
    return 1 if check and (found or missing) else 0


if __name__ == "__main__":
    sys.exit(main())
