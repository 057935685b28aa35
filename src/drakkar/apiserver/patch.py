"""JSON Merge Patch (RFC 7386), and the one place that names every kind of patch the server accepts."""

from __future__ import annotations

import copy
from typing import Any

from drakkar.apiserver.json_patch import json_patch
from drakkar.apiserver.patch_error import PatchError
from drakkar.apiserver.strategic import strategic


def merge(doc: Any, patch: Any) -> Any:
    """The document with a merge patch applied: null removes, objects merge, anything else replaces."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    result = dict(doc) if isinstance(doc, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge(result.get(key), value)
    return result


__all__ = ["PatchError", "json_patch", "merge", "strategic"]
