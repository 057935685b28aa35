"""The kinds of the group coordination.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

KINDS = (Kind("coordination.k8s.io", "v1", "leases", "Lease", True),)
