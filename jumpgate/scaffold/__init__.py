"""``jumpgate new-driver``: writes the package of a new driver, which runs and passes its tests as it is.

The package is written from the files in ``template``, in which the new driver is called ``mycloud`` and its classes
``MyCloud...``. Its modules are ordinary ones, so that they are checked with everything else.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from jumpgate.common.errors import ConfigError

TEMPLATE = "mycloud"
PLAIN = ".in"
"""The suffix of template files that are no modules of Jumpgate's own; a new package has them without it."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = frozenset({"embedded", "openstack", "testing"})


def write(name: str, folder: Path) -> list[Path]:
    """Write the package of a driver called `name` into a new `folder`; return its files.

    Raises ConfigError for a name that cannot be a driver's, and for a folder that is there already.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ConfigError(f"{name!r} is no name for a driver: small letters, digits and _, with a letter first.")
    if name in _TAKEN:
        raise ConfigError(f"{name!r} is the name of something that comes with Jumpgate: choose another.")
    if folder.exists():
        raise ConfigError(f"{folder} exists already: name another folder with --output.")
    written = []
    for place, text in _texts(name):
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written.append(file)
    return written


def _texts(name: str) -> Iterator[tuple[Path, str]]:
    """Yield each file of the package: its place and its text."""
    root = resources.files(__name__).joinpath("template")
    for place, source in sorted(_files(root, Path())):
        text = source.read_text(encoding="utf-8")
        yield Path(_named(place.as_posix(), name).removesuffix(PLAIN)), _named(text, name)


def _files(folder: Traversable, place: Path) -> Iterator[tuple[Path, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry, place / entry.name)
        elif place.parts or entry.name != "__init__.py":
            yield place / entry.name, entry


def _named(text: str, name: str) -> str:
    title = "".join(part.capitalize() for part in name.split("_"))
    return text.replace("MyCloud", title).replace(TEMPLATE, name)
