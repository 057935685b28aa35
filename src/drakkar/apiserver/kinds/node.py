"""The kinds of the group node.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.cluster import RUNTIME_CLASSES
from drakkar.validation.object_meta import Rules
from drakkar.validation.runtime_class import (
    runtime_class_changes,
    runtime_class_problems,
    runtime_class_warnings,
)

_RUNTIME_CLASSES = Strategy(
    columns=RUNTIME_CLASSES,
    creation=runtime_class_problems,
    changes=runtime_class_changes,
    warns=runtime_class_warnings,
    metadata=Rules(known_finalizers=False),
    made_by_put=True,
    needs_version=True,
)
KINDS = (Kind("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", False, strategy=_RUNTIME_CLASSES),)
