"""Write the next migration: what separates the tables in the code from those that the migrations make.

``python -m tools.make_migration "Add the tags of servers"`` compares the two on a temporary SQLite database, writes
jumpgate/store/migrations/versions/NNNN_add_the_tags_of_servers.py and moves HEAD to it. Read what it wrote: a renamed
column looks like a lost one and a new one, and only you know what existing rows should hold.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory

from jumpgate.store.engine import Store
from jumpgate.store.migrations import FOLDER
from jumpgate.store.migrations.scripts import configure, upgrade

_HEAD = re.compile(r"^HEAD: str \| None = .*$", re.MULTILINE)


def make(message: str, folder: Path = FOLDER) -> Path | None:
    """Write the next migration below `folder` and return its path; None where the tables have not changed."""
    (folder / "versions").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="jumpgate-migration-") as place:
        store = Store(f"sqlite:///{place}/database.sqlite")
        with store.exclusive() as connection:
            upgrade(connection, folder)
            made = _write(message, configure(connection, folder))
        store.close()
    if made is None:
        return None
    start = folder / "__init__.py"
    number = made.name.partition("_")[0]
    start.write_text(_HEAD.sub(f'HEAD: str | None = "{number}"', start.read_text(encoding="utf-8")), encoding="utf-8")
    _tidy(made)
    return made


def _write(message: str, config: Any) -> Path | None:
    """Let Alembic write the step, unless it would be empty."""

    def keep_filled(_context: Any, _revision: Any, steps: list[Any]) -> None:
        if steps[0].upgrade_ops.is_empty():
            steps.clear()

    count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
    script = command.revision(
        config, message, autogenerate=True, rev_id=f"{count + 1:04}", process_revision_directives=keep_filled
    )
    return Path(script.path) if script else None  # type: ignore[union-attr]


def _tidy(path: Path) -> None:
    """Take Alembic's remarks out and put the code in our style."""
    path.write_text(re.sub(r"^ *# ###.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8")
    for arguments in (["check", "--fix-only", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *arguments, str(path)], check=True)


def main(argv: list[str] | None = None) -> int:
    """Write the next migration; return 1 when there is nothing to write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("message", help="what the migration does, in a few words")
    made = make(parser.parse_args(argv).message.rstrip("."))
    print("The migrations make the tables as they are: there is nothing to write." if made is None else f"wrote {made}")
    return 1 if made is None else 0


if __name__ == "__main__":
    sys.exit(main())
