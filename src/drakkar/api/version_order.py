"""Which version of an API comes before which: stable ones first, then beta, alpha and all others."""

from __future__ import annotations

import re

_KNOWN = re.compile("v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?")
_STAGES = {None: 0, "beta": 1, "alpha": 2}


def version_order(version: str) -> tuple[int, int, int, str]:
    """A key that puts the version that is to be preferred first."""
    found = _KNOWN.fullmatch(version)
    if found is None:
        return (3, 0, 0, version)
    return (_STAGES[found[2]], -int(found[1]), -int(found[3] or 0), "")
