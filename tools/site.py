"""Build the site in site/ from docs/ and from the code; anything that is wrong with a page fails.

``python -m tools.site`` writes it; it takes seconds.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools import contract_reference, references, sizes
from tools.generate_docs import ROOT, SERVICES

PAGES: dict[str, Callable[[], str]] = {
    "reference/configuration.md": references.configuration_page,
    "reference/commands.md": lambda: references.commands_page().replace("](commands/", "](../commands/"),
    "reference/drivers.md": lambda: references.compatibility_page(SERVICES),
    "reference/errors.md": contract_reference.errors_page,
    "reference/driver-sizes.md": sizes.page,
}
NAVIGATION: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Tutorials", ("tutorial-typed", "tutorial-raw")),
    ("Running it", ("production", "passthrough", "reference/configuration", "reference/commands", "commands/*")),
    (
        "Drivers",
        ("contract-suite", "wrong-drivers", "raw-contract", "endpoints", "reference/contract/*", "reference/errors"),
    ),
    ("What works", ("reference/drivers", "reference/driver-sizes", "softlayer*", "lxd*", "conformance*")),
    ("How it is built", ("architecture", "decisions/*")),
    ("More", ("*",)),
)
CONFIGURATION = """\
project = "Jumpgate"
author = "the Jumpgate authors"
copyright = "the Jumpgate authors"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Jumpgate"
myst_heading_anchors = 4
html_copy_source = False
html_show_sourcelink = False
nitpicky = True
"""


def write_sources(docs: Path, folder: Path) -> None:
    """Write all that Sphinx reads: the pages of `docs`, those that are made of the code, and the navigation."""
    shutil.copytree(docs, folder)
    pages = PAGES | {f"reference/contract/{name}.md": _contract(name, title) for name, title in SERVICES.items()}
    for name, text in pages.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(), encoding="utf-8")
    with (folder / "index.md").open("a", encoding="utf-8") as index:
        left = {file.relative_to(folder) for file in folder.rglob("*.md")} - {Path("index.md")}
        for caption, patterns in NAVIGATION:
            files = [file for pattern in patterns for file in sorted(left) if file.match(f"{pattern}.md")]
            left -= set(files)
            entries = "\n".join(str(file.with_suffix("")) for file in files)
            index.write(f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{entries}\n```\n")
    (folder / "conf.py").write_text(CONFIGURATION, encoding="utf-8")


def _contract(name: str, title: str) -> Callable[[], str]:
    return lambda: contract_reference.page(name, title).replace("](errors.md)", "](../errors.md)")


def build(output: Path, *, docs: Path = ROOT / "docs") -> int:
    """Build the site into a folder; return Sphinx's exit status, which a single warning makes 1."""
    with tempfile.TemporaryDirectory(prefix="jumpgate-site-") as work:
        source = Path(work, "source")
        write_sources(docs, source)
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-j", "auto", "-b", "html"]
        return subprocess.run(
            [*command, "-d", str(Path(work, "trees")), str(source), str(output)], check=False
        ).returncode


def main(argv: list[str] | None = None) -> int:
    """Build the site; return 1 where a page is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, default=ROOT / "site", help="the folder to write (default: site)")
    output = parser.parse_args(argv).output
    shutil.rmtree(output, ignore_errors=True)
    status = build(output)
    print(f"{output}/index.html" if status == 0 else "The site is not built: mend the pages above.")
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())
