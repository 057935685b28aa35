"""Gives memory back to the system after a crowd has gone: the C library keeps what was freed for a next time that may
not come."""

from __future__ import annotations

import ctypes
import gc


def _trimmer() -> ctypes._NamedFuncPointer | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        # Another C library gives it back by itself.
        return None


_TRIM = _trimmer()


def give_back() -> None:
    """Collect what is garbage and return free memory; takes some milliseconds."""
    gc.collect(1)
    if _TRIM is not None:
        _TRIM(0)
