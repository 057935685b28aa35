"""What the kinds that make pods from a template share."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.pods import template


def fill(obj: Object) -> None:
    """Fill in place what has replicas and a template of its pods."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    template(spec)
