"""A user at a shell: a home of their own, the programs of this Python's environment, and no cloud but the one given."""

from __future__ import annotations

import os
import sys
from pathlib import Path

BIN = Path(sys.executable).parent


def environment(home: Path, **variables: str) -> dict[str, str]:
    """Return what a program of a user finds in its environment; `home` has to stay empty where nothing is left behind.

    The caches of the programs' own (stevedore's, of the commands that an `openstack` has) are beside the home.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    places = {"HOME": str(home), "TMPDIR": str(home), "XDG_CACHE_HOME": f"{home}.cache"}
    return {**kept, **places, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **variables}
