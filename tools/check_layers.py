"""Check who may import whom under jumpgate/, and that no core file names a cloud.

The rule is a set of tables over the imports as they are written; nothing is imported to check it. One line per
violation: ``file:line: importer may not import imported (rule)``.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

PACKAGE = "jumpgate"
SERVICES = ("identity", "compute", "image", "block_storage", "network")
LOADERS = {"jumpgate.api", "jumpgate.drivers"}

# What the parts of a service may import of their own service; a part that is absent here may import all but drivers.
PARTS = {
    "models": {"models"},
    "microversions": {"microversions"},
    "endpoints": {"endpoints"},
    "contract": {"contract", "models"},
    "schemas": {"schemas", "microversions"},
    "views": {"views", "models", "microversions"},
    "handlers": {"handlers", "contract", "models", "views", "schemas", "microversions", "tokens"},
}
# What a driver may import of a service that is not its own: what it needs to speak to a sibling.
SIBLING_PARTS = {"contract", "models"}
# Names that the type checker may see anywhere in services and drivers: what `setup_routes(app, disp)` is given.
ANNOTATIONS = {"jumpgate.api"}

# The names of clouds; those of the packages in jumpgate/clouds are added.
CLOUDS = {
    "aliyun",
    "amazon",
    "aws",
    "azure",
    "cloudstack",
    "digitalocean",
    "gce",
    "gcp",
    "hetzner",
    "incus",
    "linode",
    "lxd",
    "moto",
    "opennebula",
    "ovh",
    "ovirt",
    "proxmox",
    "rackspace",
    "scaleway",
    "softlayer",
    "vcenter",
    "vmware",
    "vsphere",
    "vultr",
    "xenserver",
}
# Words of OpenStack's own APIs that are names of clouds or drivers as well.
OPENSTACK_WORDS = {"docker", "ec2", "embedded", "ironic", "kvm", "libvirt", "openstack", "qemu"}
COMPUTED = "<computed>"
DRIVER_RULE = "only the loader imports drivers, by name"
TEXT_FILES = {".py", ".conf", ".ini", ".json", ".mako", ".sql", ".txt", ".yaml", ".yml"}


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module: its absolute name, and whether only the type checker sees it."""

    line: int
    target: str
    typing_only: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule and where."""

    path: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def check(root: Path) -> list[Violation]:
    """Return every violation under `root`, the folder that holds the package."""
    return [*check_imports(root), *check_words(root)]


def check_imports(root: Path) -> Iterator[Violation]:
    """Yield every import under `root` that the layer rule forbids."""
    for path in sorted((root / PACKAGE).rglob("*.py")):
        relative = path.relative_to(root)
        module = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
        for found in imports(path, root):
            broken = broken_rule(module, found)
            if broken:
                yield Violation(relative, found.line, f"{module} may not import {found.target} ({broken})")


def broken_rule(importer: str, found: Import) -> str | None:
    """Return the rule that an import breaks, None for an import that is allowed."""
    target = found.target
    if target == COMPUTED:
        return None if importer in LOADERS else "only the loader imports by a computed name"
    if target == PACKAGE or not _within(target, PACKAGE) or _within(target, f"{PACKAGE}.common"):
        return None
    if found.typing_only and target in ANNOTATIONS and _service(importer):
        return None
    return _broken_by_layer(importer.split(".")[1:], target.split(".")[1:])


def _broken_by_layer(importer: list[str], target: list[str]) -> str | None:
    match importer:
        case ["common", *_]:
            return "common imports common only"
        case ["store", *_]:
            return None if target[0] == "store" else "store imports store and common only"
        case ["clouds", *own]:
            return None if target[0] == "clouds" and target[1:2] in ([], own[:1]) else "a cloud imports common only"
        case [service, "drivers", *own] if service in SERVICES:
            return _broken_by_driver(service, own[:1], target)
        case [service, *own] if service in SERVICES:
            return _broken_by_service(service, own[:1], target)
        case _:
            return DRIVER_RULE if _driver(target) else None


def _broken_by_driver(service: str, own: list[str], target: list[str]) -> str | None:
    if target[0] in ("store", "clouds"):
        return None
    if _driver(target):
        same = target[0] == service and target[2:3] == own and own
        return None if same else "a driver imports no other driver"
    if target[0] == service:
        return None
    if target[0] in SERVICES:
        return None if target[1:2] and target[1] in SIBLING_PARTS else "of a sibling: contract and models only"
    return "a driver imports its service, clouds, store and common only"


def _broken_by_service(service: str, own: list[str], target: list[str]) -> str | None:
    if _driver(target):
        return DRIVER_RULE
    if target[0] != service:
        return "a service imports itself and common only"
    allowed = PARTS.get(own[0]) if own else None
    if allowed is None or not target[1:] or target[1] in allowed:
        return None
    return f"{own[0]} import {', '.join(sorted(allowed))} and common only"


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _service(module: str) -> bool:
    return any(_within(module, f"{PACKAGE}.{service}") for service in SERVICES)


def _driver(target: list[str]) -> bool:
    return target[0] in SERVICES and target[1:2] == ["drivers"]


def imports(path: Path, root: Path) -> Iterator[Import]:
    """Yield the imports of a module, wherever in it they stand, relative ones resolved."""
    package = path.relative_to(root).parent.parts
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    hidden = {id(node) for block in _typing_blocks(tree) for node in ast.walk(block)}
    for node in ast.walk(tree):
        for target in _targets(node, package, root):
            yield Import(node.lineno, target, id(node) in hidden)  # type: ignore[attr-defined]


def _targets(node: ast.AST, package: tuple[str, ...], root: Path) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (name.name for name in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            above = package[: len(package) - level + 1] if level else ()
            base = ".".join([*above, *([module] if module else [])])
            yield from sorted({_imported(base, name.name, root) for name in names})
        case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__")):
            yield _named(node.args, package)


def _imported(base: str, name: str, root: Path) -> str:
    """Return what ``from base import name`` imports: the submodule where there is one, else the base."""
    place = root.joinpath(*base.split("."), name)
    return f"{base}.{name}" if place.is_dir() or place.with_suffix(".py").is_file() else base


def _named(args: list[ast.expr], package: tuple[str, ...]) -> str:
    """Return the module that ``import_module("...")`` loads; of ``f"a.b.{name}"``, the package in which it looks."""
    match args:
        case [ast.Constant(value=str(name)), *_]:
            level = len(name) - len(name.lstrip("."))
            above = package[: len(package) - level + 1] if level else ()
            return ".".join([*above, name[level:]])
        case [ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]), *_] if start.count(".") > 1:
            return start.rpartition(".")[0]
        case _:
            return COMPUTED


def _typing_blocks(tree: ast.Module) -> Iterator[ast.stmt]:
    """Yield the statements under ``if TYPE_CHECKING:``."""
    for node in ast.walk(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), body=body):
                yield from body


def check_words(root: Path) -> Iterator[Violation]:
    """Yield every line outside drivers and clouds that names a cloud."""
    named = _cloud_names(root)
    for path in sorted((root / PACKAGE).rglob("*")):
        relative = path.relative_to(root)
        if path.suffix not in TEXT_FILES or _may_name_clouds(relative):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for word in sorted(cloud_words(line, named)):
                yield Violation(relative, number, f"the core names a cloud: {word}")


def cloud_words(text: str, names: frozenset[str]) -> set[str]:
    """Return the names of clouds in `text`: as words, parts_of_names or PartsOfNames, in any case."""
    found: set[str] = set()
    for run in re.findall(r"[A-Za-z]+", text):
        parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", run)]
        found |= names & {run.lower(), *parts, *map("".join, pairwise(parts))}
    return found


def _cloud_names(root: Path) -> frozenset[str]:
    folder = root / PACKAGE / "clouds"
    own = {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()
    return frozenset((CLOUDS | own) - OPENSTACK_WORDS)


def _may_name_clouds(relative: Path) -> bool:
    """Say whether a file is a driver's or a cloud's own."""
    _, *parts = relative.parts
    return parts[0] == "clouds" or (parts[0] in SERVICES and parts[1] == "drivers")


def main(argv: list[str] | None = None) -> int:
    """Print the violations; return 1 when there are any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parent.parent)
    violations = check(parser.parse_args(argv).root)
    for violation in violations:
        print(violation)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
