"""Keeping a worker small: how the C library and Python hold memory."""

from __future__ import annotations

import ctypes
import gc

# From glibc's <malloc.h>.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8

_LARGEST_KEPT_BYTES = 1 << 20
_ARENAS = 2
# What is free at an arena's end stays, up to this: else each block of a stream is asked of the system again.
_LARGEST_KEPT_END_BYTES = 4 << 20


def return_large_blocks() -> None:
    """Have large blocks given back to the system when they are freed, and threads share arenas.

    glibc raises its threshold with every large block that is freed, and then keeps the 19 MiB of each password hash,
    and the bytes of each long answer, in an arena for each thread. Other C libraries have no `mallopt` and are left
    alone.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _LARGEST_KEPT_END_BYTES)
    mallopt(_M_ARENA_MAX, _ARENAS)


def share_with_forks() -> None:
    """Move what exists out of the garbage collector's sight, so that it does not copy the pages of forked workers."""
    gc.collect()
    gc.freeze()
