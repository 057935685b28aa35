"""The kinds of the group node.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

KINDS = (Kind("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", False),)
