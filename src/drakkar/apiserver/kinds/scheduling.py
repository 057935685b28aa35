"""The kinds of the group scheduling.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

KINDS = (
    Kind("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", False, ("pc",), generation=True),
)
