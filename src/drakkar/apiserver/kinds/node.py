"""The kinds of the group node.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.cluster import RUNTIME_CLASSES
from drakkar.validation.object_meta import Rules

_RUNTIME_CLASSES = Strategy(
    columns=RUNTIME_CLASSES, metadata=Rules(known_finalizers=False), made_by_put=True, needs_version=True
)
KINDS = (Kind("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", False, strategy=_RUNTIME_CLASSES),)
