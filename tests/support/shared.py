"""Where the published descriptions of the OpenStack APIs lie; they are data to test against, not part of Jumpgate."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
VARIABLE = "JUMPGATE_SHARED"


def find_shared() -> Path | None:
    """Return the folder that has `specs/`: what JUMPGATE_SHARED names, else one beside the checkout; None without."""
    folder = Path(os.environ.get(VARIABLE) or ROOT.parent / "shared")
    return folder if (folder / "specs").is_dir() else None
