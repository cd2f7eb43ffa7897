"""Files in which zeros take no space."""

from __future__ import annotations

import os
from typing import BinaryIO


def leave_hole(file: BinaryIO, piece: bytes) -> bool:
    """Pass over a piece that is all zeros; tell whether it was, and need not be written.

    A file that ends with a hole gets its size from ``truncate``.
    """
    is_zero = piece == bytes(len(piece))
    if is_zero:
        file.seek(len(piece), os.SEEK_CUR)
    return is_zero
