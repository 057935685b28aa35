"""The kinds of the group coordination.k8s.io."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.cluster import LEASES
from drakkar.validation.lease import lease_problems
from drakkar.validation.object_meta import Rules

# Fields of coordinated leader election, a feature that is off.
_COORDINATED = ("strategy", "preferredHolder")


def _lease(new: Object, old: Object | None, now: str) -> None:
    before = (old or {}).get("spec") or {}
    for field in _COORDINATED:
        if before.get(field) is None:
            (new.get("spec") or {}).pop(field, None)


_LEASES = Strategy(
    columns=LEASES,
    prepare=_lease,
    rules=lease_problems,
    metadata=Rules(known_finalizers=False),
    made_by_put=True,
    needs_version=True,
)
KINDS = (Kind("coordination.k8s.io", "v1", "leases", "Lease", True, strategy=_LEASES),)
