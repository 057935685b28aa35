"""The kinds of the group coordination.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.cluster import LEASES
from drakkar.validation.object_meta import Rules

_LEASES = Strategy(
    columns=LEASES, metadata=Rules(known_finalizers=False), made_by_put=True, needs_version=True
)
KINDS = (Kind("coordination.k8s.io", "v1", "leases", "Lease", True, strategy=_LEASES),)
