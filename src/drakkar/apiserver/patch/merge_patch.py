"""JSON Merge Patch (RFC 7386) on plain JSON values."""

from __future__ import annotations

import copy
from typing import Any

from drakkar.apiserver.patch.errors import PatchError


def merge(doc: Any, patch: Any) -> Any:
    """The document with a merge patch applied: null removes, objects merge, anything else replaces."""
    try:
        return _merge(doc, patch)
    except RecursionError:
        raise PatchError("the patch is nested too deeply", invalid=False) from None


def _merge(doc: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(doc) if isinstance(doc, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge(result.get(key), value)
    return result
